import { countsOf } from "../chat/usage.js";
import type { FlowServices } from "../engine/call.js";
import { noteHealth } from "./health-notes.js";
import type { RouterParts } from "./parts.js";

/** Hands each settled attempt to its readers: the candidate's metrics, the stats, the listeners. */
export function createAttemptRecorder(parts: RouterParts): FlowServices["settled"] {
  const { events, stats, services, healthTold, frame, waiting } = parts;
  return (attempt, candidate, { knownKind, knownTokens }, slept, policy) => {
    const { outcome, detail } = attempt;
    const ok = outcome === "success";
    const unheard = slept && attempt.status === undefined;
    const counts = attempt.usage ? countsOf(attempt.usage) : undefined;
    const prompt = counts ? counts.input + counts.cacheRead + counts.cacheWrite : 0;
    const guess = ok && counts && knownTokens?.output;
    candidate.metrics.settle(
      {
        ok,
        // A request whose own time is up says nothing about the candidate, also in the middle of a stream.
        counted: ok || (!unheard && detail !== "total" && policy?.breaker !== "ignore"),
        untimed: slept,
        ttftMs: attempt.ttftMs,
        latencyMs: attempt.latencyMs,
        outputTokens: counts?.output ?? 0,
        expectedTokens: guess ? frame.lengths.learn(knownKind ?? "", guess, counts.output) : undefined,
        costUsd: attempt.costUsd,
        kind: knownKind,
        cachedShare: counts && prompt > 0 ? counts.cacheRead / prompt : undefined,
      },
      attempt.settledAtMs,
    );
    if (attempt.outcome === "empty_response") services.judged(candidate, false);
    stats.attempt(attempt);
    if (attempt.detail === "unclassified") {
      const message = `${candidate.id}: the vendor code ${attempt.vendorCode} is in no table; the HTTP status decided`;
      services.warnOnce("unclassified_code", message, attempt.requestId);
    }
    if (events.has("attempt")) events.emit("attempt", attempt);
    // A good answer of a healthy candidate changes nothing; all else is noted, so that `sinceMs` is when it began.
    if (!ok || events.has("health") || healthTold.get(candidate.id)?.status !== "healthy")
      noteHealth(parts, candidate, attempt.settledAtMs);
    if (ok) waiting.succeeded(candidate.gate);
    else waiting.look();
  };
}
