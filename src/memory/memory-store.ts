import { flatText, give, type Kept, stringBytes } from "./measure.js";
import type { CacheSettings } from "./options.js";
import { picks } from "./picks.js";
import { Pins } from "./pins.js";
import { guarded } from "./policies/guarded.js";
import type { EvictionOrder } from "./policies/policy.js";
import { Slots } from "./slots.js";
import { TagIndex, tagSetBytes } from "./tags.js";
import type { EntryView, Pin } from "./types.js";

/** Heap an entry takes besides its key and value: its place in the map, the slot, the policy's notes. Measured by cache-report. */
export const ENTRY_BYTES = 120;

/** Slots looked at for expired entries on each write. */
const SWEEP = 8;

type Reason = "evicted" | "expired" | "deleted" | "replaced";

/**
 * The entries themselves: one map from key to slot, and columns of plain numbers beside it. Every operation takes
 * constant time, and the bytes in use never exceed the budget when one returns.
 */
export class Memory {
  readonly #settings: CacheSettings;
  readonly #index = new Map<string, number>();
  readonly #slots = new Slots();
  readonly #pins = new Pins();
  #order: EvictionOrder;
  #entryBytes = 0;
  #hand = 0;
  readonly tags = new TagIndex();
  readonly removed: Record<Reason, number> = { evicted: 0, expired: 0, deleted: 0, replaced: 0 };
  budget: number;
  hits = 0;
  misses = 0;
  inserted = 0;

  constructor(settings: CacheSettings) {
    this.#settings = settings;
    this.#order = guarded(settings.policy.start(settings));
    this.budget = settings.maxBytes;
  }

  get size(): number {
    return this.#index.size;
  }

  get bytes(): number {
    return this.#entryBytes + this.tags.bytes;
  }

  get pinned(): number {
    return this.#pins.size;
  }

