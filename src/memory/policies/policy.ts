/**
 * Which entry leaves a cache when room is needed: a recipe, handed to `createCache({ policy })`.
 * Entries are known by slot: a small whole number, taken anew after `remove`, so plain and typed arrays fit.
 * `evictionConformance` of `signalbox/testing` tries one.
 *
 * @example
 * // first in, first out
 * const fifo: EvictionPolicy = {
 *   name: "fifo",
 *   start() {
 *     const queue = new Set<number>();
 *     return {
 *       add: (slot) => void queue.add(slot),
 *       hit() {},
 *       update() {},
 *       remove: (slot) => void queue.delete(slot),
 *       victim: () => queue.values().next().value ?? -1,
 *     };
 *   },
 * };
 */
export interface EvictionPolicy {
  /** Its name. */
  readonly name: string;
  /** Begins the book-keeping of one cache, which holds at most so much. */
  start(room?: CacheRoom): EvictionOrder;
}

/** What a cache holds at most. */
export interface CacheRoom {
  /** The most bytes that entries may take. */
  readonly maxBytes: number;
  /** The most entries. */
  readonly maxEntries: number;
}

/** The book-keeping of one cache. Each method should take constant time. */
export interface EvictionOrder {
  /** An entry took this slot. `cost` is what making it anew would cost, in any one unit; 0 where unknown. */
  add(slot: number, key: string, bytes: number, cost: number): void;
  /** The entry in this slot was read. */
  hit(slot: number): void;
  /** The entry in this slot was written anew. */
  update(slot: number, bytes: number, cost: number): void;
  /** The slot is free again; `evicted` where its entry left for want of room. */
  remove(slot: number, key: string, evicted: boolean): void;
  /** The slot to give up next, -1 if there is none; not yet removed. */
  victim(): number;
}
