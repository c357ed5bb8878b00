import type { ErrorKind } from "./kinds.js";

/** What a failure does to the breaker of the candidate that failed. */
export type BreakerEffect = "failure" | "ignore" | "cool_down" | "disable" | "failure_and_cool_down";

/** What follows from a failure of one kind. */
export interface Policy {
  /** Another candidate may be asked (never after the caller has seen a part of the answer). */
  readonly nextCandidate: boolean;
  /** The same provider may be asked again after a wait; see `mayAskAgain`. */
  readonly sameProvider: boolean;
  /** What the failure says to the candidate's breaker. */
  readonly breaker: BreakerEffect;
  /** What the error's `retryable` says: the same request may succeed later. */
  readonly retryable: boolean;
  /** How long a cool-down or disable lasts where the vendor names no time, milliseconds. */
  readonly coolDownMs?: number | undefined;
  /** What the breaker effect applies to: this model alone, or all models of the provider. @default "candidate" */
  readonly scope?: "candidate" | "provider" | undefined;
  /** Base of the full-jitter wait before the same provider is asked again, milliseconds. @default 500 */
  readonly backoffBaseMs?: number | undefined;
  /** Only a candidate with a larger window is worth asking. */
  readonly onlyLargerWindow?: boolean | undefined;
}

const MINUTE = 60_000;
const STAY = { nextCandidate: false, sameProvider: false } as const;
const MOVE = { nextCandidate: true, sameProvider: false } as const;
const MOVE_OR_RETRY = { nextCandidate: true, sameProvider: true } as const;
const IGNORED = { breaker: "ignore" } as const;
const FAILURE = { breaker: "failure" } as const;
const LATER = { retryable: true } as const;
const NEVER = { retryable: false } as const;
const DISABLE = { breaker: "disable", ...NEVER } as const;
const PROVIDER = { scope: "provider" } as const;

/**
 * The one table that says what follows from a failure: every kind, and the `kind/detail` pairs that differ from it.
 * Times are our own choice; a vendor's own word wins. `npm run errors-table` prints it.
 */
