import { extended } from "../core/extended.js";
import { costOfAll } from "../engine/costs.js";
import type { AttemptSummary } from "../errors/kinds.js";
import { type DecisionLogLine, decisionLine } from "../strategies/replay/decision-log.js";
import { RequestRanker } from "./decision.js";
import type { DecisionEntry, RouterParts } from "./parts.js";
import type { Run } from "./run.js";

/** Lines that a recommendation looks back on, at most. */
const MOST_KEPT = 8_000;

export function createDecisionEntry(parts: RouterParts, run: Run): DecisionEntry {
  const { services, learning } = parts;
  const { requestId } = run;
  return {
    decided(candidate, among, sequence) {
      const ranker = new RequestRanker(parts, run, services.random, true);
      const now = ranker.contextOf(among);
      const context = sequence === undefined ? now : extended(now, { sequence });
      const chosen = context.candidates.find(({ id }) => id === candidate.id);
      if (!chosen) return;
      const ticket = learning?.learner.active ? run.view?.ticket() : undefined;
      const about = { requestId, atMs: services.clock.wallNow(), ticket, ahead: sequence === undefined };
      writeLine(parts, decisionLine(about, run.chooser.strategy, context, chosen));
    },
    ended({ attempts, found: { ttftMs } }, ok) {
      const costUsd = costOfAll(attempts);
      const latencyMs = services.clock.now() - run.startedAtMs;
      const calls = attempts.map(counted);
      writeLine(parts, { v: 1, type: "outcome", requestId, ok, costUsd, latencyMs, ttftMs, attempts: calls });
    },
  };
}

/** A call without its words: the log holds numbers and kinds. */
function counted({ provider, model, outcome, detail, latencyMs, costUsd }: AttemptSummary): AttemptSummary {
  return { provider, model, outcome, detail, latencyMs, costUsd };
}

/** Hands a line to the app's log; one that throws is told as a warning and touches nothing. */
export function writeLine({ options, decisions, services }: RouterParts, line: DecisionLogLine): void {
  decisions.push(line);
  if (decisions.length > MOST_KEPT) decisions.splice(0, MOST_KEPT / 2);
  try {
    options.decisionLog?.(line);
  } catch {
    services.warnOnce("decision_log_failed", "The decision log threw; no request is affected", line.requestId);
  }
}
