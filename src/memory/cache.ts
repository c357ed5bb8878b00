import type { EntryOptions } from "../contract/store.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { keep } from "./measure.js";
import { Memory } from "./memory-store.js";
import { type CacheSettings, isTtl, readCacheOptions } from "./options.js";
import { ageing } from "./policies/ageing.js";
import { PressureGauge } from "./pressure.js";
import { tidyTags } from "./tags.js";
import { StoreTier } from "./tier.js";
import type { Cache, CacheOptions, CacheStats, EntryView, MemoryCache, Pin, WarmEntry, WarmResult } from "./types.js";

/** How long flushing, and closing, wait for the second tier unless told, milliseconds. */
const FLUSH_MS = 5_000;
const CLOSE_MS = 2_000;

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
  /** What `console.log` calls it; minified, it would be a stray letter. */
  static readonly name = "Cache";
  readonly ttlMs: number;
  readonly #settings: CacheSettings;
  readonly #memory: Memory;
  readonly #tier: StoreTier | undefined;
  readonly #gauge: PressureGauge | undefined;
  #refused = 0;

  constructor(settings: CacheSettings) {
    const memory = new Memory(settings);
    const { store, clock, storeTimeoutMs, storeQueue } = settings;
    this.ttlMs = settings.ttlMs;
    this.#settings = settings;
    this.#memory = memory;
    if (settings.pressure !== undefined) this.#gauge = new PressureGauge(settings.pressure, settings.maxBytes);
    if (store === undefined) return;
    this.#tier = new StoreTier(store, clock, storeTimeoutMs, storeQueue, {
      found: (key, { value, expires, tags, cost }) => {
        const kept = keep(value);
        const ttlMs = expires === null ? Infinity : expires - clock.wallNow();
        if (kept !== null && isTtl(ttlMs) && !memory.has(key)) memory.set(key, kept, ttlMs, tags, cost);
      },
      key: (key) => memory.delete(key),
      tag: (tag, others) => memory.deleteByTag(tag, others),
      all: () => memory.clear(),
    });
  }

  get storeDown(): boolean | undefined {
    return this.#tier?.down;
  }

  get<T>(key: string): T | undefined | Promise<T | undefined> {
    const value = this.peek<T>(key);
    return value === undefined ? this.load<T>(key) : value;
  }

  peek<T>(key: string): T | undefined {
    if (this.#gauge?.due()) this.#fitHeap(this.#gauge);
    this.#tier?.hear();
    return this.#memory.get(key) as T | undefined;
  }

  load<T>(key: string): Promise<T | undefined> | undefined {
    return this.#tier?.read(key).then((entry) => {
      // What was written meanwhile is newer than what the store had.
      const now = this.#memory.look(key);
      return (now === undefined ? structuredClone(entry?.value) : now) as T | undefined;
    });
  }

  has(key: string): boolean {
    return this.#memory.has(key);
  }

  set(key: string, value: unknown, options?: EntryOptions): boolean {
    return this.#put(key, value, options, options?.evict !== false);
  }

  delete(key: string): boolean {
    this.#tier?.delete(key);
    return this.#memory.delete(key);
  }

  deleteByTag(tag: string, ...others: readonly string[]): number {
    this.#tier?.deleteByTag(tag, others);
    return this.#memory.deleteByTag(tag, others);
  }

  deleteWhere(predicate: (entry: EntryView) => boolean): number {
    const picked: string[] = [];
    const count = this.#memory.deleteWhere(predicate, (key) => picked.push(key));
    this.#tier?.deleteWhere(predicate, picked);
    return count;
  }

  discard(key: string): void {
    this.#tier?.unreadable(key);
    this.#memory.delete(key);
  }

  clear(): void {
    this.#tier?.clear();
    this.#memory.clear();
  }

  async warm(
    entries: Iterable<WarmEntry> | AsyncIterable<WarmEntry>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<WarmResult> {
    let stored = 0;
    let refused = 0;
    let present = 0;
    if (!isIterable(entries)) {
      throw new SignalboxError("invalid_request", "entries must be a list of [key, value]", { path: "entries" });
    }
    this.prune();
    for await (const entry of entries) {
      if (options.signal?.aborted === true) break;
      const [key, value, how] = Array.isArray(entry) ? entry : NO_ENTRY;
      if (typeof key === "string" && this.has(key)) present++;
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
      ...(this.#tier === undefined ? {} : { store: this.#tier.stats() }),
    };
  }

  async flush(timeoutMs = FLUSH_MS): Promise<void> {
    await this.#tier?.flush(timeoutMs);
  }

  async close(): Promise<void> {
    await this.#tier?.flush(CLOSE_MS);
    await this.#tier?.close();
  }

  #fitHeap(gauge: PressureGauge): void {
    const memory = this.#memory;
    const budget = gauge.budget(this.#settings.clock.now(), memory.budget, memory.bytes);
    if (budget !== memory.budget) memory.setBudget(budget);
  }

  #put(key: string, value: unknown, options: EntryOptions | undefined, evict: boolean): boolean {
    if (this.#gauge !== undefined) this.#fitHeap(this.#gauge);
    const ttlMs = options?.ttlMs ?? this.ttlMs;
    const tags = tidyTags(options?.tags);
    const kept = typeof key === "string" && isTtl(ttlMs) && tags !== null ? keep(value) : null;
    const given = options?.cost;
    const cost = given !== undefined && given > 0 && Number.isFinite(given) ? given : 0;
    const done = kept !== null && tags !== null && this.#memory.set(key, kept, ttlMs, tags, cost, evict);
    if (!done) this.#refused++;
    else this.#tier?.write(key, kept.value, ttlMs, tags, cost);
    return done;
  }
}

/** Stands in for a malformed entry; refused, since it has no value. */
const NO_ENTRY: WarmEntry = ["", undefined];

function isIterable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}
