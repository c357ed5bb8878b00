import type { CandidateSnapshot, Strategy, StrategyContext } from "../contract/strategy.js";
import { checkNames } from "../errors/check-options.js";
import { checkNumber } from "./check-option.js";
import { fairRecentRate, fairSuccessRate } from "./evidence.js";
import { Explorer } from "./exploration.js";
import { millis, percent } from "./format.js";
import { currentLatencyMs } from "./load.js";
import { Office } from "./office.js";
import { planIndex } from "./plan-index.js";

/** Settings of {@link performanceWeighted}. */
export interface PerformanceWeightedOptions {
  /** How much faster another candidate must be before it takes over. @default 0.1 */
  readonly switchMargin?: number | undefined;
}

/** Calls in flight that double the expected time; stands in for a queue that nobody outside the vendor can see. */
const IN_FLIGHT_SCALE = 32;

/** What a failure costs besides its time: it uses up one of a request's few attempts. */
const FAILURE_MS = 1_000;

/**
 * The shortest expected time to a good answer, calls in flight and the chance of failing included.
 *
 * @throws SignalboxError `invalid_options` for an option that is unknown or out of range.
 */
export function performanceWeighted(options: PerformanceWeightedOptions = {}): Strategy {
  checkNames(options, "performanceWeighted", ["switchMargin"]);
  checkNumber(options.switchMargin, "performanceWeighted.switchMargin");
  const explorer = new Explorer();
  const office = new Office();
  const margin = options.switchMargin ?? 0.1;
  const timeMs = (candidate: CandidateSnapshot): number => {
    const latencyMs = currentLatencyMs(candidate);
    const queuedMs = latencyMs * (1 + candidate.inFlight / IN_FLIGHT_SCALE);
    return planIndex(queuedMs, latencyMs + FAILURE_MS, Math.min(fairSuccessRate(candidate), fairRecentRate(candidate)));
  };
  return {
    name: "performance-weighted",
    score: (candidate: CandidateSnapshot, context: StrategyContext): number =>
      explorer.bonus(candidate, context) -
      timeMs(candidate) * (1 - margin * office.hold(candidate, context, candidate.samples)),
    reason: (candidate, context) =>
      explorer.reason(candidate, context) ??
      `${millis(timeMs(candidate))} to a good answer: ${millis(candidate.ttftMs)} to the first token, ` +
        `${Math.round(candidate.tokensPerSecond)} tokens/s, ${percent(candidate.successRate)} succeed, ${candidate.inFlight} in flight`,
    explores: (candidate, context) => explorer.bonus(candidate, context) > 0,
  };
}
