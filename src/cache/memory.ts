import { flatText, give, type Kept, stringBytes } from "./measure.js";
import type { CacheSettings } from "./options.js";
import type { EvictionOrder } from "./policies/policy.js";
import { grown } from "./policies/slot-list.js";
import { TagIndex, tagSetBytes } from "./tags.js";
import type { EntryView } from "./types.js";

/** Heap an entry takes besides its key and value: its place in the map, the slot and the policy's notes. Measured. */
export const ENTRY_BYTES = 120;

/** Slots looked at for expired entries on each write. */
const SWEEP = 4;

type Reason = "evicted" | "expired" | "deleted" | "replaced";

/** A hold on an entry; dropped from the table when the entry leaves in another way. */
interface Hold {
  readonly slot: number;
  count: number;
  /** Taken out of the policy's order because it was about to be evicted. */
  parked: boolean;
}

/**
 * The entries themselves: one map from key to slot, and columns of plain numbers beside it. Every operation takes
 * constant time, whatever the policy, and the bytes in use never exceed the budget when one returns.
 */
export class Memory {
  readonly #settings: CacheSettings;
  #order: EvictionOrder;
  readonly #index = new Map<string, number>();
  readonly #keys: (string | undefined)[] = [];
  readonly #values: unknown[] = [];
  readonly #free: number[] = [];
  readonly #holds = new Map<number, Hold>();
  readonly tags = new TagIndex();
  readonly removed: Record<Reason, number> = { evicted: 0, expired: 0, deleted: 0, replaced: 0 };
  #expires = new Float64Array(16);
  #bytes = new Uint32Array(16);
  #costs = new Float32Array(16);
  #entryBytes = 0;
  #heldBytes = 0;
  #hand = 0;
  budget: number;
  hits = 0;
  misses = 0;
  inserted = 0;

  constructor(settings: CacheSettings) {
    this.#settings = settings;
    this.#order = settings.policy.start();
    this.budget = settings.maxBytes;
  }

  get size(): number {
    return this.#index.size;
  }

  get bytes(): number {
    return this.#entryBytes + this.tags.bytes;
  }

  get pinned(): number {
    return this.#holds.size;
  }

