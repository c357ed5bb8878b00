import type { DecisionOutcome, DecisionRecord, LoggedCandidate } from "../contract/decision-record.js";
import type { CandidateSnapshot, StrategyContext } from "../contract/strategy.js";
import { seededRandom } from "../core/random.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Call } from "../flow/call.js";
import type { Chooser } from "../ranking/chooser.js";
import type { PlannedCandidate } from "./candidates.js";
import { RequestRanker } from "./decision.js";
import type { RouterParts } from "./parts.js";
import type { Run } from "./run.js";

/** How often a decision is made again, with other draws, to learn how likely it was. */
const REPEATS = 32;

/** Decisions that a recommendation looks back on, at most. */
const MOST_KEPT = 2_000;

/** Writes one request's decision down when its outcome is known. */
export interface DecisionEntry {
  /** Who goes first among which; called before that one is asked. */
  decided(candidate: PlannedCandidate, among: readonly PlannedCandidate[]): void;
  /** The request has ended, well or with an error. */
  ended(call: Call, error: unknown): void;
}

/** An entry of the log the app gave; a log that throws is told as a warning and touches nothing. */
export function createDecisionEntry(
  parts: RouterParts,
  run: Run,
  write: (record: DecisionRecord) => void,
): DecisionEntry {
  const { services } = parts;
  let decision: Omit<DecisionRecord, "outcome"> | undefined;
  return {
    decided(candidate, among) {
      const ranker = new RequestRanker(parts, run, services.random, true);
      const context = ranker.contextOf(among);
      const { kind, complexity, tokens, needs, sensitivity, pinned } = run.characteristics;
      decision = {
        version: 1,
        requestId: run.requestId,
        atMs: services.clock.wallNow(),
        strategy: run.chooser.strategy.name,
        sequence: context.sequence - 1,
        characteristics: { kind, complexity, tokens, needs, sensitivity, pinned },
        candidates: context.candidates.map(logged),
        chosen: candidate.id,
        propensity: propensityOf(run.chooser, context, candidate.id),
      };
    },
    ended(call, error) {
      if (!decision) return;
      try {
        const record = { ...decision, outcome: outcomeOf(parts, run, call, error) };
        parts.decisions.push(record);
        if (parts.decisions.length > MOST_KEPT) parts.decisions.splice(0, MOST_KEPT / 2);
        write(record);
      } catch {
        services.warnOnce("decision_log_failed", "The decision log threw; the request is not affected", run.requestId);
      }
    },
  };
}

/** The numbers of a snapshot as they are now: its getters read live state. */
function logged(candidate: CandidateSnapshot): LoggedCandidate {
  const { id, provider, model, tier, position, expectedCostUsd, expectedLatencyMs, ttftMs, tokensPerSecond } =
    candidate;
  const { successRate, successLowerBound, recentSuccessRate, samples, attempts, idleMs, inFlight, headroom } =
    candidate;
  const { expectedCachedTokens, quality, weight } = candidate;
  const money = { expectedCostUsd, expectedCachedTokens };
  const times = { expectedLatencyMs, ttftMs, tokensPerSecond, idleMs };
  const rates = { successRate, successLowerBound, recentSuccessRate, samples, attempts, inFlight, headroom };
  return { id, provider, model, tier, position, weight, ...money, ...times, ...rates, quality: { ...quality } };
}

/** The strategy's own word where it gives one, else the share of repeats that put `id` first. */
function propensityOf(chooser: Chooser, context: StrategyContext, id: string): number {
  let hits = 0;
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const random = seededRandom(context.sequence * REPEATS + repeat);
    const [first] = chooser.explain({ ...context, random, sequence: context.sequence + repeat });
    if (first?.propensity !== undefined && first.id === id) return first.propensity;
    if (first?.id === id) hits += 1;
  }
  return (hits + 1) / (REPEATS + 1);
}

function outcomeOf({ services }: RouterParts, run: Run, call: Call, error: unknown): DecisionOutcome {
  const [first] = call.attempts;
  let costUsd: number | null = 0;
  for (const attempt of call.attempts)
    costUsd = attempt.costUsd === null || costUsd === null ? null : costUsd + attempt.costUsd;
  return {
    result: error === undefined ? "ok" : SignalboxError.isInstance(error) ? error.kind : "server",
    first: first?.outcome ?? "unavailable",
    firstLatencyMs: first?.latencyMs ?? 0,
    firstCostUsd: first?.costUsd ?? null,
    latencyMs: services.clock.now() - run.startedAtMs,
    ttftMs: call.ttftMs,
    costUsd,
    attempts: call.attempts.length,
  };
}
