import type { Strategy } from "../contract/strategy.js";
import { checkTimeouts } from "../errors/check-options.js";
import { checkPolicies } from "../errors/policies.js";
import { invalidOption } from "../errors/signalbox-error.js";
import type { RouterOptions } from "./options.js";

/** What `createRouter` of `signalbox/lean` takes: what the engine itself needs. All else is a feature in `use`. */
export interface LeanRouterOptions
  extends Pick<
    RouterOptions,
    | "id"
    | "providers"
    | "aliases"
    | "tiers"
    | "fallback"
    | "retry"
    | "policy"
    | "breaker"
    | "timeouts"
    | "clock"
    | "random"
    | "use"
  > {
  /** Which candidate goes first: a value, such as `costOptimized()`. */
  readonly strategy: Strategy;
}

const OWN: { readonly [option in keyof LeanRouterOptions]-?: true } = {
  id: true,
  providers: true,
  aliases: true,
  tiers: true,
  fallback: true,
  retry: true,
  policy: true,
  breaker: true,
  timeouts: true,
  clock: true,
  random: true,
  use: true,
  strategy: true,
};

/** Checks what a lean router is given by hand. @throws SignalboxError `invalid_options` naming the path */
export function checkLeanOptions(options: LeanRouterOptions): void {
  if (typeof options !== "object" || options === null) throw invalidOption("options", "must be an object");
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(OWN, name)) continue;
    throw invalidOption(name, `is no option here; known are ${Object.keys(OWN).join(", ")}; features go into use`);
  }
  checkPolicies(options.policy);
  const { strategy, providers } = options as { readonly strategy: unknown; readonly providers: unknown };
  if (typeof strategy !== "object" || strategy === null) {
    throw invalidOption("strategy", "must be a strategy, such as costOptimized()");
  }
  if (!Array.isArray(providers) || providers.length === 0) {
    throw invalidOption("providers", "must hold at least one provider");
  }
  const seen = new Set<unknown>();
  for (const [index, provider] of providers.entries()) checkProvider(provider, `providers[${index}]`, seen);
}

function checkProvider(given: unknown, path: string, seen: Set<unknown>): void {
  if (typeof given !== "object" || given === null)
    throw invalidOption(path, "must be a provider: { id, models, chat }");
  const { id, models, chat, stream, timeouts } = given as { readonly [member: string]: unknown };
  if (typeof id !== "string" || !/^[^\s/]{1,100}$/.test(id)) {
    throw invalidOption(`${path}.id`, "must be 1 to 100 characters without a slash or white space");
  }
  if (seen.has(id)) throw invalidOption(`${path}.id`, `is "${id}" a second time`);
  seen.add(id);
  if (!Array.isArray(models) || models.length === 0) {
    throw invalidOption(`${path}.models`, "must hold at least one model");
  }
  checkTimeouts(timeouts, `${path}.timeouts`);
  for (const [index, model] of models.entries()) checkTimeouts(model?.timeouts, `${path}.models[${index}].timeouts`);
  if (typeof chat !== "function" && typeof stream !== "function") {
    throw invalidOption(`${path}.chat`, "is missing, and so is stream");
  }
}
