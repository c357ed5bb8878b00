import type { Strategy } from "../../contract/strategy.js";

/**
 * Shares by the providers' weights: a candidate with twice the weight goes first twice as often; weight 0 never goes first.
 * A race of exponential clocks, so that one pass without sorting draws from the weights, and fallbacks follow them too.
 */
export function weighted(): Strategy {
  return {
    name: "weighted",
    score: (candidate, { random }) =>
      candidate.weight > 0 ? Math.log(1 - random()) / candidate.weight : Number.NEGATIVE_INFINITY,
    reason: (candidate, { candidates }) => {
      let total = 0;
      for (const other of candidates) total += Math.max(0, other.weight);
      return `weight ${candidate.weight} of ${total}`;
    },
  };
}
