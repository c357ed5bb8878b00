import type { EntryOptions, Store } from "../contract/store.js";
import type { Clock } from "../core/clock.js";
import type { EvictionPolicy } from "./policies/policy.js";

/** How a cache is made. Checked once; a wrong value is a `SignalboxError` of kind `invalid_options` naming the path. */
export interface CacheOptions {
  /**
   * The most heap all entries may take together, bytes, bookkeeping included. Never exceeded after any operation.
   * @default 67_108_864 (64 MiB)
   */
  readonly maxBytes?: number | undefined;
  /**
   * How long an entry lives unless `set` says otherwise, milliseconds: 0 not at all, `Infinity` for ever.
   * @default 3_600_000 (one hour)
   */
  readonly ttlMs?: number | undefined;
  /** The most entries, whatever their size. @default Infinity */
  readonly maxEntries?: number | undefined;
  /** Which entry leaves when room is needed. @default ageing() */
  readonly policy?: EvictionPolicy | undefined;
  /** A second tier behind memory, such as `keyvStore(new Keyv(...))`. @default none */
  readonly store?: Store | undefined;
  /** How long a look-up waits for the second tier, milliseconds; after that the entry counts as absent. @default 50 */
  readonly storeTimeoutMs?: number | undefined;
  /** Writes that may wait for the second tier; more are dropped and counted. @default 1_000 */
  readonly storeQueue?: number | undefined;
  /** Shrinks the budget while the heap is above a mark, and lets it recover. @default none */
  readonly pressure?: PressureOptions | undefined;
  /** The clock that measures lifetimes. @default the system's clock */
  readonly clock?: Clock | undefined;
}

/** When the cache gives memory back, because the process runs short of it. */
export interface PressureOptions {
  /** Heap in use above which the budget shrinks, bytes. */
  readonly heapBytes: number;
  /** How often the heap is looked at, on use of the cache, milliseconds. @default 1_000 */
  readonly checkMs?: number | undefined;
  /** The share of `maxBytes` that is never given up, 0..1. @default 0.1 */
  readonly floor?: number | undefined;
  /** Reads the heap in use, bytes. @default process.memoryUsage().heapUsed; 0 where the platform has none */
  readonly readHeapBytes?: (() => number) | undefined;
}

/** What `warm` takes: a key, its value, and how to keep it. */
export type WarmEntry = readonly [key: string, value: unknown, options?: EntryOptions];

/** What a warming did. */
export interface WarmResult {
  /** Entries that were stored. */
  readonly stored: number;
  /** Not taken: over the budget, not JSON, or no room left without evicting something. */
  readonly refused: number;
  /** Already there and left as they were. */
  readonly present: number;
}

/** An entry as predicates see it. */
export interface EntryView {
  /** The entry's key. */
  readonly key: string;
  /** The stored value; frozen. */
  readonly value: unknown;
  /** The labels that the entry can be dropped by. */
  readonly tags: readonly string[];
}

/** Holds an entry in memory until released. */
export interface Pin<T = unknown> {
  /** The stored value. */
  readonly value: T;
  /** Lets the entry go again; further calls do nothing. */
  release(): void;
}

/** Entries that left, by reason. */
export interface RemovedCounts {
  /** To make room. */
  readonly evicted: number;
  /** Past their lifetime. */
  readonly expired: number;
  /** By hand. */
  readonly deleted: number;
  /** By a newer value of the same key. */
  readonly replaced: number;
}

/** The second tier in numbers. */
export interface StoreStats {
  /** Lookups that found an entry. */
  readonly hits: number;
  /** Lookups that found none. */
  readonly misses: number;
  /** Look-ups not made or given up: timed out, failed, or the circuit was open. */
  readonly skipped: number;
  /** Entries of an older version, of another key, not ours, or not readable: ignored. */
  readonly corrupt: number;
  /** Entries that were written. */
  readonly writes: number;
  /** Operations that failed or took too long. */
  readonly errors: number;
  /** Writes that never reached the store: the queue was full. */
  readonly dropped: number;
  /** Writes that wait. */
  readonly queued: number;
  /** `open` while the store is left alone after failures. */
  readonly circuit: "closed" | "open";
}

