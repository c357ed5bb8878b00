import type { CallOptions } from "../contract/call-options.js";
import { joinSignals } from "../core/join-signals.js";
import { checkFunction, checkOptions } from "../errors/check-options.js";
import { toSignalboxError } from "../errors/classify.js";
import { invalidOption, SignalboxError, withContext } from "../errors/signalbox-error.js";
import { type BodyOption, bodyOptions, checkBodyOptions } from "./body-options.js";
import { readJsonBody } from "./read-json-body.js";
import { checkTarget, type Target } from "./target.js";

/** What is known of a request before its body is read. */
export interface FetchInfo {
  /** The address. */
  readonly url: string;
  /** The HTTP method. */
  readonly method: string;
  /** The headers. */
  readonly headers: Headers;
}

/** What a request through the door may choose, and what you choose for it. */
export interface FetchOptions {
  /**
   * Which per-call options a body may choose in its `signalbox` field: none, all, or the named ones. Leave it off if
   * the body comes from a browser: it must not choose its own tenant. @default false
   */
  readonly bodyOptions?: boolean | readonly BodyOption[] | undefined;
  /**
   * Per-call options chosen by you, such as the tenant of an authenticated caller; they win over the body's. Before a
   * bare provider only `tenant`, `conversationId`, `metadata` and `signal` mean something; others are refused. A
   * `SignalboxError` thrown here is the answer: kind `auth` is a 401.
   * @default the body's alone
   */
  readonly callOptions?: ((info: FetchInfo) => CallOptions | Promise<CallOptions>) | undefined;
  /**
   * Answers the paths that this door does not serve, such as embeddings or files; called with what came, unread.
   * @default a 404 that names the paths which are served
   */
  readonly otherwise?: typeof fetch | undefined;
  /**
   * Milliseconds of silence after which a stream sends a heartbeat, so that no proxy takes it for dead. If nothing has
   * come by then, the response begins with it, and a later failure is an event of the stream. 0 for none.
   * @default 15_000
   */
  readonly heartbeatMs?: number | undefined;
  /** Bytes a request body may have; a larger one is answered with 413. @default 33_554_432 (32 MiB) */
  readonly maxBodyBytes?: number | undefined;
}

/** A request as a door's own part sees it. */
export interface Asked {
  readonly method: string;
  /** The path without host, query and trailing slash. */
  readonly path: string;
  readonly url: string;
  headers(): Headers;
  /** Names the request in an answer that no router names. */
  readonly requestId: string;
  readonly signal: AbortSignal | undefined;
  readonly heartbeatMs: number;
  /** The body and the options of the call: the body's `signalbox` field, overridden by `callOptions`. */
  read(): Promise<{ readonly body: { readonly [field: string]: unknown }; readonly options: CallOptions }>;
}

/** What makes a door this API's: its paths and the shape of its errors. */
export interface DoorFace {
  /** What is served, and what to type in well-known clients; part of the 404. */
  readonly served: string;
  /** The answer; `undefined` if the path is not served. */
  answer(asked: Asked): Promise<Response> | Response | undefined;
  /**
   * A failure before the response began, as a response.
   * @param byApp the app's own `callOptions` threw it: then `auth` is about the caller, not about a vendor's key.
   */
  failure(error: SignalboxError, byApp: boolean): Response;
}

/**
 * A `fetch` of this face. Any host and any path prefix will do. It rejects only with the reason of a caller's abort.
 *
 * @throws SignalboxError `invalid_options` for a target that answers no chat, or an option that is wrong.
 */
export function createDoor(target: Target, options: FetchOptions, face: DoorFace): typeof fetch {
  checkTarget(target);
  checkOptions(options, "createFetch", ["bodyOptions", "callOptions", "otherwise", "heartbeatMs", "maxBodyBytes"]);
  const { bodyOptions: allowed = false, callOptions, otherwise } = options;
  checkBodyOptions(allowed);
  checkFunction(callOptions, "callOptions");
  checkFunction(otherwise, "otherwise");
  const heartbeatMs = atLeast(options.heartbeatMs, "heartbeatMs", 15_000, 0);
  const maxBodyBytes = atLeast(options.maxBodyBytes, "maxBodyBytes", 32 * 1024 * 1024, 1);

  // The signal of a request that is garbage no longer follows the caller's: a request lives as long as its signal.
  const held = new WeakMap<AbortSignal, Request>();

  return async function fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const given = typeof input === "string" || input instanceof URL ? undefined : input;
    const url = given ? given.url : String(input);
    const method = (init.method ?? given?.method ?? "GET").toUpperCase();
    const signal = init.signal ?? given?.signal ?? undefined;
    signal?.throwIfAborted();
    if (given && signal === given.signal) held.set(signal, given);
    let refusal: unknown;
    const requestId = `req_${crypto.randomUUID()}`;
    const asked: Asked = {
      method,
      path: pathOf(url),
      url,
      headers: () => new Headers(init.headers ?? given?.headers),
      requestId,
      signal,
      heartbeatMs,
      async read() {
        const { signalbox, ...body } = await readJsonBody(init.body ?? given?.body, maxBodyBytes);
        const chosen = bodyOptions(signalbox, allowed);
        const info: FetchInfo = { url, method, headers: asked.headers() };
        const own = callOptions && (await ownOptions(callOptions, info, (error) => (refusal = error)));
        return { body, options: { ...chosen, ...own, signal: joinSignals(signal, own?.signal) } };
      },
    };
    try {
      const answer = face.answer(asked);
      if (answer !== undefined) return await answer;
      if (otherwise) return await otherwise(input, init);
      throw notServed(method, asked.path, face.served);
    } catch (thrown) {
      // As the real fetch: a caller who left gets its own reason back, not an answer.
      signal?.throwIfAborted();
      return face.failure(errorOf(thrown, target.id, requestId), thrown === refusal);
    }
  };
}

/** Whatever was thrown behind a door as a typed error, under the id by which the caller can name the request. */
export function errorOf(thrown: unknown, provider: string, requestId: string): SignalboxError {
  const error = toSignalboxError(thrown, { provider, nowWallMs: Date.now() });
  return error.requestId === undefined ? withContext(error, { requestId }) : error;
}

/** The path alone; a whole URL parser would be a tenth of what a call costs here. */
function pathOf(url: string): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

/** A path segment as it was meant; as it came if it is not well formed. */
export function decodeSegment(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** @throws SignalboxError the app's own, or `server`: anything else thrown there is not the caller's business. */
async function ownOptions(
  callOptions: NonNullable<FetchOptions["callOptions"]>,
  info: FetchInfo,
  refused: (error: SignalboxError) => void,
): Promise<CallOptions> {
  try {
    return await callOptions(info);
  } catch (cause) {
    if (SignalboxError.isInstance(cause)) {
      refused(cause);
      throw cause;
    }
    throw new SignalboxError("server", "The callOptions of this door failed", { detail: "internal", cause });
  }
}

function notServed(method: string, path: string, served: string): SignalboxError {
  const message = `${method} ${path.slice(0, 200)} is not served here; ${served}`;
  return new SignalboxError("unsupported", message, { detail: "not_served" });
}

function atLeast(value: number | undefined, path: string, fallback: number, least: number): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && value >= least && Number.isFinite(value)) return value;
  throw invalidOption(path, `must be a number, ${least} or more`);
}
