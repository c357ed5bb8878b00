import { isPlainObject, unknownOption } from "./check-options.js";
import type { ErrorKind } from "./kinds.js";
import { POLICIES, type Policy, type PolicyKey, policyKey } from "./policy.js";
import { invalidOption, type SignalboxError, withContext } from "./signalbox-error.js";

/**
 * Rows of the policy table that a router sees differently, by kind or `kind/detail`. A row stands for itself: that of a kind
 * counts for its details without a row of their own.
 *
 * @example
 * { content_filter: { nextCandidate: true }, rate_limit: { coolDownMs: 1_000 }, "timeout/headers": { sameProvider: true } }
 */
export type PolicyOverrides = { readonly [row in PolicyKey]?: Partial<Policy> | undefined };

/** The policy table of one router. */
export interface Policies {
  /** What follows from a failure. */
  of(kind: ErrorKind, detail?: string | undefined): Policy;
  /** The failure of a call with what this table says of `retryable`, if it says more than every router's. */
  applied(error: SignalboxError): SignalboxError;
}

/** The table with these rows changed. Asking for the same provider again makes a failure `retryable`. */
export function createPolicies(overrides: PolicyOverrides | undefined): Policies {
  const table: { readonly [row in PolicyKey]: Policy } = { ...POLICIES };
  const retryable = new Map<PolicyKey, boolean>();
  for (const [row, given] of Object.entries(overrides ?? {}) as [PolicyKey, Partial<Policy> | undefined][]) {
    const changes = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
    Object.assign(table, { [row]: { ...POLICIES[row], ...Object.fromEntries(changes) } });
    const wanted = given?.retryable ?? (given?.sameProvider === true ? true : undefined);
    if (wanted !== undefined) retryable.set(row, wanted);
  }
  return {
    of: (kind, detail) => table[policyKey(kind, detail)],
    applied(error) {
      const wanted = retryable.get(policyKey(error.kind, error.detail));
      return wanted === undefined || wanted === error.retryable ? error : withContext(error, { retryable: wanted });
    },
  };
}

type Check = (value: unknown) => string | null;

const flag: Check = (value) => (typeof value === "boolean" ? null : "must be true or false");
const oneOf = (...words: readonly string[]): Check => {
  return (value) => (words.includes(value as string) ? null : `must be one of ${words.join(", ")}`);
};
const wait: Check = (value) =>
  typeof value === "number" && value >= 0 && value <= 2_147_483_647 ? null : "must be milliseconds, 0 or more";

const FIELDS: { readonly [field in keyof Policy]-?: Check } = {
  nextCandidate: flag,
  sameProvider: flag,
  breaker: oneOf("failure", "ignore", "cool_down", "disable", "failure_and_cool_down"),
  retryable: flag,
  coolDownMs: wait,
  scope: oneOf("candidate", "provider"),
  backoffBaseMs: wait,
  onlyLargerWindow: flag,
};

/** Checks a router's `policy`. @throws SignalboxError `invalid_options` naming the row and field */
export function checkPolicies(value: unknown, path = "policy"): void {
  if (value === undefined) return;
  if (!isPlainObject(value)) throw invalidOption(path, "must be an object of rows of the policy table");
  for (const [row, given] of Object.entries(value)) {
    const at = `${path}.${row.slice(0, 64)}`;
    if (!Object.hasOwn(POLICIES, row)) {
      throw invalidOption(at, `is no row of the policy table; known are ${Object.keys(POLICIES).join(", ")}`);
    }
    if (given === undefined) continue;
    if (!isPlainObject(given)) throw invalidOption(at, "must be an object");
    for (const [field, wanted] of Object.entries(given)) {
      if (!Object.hasOwn(FIELDS, field)) throw unknownOption(`${at}.${field.slice(0, 64)}`, Object.keys(FIELDS));
      const problem = wanted === undefined ? null : FIELDS[field as keyof Policy](wanted);
      if (problem !== null) throw invalidOption(`${at}.${field}`, problem);
    }
  }
}
