import type { ErrorKind } from "../../errors/kinds.js";
import type { SignalboxError } from "../../errors/signalbox-error.js";
import { setHeader, setRequestId } from "../../serve/headers.js";

type Shape = readonly [status: number, type: string];

const BAD_REQUEST: Shape = [400, "invalid_request_error"];
const TOO_MANY: Shape = [429, "rate_limit_error"];
const UPSTREAM: Shape = [502, "api_error"];
const BUSY: Shape = [503, "overloaded_error"];

/** Our kinds in Anthropic's words. The status picks the SDK's error class; the type is what apps compare. */
const SHAPES: { readonly [Kind in ErrorKind]: Shape } = {
  invalid_options: BAD_REQUEST,
  invalid_request: BAD_REQUEST,
  unsupported: BAD_REQUEST,
  no_candidate: BAD_REQUEST,
  context_length: BAD_REQUEST,
  content_filter: BAD_REQUEST,
  model_not_found: [404, "not_found_error"],
  auth: UPSTREAM,
  permission: UPSTREAM,
  rate_limit: TOO_MANY,
  quota: TOO_MANY,
  budget_exceeded: TOO_MANY,
  cancelled: [499, "api_error"],
  timeout: [504, "timeout_error"],
  unavailable: BUSY,
  saturated: BUSY,
  overloaded: BUSY,
  server: UPSTREAM,
  network: UPSTREAM,
  stream_interrupted: UPSTREAM,
  malformed_response: UPSTREAM,
  empty_response: UPSTREAM,
  response_too_large: UPSTREAM,
};

function shapeOf({ kind, detail }: SignalboxError, byApp = false): Shape {
  if (detail === "unknown_model" || detail === "not_served") return SHAPES.model_not_found;
  if (detail === "too_large" && kind === "invalid_request") return [413, "request_too_large"];
  if (byApp && kind === "auth") return [401, "authentication_error"];
  if (byApp && kind === "permission") return [403, "permission_error"];
  return SHAPES[kind] ?? UPSTREAM;
}

/** The detail of an error that refuses a thread kept by the server; the SDK then sends the whole history. */
export const THREAD_UNSUPPORTED = "thread_unsupported_request";

/** An error as a body and as an event: Anthropic's shape, and our kind under `signalbox`. */
export function errorBody(error: SignalboxError, byApp = false): { readonly [field: string]: unknown } {
  const { kind, detail, retryable, requestId, retryAfterMs, path, message } = error;
  const threaded = detail === THREAD_UNSUPPORTED;
  return {
    type: "error",
    error: {
      type: shapeOf(error, byApp)[1],
      message,
      ...(threaded ? { details: { error_code: THREAD_UNSUPPORTED, unsupported: ["thread"] } } : {}),
      signalbox: { kind, detail, retryable, path, retry_after_ms: retryAfterMs },
    },
    request_id: requestId ?? null,
  };
}

/**
 * An error as a response. `x-should-retry: false` because the router has retried already: without it the SDK would
 * multiply every failure by three.
 */
export function errorResponse(error: SignalboxError, byApp: boolean): Response {
  const headers = new Headers({ "content-type": "application/json", "x-should-retry": "false" });
  const { requestId, retryAfterMs, provider, model } = error;
  if (requestId !== undefined) setRequestId(headers, requestId);
  if (provider !== undefined) setHeader(headers, "x-signalbox-provider", provider);
  if (model !== undefined) setHeader(headers, "x-signalbox-model", model);
  if (retryAfterMs !== undefined && Number.isFinite(retryAfterMs)) {
    headers.set("retry-after-ms", String(Math.ceil(retryAfterMs)));
    headers.set("retry-after", String(Math.ceil(retryAfterMs / 1_000)));
  }
  return new Response(JSON.stringify(errorBody(error, byApp)), { status: shapeOf(error, byApp)[0], headers });
}
