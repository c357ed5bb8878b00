import type { CandidateSnapshot } from "../contract/strategy.js";

/**
 * Time to the whole answer as things stand: what was measured, or the age of the calls that are still out, where that is
 * more. A vendor that has just slowed down shows in the second long before it shows in the first.
 */
export function currentLatencyMs(candidate: CandidateSnapshot): number {
  const measured = candidate.expectedLatencyMs;
  const outstanding = candidate.outstandingMs ?? 0;
  return Math.max(measured, outstanding);
}
