import type { Feature } from "../../contract/feature.js";
import { type CaseFramework, type ConformanceCase, registerCases } from "./case.js";
import { featureCases } from "./feature-cases.js";

/** Options of `featureConformance`. */
export interface FeatureConformanceOptions {
  /** Makes a fresh feature for a case. */
  setUp(): Feature | Promise<Feature>;
}

/**
 * What every feature has to do, as a list of cases for any test framework: slots that end and give what their callers
 * can use, one call of `next`, nothing changed that it was handed, leases that can be settled and released, a value of
 * its own for each request, streams that come out the same wherever they were cut into chunks and whoever reads beside.
 *
 * @example
 * for (const { name, run } of featureConformance({ setUp: () => redact })) test(name, run);
 */
export function featureConformance(options: FeatureConformanceOptions): readonly ConformanceCase[] {
  return featureCases(options.setUp);
}

/**
 * Registers every case with a framework's `test`.
 *
 * @example
 * runFeatureConformance({ test }, { setUp: () => auditLog(lines) });
 */
export function runFeatureConformance(framework: CaseFramework, options: FeatureConformanceOptions): void {
  registerCases(framework, featureConformance(options));
}
