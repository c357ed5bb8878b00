import { type CaseFramework, type ConformanceCase, registerCases } from "./case.js";
import { storeCases } from "./store-cases.js";
import { storeKeyCases } from "./store-cases-keys.js";
import { storeLifetimeCases } from "./store-cases-lifetimes.js";
import type { StoreConformanceOptions } from "./store-options.js";

/**
 * What every store has to do, as a list of cases for any test framework: what was set comes back equal and under its own
 * key alone, whatever the key; deletions, lifetimes and clearing do no more than they say; 100 operations at once; values
 * of its own.
 *
 * @example
 * for (const { name, run } of storeConformance({ setUp: () => ({ store: mine() }) })) test(name, run);
 */
export function storeConformance(options: StoreConformanceOptions): readonly ConformanceCase[] {
  return [...storeCases(options), ...storeKeyCases(options), ...storeLifetimeCases(options)];
}

/**
 * Registers every case with a framework's `test`.
 *
 * @example
 * runStoreConformance({ test }, {
 *   setUp() {
 *     const data = new Map();
 *     return {
 *       store: keyvStore(new Keyv({ store: data, namespace: "answers" })),
 *       neighbour: keyvStore(new Keyv({ store: data, namespace: "answers-2" })),
 *     };
 *   },
 * });
 */
export function runStoreConformance(framework: CaseFramework, options: StoreConformanceOptions): void {
  registerCases(framework, storeConformance(options));
}
