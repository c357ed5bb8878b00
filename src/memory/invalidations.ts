import QuickLRU from "quick-lru";
import type { Envelope } from "./envelope.js";
import { picks } from "./picks.js";
import { isTags } from "./tags.js";
import type { EntryView } from "./types.js";

/** Keys and tags remembered, each; what is forgotten is covered by `floor`. */
const MAX = 2_000;

/** Dropped keys that other processes are told of, at least. */
const MAX_TOLD = 250;

/** Predicates remembered, and combinations of tags. */
const MAX_PREDICATES = 100;

const VERSION = 1;

/** What memory is told of drops in other processes. */
export interface InvalidationNews {
  readonly key: (key: string) => void;
  /** Entries that carry all of them. */
  readonly tag: (tag: string, others: readonly string[]) => void;
  readonly all: () => void;
}

/** What was dropped and when: entries of the second tier that were written before count as absent. */
export class Invalidations {
  /** Everything written up to here is gone. */
  #floor = 0;
  #keys = new QuickLRU<string, number>({ maxSize: MAX, onEviction: (_key, at) => this.#raise(at) });
  #tags = new QuickLRU<string, number>({ maxSize: MAX, onEviction: (_tag, at) => this.#raise(at) });
  /** Of several tags an entry must carry all; by their JSON. */
  #combined = new QuickLRU<string, { readonly tags: readonly string[]; readonly at: number }>({
    maxSize: MAX_PREDICATES,
    onEviction: (_tags, { at }) => this.#raise(at),
  });
  /** Keys whose last write has not reached the store; what is forgotten costs an older value at worst. */
  #unwritten = new QuickLRU<string, number>({ maxSize: MAX });
  /** Dropped keys that the memory of other processes may still hold, dropped here or there. */
  #told = new QuickLRU<string, number>({
    maxSize: MAX_TOLD,
    onEviction: (_key, at) => {
      this.#untold = Math.max(this.#untold, at);
    },
  });
  /** Keys dropped up to here are no longer told: whoever has not heard of them must take it that all were. */
  #untold = 0;
  #predicates: { readonly at: number; readonly predicate: (entry: EntryView) => boolean }[] = [];

  key(key: string, at: number): void {
    this.#keys.set(key, at);
  }

  /** The store itself has forgotten the key. */
  keyDone(key: string, at: number): void {
    if (this.#keys.peek(key) === at) this.#keys.delete(key);
  }

  /** To be told to others. */
  tell(key: string, at: number): void {
    this.#told.set(key, at);
  }

  /** A newer value is on its way to the store, or never got there: what it has was written up to `at`. */
  writing(key: string, at: number): void {
    this.#unwritten.set(key, at);
  }

  written(key: string, at: number): void {
    if (this.#unwritten.peek(key) === at) this.#unwritten.delete(key);
  }

  tag(tag: string, others: readonly string[], at: number): void {
    if (others.length === 0) this.#tags.set(tag, at);
    else this.#combine([tag, ...others], at);
  }

  where(predicate: (entry: EntryView) => boolean, at: number): void {
    this.#predicates.push({ at, predicate });
    if (this.#predicates.length > MAX_PREDICATES) this.#raise(this.#predicates.shift()?.at ?? 0);
  }

  all(at: number): void {
    this.#raise(at);
    this.#keys.clear();
    this.#tags.clear();
    this.#combined.clear();
    this.#predicates = [];
  }

  /** Whether an entry found in the store may still be used. */
  allows(key: string, entry: Envelope): boolean {
    const { at } = entry;
    if (at <= this.#floor) return false;
    for (const keys of [this.#keys, this.#told, this.#unwritten]) if (at <= (keys.peek(key) ?? 0)) return false;
    for (const tag of entry.tags) if (at <= (this.#tags.peek(tag) ?? 0)) return false;
    for (const { tags, at: since } of this.#combined.values()) {
      if (at <= since && tags.every((tag) => entry.tags.includes(tag))) return false;
    }
    return true;
  }

  /** Whether a predicate picks an entry found in the store. */
  picked(key: string, { at, value, tags }: Envelope): boolean {
    return this.#predicates.some(({ at: since, predicate }) => at <= since && picks(predicate, { key, value, tags }));
  }

  /** What other processes and later runs must know. */
  toJSON(): unknown {
    const [keys, tags] = [[...this.#told.entriesAscending()], [...this.#tags.entriesAscending()]];
    const combined = Array.from(this.#combined.values(), (each) => [each.tags, each.at]);
    return { v: VERSION, floor: this.#floor, tags, combined, keys, untold: this.#untold };
  }

  /** Takes over what another process recorded; calls back with what is news. Ignores what it cannot read. */
  merge(found: unknown, news: InvalidationNews): void {
    if (typeof found !== "object" || found === null) return;
    const { v, floor, tags, combined = [], keys = [], untold = 0 } = found as { readonly [name: string]: unknown };
    if (v !== VERSION || typeof floor !== "number" || !Array.isArray(tags)) return;
    if (!Array.isArray(keys) || !Array.isArray(combined) || typeof untold !== "number") return;
    if (floor > this.#floor) {
      this.#floor = floor;
      news.all();
    }
    let heard = 0;
    for (const at of this.#told.values()) heard = Math.max(heard, at);
    if (untold > this.#untold) {
      this.#untold = untold;
      if (untold > heard) news.all();
    }
    takeOver(tags, this.#tags, (tag) => news.tag(tag, []));
    for (const pair of combined) {
      const [all, at] = Array.isArray(pair) ? (pair as unknown[]) : [];
      if (!isTags(all) || typeof at !== "number") continue;
      const [first, ...others] = all;
      if (first !== undefined && this.#combine(all, at)) news.tag(first, others);
    }
    takeOver(keys, this.#told, news.key);
  }

  /** Whether it is news. */
  #combine(tags: readonly string[], at: number): boolean {
    const name = JSON.stringify(tags);
    if (at <= (this.#combined.peek(name)?.at ?? 0)) return false;
    this.#combined.set(name, { tags, at });
    return true;
  }

  #raise(at: number): void {
    this.#floor = Math.max(this.#floor, at);
  }
}

/** Of `[name, at]` pairs, those that are later than what is known. */
function takeOver(pairs: readonly unknown[], known: QuickLRU<string, number>, news: (name: string) => void): void {
  for (const pair of pairs) {
    const [name, at] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof name !== "string" || typeof at !== "number" || at <= (known.peek(name) ?? 0)) continue;
    known.set(name, at);
    news(name);
  }
}
