import { randomUUID } from "node:crypto";
import type { ChatRequest } from "../../chat/request.js";
import type { CallOptions } from "../../contract/call-options.js";
import { joinSignals } from "../../core/join-signals.js";
import { checkFunction, checkOptions } from "../../errors/check-options.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { type BodyOption, bodyOptions, checkBodyOptions } from "./call-options.js";
import { answerJson, answerStream } from "./completions.js";
import { errorOf, errorResponse } from "./errors.js";
import { listModels, oneModel } from "./models.js";
import { checkTarget, type Target } from "./target.js";

/** What is known of a request before its body is read. */
export interface FetchInfo {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
}

/** What a request through the door may choose, and what you choose for it. */
export interface FetchOptions {
  /**
   * Which per-call options a body may choose in its `signalbox` field: none, all, or the named ones. Leave it off where
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
}

const SERVED = "POST /chat/completions, GET /models and GET /models/{id}";

/**
 * A `fetch` that answers as OpenAI's API does, from a router or a provider in this process. Any host and any path prefix
 * will do; nothing leaves the process but what the router sends.
 *
 * @throws SignalboxError `invalid_options` for a target that answers no chat, or an option that is wrong.
 * @example
 * const client = new OpenAI({ apiKey: "unused", fetch: createFetch(router) });
 * const completion = await client.chat.completions.create({ model: "auto", messages });
 */
export function createFetch(target: Target, options: FetchOptions = {}): typeof fetch {
  checkTarget(target);
  checkOptions(options, "createFetch", ["bodyOptions", "callOptions"]);
  const { bodyOptions: allowed = false, callOptions } = options;
  checkBodyOptions(allowed);
  checkFunction(callOptions, "callOptions");

  return async function fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const given = typeof input === "string" || input instanceof URL ? undefined : input;
    const url = given ? given.url : String(input);
    const method = (init.method ?? given?.method ?? "GET").toUpperCase();
    const signal = init.signal ?? given?.signal ?? undefined;
    signal?.throwIfAborted();
    // A router names its requests itself; this is for what never reaches one.
    const requestId = `req_${randomUUID()}`;
    try {
      const path = pathOf(url);
      if (method === "POST" && path.endsWith("/chat/completions")) {
        const body = await readBody(init.body ?? given?.body);
        const { signalbox, ...request } = body;
        const chosen = bodyOptions(signalbox, allowed);
        const own = callOptions && (await ownOptions(callOptions, { url, method, headers: headersOf(init, given) }));
        const call: CallOptions = { ...chosen, ...own, signal: joinSignals(signal, own?.signal) };
        const chat = request as unknown as ChatRequest;
        return await (chat.stream === true ? answerStream : answerJson)(target, chat, call, requestId);
      }
      if (method === "GET" && path.endsWith("/models")) return listModels(target);
      const named = method === "GET" ? /\/models\/(.+)$/.exec(path)?.[1] : undefined;
      if (named !== undefined) return oneModel(target, decode(named));
      throw notServed(method, path);
    } catch (thrown) {
      // As the real fetch: a caller who left gets its own reason back, not an answer.
      signal?.throwIfAborted();
      return errorResponse(errorOf(thrown, target.id, requestId));
    }
  };
}

/** The path alone; a whole URL parser would be a tenth of what a call costs here. */
function pathOf(url: string): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

function decode(part: string): string {
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
): Promise<CallOptions> {
  try {
    return await callOptions(info);
  } catch (cause) {
    if (SignalboxError.isInstance(cause)) throw cause;
    throw new SignalboxError("server", "The callOptions of this door failed", { detail: "internal", cause });
  }
}

function headersOf(init: RequestInit, given: Request | undefined): Headers {
  return new Headers(init.headers ?? given?.headers);
}

async function readBody(body: BodyInit | null | undefined): Promise<{ [field: string]: unknown }> {
  const text = typeof body === "string" ? body : await new Response(body ?? null).text();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SignalboxError("invalid_request", "The request body is not JSON", { path: "body" });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as { [field: string]: unknown };
  throw new SignalboxError("invalid_request", "The request body is not a JSON object", { path: "body" });
}

function notServed(method: string, path: string): SignalboxError {
  return new SignalboxError("unsupported", `${method} ${path} is not served here; ${SERVED} are`, {
    detail: "not_served",
  });
}
