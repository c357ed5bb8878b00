import type { Strategy } from "../contract/strategy.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { type Chooser, createChooser } from "../strategies/chooser.js";
import { checkedStrategy } from "../strategies/define-strategy.js";
import type { StrategyRegistry } from "../strategies/registry.js";
import type { RouterParts } from "./parts.js";

/** Whether somebody heard it. */
type Warn = (code: string, message: string) => boolean;

/** One chooser per strategy, made when it is first asked for. */
export function createChooserSource(
  registry: StrategyRegistry,
  knows: (id: string) => boolean,
  warn: Warn,
): RouterParts["chooserOf"] {
  const choosers = new Map<string, Chooser>();
  const inline = new WeakMap<Strategy, Chooser>();
  const chooser = (strategy: Strategy, path: string): Chooser => {
    for (const id of strategy.ids ?? []) {
      if (!knows(id)) throw invalidOption(`${path}.${id}`, "names no provider or candidate of this router");
    }
    return createChooser({ strategy, onWarning: ({ code, message }) => warn(code, message) });
  };
  return (given, path) => {
    if (typeof given === "object") {
      let known = inline.get(given);
      if (!known) {
        known = chooser(checkedStrategy(given, path), path);
        inline.set(given, known);
      }
      return known;
    }
    const known = choosers.get(given);
    if (known) return known;
    const strategy = registry.get(given);
    if (!strategy) return undefined;
    const made = chooser(strategy, path);
    choosers.set(given, made);
    return made;
  };
}