export const POLICIES = {
  invalid_options: { ...STAY, ...IGNORED, ...NEVER },
  invalid_request: { ...STAY, ...IGNORED, ...NEVER },
  unsupported: { ...MOVE, ...IGNORED, ...NEVER },
  no_candidate: { ...MOVE, ...IGNORED, ...NEVER },
  "no_candidate/context_length": { ...MOVE, ...IGNORED, ...NEVER },
  unavailable: { ...MOVE, ...IGNORED, ...LATER },
  saturated: { ...MOVE, ...IGNORED, ...LATER },
  budget_exceeded: { ...STAY, ...IGNORED, ...LATER },
  "budget_exceeded/provider": { ...MOVE, ...IGNORED, ...LATER },
  "budget_exceeded/degrade": { ...MOVE, ...IGNORED, ...LATER },
  "budget_exceeded/held": { ...STAY, ...IGNORED, ...LATER },
  "budget_exceeded/max_cost": { ...MOVE, ...IGNORED, ...NEVER },
  cancelled: { ...STAY, ...IGNORED, ...NEVER },
  timeout: { ...MOVE, ...FAILURE, ...LATER },
  "timeout/total": { ...STAY, ...IGNORED, ...LATER },
  "timeout/queue": { ...MOVE, ...IGNORED, ...LATER },
  "timeout/headers": { ...MOVE, ...FAILURE, ...LATER },
  "timeout/first_token": { ...MOVE, ...FAILURE, ...LATER },
  "timeout/idle": { ...MOVE_OR_RETRY, ...FAILURE, ...LATER },
  "timeout/upstream": { ...MOVE_OR_RETRY, ...FAILURE, ...LATER },
  auth: { ...MOVE, ...DISABLE, ...PROVIDER, coolDownMs: 10 * MINUTE },
  // The adapter has other keys and has set this one aside: nobody needs to stay away.
  "auth/one_key": { ...MOVE_OR_RETRY, ...IGNORED, ...LATER, backoffBaseMs: 1 },
  // The key came with the call: other callers have others.
  "auth/caller_key": { ...MOVE, ...IGNORED, ...NEVER },
  // Whoever keeps the keys could not be asked; the key itself may be good.
  "auth/key_function": { ...MOVE_OR_RETRY, ...LATER, ...PROVIDER, breaker: "cool_down", coolDownMs: 3_000 },
  permission: { ...MOVE, ...DISABLE, coolDownMs: 30 * MINUTE },
  model_not_found: { ...MOVE, ...DISABLE, coolDownMs: 60 * MINUTE },
  context_length: { ...MOVE, ...IGNORED, ...NEVER, onlyLargerWindow: true },
  "context_length/payload": { ...MOVE, ...IGNORED, ...NEVER, onlyLargerWindow: true },
  // The limit is the account's, not the model's window.
  "context_length/tokens_per_minute": { ...MOVE, ...IGNORED, ...NEVER },
  content_filter: { ...STAY, ...IGNORED, ...NEVER },
  rate_limit: { ...MOVE_OR_RETRY, ...LATER, breaker: "cool_down", coolDownMs: 3_000, backoffBaseMs: 1_000 },
  "rate_limit/one_key": { ...MOVE_OR_RETRY, ...IGNORED, ...LATER, backoffBaseMs: 1 },
  quota: { ...MOVE, ...NEVER, ...PROVIDER, breaker: "cool_down", coolDownMs: 15 * MINUTE },
  "quota/one_key": { ...MOVE_OR_RETRY, ...IGNORED, ...LATER, backoffBaseMs: 1 },
  // The balance pays for a shorter answer than this request asks for.
  "quota/request": { ...MOVE, ...IGNORED, ...NEVER },
  overloaded: { ...MOVE_OR_RETRY, ...LATER, breaker: "failure_and_cool_down", coolDownMs: 5_000 },
  server: { ...MOVE_OR_RETRY, ...FAILURE, ...LATER },
  "server/conflict": { ...MOVE_OR_RETRY, ...IGNORED, ...LATER },
  "server/feature": { ...STAY, ...IGNORED, ...NEVER },
  "server/bug": { ...MOVE, ...FAILURE, ...NEVER },
  network: { ...MOVE_OR_RETRY, ...FAILURE, ...LATER, backoffBaseMs: 100 },
  "network/connect": { ...MOVE_OR_RETRY, ...FAILURE, ...LATER, ...PROVIDER, backoffBaseMs: 100 },
  "network/dns": { ...MOVE_OR_RETRY, ...FAILURE, ...LATER, ...PROVIDER, backoffBaseMs: 100 },
  "network/tls": { ...MOVE, ...DISABLE, ...PROVIDER, coolDownMs: 5 * MINUTE },
  "network/reset": { ...MOVE_OR_RETRY, ...FAILURE, ...LATER, backoffBaseMs: 100 },
  "network/stale_socket": { ...MOVE_OR_RETRY, ...IGNORED, ...LATER, backoffBaseMs: 1 },
  "network/redirect": { ...MOVE, ...DISABLE, ...PROVIDER, coolDownMs: 5 * MINUTE },
  stream_interrupted: { ...MOVE_OR_RETRY, ...FAILURE, ...LATER },
  malformed_response: { ...MOVE_OR_RETRY, ...FAILURE, ...LATER },
  "malformed_response/output": { ...MOVE_OR_RETRY, ...IGNORED, ...LATER },
  empty_response: { ...MOVE_OR_RETRY, ...FAILURE, ...LATER },
  response_too_large: { ...MOVE, ...FAILURE, ...NEVER },
} as const satisfies { readonly [key in ErrorKind]: Policy } & { readonly [key: string]: Policy };

/** A kind, or a kind and detail with rules of its own. */
export type PolicyKey = keyof typeof POLICIES;

/** The row of a failure: that of its detail, else that of its kind. */
export function policyKey(kind: ErrorKind, detail?: string | undefined): PolicyKey {
  const exact = `${kind}/${detail}`;
  if (detail !== undefined && Object.hasOwn(POLICIES, exact)) return exact as PolicyKey;
  // Types make every kind have a row; a kind from another version of the package counts as a failed vendor.
  return Object.hasOwn(POLICIES, kind) ? kind : "server";
}

/** What follows from a failure. */
export function policyOf(kind: ErrorKind, detail?: string | undefined): Policy {
  return POLICIES[policyKey(kind, detail)];
}

/**
 * Whether the same provider may be asked again after this failure: the table allows it, and so does whoever answered.
 *
 * @param of the table of the router that asks.
 */
export function mayAskAgain(
  error: {
    readonly kind: ErrorKind;
    readonly detail?: string | undefined;
    readonly retryable: boolean;
    readonly final?: boolean | undefined;
  },
  of: typeof policyOf = policyOf,
): boolean {
  return error.retryable && !error.final && of(error.kind, error.detail).sameProvider;
}
