import { askStream, askWhole } from "../../chat/ask.js";
import { checkRequest } from "../../chat/check.js";
import type { ChatChunk } from "../../chat/chunk.js";
import { isReplyProblem } from "../../chat/normalize-reply.js";
import type { ChatReply } from "../../chat/reply.js";
import type { ChatRequest } from "../../chat/request.js";
import type { CallOptions } from "../../contract/call-options.js";
import type { AnyProvider, CallContext } from "../../contract/provider.js";
import type { Route, RouteHead } from "../../contract/records.js";
import { invalidOption, SignalboxError } from "../../errors/signalbox-error.js";
import { errorOf, setHeader } from "./errors.js";
import { type ChunkSource, eventStream } from "./event-stream.js";
import { contextFor, isRouter, modelOf, type Target, unknownModel } from "./target.js";

/** As much of a route as is known when the response begins. */
type Served = { readonly [Name in keyof RouteHead]?: RouteHead[Name] | undefined };

/** `POST /chat/completions` without `stream`. */
export async function answerJson(
  target: Target,
  request: ChatRequest,
  options: CallOptions,
  requestId: string,
): Promise<Response> {
  const { reply, served } = isRouter(target)
    ? await fromRouter(target.chat(request, options))
    : await fromProvider(target, request, options, requestId);
  const headers = routeHeaders(served);
  headers.set("content-type", "application/json");
  return new Response(JSON.stringify(reply), { headers });
}

/** The route goes into headers and a parsed answer stays in the process; the body is OpenAI's. */
async function fromRouter(asked: Promise<ChatReply>): Promise<{ reply: ChatReply; served: Served }> {
  const { route, parsed, ...reply } = (await asked) as ChatReply & { route?: Route; parsed?: unknown };
  return { reply, served: route ?? {} };
}

async function fromProvider(
  provider: AnyProvider,
  request: ChatRequest,
  options: CallOptions,
  requestId: string,
): Promise<{ reply: ChatReply; served: Served }> {
  const { asked, context, model, leave } = prepare(provider, request, options, requestId);
  try {
    const reply = await untilAborted(askWhole(provider, asked, context, model), context.signal);
    if (!isReplyProblem(reply)) return { reply, served: servedBy(provider, model, context) };
    const kind = reply.problem === "empty" ? "empty_response" : "malformed_response";
    throw new SignalboxError(kind, reply.message, { provider: provider.id, model });
  } finally {
    leave();
  }
}

/** `POST /chat/completions` with `stream: true`. The response begins with the first chunk, so a failure before it has a status. */
export async function answerStream(
  target: Target,
  request: ChatRequest,
  options: CallOptions,
  requestId: string,
): Promise<Response> {
  const wantsUsage = request.stream_options?.include_usage === true;
  const { source, served } = isRouter(target)
    ? routed(target.stream(request, options))
    : direct(target, request, options, requestId);
  const first = await source.next();
  const body = eventStream(first.done ? null : first.value, source, {
    keep: (chunk) => wantsUsage || chunk.choices.length > 0 || chunk.signalbox !== undefined,
    toError: (thrown) => errorOf(thrown, target.id, requestId),
    signal: options.signal,
  });
  // A router that does not tell who serves while the stream runs is known by its chunks.
  const headers = routeHeaders({ model: first.done ? undefined : first.value.model, ...served() });
  headers.set("content-type", "text/event-stream; charset=utf-8");
  headers.set("cache-control", "no-cache");
  return new Response(body, { headers });
}

interface Opened {
  readonly source: ChunkSource;
  /** Asked once the first chunk is there. */
  readonly served: () => Served;
}

function routed(stream: AsyncIterable<ChatChunk> & { readonly route?: RouteHead | undefined }): Opened {
  const iterator: Pollable = stream[Symbol.asyncIterator]();
  const source: ChunkSource = {
    next: () => iterator.next(),
    poll: iterator.poll && (() => iterator.poll?.()),
    leave: () => void iterator.return?.()?.then(undefined, () => {}),
  };
  return { source, served: () => stream.route ?? {} };
}

type Pollable = AsyncIterator<ChatChunk> & { poll?(): ChatChunk | undefined };

function direct(provider: AnyProvider, request: ChatRequest, options: CallOptions, requestId: string): Opened {
  const { asked, context, model, leave } = prepare(provider, request, options, requestId);
  const { source } = routed(askStream(provider, asked, context, model));
  return {
    served: () => servedBy(provider, model, context),
    source: {
      poll: source.poll,
      async next() {
        try {
          const result = await untilAborted(source.next(), context.signal);
          if (result.done) leave();
          return result;
        } catch (thrown) {
          leave();
          throw thrown;
        }
      },
      leave() {
        leave(new DOMException("The reader left", "AbortError"));
        source.leave();
      },
    },
  };
}

interface Prepared {
  readonly asked: ChatRequest;
  readonly context: CallContext;
  readonly model: string;
  /** Ends the call: aborted with the reason, where there is one. */
  readonly leave: (reason?: Error) => void;
}

/** What a router would do for its provider: look at the request, name the model, hand over a signal. */
function prepare(provider: AnyProvider, request: ChatRequest, options: CallOptions, requestId: string): Prepared {
  refuseRouting(options);
  const issue = checkRequest(request);
  if (issue) throw new SignalboxError("invalid_request", `${issue.path}: ${issue.message}`, { path: issue.path });
  const model = modelOf(provider, request.model);
  if (model === undefined) {
    throw unknownModel(request.model);
  }
  const controller = new AbortController();
  const { signal } = options;
  const follow = (): void => controller.abort(signal?.reason);
  signal?.addEventListener("abort", follow, { once: true });
  return {
    asked: { ...request, model },
    model,
    context: { ...contextFor(controller.signal, requestId), ...callerOf(options) },
    leave: (reason) => {
      signal?.removeEventListener("abort", follow);
      if (reason) controller.abort(reason);
    },
  };
}

/** What a bare provider is told of a call; the rest takes a router. */
const TOLD: ReadonlySet<string> = new Set<keyof CallOptions>(["signal", "tenant", "conversationId", "metadata"]);

/** @throws SignalboxError `invalid_options` for what would be passed over in silence */
function refuseRouting(options: CallOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !TOLD.has(name))
      throw invalidOption(name, "is for a router, and a provider alone answers here; put it into createRouter()");
  }
}

function callerOf({ tenant, conversationId, metadata }: CallOptions): Partial<CallContext> {
  return { tenant, conversationId, metadata };
}

function servedBy(provider: AnyProvider, model: string, context: CallContext): Served {
  return { provider: provider.id, model, requestId: context.requestId };
}

/** Waits for a provider, but not for one that is deaf to its signal. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

function routeHeaders({ requestId, provider, model, cache, costUsd }: Served): Headers {
  const headers = new Headers();
  if (requestId !== undefined) {
    headers.set("x-request-id", requestId);
    headers.set("x-signalbox-request-id", requestId);
  }
  if (provider !== undefined) setHeader(headers, "x-signalbox-provider", provider);
  if (model !== undefined) setHeader(headers, "x-signalbox-model", model);
  if (cache !== undefined) headers.set("x-signalbox-cache", cache.status);
  if (typeof costUsd === "number") headers.set("x-signalbox-cost-usd", costUsd.toFixed(9).replace(/\.?0+$/, ""));
  return headers;
}
