import type { ErrorKind } from "../../errors/kinds.js";
import type { SignalboxError } from "../../errors/signalbox-error.js";
import { setHeader, setRequestId } from "../../serve/headers.js";

interface Shape {
  readonly status: number;
  readonly type: string;
  /** OpenAI's own word, where it has one; else our kind stands. */
  readonly code?: string;
}

const BAD_REQUEST = "invalid_request_error";

/**
 * Our kinds as OpenAI would say them: the status picks the SDK's error class, the code is what apps compare. A key that a
 * vendor refused is this server's fault, not its caller's.
 */
const SHAPES: { readonly [Kind in ErrorKind]: Shape } = {
  invalid_options: { status: 400, type: BAD_REQUEST },
  invalid_request: { status: 400, type: BAD_REQUEST },
  unsupported: { status: 400, type: BAD_REQUEST },
  no_candidate: { status: 400, type: BAD_REQUEST },
  unavailable: { status: 503, type: "server_error" },
  saturated: { status: 503, type: "server_error" },
  budget_exceeded: { status: 429, type: "insufficient_quota" },
  cancelled: { status: 499, type: "cancelled" },
  timeout: { status: 504, type: "server_error" },
  auth: { status: 502, type: "server_error" },
  permission: { status: 502, type: "server_error" },
  model_not_found: { status: 404, type: BAD_REQUEST },
  context_length: { status: 400, type: BAD_REQUEST, code: "context_length_exceeded" },
  content_filter: { status: 400, type: BAD_REQUEST },
  rate_limit: { status: 429, type: "rate_limit_error", code: "rate_limit_exceeded" },
  quota: { status: 429, type: "insufficient_quota", code: "insufficient_quota" },
  overloaded: { status: 503, type: "server_error" },
  server: { status: 502, type: "server_error" },
  network: { status: 502, type: "server_error" },
  stream_interrupted: { status: 502, type: "server_error" },
  malformed_response: { status: 502, type: "server_error" },
  empty_response: { status: 502, type: "server_error" },
  response_too_large: { status: 502, type: "server_error" },
};

/** An error as a body and as an event: OpenAI's four fields, and ours under `signalbox`. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
    readonly signalbox: {
      readonly kind: ErrorKind;
      readonly detail?: string | undefined;
      readonly retryable: boolean;
      readonly request_id?: string | undefined;
      readonly retry_after_ms?: number | undefined;
    };
  };
}

/** What the app's own `callOptions` refuse is about the caller. */
const CALLER: { readonly [Kind in ErrorKind]?: Shape } = {
  auth: { status: 401, type: BAD_REQUEST, code: "invalid_api_key" },
  permission: { status: 403, type: BAD_REQUEST },
};

function shapeOf(error: SignalboxError, byApp: boolean): Shape {
  // An unknown model is our `invalid_request`; OpenAI answers it with a 404, and apps look for that.
  if (error.kind === "invalid_request" && error.detail === "unknown_model")
    return { ...SHAPES.model_not_found, code: "model_not_found" };
  // Too long for every candidate is to an app what too long for one model is.
  if (error.kind === "no_candidate" && error.detail === "context_length") return SHAPES.context_length;
  if (error.detail === "not_served") return { ...SHAPES.unsupported, status: 404 };
  if (error.detail === "too_large") return { ...SHAPES.invalid_request, status: 413 };
  return (byApp ? CALLER[error.kind] : undefined) ?? SHAPES[error.kind] ?? SHAPES.server;
}

/** @param byApp the app's own `callOptions` threw it. */
export function errorBody(error: SignalboxError, byApp = false): ErrorBody {
  const { type, code } = shapeOf(error, byApp);
  const { kind, detail, retryable, requestId, retryAfterMs, path, message } = error;
  return {
    error: {
      message,
      type,
      param: path ?? null,
      code: code ?? kind,
      signalbox: { kind, detail, retryable, request_id: requestId, retry_after_ms: retryAfterMs },
    },
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
  return new Response(JSON.stringify(errorBody(error, byApp)), { status: shapeOf(error, byApp).status, headers });
}
