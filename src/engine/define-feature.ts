import { isObject } from "../chat/check-value.js";
import type { Feature } from "../contract/feature.js";
import { invalidOption } from "../errors/signalbox-error.js";

const SLOTS: { readonly [slot in Exclude<keyof Feature, "name">]: true } = {
  state: true,
  open: true,
  close: true,
  options: true,
  request: true,
  recall: true,
  exclude: true,
  facts: true,
  admit: true,
  attempt: true,
  flight: true,
  settled: true,
  answered: true,
  reply: true,
  stream: true,
  replied: true,
  decided: true,
  rated: true,
  ended: true,
};

/**
 * Makes a feature for `use` of `createRouter`: a name and the slots it fills.
 *
 * @example
 * const shout = defineFeature({
 *   name: "shout",
 *   request: (request) => ({ ...request, messages: request.messages.map(inCapitals) }),
 * });
 *
 * @throws SignalboxError `invalid_options` naming the member that is wrong
 */
export function defineFeature<State = undefined>(feature: Feature<State>): Feature<State> {
  checkFeature(feature, "feature");
  return feature;
}

/** Checks `use`. @throws SignalboxError `invalid_options` naming the path */
export function checkFeatures(use: unknown): void {
  if (use === undefined) return;
  if (!Array.isArray(use)) throw invalidOption("use", "must be a list of features");
  const names = new Set<string>();
  for (const [index, feature] of use.entries()) {
    const path = `use[${index}]`;
    checkFeature(feature, path);
    const { name } = feature as Feature;
    if (names.has(name)) throw invalidOption(`${path}.name`, `is "${name}" a second time`);
    names.add(name);
  }
}

function checkFeature(feature: unknown, path: string): void {
  if (!isObject(feature)) throw invalidOption(path, "must be a feature: { name, ...slots }");
  const { name } = feature;
  if (typeof name !== "string" || !/^[\w.-]{1,100}$/.test(name)) {
    throw invalidOption(`${path}.name`, "must be 1 to 100 letters, digits, dots or dashes");
  }
  for (const [slot, value] of Object.entries(feature)) {
    if (slot === "name" || value === undefined) continue;
    if (!Object.hasOwn(SLOTS, slot)) {
      throw invalidOption(`${path}.${slot}`, `is not a slot; known are ${Object.keys(SLOTS).join(", ")}`);
    }
    if (typeof value !== "function") throw invalidOption(`${path}.${slot}`, "must be a function");
  }
}
