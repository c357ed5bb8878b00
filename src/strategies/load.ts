import type { CandidateSnapshot } from "../contract/strategy.js";

/**
 * Time to the whole answer as things stand: what was measured, or the age of the calls that are still out, where that is
 * more. A vendor that has just slowed down shows in the second long before it shows in the first.
 */
export function currentLatencyMs(candidate: CandidateSnapshot, expectedMs = candidate.expectedLatencyMs): number {
  return candidate.inFlight === 0 ? expectedMs : Math.max(expectedMs, candidate.outstandingMs ?? 0);
}

/** Below this share of a known limit a candidate counts as more loaded, in proportion. */
const LOW_HEADROOM = 0.2;

/** Latency times calls outstanding, over the square of what succeeded lately: fast failures never look fast. */
export function loadOf(candidate: CandidateSnapshot, latencyMs = currentLatencyMs(candidate)): number {
  const success = Math.max(candidate.recentSuccessRate, 0.05);
  const { headroom } = candidate;
  const left = headroom >= LOW_HEADROOM ? 1 : Math.max(0.05, headroom / LOW_HEADROOM);
  return (latencyMs * (candidate.inFlight + 1)) / (success * success * left);
}
