import type {
  LanguageModelV3CallOptions,
  LanguageModelV3Middleware,
  LanguageModelV3StreamPart,
} from "@ai-sdk/provider";
import type { EntryOptions } from "../../contract/store.js";
import { checkBoolean, checkFunction, checkMethods, checkOptions, checkWord } from "../../errors/check-options.js";
import { invalidOption } from "../../errors/signalbox-error.js";
import { cacheKey } from "./cache-key.js";
import { createPartCollector } from "./part-collector.js";
import { asParts, asResult, type Gate, mayStore, readStored, type StoredAnswer } from "./stored-answer.js";

/** The part of a cache that this door uses; `createCache` returns one. */
export interface CacheLike {
  /** The stored value, or `undefined`. */
  get(key: string): unknown;
  /** Stores a value. */
  set(key: string, value: unknown, options?: EntryOptions): unknown;
}

/** Which cache, and what goes into it. */
export interface CacheMiddlewareOptions {
  /** Where answers are kept: what `createCache` makes, or anything shaped like it. */
  readonly cache: CacheLike;
  /** Milliseconds an answer is kept. @default the cache's `ttlMs` */
  readonly ttlMs?: number | undefined;
  /** Whose answers these are: nothing crosses from one tenant to another. Reading a call may tell. @default none */
  readonly tenant?: string | ((call: LanguageModelV3CallOptions) => string | undefined) | undefined;
  /** `"zero"`: only calls whose temperature is 0 or absent are kept; `"any"`: all. @default "zero" */
  readonly temperature?: "zero" | "any" | undefined;
  /** Whether answers that call tools are kept. @default false */
  readonly toolCalls?: boolean | undefined;
  /** Wall-clock milliseconds, for the age of a hit. @default Date.now */
  readonly nowMs?: (() => number) | undefined;
}

/**
 * The cache alone, for one model of the AI SDK: equal calls are answered from it, generate and stream alike. Only whole
 * answers are kept. A hit says so in `providerMetadata.signalbox.cache`; its usage is that of the original answer.
 * A cache that fails counts as empty.
 *
 * @throws SignalboxError `invalid_options`
 * @example
 * const cache = createCache({ maxBytes: 64 * 1024 * 1024, ttlMs: 3_600_000 });
 * const model = wrapLanguageModel({ model: openai("gpt-5"), middleware: cacheMiddleware({ cache }) });
 */
export function cacheMiddleware(options: CacheMiddlewareOptions): LanguageModelV3Middleware {
  checkOptions(options, "cacheMiddleware", ["cache", "ttlMs", "tenant", "temperature", "toolCalls", "nowMs"]);
  const { cache, ttlMs, tenant, toolCalls = false, nowMs = Date.now } = options;
  checkMethods(cache, "cache", ["get", "set"], "a cache, such as createCache() returns");
  if (ttlMs !== undefined && !(ttlMs >= 0)) throw invalidOption("ttlMs", "must be a number of milliseconds, 0 or more");
  if (typeof tenant !== "string") checkFunction(tenant, "tenant");
  const temperature = checkWord(options.temperature, "temperature", ["zero", "any"], "zero");
  checkBoolean(toolCalls, "toolCalls");
  checkFunction(nowMs, "nowMs");
  const gate: Gate = { temperature, toolCalls };

  const keyOf = (
    call: LanguageModelV3CallOptions,
    model: { provider: string; modelId: string },
  ): string | undefined => {
    if (call.includeRawChunks === true || (temperature === "zero" && (call.temperature ?? 0) !== 0)) return undefined;
    const whose = typeof tenant === "function" ? tenant(call) : tenant;
    return cacheKey(call, { provider: model.provider, modelId: model.modelId, tenant: whose });
  };
  const find = async (key: string): Promise<StoredAnswer | undefined> => {
    try {
      return readStored(await cache.get(key));
    } catch {
      return undefined;
    }
  };
  const keep = (key: string, answer: Omit<StoredAnswer, "storedAtMs"> | undefined): void => {
    if (!answer || !mayStore(answer, gate)) return;
    const stored: StoredAnswer = { ...answer, storedAtMs: nowMs() };
    try {
      const kept = cache.set(key, JSON.parse(JSON.stringify(stored)), ttlMs === undefined ? {} : { ttlMs });
      if (kept instanceof Promise) kept.catch(() => {});
    } catch {
      // A cache that fails costs a hit later, not the answer in hand.
    }
  };

  return {
    specificationVersion: "v3",
    async wrapGenerate({ doGenerate, params, model }) {
      const key = keyOf(params, model);
      const stored = key === undefined ? undefined : await find(key);
      if (stored) return asResult(stored, nowMs());
      const result = await doGenerate();
      const { content, finishReason, usage, providerMetadata, response } = result;
      if (key !== undefined) keep(key, { content, finishReason, usage, providerMetadata, response: idsOf(response) });
      return result;
    },
    async wrapStream({ doStream, params, model }) {
      const key = keyOf(params, model);
      const stored = key === undefined ? undefined : await find(key);
      if (stored) return { stream: streamOf(asParts(stored, nowMs())) };
      const result = await doStream();
      if (key === undefined) return result;
      const collector = createPartCollector();
      const watched = new TransformStream<LanguageModelV3StreamPart, LanguageModelV3StreamPart>({
        transform(part, controller) {
          collector.push(part);
          controller.enqueue(part);
        },
        flush: () => keep(key, collector.answer()),
      });
      return { ...result, stream: result.stream.pipeThrough(watched) };
    },
  };
}

function idsOf(response: { id?: string; modelId?: string } | undefined): StoredAnswer["response"] {
  return response && { id: response.id, modelId: response.modelId };
}

function streamOf(parts: readonly LanguageModelV3StreamPart[]): ReadableStream<LanguageModelV3StreamPart> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const part = parts[next++];
      if (part) controller.enqueue(part);
      else controller.close();
    },
  });
}
