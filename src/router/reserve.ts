import type { ChatRequest } from "../chat/request.js";
import { estimateRequestTokens } from "../chat/tokens.js";
import type { CallOptions } from "../contract/call-options.js";
import type { EventMap } from "../contract/events.js";
import type { SharedHold, SharedPurse, SharedRefusal, SharedStateSession } from "../contract/shared-state.js";
import type { ContainedEmitter } from "../core/emitter.js";
import type { Call, HeldMoney, Reserve, Reserved } from "../engine/call.js";
import type { Candidate } from "../engine/candidate.js";
import { leftUsd } from "../engine/costs.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { expectedCostUsd, worstCostUsd } from "../pricing/cost.js";
import type { BudgetKeys, BudgetRule, Budgets, Reservation } from "../spend/budgets.js";
import type { Want } from "../spend/line.js";

/** An estimate of tokens is at least this share of what vendors count. */
const LEAST_OF_ESTIMATE = 0.75;

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
      const spentUsd = budgets.read(key, rule.per)[0]?.spentUsd ?? 0;
      events.emit("budget", { per: rule.per, key, spentUsd, maxUsd: rule.maxUsd, requestId });
    }
    const detail = detailOf(rule);
    const why =
      refused === "unavailable"
        ? "cannot be asked: the shared state does not answer, and what it lent this process does not cover the call"
        : "has no room for this call";
    const message = `The budget of ${rule.per} "${key}" (${rule.maxUsd} USD) ${why}`;
    return new SignalboxError("budget_exceeded", message, { detail, retryAfterMs, requestId });
  };
  return (call, candidate) => {
    const keys = keysOf(call, candidate);
    const want = wantOf(call.request, candidate, leftUsd(call));
    const own = budgets.reserve(keys, want, call.found);
    if ("refusedBy" in own) {
      const { refusedBy, key, retryAfterMs, wait } = own;
      const refusal = refuse(call, refusedBy, key, { refused: "exceeded", retryAfterMs });
      const { deadline, abort, found } = call;
      return wait ? { refusal, wait: () => wait({ who: found, deadline, abort }) } : refusal;
    }
    if (!fleet || want.mostUsd === 0) return own;
    return withFleet(own, fleet, pursesOf(rules, keys), want, (rule, key, outcome) => {
      const refusal = refuse(call, rule, key, outcome);
      if (outcome.refused !== "held") return refusal;
      const { deadline, abort, found } = call;
      return { refusal, wait: () => budgets.waitElsewhere(rule, key, want, { who: found, deadline, abort }) };
    });
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

/**
 * What a call may cost. The most: its whole prompt at the dearest rate, and all that it may write, hidden thinking
 * included. A request that limits its output (or its cost, `capUsd`) runs only if all of that is unspent; any other
 * already if its prompt is, since the longest answer of a model is seldom what comes.
 */
export function wantOf(request: ChatRequest, { info }: Candidate, capUsd: number): Want {
  const price = info.usdPerMTok;
  if (price === null) return NOTHING;
  const input = estimateRequestTokens(request);
  const mostInput = Math.ceil(input / LEAST_OF_ESTIMATE);
  const asked = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  const longest = info.maxOutput ?? Math.max(0, info.contextWindow - input);
  const worstUsd = worstCostUsd(price, mostInput, Math.min(asked ?? longest, longest));
  if (worstUsd === 0) return FREE;
  const mostUsd = Math.min(worstUsd, capUsd);
  const limited = asked !== undefined || capUsd < Number.POSITIVE_INFINITY;
  return { mostUsd, leastUsd: limited ? mostUsd : Math.min(mostUsd, expectedCostUsd(price, input, 0, 1)) };
}

/** What costs nothing fits any budget, spent or not. */
const FREE: Want = { mostUsd: 0, leastUsd: Number.NEGATIVE_INFINITY };
const NOTHING: Want = { mostUsd: 0, leastUsd: 0 };

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
  { mostUsd, leastUsd }: Want,
  refuse: (rule: BudgetRule, key: string, refusal: SharedRefusal) => HeldMoney | SignalboxError,
): ReturnType<Reserve> {
  const taken = purses.map((purse) => fleet.take(purse, mostUsd, leastUsd));
  const finish = (outcomes: readonly (SharedHold | SharedRefusal)[]): Reserved => {
    const refusedAt = outcomes.findIndex((outcome) => "refused" in outcome);
    const holds = outcomes.filter((outcome): outcome is SharedHold => !("refused" in outcome));
    if (refusedAt < 0) {
      return {
        settle(cost) {
          own.settle(cost);
          for (const hold of holds) hold.settle(Number.isFinite(cost) ? cost : mostUsd);
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

/** What a router's `exportState()` says of its spend; `undefined` where it says nothing. */
export function spendOf(state: unknown): unknown {
  return typeof state === "object" && state !== null && "spend" in state ? (state.spend ?? undefined) : undefined;
}
