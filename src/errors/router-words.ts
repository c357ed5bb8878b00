import type { RouterWords } from "./error-body.js";
import { identifier } from "./explain.js";
import type { ErrorKind } from "./kinds.js";
import { policyOf } from "./policy.js";
import { patternRedactor } from "./redact.js";
import { meaningOfStatus } from "./status.js";
import { lookUp, type Meaning } from "./vendor-codes.js";

/**
 * What a router behind an endpoint can tell beyond its status. Anyone may write such words, so none of these stops the
 * request or shuts the provider: they say why it failed, and the request goes elsewhere.
 */
const FINER: { readonly [kindOfStatus: string]: readonly ErrorKind[] } = {
  invalid_request: ["unsupported", "no_candidate"],
  rate_limit: ["budget_exceeded"],
  overloaded: ["unavailable", "saturated"],
  server: ["timeout", "network", "stream_interrupted", "malformed_response", "empty_response", "response_too_large"],
};

/** Another router's word for its failure, where it agrees with the status; `undefined` where code and status tell. */
export function meaningOfRouter(own: RouterWords | undefined, status: number | undefined): Meaning | undefined {
  if (own === undefined) return undefined;
  // In a stream the status was given away before the failure.
  const isOpen = status === undefined || (status >= 200 && status < 300);
  const said = isOpen ? undefined : meaningOfStatus(status).kind;
  const finer = said === undefined ? Object.values(FINER).flat() : (lookUp(FINER, said) ?? []);
  const kind = said === own.kind ? said : finer.find((known) => known === own.kind);
  // Its purse is that of one provider here.
  if (kind === "budget_exceeded") return { kind, detail: "provider" };
  return kind && { kind, detail: detailOf(kind, identifier(own.detail, patternRedactor)) };
}

/** A detail may say more; where something else follows from it, it is about that router's own keys, sockets or clock. */
function detailOf(kind: ErrorKind, detail: string | undefined): string | undefined {
  const { nextCandidate, breaker } = policyOf(kind, detail);
  const alone = policyOf(kind);
  return nextCandidate === alone.nextCandidate && breaker === alone.breaker ? detail : undefined;
}
