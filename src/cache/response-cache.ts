import type { Clock } from "../core/clock.js";
import { decodeReply, encodeReply } from "./reply-codec.js";
import { conversationTag, modelTag, providerTag, tenantTag, userTag } from "./reply-tags.js";
import type { StoredReply } from "./stored-reply.js";
import type { Cache } from "./types.js";

export interface ResponseCacheOptions {
  readonly cache: Cache;
  readonly clock: Clock;
  /** Lifetime of an answer, milliseconds. @default the cache's own */
  readonly ttlMs?: number | undefined;
}

/** How an answer is kept and by what it can be dropped again. */
export interface PutOptions {
  readonly ttlMs?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly tenant?: string | undefined;
  readonly conversationId?: string | undefined;
}

/** Which answers to drop: every condition that is given must hold. */
export interface Invalidation {
  readonly provider?: string | undefined;
  /** The model as the provider names it. */
  readonly model?: string | undefined;
  readonly tenant?: string | undefined;
  /** Of `tenant`, or of calls without one. */
  readonly conversationId?: string | undefined;
  readonly tag?: string | undefined;
  readonly where?: ((entry: StoredReply) => boolean) | undefined;
}

/** `hits + misses` = requests looked up. */
export interface ResponseCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly stored: number;
  /** Larger than the whole budget, or a lifetime that makes no sense. */
  readonly refused: number;
  /** Entries of an older version or not ours: dropped, and counted as misses. */
  readonly corrupt: number;
  /** What all hits together would have cost. */
  readonly savedUsd: number;
}

/** Whether an answer may serve the call at hand. */
export type Serves = (entry: StoredReply) => boolean;

/** Answers under request keys. Who may have them is what the key holds, and what `serves` says. */
export interface ResponseCache {
  /** What memory holds, at once; counts a hit, or a miss where there is nothing or it does not serve. */
  peek(key: string, serves?: Serves): StoredReply | undefined;
  /** After a miss, memory again, under another key or other terms: what serves takes the miss back. */
  retry(key: string, serves: Serves): StoredReply | undefined;
  /** After a miss, the second tier, likewise; `undefined` where there is none. Never rejects. */
  load(key: string, serves?: Serves): Promise<StoredReply | undefined> | undefined;
  /** Whether it was stored. */
  put(key: string, entry: StoredReply, options?: PutOptions): boolean;
  delete(key: string): void;
  /** Drops answers; how many memory held. */
  invalidate(which: Invalidation): number;
  stats(): ResponseCacheStats;
}

/** Stores whole answers in a cache, as one packed string each. */
export function createResponseCache(options: ResponseCacheOptions): ResponseCache {
  const { cache } = options;
  const counts = { hits: 0, misses: 0, stored: 0, refused: 0, corrupt: 0, savedUsd: 0 };

  /** The entry, counted as a hit where it serves. */
  function read(key: string, value: unknown, serves: Serves | undefined): StoredReply | undefined {
    if (value === undefined) return undefined;
    const entry = decodeReply(value);
    if (entry === undefined) {
      counts.corrupt++;
      cache.delete(key);
      return undefined;
    }
    if (serves?.(entry) === false) return undefined;
    counts.hits++;
    counts.savedUsd += entry.costUsd ?? 0;
    return entry;
  }

  /** As {@link read}, after a look-up that was counted as a miss. */
  function reread(key: string, value: unknown, serves: Serves | undefined): StoredReply | undefined {
    const entry = read(key, value, serves);
    if (entry !== undefined) counts.misses--;
    return entry;
  }

  return {
    peek(key, serves) {
      const entry = read(key, cache.peek(key), serves);
      if (entry === undefined) counts.misses++;
      return entry;
    },
    retry: (key, serves) => reread(key, cache.peek(key), serves),
    load: (key, serves) => cache.load(key)?.then((value) => reread(key, value, serves)),
    put(key, entry, { ttlMs = options.ttlMs, tags = [], tenant, conversationId } = {}) {
      const all = [providerTag(entry.provider), modelTag(entry.model), ...tags.map(userTag)];
      if (tenant !== undefined) all.push(tenantTag(tenant));
      if (conversationId !== undefined) all.push(conversationTag(tenant, conversationId));
      const done = cache.set(key, encodeReply(entry), { ttlMs, tags: all, cost: entry.costUsd ?? undefined });
      if (done) counts.stored++;
      else counts.refused++;
      return done;
    },
    delete(key) {
      cache.delete(key);
    },
    invalidate({ provider, model, tenant, conversationId, tag, where }) {
      const tags: string[] = [];
      if (conversationId !== undefined) tags.push(conversationTag(tenant, conversationId));
      else if (tenant !== undefined) tags.push(tenantTag(tenant));
      if (tag !== undefined) tags.push(userTag(tag));
      if (model !== undefined) tags.push(modelTag(model));
      if (provider !== undefined) tags.push(providerTag(provider));
      const [first] = tags;
      if (first === undefined && where === undefined) return 0;
      if (first !== undefined && tags.length === 1 && where === undefined) return cache.deleteByTag(first);
      return cache.deleteWhere((entry) => {
        if (!tags.every((each) => entry.tags.includes(each))) return false;
        if (where === undefined) return true;
        const stored = decodeReply(entry.value);
        return stored !== undefined && where(stored);
      });
    },
    stats: () => ({ ...counts }),
  };
}
