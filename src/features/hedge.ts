import type { Feature } from "../contract/feature.js";
import { createHedgeBudget, type HedgeOptions, hedged } from "../engine/hedge.js";
import { builtInFeature } from "../router/built-in.js";
import type { Kit } from "../router/parts.js";

export const hedgeKit = {
  hedge(options) {
    const budget = createHedgeBudget(options);
    return (attempt) => hedged(attempt, budget);
  },
} satisfies Partial<Kit>;

/** Asks a second candidate while the first is slow. Doubles the cost of hedged calls. */
export function hedge(options: HedgeOptions = {}): Feature {
  return builtInFeature("hedge", { options: { hedge: options }, kit: hedgeKit }, {});
}
