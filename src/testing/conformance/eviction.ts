import { type CaseFramework, type ConformanceCase, registerCases } from "./case.js";
import { evictionCases } from "./eviction-cases.js";
import type { EvictionConformanceOptions } from "./eviction-options.js";

export type { EvictionConformanceOptions } from "./eviction-options.js";

/**
 * What every eviction policy has to do, as a list of cases for any test framework: name one of the entries it holds while
 * there is any, and nobody else; forget who has gone, and know a slot taken anew as another; take any size, cost, key and
 * room; keep caches apart. Whom it names is its own affair.
 *
 * @example
 * for (const { name, run } of evictionConformance({ setUp: () => fifo })) test(name, run);
 */
export function evictionConformance(options: EvictionConformanceOptions): readonly ConformanceCase[] {
  return evictionCases(options);
}

/**
 * Registers every case with a framework's `test`.
 *
 * @example
 * runEvictionConformance({ test }, { setUp: () => lru() });
 */
export function runEvictionConformance(framework: CaseFramework, options: EvictionConformanceOptions): void {
  registerCases(framework, evictionConformance(options));
}
