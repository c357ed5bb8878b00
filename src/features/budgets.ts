import type { Feature } from "../contract/feature.js";
import { builtInFeature } from "../router/built-in.js";
import type { Kit } from "../router/parts.js";
import { createReserve } from "../router/reserve.js";
import { type BudgetReading, type BudgetRule, type Budgets, createBudgets } from "../spend/budgets.js";

export const budgetsKit = { budgets: createBudgets, reserve: createReserve } satisfies Partial<Kit>;

/** Money budgets of one router, and what is left of them. */
export interface BudgetsFeature extends Feature {
  /** What a tenant, provider or tag has left, one reading for each rule that counts it; without a key, all that hold anything. */
  read(key?: string): readonly BudgetReading[];
}

/**
 * Dollars that each owner may spend in a time window.
 *
 * @example
 * const money = budgets([{ per: "tenant", maxUsd: 5, windowMs: 86_400_000, onExceeded: "reject" }]);
 * createRouter({ providers, strategy, use: [money] });
 * money.read("acme");
 */
export function budgets(rules: readonly BudgetRule[]): BudgetsFeature {
  let made: Budgets | undefined;
  const kit = {
    ...budgetsKit,
    budgets: (given, deps) => {
      made = createBudgets(given, deps);
      return made;
    },
  } satisfies Partial<Kit>;
  return builtInFeature(
    "budgets",
    { options: { budgets: rules }, kit },
    { read: (key?: string) => made?.read(key) ?? [] },
  );
}
