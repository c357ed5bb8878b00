import { isObject } from "../../chat/check-value.js";
import { sha256 } from "../../chat/hash.js";
import type { CallOptions } from "../../contract/call-options.js";
import type { Feature, FeatureHost } from "../../contract/feature.js";
import type { ExperimentResult } from "../../contract/records.js";
import { assigned, FINDINGS } from "../../engine/assignment.js";
import { checkBoolean, checkNames } from "../../errors/check-options.js";
import { invalidOption } from "../../errors/signalbox-error.js";
import { alwaysValidGain, type Gain, type Sums } from "../../metrics/always-valid.js";
import { createTally } from "../../metrics/arm-tally.js";

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
  /**
   * Whether the experiment ends by itself: once one arm is better than the others beyond doubt, every unit of this process
   * gets that arm. A unit is worth its mean feedback score once feedback is given, failures being worth 0; before that, the
   * share of its requests that were answered. The test holds at every look (an always-valid one), so it may be read at any
   * time: `router.recommend().experiments`.
   *
   * @default true
   */
  readonly stop?: boolean | undefined;
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
  checkNames(options, "experiment", ["name", "arms", "share", "unit", "stop"]);
  const { name, arms, share, unit = "request", stop = true } = options;
  checkBoolean(stop, "experiment.stop");
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
  const tally = createTally(names.length);
  let warn: FeatureHost["warn"] | undefined;
  let winner: number | undefined;
  const judge = (requestId: string): void => {
    if (winner !== undefined) return;
    winner = winnerOf(tally.sums());
    if (winner === undefined) return;
    const then = stop ? "every unit gets it from now on" : "units stay where they are";
    warn?.("experiment_decided", `The experiment "${name}" has found "${names[winner]}" better: ${then}`, requestId);
  };
  const feature: Feature & { readonly [FINDINGS]: () => ExperimentResult } = {
    name: `experiment.${name}`,
    [FINDINGS]: () => resultsOf(name, arms, tally.sums(), winner),
    open(router) {
      warn = router.warn;
    },
    options(called, requestId) {
      const who = unit === "request" ? requestId : unit === "tenant" ? called.tenant : sessionOf(called);
      if (who === undefined) return undefined;
      const drawn = unitHash(`${name}\n${who}`);
      // The range below `share` is cut into equal parts, one for each arm after the first.
      const hashed = drawn < share ? 1 + Math.min(others - 1, Math.floor((drawn / share) * others)) : 0;
      const index = stop ? (winner ?? hashed) : hashed;
      // What was seen after the end would count for one arm alone.
      if (winner === undefined || !stop) tally.assigned(requestId, index, who);
      const arm = names[index]!;
      return assigned({ ...arms[arm], ...given(called) }, { name, arm });
    },
    ended({ requestId, outcome }) {
      if (outcome === "cancelled" || outcome === "invalid_request") return;
      tally.ended(requestId, outcome === "ok" ? 1 : 0);
      judge(requestId);
    },
    rated(requestId, score) {
      tally.rated(requestId, score);
      judge(requestId);
    },
  };
  return feature;
}

/** The chance that any experiment without a difference is decided. */
const ALPHA = 0.05;

/** The arm that is better than the first one; or the first, if it is better than all others. */
function winnerOf(sums: readonly Sums[]): number | undefined {
  let best: { arm: number; gain: number } | undefined;
  let behind = 0;
  for (let arm = 1; arm < sums.length; arm += 1) {
    const gain = gainOf(sums, arm);
    if (gain && gain.low > 0 && gain.mean > (best?.gain ?? 0)) best = { arm, gain: gain.mean };
    if (gain && gain.high < 0) behind += 1;
  }
  return best?.arm ?? (behind === sums.length - 1 ? 0 : undefined);
}

/** Several arms share the chance of a false finding (Bonferroni). */
function gainOf(sums: readonly Sums[], arm: number): Gain | undefined {
  return alwaysValidGain(sums[0]!, sums[arm]!, ALPHA / (sums.length - 1));
}

function resultsOf(
  name: string,
  arms: ExperimentOptions["arms"],
  sums: readonly Sums[],
  winner: number | undefined,
): ExperimentResult {
  const names = Object.keys(arms);
  const told = names.map((arm, index) => {
    const { count, sum } = sums[index]!;
    const gain = index === 0 ? undefined : gainOf(sums, index);
    return { arm, units: count, mean: count === 0 ? null : sum / count, ...(gain ? { gain } : {}) };
  });
  if (winner === undefined) return { name, verdict: "running", arms: told };
  const strategy = winner === 0 ? undefined : arms[names[winner]!]?.strategy;
  const of = strategy === undefined ? {} : { strategy: typeof strategy === "string" ? strategy : strategy.name };
  return { name, verdict: "decided", winner: names[winner]!, arms: told, ...of };
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
