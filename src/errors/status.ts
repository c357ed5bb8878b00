import type { Meaning } from "./vendor-codes.js";

const BY_STATUS: { readonly [status: number]: Meaning } = {
  401: { kind: "auth" },
  402: { kind: "quota" },
  403: { kind: "permission" },
  404: { kind: "model_not_found" },
  407: { kind: "network", detail: "connect" },
  408: { kind: "timeout", detail: "upstream" },
  409: { kind: "server", detail: "conflict" },
  410: { kind: "model_not_found" },
  413: { kind: "context_length", detail: "payload" },
  425: { kind: "server", detail: "conflict" },
  429: { kind: "rate_limit" },
  451: { kind: "permission" },
  499: { kind: "server" },
  503: { kind: "overloaded" },
  529: { kind: "overloaded" },
};

/** What an HTTP status says by itself; a 2xx says nothing and is not asked. */
export function meaningOfStatus(status: number): Meaning {
  const row = BY_STATUS[status];
  if (row !== undefined) return row;
  if (status >= 300 && status < 400) return { kind: "network", detail: "redirect" };
  if (status >= 400 && status < 500) return { kind: "invalid_request" };
  if (status >= 500 && status < 600) return { kind: "server" };
  return { kind: "malformed_response", detail: "http" };
}
