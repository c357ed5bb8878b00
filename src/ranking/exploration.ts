import type { CandidateSnapshot, StrategyContext } from "../contract/strategy.js";

/** Attempts after which a candidate counts as measured. */
export const FIRST_TRIES = 3;

/** Share of decisions spent on measuring again. */
export const REMEASURE_SHARE = 0.02;

/** Measurements older than this are worth doing again. */
const STALE_MS = 10_000;

/** Lifts a candidate above every score that a strategy gives for merit. */
const BONUS = 1e12;

/**
 * A well-mixed 32-bit number for one decision. Taken from the sequence number and not from `random`, so that every
 * candidate of a decision sees the same draw, `score` keeps no state, and a replay repeats it.
 */
export function decisionHash(sequence: number, stream: number): number {
  let mixed = Math.imul(sequence + 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Urgent calls and calls pinned to a conversation's provider are never experiments. */
export function mayExplore(context: StrategyContext): boolean {
  const { characteristics } = context;
  return !characteristics.pinned && characteristics.sensitivity.urgency !== "high";
}

/**
 * The candidate that this decision measures again, or `undefined` for 98 of 100 decisions, and where the one drawn is
 * under way or was heard of lately: what is in use measures itself.
 */
export function remeasured(context: StrategyContext): CandidateSnapshot | undefined {
  if (decisionHash(context.sequence, 0) >= REMEASURE_SHARE * 4_294_967_296) return undefined;
  const drawn = context.candidates[decisionHash(context.sequence, 1) % context.candidates.length];
  return drawn !== undefined && drawn.inFlight === 0 && drawn.idleMs >= STALE_MS ? drawn : undefined;
}

/** Not measured yet, and nothing speaks against it. Calls in flight count, so that a burst does not pile onto it. */
export function isUnmeasured(candidate: CandidateSnapshot): boolean {
  return candidate.attempts + candidate.inFlight < FIRST_TRIES && candidate.recentSuccessRate >= 0.5;
}

/** Whether this decision is for measuring `candidate` rather than for its merit. */
export function explores(candidate: CandidateSnapshot, context: StrategyContext): boolean {
  return explorationBonus(candidate, context) > 0;
}

/** What a strategy that ranks on measurements adds to a score: 0, or enough to go first. */
export function explorationBonus(candidate: CandidateSnapshot, context: StrategyContext): number {
  const unmeasured = isUnmeasured(candidate);
  if (!unmeasured && decisionHash(context.sequence, 0) >= REMEASURE_SHARE * 4_294_967_296) return 0;
  if (candidate.headroom <= 0 || !mayExplore(context)) return 0;
  if (unmeasured) return BONUS * (1 + FIRST_TRIES - candidate.attempts - candidate.inFlight);
  return remeasured(context) === candidate ? BONUS : 0;
}

/** Why it was explored, in words; `null` where it was not. */
export function explorationReason(candidate: CandidateSnapshot, context: StrategyContext): string | null {
  if (!explores(candidate, context)) return null;
  return isUnmeasured(candidate)
    ? `not measured yet (${candidate.attempts} of ${FIRST_TRIES} first tries)`
    : "measured again (2 % of calls at most)";
}
