import { invalidOption, SignalboxError } from "../errors/signalbox-error.js";
import { decodeReply, encodeReply } from "./reply-codec.js";
import { conversationTag, modelTag, providerTag, tenantTag, userTag } from "./reply-tags.js";
import type { StoredReply } from "./stored-reply.js";
import type { Cache } from "./types.js";
import { isWhole } from "./write-gate.js";

/** How an answer is kept and by what it can be dropped again. */
export interface PutOptions {
  readonly ttlMs?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly tenant?: string | undefined;
  readonly conversationId?: string | undefined;
  /** `false`: only where there is room; no other entry is evicted for it. @default true */
  readonly evict?: boolean | undefined;
}

/** Which answers to drop: every condition that is given must hold. */
export interface Invalidation {
  /** Drops answers of this provider. */
  readonly provider?: string | undefined;
  /** The model as the provider names it. */
  readonly model?: string | undefined;
  /** Drops answers of this tenant. */
  readonly tenant?: string | undefined;
  /** Of `tenant`, or of calls without one. */
  readonly conversationId?: string | undefined;
  /** Drops answers with this tag. */
  readonly tag?: string | undefined;
  /** Not told to other processes, unlike the rest: their memory keeps what it picks and only they hold. */
  readonly where?: ((entry: StoredReply) => boolean) | undefined;
}

/** Whether an answer may serve the call at hand. */
type Serves = (entry: StoredReply) => boolean;

/** Answers under request keys. The key and `serves` say who may have them. */
export interface ResponseCache {
  /**
   * What memory holds, at once, where `serves` agrees. An entry that is not ours, of an older version, or not a whole
   * answer is dropped.
   */
  peek(key: string, serves?: Serves): StoredReply | undefined;
  /** What the second tier holds, likewise; `undefined` where there is none. Never rejects. */
  load(key: string, serves?: Serves): Promise<StoredReply | undefined> | undefined;
  /** Whether it was stored. */
  put(key: string, entry: StoredReply, options?: PutOptions): boolean;
  delete(key: string): void;
  /** Drops answers; how many memory held. @throws SignalboxError see {@link checkInvalidation} */
  invalidate(which: Invalidation): number;
}

const CONDITIONS: readonly string[] = ["provider", "model", "tenant", "conversationId", "tag", "where"];

/**
 * Refuses unknown conditions, and none at all: every answer would meet those, which is rarely meant.
 *
 * @throws SignalboxError `invalid_request` where none is given; `invalid_options` with the path of a bad condition
 */
export function checkInvalidation(which: Invalidation): void {
  let given = false;
  if (typeof which === "object" && which !== null) {
    for (const [name, value] of Object.entries(which)) {
      if (!CONDITIONS.includes(name)) throw invalidOption(`which.${name}`, `is none of ${CONDITIONS.join(", ")}`);
      if (value === undefined) continue;
      const kind = name === "where" ? "function" : "string";
      if (typeof value !== kind) throw invalidOption(`which.${name}`, `must be a ${kind}`);
      given = true;
    }
  }
  if (given) return;
  const message = "which must hold a condition; the cache's clear() drops everything";
  throw new SignalboxError("invalid_request", message, { path: "which" });
}

/**
 * Stores whole answers in a cache, as one packed string each.
 *
 * @param defaultTtlMs lifetime of an answer, milliseconds. @default the cache's own
 */
export function createResponseCache(cache: Cache, defaultTtlMs?: number): ResponseCache {
  function read(key: string, value: unknown, serves: Serves | undefined): StoredReply | undefined {
    if (value === undefined) return undefined;
    const entry = decodeReply(value);
    if (entry === undefined || !isWhole(entry)) {
      cache.discard(key);
      return undefined;
    }
    return serves?.(entry) === false ? undefined : entry;
  }

  return {
    peek: (key, serves) => read(key, cache.peek(key), serves),
    load: (key, serves) => cache.load(key)?.then((value) => read(key, value, serves)),
    put(key, entry, { ttlMs = defaultTtlMs, tags = [], tenant, conversationId, evict } = {}) {
      const all = [providerTag(entry.provider), modelTag(entry.model), ...tags.map(userTag)];
      if (tenant !== undefined) all.push(tenantTag(tenant));
      if (conversationId !== undefined) all.push(conversationTag(tenant, conversationId));
      return cache.set(key, encodeReply(entry), { ttlMs, tags: all, cost: entry.costUsd ?? undefined, evict });
    },
    delete(key) {
      cache.delete(key);
    },
    invalidate(which) {
      checkInvalidation(which);
      const { provider, model, tenant, conversationId, tag, where } = which;
      const tags: string[] = [];
      if (conversationId !== undefined) tags.push(conversationTag(tenant, conversationId));
      else if (tenant !== undefined) tags.push(tenantTag(tenant));
      if (tag !== undefined) tags.push(userTag(tag));
      if (model !== undefined) tags.push(modelTag(model));
      if (provider !== undefined) tags.push(providerTag(provider));
      const [first, ...others] = tags;
      if (first !== undefined && where === undefined) return cache.deleteByTag(first, ...others);
      return cache.deleteWhere((entry) => {
        if (!tags.every((each) => entry.tags.includes(each))) return false;
        if (where === undefined) return true;
        const stored = decodeReply(entry.value);
        return stored !== undefined && where(stored);
      });
    },
  };
}
