import type { CandidateSnapshot, Strategy } from "../../contract/strategy.js";
import { Explorer } from "../exploration.js";
import { percent } from "../format.js";
import { loadOf } from "../load.js";
import { checkNumber } from "./check-option.js";

/** Settings of {@link reliabilityFocused}. */
export interface ReliabilityFocusedOptions {
  /** How much higher (0..1) another candidate's proven success rate must be before it takes over. @default 0.01 */
  readonly switchMargin?: number | undefined;
}

/** Points of success (0..1) that a fully loaded candidate loses, and the load (milliseconds) at which it loses half of them. */
const LOAD_POINTS = 0.05;
const HALF_LOAD_MS = 20_000;

/**
 * The highest success rate that is proven: the lower end of its confidence interval, so that one success of one call does
 * not beat 990 of 1,000. What failed in the last seconds counts at once, and between equals the less loaded one is safer.
 */
export function reliabilityFocused(options: ReliabilityFocusedOptions = {}): Strategy {
  checkNumber(options.switchMargin, "reliabilityFocused.switchMargin");
  const explorer = new Explorer();
  const margin = options.switchMargin ?? 0.01;
  const proven = (candidate: CandidateSnapshot): number =>
    Math.min(candidate.successLowerBound, candidate.recentSuccessRate) * (candidate.headroom > 0 ? 1 : 0.5);
  return {
    name: "reliability-focused",
    score: (candidate, context) => {
      const load = loadOf(candidate);
      const held = candidate.id === context.incumbent ? margin : 0;
      return (
        explorer.bonus(candidate, context) + proven(candidate) + held - LOAD_POINTS * (load / (load + HALF_LOAD_MS))
      );
    },
    reason: (candidate, context) =>
      explorer.reason(candidate, context) ??
      `at least ${percent(proven(candidate))} succeed (${percent(candidate.successRate)} over ${Math.round(candidate.samples)} calls)`,
    explores: (candidate, context) => explorer.bonus(candidate, context) > 0,
  };
}
