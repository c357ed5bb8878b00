import { Ghosts, hashKey } from "./ghosts.js";
import type { CacheRoom, EvictionOrder, EvictionPolicy } from "./policy.js";
import { grown, SlotLinks } from "./slot-list.js";

/** Steps of priority in one turnover of the cache. */
const STEPS = 16;

/** Priorities kept apart; a power of two. The highest weight is RING / STEPS = 64 turnovers. */
const RING = 1_024;

/** How far an entry's worth by size and cost may move its weight, either way. */
const MAX_WORTH = 4;

/** More uses count as so many. */
const MAX_USES = 4_096;

/**
 * Turnovers that each doubling of the uses is worth. 2 suits prefix blocks a little better (whose use ends with their
 * conversation), 6 suits draws from a fixed distribution; between 2 and 4 every trace of the report stays near its best.
 */
const PER_DOUBLING = 3;

/** Weight by number of uses, in turnovers of what is neither hot nor costly. */
function weightOf(uses: number): number {
  return 1 + PER_DOUBLING * Math.log2(uses);
}

/**
 * Where most of a cache is hot, or one entry takes most of it, the rest turns over at once and the floor runs away. So
 * every 90 uses also spare an entry until as much was written as the whole cache holds; a thousand uses, eleven times.
 */
const SPARING_USES = 90;
const MOST_SPARING = 1_000;

/** Parts of the cache's room that writes are counted in. */
const PARTS = 256;

/**
 * Recency with ageing frequency, and the cost of making the answer anew: the default policy.
 *
 * Each entry has a priority: a floor that rises as entries leave (so idle ones age), plus a weight that grows with the
 * logarithm of its uses and with `sqrt(cost / bytes)` against the average. The lowest priority leaves first; equals
 * leave in order of arrival; very hot ones are spared longer. Keys evicted lately are remembered by hash with their uses,
 * and come back with them.
 * Priorities stand in a ring of lists; a read only notes itself, and is made good when the entry's turn comes, so every
 * step takes constant time on average. `npm run cache-report` prints how it compares.
 */
export function ageing(): EvictionPolicy {
  return { name: "ageing", start: (room) => new AgeingOrder(room) };
}

class AgeingOrder implements EvictionOrder {
  readonly #links = new SlotLinks();
  readonly #heads = new Int32Array(RING).fill(-1);
  readonly #tails = new Int32Array(RING).fill(-1);
  readonly #ghosts = new Ghosts();
  /** The list a slot stands in. */
  #bucket = new Uint16Array(16);
  #uses = new Uint16Array(16);
  /** The floor at the last read since the slot was placed; -1 for none. */
  #readAt = new Int32Array(16);
  #worth = new Float32Array(16);
  /** What was written until the slot was last used, in parts of the room. */
  #usedAt = new Uint32Array(16);
  #written = 0;
  readonly #room: CacheRoom | undefined;
  #floor = 0;
  #size = 0;
  #weighed = 0;
  #priced = 0;
  #meanBytes = 0;
  #meanCost = 0;

  constructor(room: CacheRoom | undefined) {
    this.#room = room;
  }

  add(slot: number, key: string, bytes: number, cost: number): void {
    this.#reach(slot);
    this.#size++;
    this.#ghosts.reach(this.#size);
    if (this.#room) this.#written += PARTS * Math.max(1 / this.#room.maxEntries, bytes / this.#room.maxBytes);
    this.#usedAt[slot] = this.#written;
    this.#uses[slot] = Math.max(this.#ghosts.take(hashKey(key)), 0) + 1;
    this.#worth[slot] = this.#worthOf(bytes, cost);
    this.#place(slot, this.#floor);
  }

  hit(slot: number): void {
    const uses = this.#uses[slot] as number;
    if (uses < MAX_USES) this.#uses[slot] = uses + 1;
    this.#readAt[slot] = this.#floor;
    this.#usedAt[slot] = this.#written;
  }

  update(slot: number, bytes: number, cost: number): void {
    this.#worth[slot] = this.#worthOf(bytes, cost);
    this.#drop(slot);
    this.#place(slot, this.#floor);
  }

  remove(slot: number, key: string, evicted: boolean): void {
    this.#drop(slot);
    this.#size--;
    if (evicted) this.#ghosts.put(hashKey(key), Math.min(this.#uses[slot] as number, 254));
  }

  victim(): number {
    if (this.#size === 0) return -1;
    for (let spared = 0; ; ) {
      const slot = this.#heads[this.#floor & (RING - 1)] as number;
      if (slot < 0) {
        this.#floor++;
        continue;
      }
      const readAt = this.#readAt[slot] as number;
      const due = readAt < 0 || readAt + this.#ahead(slot) <= this.#floor;
      // Where all are spared, the first goes all the same.
      if (due && (!this.#isSpared(slot) || spared++ >= this.#size)) return slot;
      this.#drop(slot);
      this.#place(slot, due ? this.#floor : readAt);
    }
  }

  #isSpared(slot: number): boolean {
    if (!this.#room) return false;
    const uses = Math.min(this.#uses[slot] as number, MOST_SPARING);
    return this.#written - (this.#usedAt[slot] as number) < PARTS * Math.floor(uses / SPARING_USES);
  }

  /** How far above the floor a slot belongs. */
  #ahead(slot: number): number {
    const weight = weightOf(this.#uses[slot] as number) * (this.#worth[slot] as number);
    return Math.min(RING - 1, Math.max(1, Math.floor(weight * STEPS)));
  }

  #worthOf(bytes: number, cost: number): number {
    // The plain mean at first, so that whoever came first does not stand for all; then one that moves.
    if (this.#weighed < 256) this.#weighed++;
    this.#meanBytes += (bytes - this.#meanBytes) / this.#weighed;
    let worth = this.#meanBytes / bytes;
    if (cost > 0) {
      if (this.#priced < 256) this.#priced++;
      this.#meanCost += (cost - this.#meanCost) / this.#priced;
      worth *= cost / this.#meanCost;
    }
    return Math.min(MAX_WORTH, Math.max(1 / MAX_WORTH, Math.sqrt(worth)));
  }

  #place(slot: number, from: number): void {
    const bucket = (from + this.#ahead(slot)) & (RING - 1);
    const { prev, next } = this.#links;
    const tail = this.#tails[bucket] as number;
    this.#bucket[slot] = bucket;
    this.#readAt[slot] = -1;
    prev[slot] = tail;
    next[slot] = -1;
    if (tail < 0) this.#heads[bucket] = slot;
    else next[tail] = slot;
    this.#tails[bucket] = slot;
  }

  #drop(slot: number): void {
    const { prev, next } = this.#links;
    const bucket = this.#bucket[slot] as number;
    const before = prev[slot] as number;
    const after = next[slot] as number;
    if (before < 0) this.#heads[bucket] = after;
    else next[before] = after;
    if (after < 0) this.#tails[bucket] = before;
    else prev[after] = before;
  }

  #reach(slot: number): void {
    this.#links.reach(slot);
    if (slot < this.#bucket.length) return;
    this.#bucket = grown(this.#bucket, slot);
    this.#uses = grown(this.#uses, slot);
    this.#readAt = grown(this.#readAt, slot);
    this.#worth = grown(this.#worth, slot);
    this.#usedAt = grown(this.#usedAt, slot);
  }
}
