import { estimateRequestTokens } from "../chat/tokens.js";
import type { EventMap } from "../contract/events.js";
import type { ContainedEmitter } from "../core/emitter.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Call } from "../flow/call.js";
import type { Candidate } from "../flow/candidate.js";
import type { Budgets, Reservation } from "../spend/budgets.js";
import { expectedCostUsd } from "../spend/cost.js";

/** Output to hold money for where neither the request nor past answers say how long it may get, tokens. */
const UNKNOWN_OUTPUT = 4_096;

/** Holds what a call may cost before it is sent, so that concurrent calls never spend a dollar twice. */
export function createReserve(
  budgets: Budgets,
  events: ContainedEmitter<EventMap>,
): (call: Call, candidate: Candidate) => Reservation {
  return (call, candidate) => {
    const { tenant, tags } = call.options;
    const price = candidate.info.usdPerMTok;
    const input = price === null ? 0 : estimateRequestTokens(call.request);
    const usd = price === null ? 0 : expectedCostUsd(price, input, 0, outputOf(call, candidate));
    const held = budgets.reserve({ tenant, tags, provider: candidate.provider.id }, usd);
    if (!("refusedBy" in held)) return held;
    const { refusedBy, key, retryAfterMs } = held;
    const { requestId } = call;
    if (events.has("budget")) {
      const spentUsd = budgets.read(key).find(({ per }) => per === refusedBy.per)?.spentUsd ?? 0;
      events.emit("budget", { key, spentUsd, maxUsd: refusedBy.maxUsd, requestId });
    }
    const detail = refusedBy.onExceeded === "degrade" ? "degrade" : refusedBy.per;
    const message = `The budget of ${refusedBy.per} "${key}" (${refusedBy.maxUsd} USD) has no room for this call`;
    throw new SignalboxError("budget_exceeded", message, { detail, retryAfterMs, requestId });
  };
}

/** The longest the answer may get: what the request allows, else what most answers stayed under, else a guess. */
function outputOf({ request }: Call, { info, metrics }: Candidate): number {
  const asked = request.max_completion_tokens ?? request.max_tokens;
  if (asked !== undefined && asked !== null) return asked;
  const usual = metrics.quantile(0.95, "output");
  return Math.min(Number.isFinite(usual) ? usual : UNKNOWN_OUTPUT, info.maxOutput ?? UNKNOWN_OUTPUT);
}