/** `hits + misses` = look-ups in memory; `inserted` less all of `removed` = `entries`. */
export interface CacheStats {
  /** Entries that are kept. */
  readonly entries: number;
  /** Heap taken by all entries, bookkeeping included, as accounted. */
  readonly bytes: number;
  /** The budget now; below `maxBytes` under memory pressure. */
  readonly budgetBytes: number;
  /** The most bytes that entries may take. */
  readonly maxBytes: number;
  /** Lookups that found an entry. */
  readonly hits: number;
  /** Lookups that found none. */
  readonly misses: number;
  /** Share of the lookups that found an entry, 0 before the first. */
  readonly hitRate: number;
  /** Entries that were added. */
  readonly inserted: number;
  /** Entries that are gone, by why. */
  readonly removed: RemovedCounts;
  /** `set` calls that returned `false`. */
  readonly refused: number;
  /** Different tags of the entries. */
  readonly tags: number;
  /** Entries that are held against eviction. */
  readonly pinned: number;
  /** Absent without a second tier. */
  readonly store?: StoreStats | undefined;
}

/**
 * A bounded cache of JSON values under string keys. Values go in and come out as copies: nothing a caller does to one
 * reaches the cache. All methods may be awaited; without a second tier nothing waits.
 */
export interface Cache {
  /** The second tier fails or hangs and is left alone for a while; absent where there is none. */
  readonly storeDown?: boolean | undefined;
  /** How long an entry lives unless `set` says otherwise, milliseconds. */
  readonly ttlMs: number;
  /** The value, or `undefined`. With a second tier, what memory does not hold comes as a promise. */
  get<T = unknown>(key: string): T | undefined | Promise<T | undefined>;
  /** The value if memory holds it, at once; counts as a look-up. */
  peek<T = unknown>(key: string): T | undefined;
  /** Asks the second tier and keeps what it finds; `undefined` where there is none. Never rejects. */
  load<T = unknown>(key: string): Promise<T | undefined> | undefined;
  /** Whether memory holds a live entry; counts nothing and changes no order. */
  has(key: string): boolean;
  /**
   * Stores a JSON value. `false` when refused (over the budget, not JSON, a lifetime that makes no sense): then nothing
   * has changed. Never throws.
   */
  set(key: string, value: unknown, options?: EntryOptions): boolean;
  /** Whether memory held it. */
  delete(key: string): boolean;
  /** Drops an entry whose value makes no sense to whoever stores it; counts as corrupt in the second tier. */
  discard(key: string): void;
  /** Drops every entry that carries the tag, and all of `others` too; how many memory held. */
  deleteByTag(tag: string, ...others: readonly string[]): number;
  /**
   * Drops every entry the predicate picks; how many memory held. A predicate that throws keeps the entry. Other
   * processes on the same store are told of the entries it picked here: a predicate itself cannot travel.
   */
  deleteWhere(predicate: (entry: EntryView) => boolean): number;
  /** Drops all entries. */
  clear(): void;
  /**
   * Stores what fits without evicting anything; anything that is not an entry is refused.
   *
   * @throws SignalboxError `invalid_request`, path `entries`, where it cannot be iterated
   */
  warm(
    entries: Iterable<WarmEntry> | AsyncIterable<WarmEntry>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<WarmResult>;
  /** Drops every expired entry now; how many. Otherwise they go little by little, on use. */
  prune(): number;
  /** Keeps an entry from eviction while it is read; `undefined` where memory does not hold it. */
  pin<T = unknown>(key: string): Pin<T> | undefined;
  /** The numbers so far. */
  stats(): CacheStats;
  /** Waits until the second tier has what it should have, or `timeoutMs` is over. */
  flush(timeoutMs?: number): Promise<void>;
  /** Flushes and closes the second tier. */
  close(): Promise<void>;
}

/** A cache without a second tier: `get` answers at once. */
export interface MemoryCache extends Cache {
  get<T = unknown>(key: string): T | undefined;
}
