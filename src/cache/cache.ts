import type { EntryOptions } from "../contract/store.js";
import { keep } from "./measure.js";
import { Memory } from "./memory.js";
import { type CacheSettings, isTtl, readCacheOptions } from "./options.js";
import { ageing } from "./policies/ageing.js";
import { tidyTags } from "./tags.js";
import type { Cache, CacheOptions, CacheStats, EntryView, MemoryCache, Pin, WarmEntry, WarmResult } from "./types.js";

/**
 * A bounded in-memory cache with lifetimes, tags, a byte budget measured on the real heap size of its entries, and an
 * optional second tier.
 *
 * @throws SignalboxError `invalid_options`, naming the path such as `cache.maxBytes`.
 * @example
 * const cache = createCache({ maxBytes: 64 * 1024 * 1024, ttlMs: 60_000 });
 * cache.set("greeting", { text: "hello" }, { tags: ["en"] });
 * cache.get("greeting"); // { text: "hello" }, a copy
 * cache.deleteByTag("en");
 */
export function createCache(options?: Omit<CacheOptions, "store"> & { readonly store?: undefined }): MemoryCache;
export function createCache(options: CacheOptions): Cache;
export function createCache(options: CacheOptions = {}): Cache {
  return new TieredCache(readCacheOptions(options, ageing));
}

class TieredCache implements Cache {
  readonly #settings: CacheSettings;
  readonly #memory: Memory;
  #refused = 0;

  constructor(settings: CacheSettings) {
    this.#settings = settings;
    this.#memory = new Memory(settings);
  }

  get<T>(key: string): T | undefined | Promise<T | undefined> {
    const value = this.#memory.get(key);
    if (value !== undefined) return value as T;
    return this.load<T>(key);
  }

  peek<T>(key: string): T | undefined {
    return this.#memory.get(key) as T | undefined;
  }

  load<T>(_key: string): Promise<T | undefined> | undefined {
    return undefined;
  }

  has(key: string): boolean {
    return this.#memory.has(key);
  }

  set(key: string, value: unknown, options?: EntryOptions): boolean {
    return this.#put(key, value, options, true);
  }

  delete(key: string): boolean {
    return this.#memory.delete(key);
  }

  deleteByTag(tag: string): number {
    return this.#memory.deleteByTag(tag);
  }

  deleteWhere(predicate: (entry: EntryView) => boolean): number {
    return this.#memory.deleteWhere(predicate);
  }

  clear(): void {
    this.#memory.clear();
  }

  async warm(
    entries: Iterable<WarmEntry> | AsyncIterable<WarmEntry>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<WarmResult> {
    let stored = 0;
    let refused = 0;
    let present = 0;
    for await (const [key, value, how] of entries) {
      if (options.signal?.aborted === true) break;
      if (this.has(key)) present++;
      else if (this.#put(key, value, how, false)) stored++;
      else refused++;
    }
    return { stored, refused, present };
  }

  prune(): number {
    return this.#memory.prune();
  }

  pin<T>(key: string): Pin<T> | undefined {
    return this.#memory.pin(key) as Pin<T> | undefined;
  }

  stats(): CacheStats {
    const { hits, misses, inserted, removed, size, bytes, budget, pinned, tags } = this.#memory;
    return {
      entries: size,
      bytes,
      budgetBytes: budget,
      maxBytes: this.#settings.maxBytes,
      hits,
      misses,
      hitRate: hits + misses === 0 ? 0 : hits / (hits + misses),
      inserted,
      removed: { ...removed },
      refused: this.#refused,
      tags: tags.size,
      pinned,
    };
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}

  #put(key: string, value: unknown, options: EntryOptions | undefined, evict: boolean): boolean {
    const ttlMs = options?.ttlMs ?? this.#settings.ttlMs;
    const tags = tidyTags(options?.tags);
    const kept = typeof key === "string" && isTtl(ttlMs) && tags !== null ? keep(value) : null;
    const given = options?.cost;
    const cost = given !== undefined && given > 0 && Number.isFinite(given) ? given : 0;
    const done = kept !== null && tags !== null && this.#memory.set(key, kept, ttlMs, tags, cost, evict);
    if (!done) this.#refused++;
    return done;
  }
}
