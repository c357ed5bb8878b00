import type { ChatRequest } from "../chat/request.js";
import { estimateRequestTokens } from "../chat/tokens.js";
import type { CallOptions } from "../contract/call-options.js";
import type { EventMap } from "../contract/events.js";
import type { SharedHold, SharedPurse, SharedRefusal, SharedStateSession } from "../contract/shared-state.js";
import type { ContainedEmitter } from "../core/emitter.js";
import type { Call, Reserve } from "../engine/call.js";
import type { Candidate } from "../engine/candidate.js";
import { leftUsd } from "../engine/costs.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { expectedCostUsd } from "../pricing/cost.js";
import type { BudgetKeys, BudgetRule, Budgets, Reservation } from "../spend/budgets.js";

/** Output to hold money for where neither the request nor past answers say how long it may get, tokens. */
const UNKNOWN_OUTPUT = 4_096;

/** Holds what a call may cost before it is sent, so that concurrent calls never spend a dollar twice. */
export function createReserve(
  budgets: Budgets,
  rules: readonly BudgetRule[],
  events: ContainedEmitter<EventMap>,
  fleet: SharedStateSession | undefined,
): Reserve {
  const refuse = (
    call: Call,
    rule: BudgetRule,
    key: string,
    { refused, retryAfterMs }: SharedRefusal,
  ): SignalboxError => {
    const { requestId } = call;
    if (events.has("budget")) {
      const spentUsd = budgets.read(key).find(({ per }) => per === rule.per)?.spentUsd ?? 0;
      events.emit("budget", { key, spentUsd, maxUsd: rule.maxUsd, requestId });
    }
    const detail = detailOf(rule);
    const why =
      refused === "exceeded"
        ? "has no room for this call"
        : "cannot be asked: the shared state does not answer, and what it lent this process does not cover the call";
    const message = `The budget of ${rule.per} "${key}" (${rule.maxUsd} USD) ${why}`;
    return new SignalboxError("budget_exceeded", message, { detail, retryAfterMs, requestId });
  };
  return (call, candidate) => {
    const keys = keysOf(call, candidate);
    const usd = Math.min(mostUsd(call.request, candidate), leftUsd(call));
    const own = budgets.reserve(keys, usd);
    if ("refusedBy" in own) {
      const { refusedBy, key, retryAfterMs } = own;
      return refuse(call, refusedBy, key, { refused: "exceeded", retryAfterMs });
    }
    if (!fleet) return own;
    return withFleet(own, fleet, pursesOf(rules, keys), usd, (rule, key, refusal) => refuse(call, rule, key, refusal));
  };
}

/** The detail of a refusal: whose purse it was, or that others may be asked. */
export function detailOf({ onExceeded, per }: BudgetRule): string {
  return onExceeded === "degrade" ? "degrade" : per;
}

/** Whose budgets a call would draw on. */
export function keysOf({ options }: { readonly options: CallOptions }, { provider }: Candidate): BudgetKeys {
  return { tenant: options.tenant, tags: options.tags, provider: provider.id };
}

/** What is held for a call before it is sent, dollars. */
export function mostUsd(request: ChatRequest, candidate: Candidate): number {
  const price = candidate.info.usdPerMTok;
  return price === null ? 0 : expectedCostUsd(price, estimateRequestTokens(request), 0, outputOf(request, candidate));
}

interface FleetPurse extends SharedPurse {
  readonly rule: BudgetRule;
}

/** The shared purses that a call draws on. */
function pursesOf(rules: readonly BudgetRule[], keys: BudgetKeys): readonly FleetPurse[] {
  const purses: FleetPurse[] = [];
  for (const rule of rules) {
    const { per, maxUsd, windowMs } = rule;
    const names = per === "router" ? ["router"] : per === "tag" ? (keys.tags ?? []) : [keys[per]];
    for (const key of new Set(names)) {
      if (key !== undefined && (rule.key === undefined || rule.key === key))
        purses.push({ rule, per, key, maxUsd, windowMs });
    }
  }
  return purses;
}

/** Takes from the fleet's purses too: at once while this process's slices last, else after a bounded wait. */
function withFleet(
  own: Reservation,
  fleet: SharedStateSession,
  purses: readonly FleetPurse[],
  usd: number,
  refuse: (rule: BudgetRule, key: string, refusal: SharedRefusal) => SignalboxError,
): ReturnType<Reserve> {
  const taken = purses.map((purse) => fleet.take(purse, usd));
  const finish = (outcomes: readonly (SharedHold | SharedRefusal)[]): Reservation | SignalboxError => {
    const refusedAt = outcomes.findIndex((outcome) => "refused" in outcome);
    const holds = outcomes.filter((outcome): outcome is SharedHold => !("refused" in outcome));
    if (refusedAt < 0) {
      return {
        settle(cost) {
          own.settle(cost);
          for (const hold of holds) hold.settle(Number.isFinite(cost) ? cost : usd);
        },
        release() {
          own.release();
          for (const hold of holds) hold.release();
        },
      };
    }
    own.release();
    for (const hold of holds) hold.release();
    const { rule, key } = purses[refusedAt] as FleetPurse;
    return refuse(rule, key, outcomes[refusedAt] as SharedRefusal);
  };
  if (!taken.some((outcome) => outcome instanceof Promise)) return finish(taken as (SharedHold | SharedRefusal)[]);
  return Promise.all(taken).then(finish);
}

/** The longest the answer may get: what the request allows, else what most answers stayed under, else a guess. */
function outputOf(request: ChatRequest, { info, metrics }: Candidate): number {
  const asked = request.max_completion_tokens ?? request.max_tokens;
  if (asked !== undefined && asked !== null) return Math.min(asked, info.maxOutput ?? asked);
  const usual = metrics.quantile(0.95, "output");
  return Math.min(Number.isFinite(usual) ? usual : UNKNOWN_OUTPUT, info.maxOutput ?? UNKNOWN_OUTPUT);
}
