import type { CandidateSnapshot } from "../contract/strategy.js";

/**
 * How far one failure lowers `successRate`: by its share of the last minute's attempts, and of the ten minutes' that the
 * minute is shrunk towards.
 */
function oneFailure(samples: number): number {
  return (1 / (samples + 1)) * (1 + 1 / (samples + 2));
}

/** What `successRate` reads after `samples` attempts without a failure. */
function flawless(samples: number): number {
  return (samples + (samples + 1.9) / (samples + 2)) / (samples + 1);
}

/** How much of one failure is forgiven, 0..1: all of it where it is the only one in memory, nothing from the second on. */
function forgiven({ successRate, samples }: CandidateSnapshot): number {
  const failures = (flawless(samples) - successRate) / oneFailure(samples);
  return Math.min(1, Math.max(0, 2 - failures));
}

/**
 * The success rate with the benefit of the doubt, as a share of a flawless record as short as this one: one failure
 * within memory is a draw, two are evidence. Without it a candidate whose first call fails reads as 32 %, is never asked
 * again, and so can never show otherwise.
 */
export function fairSuccessRate(candidate: CandidateSnapshot): number {
  const { successRate, samples } = candidate;
  return Math.min(1, (successRate + forgiven(candidate) * oneFailure(samples)) / flawless(samples));
}

/** The same over the last seconds. Where there is much evidence, what fails now counts at once. */
export function fairRecentRate(candidate: CandidateSnapshot): number {
  const { successRate, recentSuccessRate, samples } = candidate;
  const fair = fairSuccessRate(candidate);
  return Math.min(fair, recentSuccessRate + (forgiven(candidate) + fair - successRate) / (samples + 1));
}

/** Successes in memory, as far as the success rate tells. */
export function successesOf({ successRate, samples }: CandidateSnapshot): number {
  return Math.max(0, successRate * (samples + 1) - 0.95);
}

/** At most one failure in a memory of some attempts: nothing tells it from the best. */
export function isUnblemished(candidate: CandidateSnapshot): boolean {
  return candidate.samples >= 2 && forgiven(candidate) > 0.99;
}
