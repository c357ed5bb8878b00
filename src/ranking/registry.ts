import type { Strategy } from "../contract/strategy.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { strategyIssue } from "./define-strategy.js";
import { adaptive } from "./strategies/adaptive.js";
import { costOptimized } from "./strategies/cost-optimized.js";
import { loadBalanced } from "./strategies/load-balanced.js";
import { ordered } from "./strategies/ordered.js";
import { performanceWeighted } from "./strategies/performance-weighted.js";
import { reliabilityFocused } from "./strategies/reliability-focused.js";
import { roundRobin } from "./strategies/round-robin.js";
import { weighted } from "./strategies/weighted.js";

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

/** What strategies one router knows. */
export interface StrategyRegistry {
  has(name: string): boolean;
  get(name: string): Strategy | undefined;
  names(): string[];
}

/**
 * The built-in strategies and the given ones; one of the same name takes a built-in's place.
 *
 * @throws SignalboxError `invalid_options` for a bad strategy, or two of your own with one name.
 */
export function createStrategyRegistry(custom: readonly Strategy[] = []): StrategyRegistry {
  const byName = new Map<string, Strategy>();
  const builtIn = [
    adaptive(),
    performanceWeighted(),
    costOptimized(),
    loadBalanced(),
    reliabilityFocused(),
    roundRobin(),
    weighted(),
    ordered(),
  ];
  for (const strategy of builtIn) byName.set(strategy.name, strategy);
  const own = new Set<string>();
  for (const [index, strategy] of custom.entries()) {
    const path = `strategies[${index}]`;
    const issue = strategyIssue(strategy);
    if (issue !== null) throw new SignalboxError("invalid_options", issue.message, { path: path + issue.path });
    if (own.has(strategy.name)) {
      throw new SignalboxError("invalid_options", `two strategies are named "${strategy.name}"`, {
        path: `${path}.name`,
      });
    }
    own.add(strategy.name);
    byName.set(strategy.name, strategy);
  }
  return {
    has: (name) => byName.has(name),
    get: (name) => byName.get(name),
    names: () => [...byName.keys()],
  };
}
