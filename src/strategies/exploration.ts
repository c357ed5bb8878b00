import type { CandidateSnapshot, StrategyContext } from "../contract/strategy.js";
import { fairRecentRate, successesOf } from "./evidence.js";

/** Successes after which a candidate counts as measured, and attempts after which it does in any case. */
export const FIRST_TRIES = 3;
const MOST_TRIES = 6;

/** One decision in this many measures again, each candidate in its turn. */
export const EXPLORE_EVERY = 20;

/** Share of decisions spent on measuring again, at most. */
export const REMEASURE_SHARE = 1 / EXPLORE_EVERY;

/** Measurements older than this are worth doing again: what is in use measures itself. */
const STALE_MS = 2_000;

/** A candidate whose price is that many times the usual is measured in one of so many turns; dearer ones no more rarely. */
const MOST_SPARING = 1_000;

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

/**
 * The number of the measuring turn that this decision is, or -1. Each block of {@link EXPLORE_EVERY} decisions holds
 * exactly one, at a mixed place: a candidate waits for its turn no longer than two blocks, and no pattern in the traffic
 * meets the turns. The first block has none: before anything was asked there is nothing to compare with.
 */
export function exploringTurn(sequence: number): number {
  const block = Math.floor(sequence / EXPLORE_EVERY);
  return sequence - block * EXPLORE_EVERY === decisionHash(block, 0) % EXPLORE_EVERY ? block - 1 : -1;
}

/** Urgent calls and calls pinned to a conversation's provider are never experiments. */
export function mayExplore({ characteristics }: StrategyContext): boolean {
  return !characteristics.pinned && characteristics.sensitivity.urgency !== "high";
}

/**
 * Not measured yet, and nothing speaks against it. Counted in successes, so that a first call that fails is not the last
 * word; calls in flight count, so that a burst does not pile onto one candidate.
 */
function isUnmeasured(candidate: CandidateSnapshot): boolean {
  const tries = candidate.tries ?? candidate.attempts;
  // Longer ago than memory reaches, what failed is not known any more.
  const known = candidate.samples > tries - 0.75;
  const left = FIRST_TRIES - (known ? Math.min(tries, successesOf(candidate) + 0.5) : tries);
  return (
    left >= 1 &&
    tries + candidate.inFlight < MOST_TRIES &&
    candidate.inFlight < left &&
    fairRecentRate(candidate) >= 0.5
  );
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
    if (!unmeasured) return this.remeasures(candidate, context) ? BONUS : 0;
    if (candidate.headroom <= 0 || !mayExplore(context)) return 0;
    const tries = Math.min(FIRST_TRIES, candidate.tries ?? candidate.attempts);
    return BONUS * (1 + FIRST_TRIES - tries + (FIRST_TRIES - candidate.inFlight) / 8);
  }

  /** Whether this decision measures `candidate` again. */
  remeasures(candidate: CandidateSnapshot, context: StrategyContext): boolean {
    return this.#draw(context) === candidate && isStale(candidate) && candidate.headroom > 0 && mayExplore(context);
  }

  /**
   * Whether `candidate` is tried again since all that is known of it is a failure or two: it was chosen once, and has not
   * shown anything yet. Not where the second try would cost more than the candidate in use.
   */
  retries(candidate: CandidateSnapshot, context: StrategyContext): boolean {
    const tries = candidate.tries ?? candidate.attempts;
    if (tries === 0 || tries >= FIRST_TRIES || candidate.inFlight > 0 || successesOf(candidate) >= 0.5) return false;
    if (candidate.samples < tries - 0.75 || fairRecentRate(candidate) < 0.5 || candidate.headroom <= 0) return false;
    return mayExplore(context) && priceRatio(candidate, context) <= 1.25;
  }

  /** Why it was explored, in words; `null` where it was not. */
  reason(candidate: CandidateSnapshot, context: StrategyContext): string | null {
    if (this.retries(candidate, context)) return "tried again: one failure is no verdict";
    if (this.bonus(candidate, context) === 0) return null;
    return isUnmeasured(candidate)
      ? `not measured yet (${candidate.tries ?? candidate.attempts} of ${FIRST_TRIES} first tries)`
      : "measured again (5 % of calls at most)";
  }

  /** The candidate whose turn it is to be measured again; nobody in 19 of 20 decisions. */
  #draw(context: StrategyContext): CandidateSnapshot | undefined {
    const { sequence, candidates } = context;
    if (sequence !== this.#sequence || candidates !== this.#candidates) {
      this.#sequence = sequence;
      this.#candidates = candidates;
      const turn = exploringTurn(sequence);
      this.#drawn = turn < 0 ? undefined : affordable(turn, context);
    }
    return this.#drawn;
  }
}

/**
 * Whose turn it is, if it may be paid for: a candidate that costs ten times the usual is measured in the last of ten of
 * its turns. So measuring takes at most one twentieth of what has been spent, at any time, the first minutes included.
 */
function affordable(turn: number, context: StrategyContext): CandidateSnapshot | undefined {
  const { candidates } = context;
  const candidate = candidates[turn % candidates.length]!;
  const round = Math.floor(turn / candidates.length);
  // A quarter more is no difference: before its first answers nobody knows how much a model writes.
  const sparing = Math.ceil(Math.min(MOST_SPARING, priceRatio(candidate, context)) - 0.25);
  return sparing <= 1 || round % sparing === sparing - 1 ? candidate : undefined;
}

/** What it costs, in multiples of the candidate in use (else of the cheapest); 1 where a price is unknown. */
function priceRatio({ expectedCostUsd }: CandidateSnapshot, { candidates, incumbent }: StrategyContext): number {
  let usualUsd = Number.POSITIVE_INFINITY;
  for (const other of candidates) {
    if (other.id === incumbent) {
      usualUsd = other.expectedCostUsd;
      break;
    }
    if (other.expectedCostUsd < usualUsd) usualUsd = other.expectedCostUsd;
  }
  if (!(expectedCostUsd > 0) || !Number.isFinite(expectedCostUsd) || !Number.isFinite(usualUsd)) return 1;
  return usualUsd > 0 ? expectedCostUsd / usualUsd : MOST_SPARING;
}

/** Not under way, and not heard of lately. */
function isStale(candidate: CandidateSnapshot): boolean {
  return candidate.inFlight === 0 && candidate.idleMs >= STALE_MS;
}
