import type { Strategy } from "../../contract/strategy.js";

/** Options of `strategyConformance`. */
export interface StrategyConformanceOptions {
  /** Makes a fresh strategy for a case. */
  setUp(): Strategy | Promise<Strategy>;
}
