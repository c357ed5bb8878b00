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

/** Not measured yet, and nothing speaks against it. Calls in flight count, so that a burst does not pile onto it. */
function isUnmeasured(candidate: CandidateSnapshot): boolean {
  const { attempts } = candidate;
  return attempts < FIRST_TRIES && attempts + candidate.inFlight < FIRST_TRIES && candidate.recentSuccessRate >= 0.5;
}

/**
 * Decides which decisions are for measuring. One per strategy; what it remembers is only the last draw, which depends on
 * nothing but the decision's number and its candidates, so that a thousand scores of one decision draw once.
 */
export class Explorer {
  #sequence = -1;
  #candidates: readonly CandidateSnapshot[] | undefined;
  #drawn: CandidateSnapshot | undefined;

  /** What a strategy that ranks on measurements adds to a score: 0, or enough to go first. */
  bonus(candidate: CandidateSnapshot, context: StrategyContext): number {
    const unmeasured = isUnmeasured(candidate);
    if (!unmeasured && this.#draw(context) !== candidate) return 0;
    if (candidate.headroom <= 0 || !mayExplore(context)) return 0;
    if (unmeasured) return BONUS * (1 + FIRST_TRIES - candidate.attempts - candidate.inFlight);
    return isStale(candidate) ? BONUS : 0;
  }

  /** Whether this decision measures `candidate` again. */
  remeasures(candidate: CandidateSnapshot, context: StrategyContext): boolean {
    return this.#draw(context) === candidate && isStale(candidate) && candidate.headroom > 0 && mayExplore(context);
  }

  /** Why it was explored, in words; `null` where it was not. */
  reason(candidate: CandidateSnapshot, context: StrategyContext): string | null {
    if (this.bonus(candidate, context) === 0) return null;
    return isUnmeasured(candidate)
      ? `not measured yet (${candidate.attempts} of ${FIRST_TRIES} first tries)`
      : "measured again (2 % of calls at most)";
  }

  /** The candidate drawn for measuring again; nobody in 98 of 100 decisions. */
  #draw({ sequence, candidates }: StrategyContext): CandidateSnapshot | undefined {
    if (sequence !== this.#sequence || candidates !== this.#candidates) {
      this.#sequence = sequence;
      this.#candidates = candidates;
      const exploring = decisionHash(sequence, 0) < REMEASURE_SHARE * 4_294_967_296;
      this.#drawn = exploring ? candidates[decisionHash(sequence, 1) % candidates.length] : undefined;
    }
    return this.#drawn;
  }
}

/** Not under way, and not heard of lately: what is in use measures itself. */
function isStale(candidate: CandidateSnapshot): boolean {
  return candidate.inFlight === 0 && candidate.idleMs >= STALE_MS;
}
