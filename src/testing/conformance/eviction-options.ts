import type { EvictionPolicy } from "../../memory/policies/policy.js";

/** Options of `evictionConformance`. */
export interface EvictionConformanceOptions {
  /** Makes a fresh policy for a case. */
  setUp(): EvictionPolicy | Promise<EvictionPolicy>;
}
