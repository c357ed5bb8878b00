import { askStream, askWhole } from "../chat/ask.js";
import { checkRequest } from "../chat/check.js";
import type { ChatChunk } from "../chat/chunk.js";
import { isReplyProblem } from "../chat/normalize-reply.js";
import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type { AnyProvider, CallContext } from "../contract/provider.js";
import type { Route, RouteHead } from "../contract/records.js";
import { invalidOption, SignalboxError } from "../errors/signalbox-error.js";
import { contextFor, isRouter, modelOf, type Target, unknownModel } from "./target.js";

/** The part of a route that is known when the response begins. */
export type Served = { readonly [Name in keyof RouteHead]?: RouteHead[Name] | undefined };

/** A chat request on its way from a door to its target. */
export interface Ask {
  readonly target: Target;
  readonly request: ChatRequest;
  readonly options: CallOptions;
  /** Names the request if the target is a provider; a router names its requests itself. */
  readonly requestId: string;
}

/** A whole answer: the reply without what is ours (`route`, `parsed`), and the route for the headers. */
export async function wholeAnswer(ask: Ask): Promise<{ reply: ChatReply; served: Served }> {
  const { target, request, options, requestId } = ask;
  if (!isRouter(target)) return fromProvider(target, request, options, requestId);
  const routed = (await target.chat(request, options)) as ChatReply & { route?: Route; parsed?: unknown };
  const { route, parsed, ...reply } = routed;
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

/** The chunks of an answer: those to come, and those that are there already. */
export interface ChunkSource {
  next(): Promise<IteratorResult<ChatChunk>>;
  /** A chunk that needs no waiting; throws what `next` would reject with. */
  readonly poll?: (() => ChatChunk | undefined) | undefined;
  /** The reader left. */
  leave(): void;
}

/** A streamed answer. Nothing is asked before the first `source.next()`. */
export interface Streamed {
  readonly source: ChunkSource;
  /** What is known of the route by now; more once the first chunk is there. */
  readonly served: () => Served;
}

export function streamedAnswer({ target, request, options, requestId }: Ask): Streamed {
  return isRouter(target) ? routed(target.stream(request, options)) : direct(target, request, options, requestId);
}

type Pollable = AsyncIterator<ChatChunk> & { poll?(): ChatChunk | undefined };

function routed(stream: AsyncIterable<ChatChunk> & { readonly route?: RouteHead | undefined }): Streamed {
  const iterator: Pollable = stream[Symbol.asyncIterator]();
  const source: ChunkSource = {
    next: () => iterator.next(),
    poll: iterator.poll && (() => iterator.poll?.()),
    leave: () => void iterator.return?.()?.then(undefined, () => {}),
  };
  return { source, served: () => stream.route ?? {} };
}

function direct(provider: AnyProvider, request: ChatRequest, options: CallOptions, requestId: string): Streamed {
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
  /** Ends the call; aborts it if there is a reason. */
  readonly leave: (reason?: Error) => void;
}

/** Does for a bare provider what a router would: checks the request, names the model, hands over a signal. */
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

/** The options that a provider without a router is told; all others need a router. */
const TOLD: ReadonlySet<string> = new Set<keyof CallOptions>(["signal", "tenant", "conversationId", "metadata"]);

/** @throws SignalboxError `invalid_options` for an option that would have no effect. */
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

/** Settles with the work, or rejects once the signal aborts, even if the provider ignores its signal. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
