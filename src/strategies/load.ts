import type { CandidateSnapshot } from "../contract/strategy.js";
import { fairRecentRate } from "./evidence.js";

/**
 * Time to the whole answer as things stand: what was measured, or the age of the calls that are still out, where that is
 * more. A vendor that has just slowed down shows in the second long before it shows in the first.
 */
export function currentLatencyMs(candidate: CandidateSnapshot, expectedMs = candidate.expectedLatencyMs): number {
  return candidate.inFlight === 0 ? expectedMs : Math.max(expectedMs, candidate.outstandingMs ?? 0);
}

/** Below this share of a known limit a candidate counts as more loaded, in proportion. */
const LOW_HEADROOM = 0.2;

/** What is left of a known limit, as far as it weighs: 1 down to a fifth of it, then in proportion. */
export function leftOf({ headroom }: CandidateSnapshot): number {
  return headroom >= LOW_HEADROOM ? 1 : Math.max(0.05, headroom / LOW_HEADROOM);
}

/**
 * Latency times calls outstanding, over the square of what succeeded lately: fast failures never look fast. One failure
 * within memory is not counted.
 */
export function loadOf(candidate: CandidateSnapshot, latencyMs = currentLatencyMs(candidate)): number {
  const success = Math.max(fairRecentRate(candidate), 0.05);
  return (latencyMs * (candidate.inFlight + 1)) / (success * success * leftOf(candidate));
}
