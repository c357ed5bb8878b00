import type { Strategy } from "../contract/strategy.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { checkedStrategy } from "./define-strategy.js";

/** What strategies one router knows. */
export interface StrategyRegistry {
  get(name: string): Strategy | undefined;
  names(): string[];
}

/**
 * The built-in strategies and the given ones; one of the same name takes a built-in's place.
 *
 * @throws SignalboxError `invalid_options` for a bad strategy, or two of your own with one name.
 */
export function createStrategyRegistry(
  custom: readonly Strategy[],
  builtIns: { readonly [name: string]: () => Strategy },
): StrategyRegistry {
  const byName = new Map<string, Strategy>(Object.entries(builtIns).map(([name, make]) => [name, make()]));
  const own = new Set<string>();
  for (const [index, strategy] of custom.entries()) {
    const path = `strategies[${index}]`;
    checkedStrategy(strategy, path);
    if (own.has(strategy.name)) {
      throw invalidOption(`${path}.name`, `is "${strategy.name}" a second time`);
    }
    own.add(strategy.name);
    byName.set(strategy.name, strategy);
  }
  return {
    get: (name) => byName.get(name),
    names: () => [...byName.keys()],
  };
}
