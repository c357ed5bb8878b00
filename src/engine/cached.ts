import type { ChatChunk } from "../chat/chunk.js";
import { chunksOf } from "../chat/chunks.js";
import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { AnyProvider, CallContext, ModelInfo } from "../contract/provider.js";
import { type Clock, systemClock } from "../core/clock.js";
import { createIdSource } from "../core/ids.js";
import { unknownOption } from "../errors/check-options.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { createCache } from "../memory/cache.js";
import { type Conversations, createConversations, type Turn } from "../memory/conversations.js";
import { isCache } from "../memory/is-cache.js";
import { isTtl } from "../memory/options.js";
import { fitted, inputRoom } from "../memory/trim.js";
import type { Cache, CacheOptions } from "../memory/types.js";
import { contextByHand } from "./by-hand.js";
import { createKeptAnswers, modelOf, wholeReply } from "./kept-answers.js";
import { answeredBy } from "./second-hand.js";
import { createSharedAnswers, readAlone } from "./shared-answers.js";
import { streamFrom } from "./stream/provider-stream.js";

/** What is stored and reused. */
export type CachedMode = "full" | "context" | "response" | "none";

/** How a provider is wrapped in a cache. */
export interface CachedOptions {
  /** Where answers are kept: a cache, perhaps shared with others, or options for one of its own. @default its own */
  readonly cache?: Cache | CacheOptions | undefined;
  /**
   * `response`: a stored reply answers an equal request. `context`: with a `conversationId`, the stored history is
   * sent before the new message, and the provider is always called. `full`: both. `none`: passes through.
   * @default "full"
   */
  readonly mode?: CachedMode | undefined;
  /** Milliseconds an answer is kept. @default the cache's own */
  readonly ttlMs?: number | undefined;
  /** `"any"` also keeps answers asked for with a temperature above 0. @default "zero" */
  readonly temperature?: "zero" | "any" | undefined;
  /** Also keeps answers that call tools. @default false */
  readonly toolCalls?: boolean | undefined;
  /** The clock that measures lifetimes. @default the system's clock */
  readonly clock?: Clock | undefined;
}

const MODES: readonly unknown[] = ["full", "context", "response", "none"];

type Check = readonly [good: (value: unknown) => boolean, expected: string];

const CHECKS: { readonly [name in keyof CachedOptions]-?: Check } = {
  cache: [(value) => typeof value === "object" && value !== null, "must be a cache, or options for one"],
  mode: [(value) => MODES.includes(value), `must be one of ${MODES.join(", ")}`],
  ttlMs: [isTtl, "must be 0 or more milliseconds, at most a hundred years, or Infinity"],
  temperature: [(value) => value === "zero" || value === "any", 'must be "zero" or "any"'],
  toolCalls: [(value) => typeof value === "boolean", "must be true or false"],
  clock: [(value) => typeof (value as Clock | null)?.wallNow === "function", "must be an object with now, wallNow"],
};

/**
 * A provider with a memory: same id, same models, same contract. Equal requests in flight share one call. Its answers
 * are kept under this provider's id and origin, so two decorated providers never answer for each other even on one cache.
 *
 * What comes back is for routers to call, with a call's context; called by hand it may have none, or a `signal`,
 * `tenant`, `conversationId` and `metadata`. A decorated router is a provider like any other: its streams are plain, and
 * options that only a router knows are refused. To keep answers for a router's own callers, give the router a `cache`.
 *
 * @example
 * createRouter({ providers: [cached(minimax(), { mode: "full" }), cached(glm(), { mode: "response" })] });
 *
 * @throws SignalboxError `invalid_options`
 */
