import type { CandidateSnapshot, Level, Strategy, StrategyContext } from "../../contract/strategy.js";
import { explorationBonus, explorationReason, explores, mayExplore } from "../exploration.js";
import { dollars, millis, percent } from "../words.js";
import { loadOf } from "./load-balanced.js";

export interface AdaptiveOptions {
  /** 0: cost and speed count most; 1: only the quality of answers (and failing) counts. @default 0.5 */
  readonly quality?: number | undefined;
}

/** How many points of quality (0..1) a doubling of price or of time must buy, at the knob's middle. */
const POINTS_PER_COST_DOUBLING = 0.02;
const POINTS_PER_TIME_DOUBLING = 0.03;

/** Full-variance Thompson sampling explores too much where there are many features. */
const THOMPSON_SCALE = 0.3;

const LEVEL_FACTOR: { readonly [level in Level]: number } = { low: 0.4, medium: 1, high: 2.5 };

/**
 * Expected quality of the answer, held against price and time, and drawn with its uncertainty so that what is unknown
 * gets tried. Price and time enter as logarithms: half the price is worth the same for a short and for a long request.
 */
export function adaptive(options: AdaptiveOptions = {}): Strategy {
  const knob = 2 * (1 - (options.quality ?? 0.5));
  const costWeight = knob * POINTS_PER_COST_DOUBLING;
  const timeWeight = knob * POINTS_PER_TIME_DOUBLING;

  const merit = (
    candidate: CandidateSnapshot,
    { characteristics: { sensitivity } }: StrategyContext,
    quality: number,
  ): number => {
    const cost = candidate.expectedCostUsd > 1e-6 ? Math.min(candidate.expectedCostUsd, 1e3) : 1e-6;
    return (
      quality * Math.min(candidate.successRate, candidate.recentSuccessRate) -
      costWeight * LEVEL_FACTOR[sensitivity.cost] * Math.log2(cost) -
      timeWeight * LEVEL_FACTOR[sensitivity.latency] * Math.log2(loadOf(candidate))
    );
  };

  return {
    name: "adaptive",
    score: (candidate, context) => {
      let quality = candidate.quality.mean;
      if (candidate.quality.sd > 0 && mayExplore(context))
        quality += THOMPSON_SCALE * candidate.quality.sd * normal(context.random);
      return explorationBonus(candidate, context) + merit(candidate, context, quality);
    },
    reason: (candidate, context) => {
      const explored = explorationReason(candidate, context);
      if (explored !== null) return explored;
      const { quality } = candidate;
      const basis = quality.samples > 0 ? `${Math.round(quality.samples)} rated answers` : "a prior";
      return (
        `quality ${percent(quality.mean)} (${basis}), ${dollars(candidate.expectedCostUsd)}, ` +
        `${millis(candidate.expectedLatencyMs)}, ${percent(candidate.recentSuccessRate)} succeeded lately, ${candidate.inFlight} in flight`
      );
    },
    explores,
  };
}

/** Roughly normal, mean 0 and variance 1: three uniforms summed, never beyond 3. */
function normal(random: () => number): number {
  return 2 * (random() + random() + random() - 1.5);
}
