import type { ErrorKind } from "./kinds.js";
import { type PolicyKey, type PolicyRule, RULES } from "./policy-rules.js";
import { WORDS } from "./policy-words.js";

/** What follows from a failure of one kind, and how to say it. */
export interface Policy extends PolicyRule {
  /** What happened, in a few words. */
  readonly summary: string;
  /** What the reader of the error can do. */
  readonly advice: string;
}

/** One row of the table; `detail` is absent on the row that stands for the whole kind. */
export interface PolicyRow extends Policy {
  readonly kind: ErrorKind;
  readonly detail?: string | undefined;
}

/** The one table that says what follows from a failure; the README's error table is printed from it. */
export const POLICY: readonly PolicyRow[] = Object.keys(RULES).map((key) => {
  const [summary, advice] = WORDS[key as PolicyKey];
  const [kind, detail] = key.split("/") as [ErrorKind, string?];
  return {
    kind,
    ...(detail === undefined ? {} : { detail }),
    ...(RULES[key as PolicyKey] as PolicyRule),
    summary,
    advice,
  };
});

const BY_KEY: ReadonlyMap<string, PolicyRow> = new Map(
  POLICY.map((row) => [row.detail === undefined ? row.kind : `${row.kind}/${row.detail}`, row]),
);

/** What follows from a failure: the row of its detail, else the row of its kind. */
export function policyOf(kind: ErrorKind, detail?: string | undefined): Policy {
  const row = (detail === undefined ? undefined : BY_KEY.get(`${kind}/${detail}`)) ?? BY_KEY.get(kind);
  // Types make every kind have a row; a kind from another version of the package counts as a failed vendor.
  return row ?? (BY_KEY.get("server") as PolicyRow);
}

/**
 * Whether the same provider may be asked again after this failure: the table allows it, and the vendor did not say
 * `x-should-retry: false` (which shows as `retryable: false`).
 */
export function mayAskAgain(error: { kind: ErrorKind; detail?: string | undefined; retryable: boolean }): boolean {
  return error.retryable && policyOf(error.kind, error.detail).sameProvider;
}