export function cached<P extends AnyProvider>(provider: P, options: CachedOptions = {}): P {
  checkArguments(provider, options);
  const { mode = "full", ttlMs, temperature, toolCalls, clock = systemClock } = options;
  if (mode === "none") return provider;
  const cache = options.cache && isCache(options.cache) ? options.cache : createCache({ clock, ...options.cache });
  const kept = createKeptAnswers(provider, { cache, gate: { temperature, toolCalls }, ttlMs, clock });
  const conversations = createConversations({}, { clock });
  const shared = createSharedAnswers(clock);
  const nextId = createIdSource("req");

  /** A request as it is sent, with its history where one is kept, and the turn of the conversation that it is. */
  const begin = (given: ChatRequest, from: CallContext | undefined) => {
    const context = from?.attempts && from.deadline ? from : contextByHand(given, from, nextId());
    const turn = mode === "response" ? undefined : turnOf(conversations, given, context);
    const request = turn
      ? withHistory(given, turn, context.recalled ? undefined : modelOf(provider, given.model))
      : given;
    const key = mode === "context" ? undefined : kept.keyOf(request, context);
    return { request, context, turn, key };
  };
  const remember = (turn: Turn | undefined, given: ChatReply | undefined): void => {
    const reply = turn && wholeReply(given, undefined);
    if (reply) turn.complete(reply.choices[0].message);
  };

  const ask = provider.chat?.bind(provider);
  const open = provider.stream?.bind(provider);
  const chat =
    ask &&
    (async (given: ChatRequest, from?: CallContext): Promise<ChatReply> => {
      const { request, context, turn, key } = begin(given, from);
      const asked = async (): Promise<ChatReply> => {
        if (key === undefined) return ask(request, context);
        const call = async (at: CallContext): Promise<ChatReply> => ask(request, at);
        return shared.chat(key, context, call, (reply, told) => kept.keep({ key, request, context }, reply, told));
      };
      const reply = (key && (await kept.find(key, context))) || (await asked());
      remember(turn, reply);
      return reply;
    });
  async function* stream(given: ChatRequest, from?: CallContext): AsyncGenerator<ChatChunk> {
    const { request, context, turn, key } = begin(given, from);
    const hit = key && (await kept.find(key, context));
    if (hit) {
      yield* chunksOf(hit);
      remember(turn, hit);
      return;
    }
    let source: unknown;
    const opened = (at: CallContext) => {
      source = open?.(request, at);
      return streamFrom(source);
    };
    const reader = key
      ? shared.stream(key, context, opened, (reply, told) =>
          kept.keep({ key, request, context }, reply, told, answeredBy(source)),
        )
      : readAlone(opened(context));
    let chunk: ChatChunk | null | undefined;
    try {
      chunk = reader.poll() ?? (await reader.next());
      reader.tell();
      for (; chunk; chunk = reader.poll() ?? (await reader.next())) yield chunk;
      if (turn) remember(turn, await reader.whole());
    } finally {
      await reader.leave(chunk === null);
    }
  }

  // Members are named one by one: a provider may keep them on a prototype.
  const { autoModels, unavailable, origin, prefixCache, tags, timeouts } = provider;
  const decorated: AnyProvider = {
    ...provider,
    id: provider.id,
    models: provider.models,
    ...(autoModels ? { autoModels } : {}),
    ...(unavailable ? { unavailable } : {}),
    ...(origin ? { origin } : {}),
    ...(prefixCache ? { prefixCache } : {}),
    ...(tags ? { tags } : {}),
    ...(timeouts ? { timeouts } : {}),
    ...(provider.probe ? { probe: provider.probe.bind(provider) } : {}),
    forget(key) {
      kept.forget(key);
      provider.forget?.(key);
    },
    ...(chat ? { chat } : {}),
    ...(open ? { stream } : {}),
  };
  return decorated as P;
}

function turnOf(conversations: Conversations, { messages }: ChatRequest, context: CallContext): Turn | undefined {
  const { conversationId, tenant, recalled } = context;
  return conversationId === undefined ? undefined : conversations.begin(conversationId, tenant, messages, recalled);
}

/** @param model whose window it is cut to, where it is known. */
function withHistory(request: ChatRequest, { messages }: Turn, model: ModelInfo | undefined): ChatRequest {
  const whole = { ...request, messages };
  return model ? fitted(whole, inputRoom(whole, model)) : whole;
}

function checkArguments(provider: unknown, options: unknown): asserts options is CachedOptions {
  if (!isProvider(provider)) {
    throw invalidOption("provider", "must be a provider: { id, models, chat } or { id, models, stream }");
  }
  if (typeof options !== "object" || options === null) {
    throw invalidOption("options", "must be an object");
  }
  for (const [path, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const check = Object.hasOwn(CHECKS, path) ? CHECKS[path as keyof CachedOptions] : undefined;
    if (check?.[0](value)) continue;
    throw check ? invalidOption(path, check[1]) : unknownOption(path, Object.keys(CHECKS));
  }
}

function isProvider(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { id, models, chat, stream } = value as Partial<AnyProvider>;
  if (typeof id !== "string" || id === "" || !Array.isArray(models)) return false;
  return typeof chat === "function" || typeof stream === "function";
}
