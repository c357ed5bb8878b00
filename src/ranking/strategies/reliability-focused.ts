import type { CandidateSnapshot, Strategy } from "../../contract/strategy.js";
import { explorationBonus, explorationReason, explores } from "../exploration.js";
import { percent } from "../words.js";

export interface ReliabilityFocusedOptions {
  /** How much higher (0..1) another candidate's proven success rate must be before it takes over. @default 0.01 */
  readonly switchMargin?: number | undefined;
}

/**
 * The highest success rate that is proven: the lower end of its confidence interval, so that one success of one call does
 * not beat 990 of 1,000. What failed in the last seconds counts at once.
 */
export function reliabilityFocused(options: ReliabilityFocusedOptions = {}): Strategy {
  const margin = options.switchMargin ?? 0.01;
  const proven = (candidate: CandidateSnapshot): number =>
    Math.min(candidate.successLowerBound, candidate.recentSuccessRate) * (candidate.headroom > 0 ? 1 : 0.5);
  return {
    name: "reliability-focused",
    score: (candidate, context) =>
      explorationBonus(candidate, context) +
      proven(candidate) +
      (candidate.id === context.incumbent ? margin : 0) -
      // Equal proof: the faster one; a minute is worth a tenth of a point.
      (0.001 * candidate.expectedLatencyMs) / (candidate.expectedLatencyMs + 60_000),
    reason: (candidate, context) =>
      explorationReason(candidate, context) ??
      `at least ${percent(proven(candidate))} succeed (${percent(candidate.successRate)} over ${Math.round(candidate.samples)} calls)`,
    explores,
  };
}
