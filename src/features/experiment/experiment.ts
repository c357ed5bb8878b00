import { isObject } from "../../chat/check-value.js";
import { sha256 } from "../../chat/hash.js";
import type { CallOptions } from "../../contract/call-options.js";
import type { Feature } from "../../contract/feature.js";
import { assigned } from "../../engine/assignment.js";
import { checkNames } from "../../errors/check-options.js";
import { invalidOption } from "../../errors/signalbox-error.js";

/** Settings of {@link experiment}. */
export interface ExperimentOptions {
  /** What routes call it; part of the hash, so that two experiments divide the same callers differently. */
  readonly name: string;
  /** Call options by arm, two arms or more; the first is what is done today. What a call sets itself wins over its arm's. */
  readonly arms: { readonly [arm: string]: CallOptions };
  /** Share (0..1) of units that the arms after the first get together, in equal parts. */
  readonly share: number;
  /**
   * What stays in one arm: a tenant, a session, or each request by itself. A call that names no such unit takes no part.
   *
   * @default "request"
   */
  readonly unit?: "tenant" | "sessionKey" | "request" | undefined;
}

const UNITS: readonly unknown[] = ["tenant", "sessionKey", "request"];

/** Characters of a base64url hash that make the number: 48 bits. */
const HASH_CHARS = 8;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * Divides callers between sets of call options and writes into each `route.experiment` which one a call had. The arm is a
 * hash of the experiment's name and the unit: the same in every process and after every restart, without any state.
 *
 * @throws SignalboxError `invalid_options` naming the path
 *
 * @example
 * const frugal = experiment({
 *   name: "frugal",
 *   arms: { today: {}, frugal: { strategy: "cost-optimized" } },
 *   share: 0.1,
 *   unit: "tenant",
 * });
 * createRouter({ providers, use: [frugal] });
 */
export function experiment(options: ExperimentOptions): Feature {
  checkNames(options, "experiment", ["name", "arms", "share", "unit"]);
  const { name, arms, share, unit = "request" } = options;
  if (typeof name !== "string" || !/^[\w.-]{1,90}$/.test(name)) {
    throw invalidOption("experiment.name", "must be 1 to 90 letters, digits, dots or dashes");
  }
  if (!isObject(arms) || Object.keys(arms).length < 2) {
    throw invalidOption("experiment.arms", "must be an object of at least two arms");
  }
  for (const [arm, given] of Object.entries(arms)) {
    if (!isObject(given)) throw invalidOption(`experiment.arms.${arm}`, "must be an object of call options");
  }
  if (typeof share !== "number" || !(share >= 0 && share <= 1)) {
    throw invalidOption("experiment.share", "must be a number from 0 to 1");
  }
  if (!UNITS.includes(unit)) throw invalidOption("experiment.unit", `must be one of ${UNITS.join(", ")}`);
  const names = Object.keys(arms);
  const others = names.length - 1;
  return {
    name: `experiment.${name}`,
    options(called, requestId) {
      const who = unit === "request" ? requestId : unit === "tenant" ? called.tenant : sessionOf(called);
      if (who === undefined) return undefined;
      const drawn = unitHash(`${name}\n${who}`);
      // The range below `share` is cut into equal parts, one for each arm after the first.
      const arm = drawn < share ? names[1 + Math.min(others - 1, Math.floor((drawn / share) * others))]! : names[0]!;
      return assigned({ ...arms[arm], ...given(called) }, { name, arm });
    },
  };
}

/** A session belongs to its tenant: equal keys of two tenants are two sessions. */
function sessionOf({ tenant, sessionKey }: CallOptions): string | undefined {
  return sessionKey === undefined ? undefined : JSON.stringify([tenant ?? null, sessionKey]);
}

/** The options that were given, without those that are `undefined`. */
function given(options: CallOptions): CallOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** A text as a number in [0, 1), evenly spread. */
function unitHash(text: string): number {
  let value = 0;
  for (const character of sha256(text).slice(0, HASH_CHARS)) value = value * 64 + ALPHABET.indexOf(character);
  return value / 64 ** HASH_CHARS;
}