  get(key: string): unknown {
    const slot = this.#live(key);
    if (slot < 0) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    if (!this.#pins.parked(slot)) this.#order.hit(slot);
    return give(this.#slots.values[slot]);
  }

  /** The value, uncounted. */
  look(key: string): unknown {
    const slot = this.#live(key);
    return slot < 0 ? undefined : give(this.#slots.values[slot]);
  }

  has(key: string): boolean {
    return this.#live(key) >= 0;
  }

  /** Stores a kept value; `false` where it cannot fit, and then nothing has changed. Without `evict` only free room counts. */
  set(key: string, kept: Kept, ttlMs: number, tags: readonly string[], cost: number, evict = true): boolean {
    const { maxEntries, clock } = this.#settings;
    const nowMs = clock.now();
    this.#sweep(nowMs);
    const bytes = ENTRY_BYTES + stringBytes(key) + kept.bytes;
    const most = bytes + tagSetBytes(tags);
    const old = this.#live(key);
    const pinnedBytes = this.#pins.bytes - (this.#pins.has(old) ? this.#weight(old) : 0);
    if (bytes > 0xffff_ffff || most + pinnedBytes > this.budget) return false;
    if (old < 0 && this.#pins.size >= maxEntries) return false;
    if (!evict && this.bytes + most - (old < 0 ? 0 : (this.#slots.bytes[old] as number)) > this.budget) return false;
    if (!evict && old < 0 && this.size >= maxEntries) return false;
    this.inserted++;
    if (ttlMs === 0) {
      if (old >= 0) this.#remove(old, "replaced");
      this.removed.expired++;
      return true;
    }
    const expires = nowMs + ttlMs;
    if (old < 0) this.#insert(flatText(key), kept.value, bytes, expires, tags, cost);
    else this.#replace(old, kept.value, bytes, expires, tags, cost);
    return true;
  }

  delete(key: string): boolean {
    const slot = this.#live(key);
    if (slot >= 0) this.#remove(slot, "deleted");
    return slot >= 0;
  }

  deleteByTag(tag: string, others: readonly string[] = []): number {
    const before = this.removed.deleted;
    this.tags.each(tag, (slot) => {
      if (!others.every((other) => this.tags.of(slot).includes(other))) return;
      if (!this.#expire(slot)) this.#remove(slot, "deleted");
    });
    return this.removed.deleted - before;
  }

  deleteWhere(predicate: (entry: EntryView) => boolean, dropped?: (key: string) => void): number {
    const before = this.removed.deleted;
    const { keys, values } = this.#slots;
    for (let slot = 0; slot < keys.length; slot++) {
      const key = keys[slot];
      if (key === undefined || this.#expire(slot)) continue;
      const picked = picks(predicate, new LazyEntry(key, values[slot], this.tags.of(slot)));
      // The predicate may itself have changed the cache.
      if (!picked || this.#index.get(key) !== slot) continue;
      this.#remove(slot, "deleted");
      dropped?.(key);
    }
    return this.removed.deleted - before;
  }

  clear(): void {
    this.removed.deleted += this.size;
    this.#index.clear();
    this.#slots.clear();
    this.#pins.clear();
    this.tags.clear();
    this.#order = guarded(this.#settings.policy.start(this.#settings));
    this.#entryBytes = 0;
    this.#hand = 0;
  }

  prune(): number {
    const before = this.removed.expired;
    const nowMs = this.#settings.clock.now();
    for (let slot = 0; slot < this.#slots.length; slot++) this.#expire(slot, nowMs);
    return this.removed.expired - before;
  }

  /** Holds an entry until it is let go; `undefined` where there is none. */
  pin(key: string): Pin | undefined {
    const slot = this.#live(key);
    if (slot < 0) return undefined;
    const pinned = this.#pins.open(slot, this.#weight(slot));
    let open = true;
    return {
      value: give(this.#slots.values[slot]),
      release: () => {
        if (open && this.#pins.close(pinned)) this.#letGo(slot, pinned.parked);
        open = false;
      },
    };
  }

  /** Sets the budget and evicts down to it; what is held leaves when it is let go. */
  setBudget(budget: number): void {
    this.budget = budget;
    this.#makeRoom(0, 0, -1);
  }

  #live(key: string): number {
    const slot = this.#index.get(key);
    return slot === undefined || this.#expire(slot) ? -1 : slot;
  }

  /** Removes the slot's entry if its time is over. */
  #expire(slot: number, nowMs?: number): boolean {
    const expires = this.#slots.expires[slot] as number;
    if (expires === Infinity || (nowMs ?? this.#settings.clock.now()) < expires || !this.#slots.taken(slot))
      return false;
    this.#remove(slot, "expired");
    return true;
  }

  #insert(key: string, value: unknown, bytes: number, expires: number, tags: readonly string[], cost: number): void {
    const slot = this.#slots.next();
    this.tags.add(slot, tags);
    this.#makeRoom(bytes, 1, -1);
    this.#slots.fill(slot, key, value, bytes, expires);
    this.#entryBytes += bytes;
    this.#index.set(key, slot);
    this.#order.add(slot, key, bytes, cost);
  }

  #replace(slot: number, value: unknown, bytes: number, expires: number, tags: readonly string[], cost: number): void {
    const pinned = this.#pins.get(slot);
    if (pinned !== undefined) this.#pins.bytes -= this.#weight(slot);
    this.tags.remove(slot);
    this.tags.add(slot, tags);
    this.#entryBytes -= this.#slots.bytes[slot] as number;
    this.#slots.bytes[slot] = 0;
    const key = this.#slots.keys[slot] as string;
    const ordered = pinned?.parked !== true;
    const stillOrdered = this.#makeRoom(bytes, 0, slot) && ordered;
    this.#slots.fill(slot, key, value, bytes, expires);
    this.#entryBytes += bytes;
    if (pinned !== undefined) this.#pins.bytes += this.#weight(slot);
    if (stillOrdered) this.#order.update(slot, bytes, cost);
    else if (pinned?.parked !== true) this.#order.add(slot, key, bytes, cost);
    this.removed.replaced++;
  }

  #remove(slot: number, reason: Reason): void {
    const key = this.#slots.keys[slot] as string;
    if (!this.#pins.parked(slot)) this.#order.remove(slot, key, reason === "evicted");
    if (this.#pins.has(slot)) this.#pins.drop(slot, this.#weight(slot));
    this.#index.delete(key);
    this.tags.remove(slot);
    this.#entryBytes -= this.#slots.bytes[slot] as number;
    this.#slots.free(slot);
    this.removed[reason]++;
  }

  /** Evicts until so much fits, sparing held entries and one more; `false` if that one had to be taken out of the order. */
  #makeRoom(bytes: number, entries: number, spared: number): boolean {
    let sparedInOrder = true;
    while (this.bytes + bytes > this.budget || this.size + entries > this.#settings.maxEntries) {
      const slot = this.#victim(spared, sparedInOrder);
      if (slot < 0) break;
      const pinned = this.#pins.get(slot);
      if (slot !== spared && pinned === undefined) {
        this.#remove(slot, "evicted");
        continue;
      }
      this.#order.remove(slot, this.#slots.keys[slot] as string, false);
      if (pinned !== undefined) pinned.parked = true;
      if (slot === spared) sparedInOrder = false;
    }
    return sparedInOrder;
  }

  /** Whom the policy names; where it errs, the first entry that may go. */
  #victim(spared: number, sparedInOrder: boolean): number {
    const named = this.#order.victim();
    const known = this.#slots.taken(named) && !this.#pins.parked(named);
    if (known && (named !== spared || sparedInOrder)) return named;
    for (let slot = 0; slot < this.#slots.length; slot++) {
      if (slot !== spared && this.#slots.taken(slot) && !this.#pins.has(slot)) return slot;
    }
    return -1;
  }

  #letGo(slot: number, parked: boolean): void {
    const { keys, bytes } = this.#slots;
    this.#pins.drop(slot, this.#weight(slot));
    // Its cost was not kept: four bytes of every entry for the few that are ever parked.
    if (parked) this.#order.add(slot, keys[slot] as string, bytes[slot] as number, 0);
    this.#makeRoom(0, 0, -1);
  }

  /** What a held entry takes at most: itself and its record in the tag index. */
  #weight(slot: number): number {
    return (this.#slots.bytes[slot] as number) + tagSetBytes(this.tags.of(slot));
  }

  #sweep(nowMs: number): void {
    const steps = Math.min(SWEEP, this.#slots.length);
    for (let step = 0; step < steps; step++) {
      if (this.#hand >= this.#slots.length) this.#hand = 0;
      this.#expire(this.#hand++, nowMs);
    }
  }
}

/** An entry for a predicate; its value is copied only if it is read. */
class LazyEntry implements EntryView {
  readonly key: string;
  readonly tags: readonly string[];
  readonly #value: unknown;

  constructor(key: string, value: unknown, tags: readonly string[]) {
    this.key = key;
    this.tags = tags;
    this.#value = value;
  }

  get value(): unknown {
    return give(this.#value);
  }
}
