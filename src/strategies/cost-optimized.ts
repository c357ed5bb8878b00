import type { CandidateSnapshot, Strategy, StrategyContext } from "../contract/strategy.js";
import { checkNames } from "../errors/check-options.js";
import { checkNumber } from "./check-option.js";
import { fairRecentRate, fairSuccessRate } from "./evidence.js";
import { Explorer } from "./exploration.js";
import { dollars, percent } from "./format.js";
import { Office } from "./office.js";
import { planIndex } from "./plan-index.js";

/** Settings of {@link costOptimized}. */
export interface CostOptimizedOptions {
  /** Candidates that succeed more rarely come after all others. @default 0.8 */
  readonly minSuccessRate?: number | undefined;
  /** How much cheaper another candidate must be before it takes over. @default 0.1 */
  readonly switchMargin?: number | undefined;
}

/** Steps between classes of candidates, in dollars that no request costs. */
const BELOW_FLOOR = 1e9;
const UNKNOWN_PRICE = 1e6;

/**
 * The cheapest candidate that meets a reliability floor. The price is that of the whole request, with the prefix that the
 * vendor likely still holds, and with what failures on the way are expected to cost.
 *
 * @throws SignalboxError `invalid_options` for an option that is unknown or out of range.
 */
export function costOptimized(options: CostOptimizedOptions = {}): Strategy {
  checkNames(options, "costOptimized", ["minSuccessRate", "switchMargin"]);
  checkNumber(options.minSuccessRate, "costOptimized.minSuccessRate");
  checkNumber(options.switchMargin, "costOptimized.switchMargin");
  const explorer = new Explorer();
  const floor = options.minSuccessRate ?? 0.8;
  const office = new Office();
  const margin = options.switchMargin ?? 0.1;
  const reliable = (candidate: CandidateSnapshot): boolean =>
    fairSuccessRate(candidate) >= floor && fairRecentRate(candidate) >= floor * 0.75 && candidate.headroom > 0;
  // One below the floor is asked now and then, else it could never show that it has recovered.
  const again = (candidate: CandidateSnapshot, context: StrategyContext): boolean =>
    explorer.remeasures(candidate, context);
  // A broken stream is billed like a whole one; a refused call costs nothing: half is the middle.
  const planUsd = (usd: number, candidate: CandidateSnapshot): number =>
    planIndex(usd, usd / 2, fairSuccessRate(candidate));
  return {
    name: "cost-optimized",
    score: (candidate, context) => {
      const usd = candidate.expectedCostUsd;
      const plan = usd === Number.POSITIVE_INFINITY ? UNKNOWN_PRICE : planUsd(usd, candidate);
      if (reliable(candidate)) return -plan * (1 - margin * office.hold(candidate, context));
      return again(candidate, context) ? 0 : -BELOW_FLOOR - plan;
    },
    reason: (candidate, context) => {
      const usd = candidate.expectedCostUsd;
      if (!Number.isFinite(usd)) return "unknown price: after all known ones";
      const cached = candidate.expectedCachedTokens;
      const price =
        `${dollars(planUsd(usd, candidate))} expected${cached > 0 ? `, ${cached} tokens likely cached` : ""}, ` +
        `${percent(candidate.successRate)} succeed`;
      if (reliable(candidate)) return price;
      return `${price}: below the floor${again(candidate, context) ? ", measured again" : ` of ${percent(floor)}`}`;
    },
    explores: (candidate, context) => !reliable(candidate) && again(candidate, context),
  };
}
