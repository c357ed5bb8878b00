import { utf8Length } from "../core/bytes.js";
import { field } from "../errors/error-body.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { transportFailure } from "../errors/transport-cause.js";
import type { HttpCall } from "./http-call.js";

/** What undici adds to the headers we give it: 183 bytes in Node 20, and room to grow. */
const OWN_HEADER_BYTES = 256;
/** A connection that was closed while it was idle fails within a round trip; later the server had begun to work. */
const AT_ONCE_MS = 2_000;

/**
 * Whether a kept-alive connection was closed by the server as this call came: the connection broke at once, before any
 * byte of an answer. Asked only if others went well since the last failure. Nobody's failure; the call may go out again.
 */
export function wasStale(error: unknown, call: HttpCall, tookMs: number): boolean {
  const used = wasUsed(error, call);
  if (used !== undefined || tookMs > AT_ONCE_MS) return used === true;
  const found = transportFailure(error);
  return found?.kind === "network" && found.detail === "reset";
}

/** The error of a call on a connection that other calls had used, and that closed before the server saw this one. */
export function staleSocket(error: unknown, call: HttpCall): SignalboxError | undefined {
  if (!wasUsed(error, call)) return undefined;
  return new SignalboxError("network", "a kept-alive connection was already closed", {
    detail: "stale_socket",
    cause: error,
  });
}

/**
 * Whether other calls had used the connection: undici fails with `UND_ERR_SOCKET` and a socket that has carried more bytes
 * than this one call has. `undefined` if the error does not say.
 */
function wasUsed(error: unknown, call: HttpCall): boolean | undefined {
  // fetch wraps undici's error; undici's own `request` rejects with it.
  const cause = field(error, "code") === "UND_ERR_SOCKET" ? error : field(error, "cause");
  if (field(cause, "code") !== "UND_ERR_SOCKET") return undefined;
  const written = field(field(cause, "socket"), "bytesWritten");
  if (typeof written !== "number") return undefined;
  let own = OWN_HEADER_BYTES + call.url.length + (call.body === undefined ? 0 : utf8Length(call.body));
  for (const name in call.headers) own += name.length + (call.headers[name]?.length ?? 0) + 4;
  return written > own;
}
