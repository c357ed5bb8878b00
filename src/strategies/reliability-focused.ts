import type { CandidateSnapshot, Strategy } from "../contract/strategy.js";
import { checkNames } from "../errors/check-options.js";
import { checkNumber } from "./check-option.js";
import { fairRecentRate, isUnblemished } from "./evidence.js";
import { Explorer } from "./exploration.js";
import { percent } from "./format.js";
import { loadOf } from "./load.js";
import { Office } from "./office.js";

/** Settings of {@link reliabilityFocused}. */
export interface ReliabilityFocusedOptions {
  /**
   * How much higher (0..1) another candidate's proven success rate must be before it takes over; less is no difference.
   * @default 0.01
   */
  readonly switchMargin?: number | undefined;
}

/** Points of success (0..1) that a fully loaded candidate loses, and the load (milliseconds) at which it loses half of them. */
const LOAD_POINTS = 0.05;
const HALF_LOAD_MS = 20_000;
/** Of a full load: less is the trace of who was asked a moment later. */
const LOAD_STEP = 0.01;

/**
 * The highest success rate that is proven: the lower end of its confidence interval, so that one success of one call does
 * not beat 990 of 1,000. Of candidates without a second failure in memory none is proven better. What failed in the last
 * seconds counts at once, and between equals the less loaded one is safer, else the one listed first: not the one asked
 * last, whose evidence is a little fresher.
 *
 * @throws SignalboxError `invalid_options` for an option that is unknown or out of range.
 */
export function reliabilityFocused(options: ReliabilityFocusedOptions = {}): Strategy {
  checkNames(options, "reliabilityFocused", ["switchMargin"]);
  checkNumber(options.switchMargin, "reliabilityFocused.switchMargin");
  const explorer = new Explorer();
  const margin = options.switchMargin ?? 0.01;
  const office = new Office();
  const proven = (candidate: CandidateSnapshot): number =>
    Math.min(isUnblemished(candidate) ? 1 : candidate.successLowerBound, fairRecentRate(candidate)) *
    (candidate.headroom > 0 ? 1 : 0.5);
  return {
    name: "reliability-focused",
    score: (candidate, context) => {
      const load = loadOf(candidate);
      const held = margin * Math.min(1, office.hold(candidate, context));
      const burden = LOAD_POINTS * whole(load / (load + HALF_LOAD_MS), LOAD_STEP);
      return explorer.bonus(candidate, context) + whole(proven(candidate), margin) + held - burden;
    },
    reason: (candidate, context) =>
      explorer.reason(candidate, context) ??
      `at least ${percent(proven(candidate))} succeed (${percent(candidate.successRate)} over ${Math.round(candidate.samples)} calls)`,
    explores: (candidate, context) => explorer.bonus(candidate, context) > 0,
  };
}

/** The value in whole steps. */
function whole(value: number, step: number): number {
  return step > 0 ? Math.floor(value / step) * step : value;
}