  get(key: string): unknown {
    const slot = this.#live(key);
    if (slot < 0) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    if (!this.#isParked(slot)) this.#order.hit(slot);
    return give(this.#values[slot]);
  }

  has(key: string): boolean {
    return this.#live(key) >= 0;
  }

  /** Stores a kept value; `false` where it cannot fit, and then nothing has changed. Without `evict` only free room counts. */
  set(key: string, kept: Kept, ttlMs: number, tags: readonly string[], cost: number, evict = true): boolean {
    this.#sweep();
    const bytes = ENTRY_BYTES + stringBytes(key) + kept.bytes;
    const old = this.#live(key);
    const oldBytes = old < 0 ? 0 : (this.#bytes[old] as number);
    const held = this.#heldBytes - (this.#isHeld(old) ? this.#weight(old) : 0);
    if (bytes > 0xffff_ffff || bytes + tagSetBytes(tags) + held > this.budget) return false;
    if (old < 0 && this.#holds.size >= this.#settings.maxEntries) return false;
    if (!evict && this.bytes + bytes - oldBytes + tagSetBytes(tags) > this.budget) return false;
    if (!evict && old < 0 && this.size >= this.#settings.maxEntries) return false;
    if (ttlMs === 0) {
      if (old >= 0) this.#remove(old, "replaced");
      this.removed.expired++;
    } else {
      const expires = ttlMs === Infinity ? Infinity : this.#settings.clock.now() + ttlMs;
      if (old < 0) this.#insert(flatText(key), kept.value, bytes, expires, tags, cost);
      else this.#replace(old, kept.value, bytes, expires, tags, cost);
    }
    this.inserted++;
    return true;
  }

  delete(key: string): boolean {
    const slot = this.#live(key);
    if (slot >= 0) this.#remove(slot, "deleted");
    return slot >= 0;
  }

  deleteByTag(tag: string): number {
    let count = 0;
    this.tags.each(tag, (slot) => {
      this.#remove(slot, "deleted");
      count++;
    });
    return count;
  }

  deleteWhere(predicate: (entry: EntryView) => boolean): number {
    let count = 0;
    for (let slot = 0; slot < this.#keys.length; slot++) {
      const key = this.#keys[slot];
      if (key === undefined || !picks(predicate, viewOf(key, this.#values[slot], this.tags.of(slot)))) continue;
      if (this.#keys[slot] !== key) continue; // the predicate itself dropped it
      this.#remove(slot, "deleted");
      count++;
    }
    return count;
  }

  clear(): void {
    this.removed.deleted += this.size;
    this.#index.clear();
    this.#keys.length = 0;
    this.#values.length = 0;
    this.#free.length = 0;
    this.#holds.clear();
    this.tags.clear();
    this.#order = this.#settings.policy.start();
    this.#entryBytes = 0;
    this.#heldBytes = 0;
    this.#hand = 0;
  }

  prune(): number {
    const before = this.removed.expired;
    for (let slot = 0; slot < this.#keys.length; slot++) this.#expire(slot);
    return this.removed.expired - before;
  }

  /** Holds an entry; the function lets it go. `undefined` where there is none. */
  pin(key: string): { value: unknown; release: () => void } | undefined {
    const slot = this.#live(key);
    if (slot < 0) return undefined;
    let hold = this.#holds.get(slot);
    if (hold === undefined) {
      hold = { slot, count: 0, parked: false };
      this.#holds.set(slot, hold);
      this.#heldBytes += this.#weight(slot);
    }
    hold.count++;
    const held = hold;
    let open = true;
    return {
      value: give(this.#values[slot]),
      release: () => {
        if (open) this.#release(held);
        open = false;
      },
    };
  }

  /** Sets the budget and evicts down to it. What is pinned stays, and the rest of the way is gone when it is let go. */
  shrinkTo(budget: number): void {
    this.budget = budget;
    this.#makeRoom(0, 0, -1);
  }

  #live(key: string): number {
    const slot = this.#index.get(key);
    return slot === undefined || this.#expire(slot) ? -1 : slot;
  }

  /** Removes the slot's entry if its time is over. */
  #expire(slot: number): boolean {
    const expires = this.#expires[slot] as number;
    if (expires === Infinity || this.#keys[slot] === undefined) return false;
    if (this.#settings.clock.now() < expires) return false;
    this.#remove(slot, "expired");
    return true;
  }

  #insert(key: string, value: unknown, bytes: number, expires: number, tags: readonly string[], cost: number): void {
    const slot = this.#free.pop() ?? this.#keys.length;
    this.#reach(slot);
    this.tags.add(slot, tags);
    this.#makeRoom(bytes, 1, -1);
    this.#keys[slot] = key;
    this.#write(slot, value, bytes, expires, cost);
    this.#index.set(key, slot);
    this.#order.add(slot, key, bytes, cost);
  }

  #replace(slot: number, value: unknown, bytes: number, expires: number, tags: readonly string[], cost: number): void {
    const held = this.#isHeld(slot);
    if (held) this.#heldBytes -= this.#weight(slot);
    this.tags.remove(slot);
    this.tags.add(slot, tags);
    this.#entryBytes -= this.#bytes[slot] as number;
    this.#bytes[slot] = 0;
    const parked = this.#makeRoom(bytes, 0, slot) || this.#isParked(slot);
    this.#write(slot, value, bytes, expires, cost);
    if (held) this.#heldBytes += this.#weight(slot);
    if (!parked) this.#order.update(slot, bytes, cost);
    else if (!this.#isParked(slot)) this.#order.add(slot, this.#keys[slot] as string, bytes, cost);
    this.removed.replaced++;
  }

  #write(slot: number, value: unknown, bytes: number, expires: number, cost: number): void {
    this.#values[slot] = value;
    this.#bytes[slot] = bytes;
    this.#costs[slot] = cost;
    this.#expires[slot] = expires;
    this.#entryBytes += bytes;
  }

  #reach(slot: number): void {
    if (slot === this.#keys.length) {
      this.#keys.push(undefined);
      this.#values.push(undefined);
    }
    if (slot < this.#bytes.length) return;
    this.#expires = grown(this.#expires, slot);
    this.#bytes = grown(this.#bytes, slot);
    this.#costs = grown(this.#costs, slot);
  }

  #remove(slot: number, reason: Reason): void {
    if (!this.#isParked(slot)) this.#order.remove(slot, this.#keys[slot] as string, reason === "evicted");
    if (this.#isHeld(slot)) {
      this.#heldBytes -= this.#weight(slot);
      this.#holds.delete(slot);
    }
    this.#index.delete(this.#keys[slot] as string);
    this.tags.remove(slot);
    this.#entryBytes -= this.#bytes[slot] as number;
    this.#keys[slot] = undefined;
    this.#values[slot] = undefined;
    this.#free.push(slot);
    this.removed[reason]++;
  }

  /** Evicts until so much fits, never `spared`; whether `spared` was taken out of the order on the way. */
  #makeRoom(bytes: number, entries: number, spared: number): boolean {
    let parked = false;
    while (this.bytes + bytes > this.budget || this.size + entries > this.#settings.maxEntries) {
      const slot = this.#victim();
      if (slot < 0) return parked;
      if (slot !== spared && !this.#isHeld(slot)) {
        this.#remove(slot, "evicted");
        continue;
      }
      this.#order.remove(slot, this.#keys[slot] as string, false);
      const hold = this.#holds.get(slot);
      if (hold !== undefined) hold.parked = true;
      else parked = true;
    }
    return parked;
  }

  /** Whom the policy names, if there is such an entry; any other where it errs. */
  #victim(): number {
    const slot = this.#order.victim();
    return this.#keys[slot] === undefined ? -1 : slot;
  }

  #release(hold: Hold): void {
    if (--hold.count > 0 || this.#holds.get(hold.slot) !== hold) return;
    this.#holds.delete(hold.slot);
    this.#heldBytes -= this.#weight(hold.slot);
    const { slot } = hold;
    if (hold.parked) {
      this.#order.add(slot, this.#keys[slot] as string, this.#bytes[slot] as number, this.#costs[slot] as number);
    }
    if (this.bytes > this.budget) this.#makeRoom(0, 0, -1);
  }

  #isHeld(slot: number): boolean {
    return this.#holds.size > 0 && this.#holds.has(slot);
  }

  #isParked(slot: number): boolean {
    return this.#holds.size > 0 && this.#holds.get(slot)?.parked === true;
  }

  /** What a held entry takes at most: itself and its record in the tag index. */
  #weight(slot: number): number {
    return (this.#bytes[slot] as number) + tagSetBytes(this.tags.of(slot));
  }

  #sweep(): void {
    const steps = Math.min(SWEEP, this.#keys.length);
    for (let step = 0; step < steps; step++) {
      if (this.#hand >= this.#keys.length) this.#hand = 0;
      this.#expire(this.#hand++);
    }
  }
}

function picks(predicate: (entry: EntryView) => boolean, entry: EntryView): boolean {
  try {
    return predicate(entry) === true;
  } catch {
    return false;
  }
}

function viewOf(key: string, value: unknown, tags: readonly string[]): EntryView {
  return {
    key,
    tags,
    get value() {
      return give(value);
    },
  };
}
