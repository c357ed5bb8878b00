import type { Strategy } from "../contract/strategy.js";
import { adaptive } from "./adaptive.js";
import { costOptimized } from "./cost-optimized.js";
import { loadBalanced } from "./load-balanced.js";
import { ordered } from "./ordered.js";
import { performanceWeighted } from "./performance-weighted.js";
import { reliabilityFocused } from "./reliability-focused.js";
import { roundRobin } from "./round-robin.js";
import { weighted } from "./weighted.js";

/** The names that work without defining anything. */
export type BuiltInStrategy =
  | "adaptive"
  | "performance-weighted"
  | "cost-optimized"
  | "load-balanced"
  | "reliability-focused"
  | "round-robin"
  | "weighted"
  | "ordered";

/** The built-in strategies by their names, each with its default options. */
export const MAKERS: { readonly [name in BuiltInStrategy]: () => Strategy } = {
  adaptive,
  "performance-weighted": performanceWeighted,
  "cost-optimized": costOptimized,
  "load-balanced": loadBalanced,
  "reliability-focused": reliabilityFocused,
  "round-robin": roundRobin,
  weighted,
  ordered,
};

export const BUILT_IN_NAMES = Object.keys(MAKERS) as readonly BuiltInStrategy[];

/** A built-in strategy with its default options, or `undefined`. */
export function builtIn(name: string): Strategy | undefined {
  return Object.hasOwn(MAKERS, name) ? MAKERS[name as BuiltInStrategy]() : undefined;
}
