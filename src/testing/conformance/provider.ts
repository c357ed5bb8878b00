import { type CaseFramework, type ConformanceCase, registerCases } from "./case.js";
import { abortCases } from "./provider-cases-abort.js";
import { answerCases } from "./provider-cases-answers.js";
import { failureCases } from "./provider-cases-failures.js";
import type { ProviderConformanceOptions } from "./provider-scenarios.js";

/**
 * What every provider has to do, as a list of cases for any test framework: text, a stream that says what `chat` says,
 * usage, thinking, tool calls, typed errors, no retries of its own, aborts and early breaks that reach the upstream, no key anywhere.
 *
 * @example
 * for (const { name, run } of providerConformance({ setUp })) test(name, run);
 */
export function providerConformance(options: ProviderConformanceOptions): readonly ConformanceCase[] {
  return [...answerCases(options), ...failureCases(options), ...abortCases(options)];
}

/**
 * Registers every case with a framework's `test`.
 *
 * @example
 * runProviderConformance({ test }, {
 *   async setUp(scenario) {
 *     const upstream = await startWireUpstream("openai", scenario);
 *     return { provider: mine(`${upstream.url}/v1`), upstream, close: () => upstream.close() };
 *   },
 * });
 */
export function runProviderConformance(framework: CaseFramework, options: ProviderConformanceOptions): void {
  registerCases(framework, providerConformance(options));
}
