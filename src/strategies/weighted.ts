import { isObject } from "../chat/check-value.js";
import type { CandidateSnapshot, Strategy } from "../contract/strategy.js";
import { invalidOption } from "../errors/signalbox-error.js";

/**
 * Shares by weight: a candidate with twice the weight goes first twice as often; weight 0 never goes first.
 * A race of exponential clocks, so that one pass without sorting draws from the weights, and fallbacks follow them too.
 *
 * @param weights by candidate id or provider id; one that is not named has weight 1
 * @throws SignalboxError `invalid_options` for a weight that is negative or no number
 *
 * @example
 * createRouter({ providers, strategies: [weighted({ minimax: 3, glm: 1 })], strategy: "weighted" });
 */
export function weighted(weights: { readonly [id: string]: number } = {}): Strategy {
  if (!isObject(weights)) throw invalidOption("weights", "must be an object of weights by provider or candidate id");
  for (const [id, weight] of Object.entries(weights)) {
    if (typeof weight === "number" && weight >= 0 && weight < Number.POSITIVE_INFINITY) continue;
    throw invalidOption(`weights.${id}`, "must be a number, 0 or more");
  }
  const own = new Map(Object.entries(weights));
  const weightOf = ({ id, provider }: CandidateSnapshot): number => own.get(id) ?? own.get(provider) ?? 1;
  const totalOf = (candidates: readonly CandidateSnapshot[]): number => {
    let total = 0;
    for (const candidate of candidates) total += weightOf(candidate);
    return total;
  };
  return {
    name: "weighted",
    ids: [...own.keys()],
    score: (candidate, { random }) => {
      const weight = weightOf(candidate);
      return weight > 0 ? Math.log(1 - random()) / weight : Number.NEGATIVE_INFINITY;
    },
    propensity: (candidate, { candidates }) => {
      const total = totalOf(candidates);
      // Where nobody has a weight, the first one listed goes.
      return total > 0 ? weightOf(candidate) / total : candidate === candidates[0] ? 1 : 0;
    },
    reason: (candidate, { candidates }) => `weight ${weightOf(candidate)} of ${totalOf(candidates)}`,
  };
}
