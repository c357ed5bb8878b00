import { type CaseFramework, type ConformanceCase, registerCases } from "./case.js";
import { strategyCases } from "./strategy-cases.js";
import type { StrategyConformanceOptions } from "./strategy-options.js";

/**
 * What every strategy has to do, as a list of cases for any test framework: numbers, only candidates it was given, a
 * decision in every world (one candidate, 1,000, nothing measured, prices unknown, all failing) after a bounded number of
 * looks, the same one with the same seed and whatever was decided before, nothing changed, chances of at most 1 in all,
 * no word of the prompt in its reasons.
 *
 * @example
 * for (const { name, run } of strategyConformance({ setUp: () => cheapestFirst })) test(name, run);
 */
export function strategyConformance(options: StrategyConformanceOptions): readonly ConformanceCase[] {
  return strategyCases(options);
}

/**
 * Registers every case with a framework's `test`.
 *
 * @example
 * runStrategyConformance({ test }, { setUp: () => weighted({ minimax: 3, glm: 1 }) });
 */
export function runStrategyConformance(framework: CaseFramework, options: StrategyConformanceOptions): void {
  registerCases(framework, strategyConformance(options));
}
