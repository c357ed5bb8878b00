import type { ErrorKind } from "./kinds.js";

/** What a server answers whose caller is to blame, or waits too eagerly, or whose upstreams are not there. */
const STATUS: { readonly [kind in ErrorKind]?: number } = {
  invalid_request: 400,
  unsupported: 400,
  context_length: 400,
  content_filter: 400,
  cancelled: 499,
  rate_limit: 429,
  quota: 429,
  budget_exceeded: 429,
  timeout: 504,
  unavailable: 503,
  overloaded: 503,
  saturated: 503,
};

/**
 * The HTTP status with which a server of one's own answers for an error of this kind. A key that a vendor refused is the
 * server's fault and not its caller's, so `auth` and `permission` are a 502 as all other kinds are.
 */
export function httpStatusOf(kind: ErrorKind): number {
  return STATUS[kind] ?? 502;
}
