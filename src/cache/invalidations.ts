import QuickLRU from "quick-lru";
import type { Envelope } from "./envelope.js";
import { picks } from "./picks.js";
import type { EntryView } from "./types.js";

/** Keys and tags remembered, each; what is forgotten is covered by `floor`. */
const MAX = 2_000;

/** Predicates remembered. */
const MAX_PREDICATES = 100;

const VERSION = 1;

/** What was dropped and when: entries of the second tier that were written before count as absent. */
export class Invalidations {
  /** Everything written up to here is gone. */
  #floor = 0;
  #keys = new QuickLRU<string, number>({ maxSize: MAX, onEviction: (_key, at) => this.#raise(at) });
  #tags = new QuickLRU<string, number>({ maxSize: MAX, onEviction: (_tag, at) => this.#raise(at) });
  /** Keys whose last write has not reached the store; what is forgotten costs an older value at worst. */
  #unwritten = new QuickLRU<string, number>({ maxSize: MAX });
  #predicates: { readonly at: number; readonly predicate: (entry: EntryView) => boolean }[] = [];

  key(key: string, at: number): void {
    this.#keys.set(key, at);
  }

  /** The store itself has forgotten the key. */
  keyDone(key: string, at: number): void {
    if (this.#keys.peek(key) === at) this.#keys.delete(key);
  }

  /** A newer value is on its way to the store, or never got there: what it has was written up to `at`. */
  writing(key: string, at: number): void {
    this.#unwritten.set(key, at);
  }

  written(key: string, at: number): void {
    if (this.#unwritten.peek(key) === at) this.#unwritten.delete(key);
  }

  tag(tag: string, at: number): void {
    this.#tags.set(tag, at);
  }

  where(predicate: (entry: EntryView) => boolean, at: number): void {
    this.#predicates.push({ at, predicate });
    if (this.#predicates.length > MAX_PREDICATES) this.#raise(this.#predicates.shift()?.at ?? 0);
  }

  all(at: number): void {
    this.#raise(at);
    this.#keys.clear();
    this.#tags.clear();
    this.#predicates = [];
  }

  /** Whether an entry found in the store may still be used. */
  allows(key: string, entry: Envelope): boolean {
    const { at } = entry;
    if (at <= this.#floor || at <= (this.#keys.peek(key) ?? 0) || at <= (this.#unwritten.peek(key) ?? 0)) return false;
    for (const tag of entry.tags) if (at <= (this.#tags.peek(tag) ?? 0)) return false;
    return true;
  }

  /** Whether a predicate picks an entry found in the store. */
  picked(key: string, { at, value, tags }: Envelope): boolean {
    return this.#predicates.some(({ at: since, predicate }) => at <= since && picks(predicate, { key, value, tags }));
  }

  /** What other processes and later runs must know: tags and the floor. Keys are deleted in the store itself. */
  toJSON(): unknown {
    return { v: VERSION, floor: this.#floor, tags: [...this.#tags.entriesAscending()] };
  }

  /** Takes over what another process recorded; calls back with the tags that are news. Ignores what it cannot read. */
  merge(found: unknown, newTag: (tag: string) => void, newFloor: () => void): void {
    if (typeof found !== "object" || found === null) return;
    const { v, floor, tags } = found as { readonly [name: string]: unknown };
    if (v !== VERSION || typeof floor !== "number" || !Array.isArray(tags)) return;
    if (floor > this.#floor) {
      this.#floor = floor;
      newFloor();
    }
    for (const pair of tags as unknown[]) {
      const [tag, at] = Array.isArray(pair) ? (pair as unknown[]) : [];
      if (typeof tag !== "string" || typeof at !== "number" || at <= (this.#tags.peek(tag) ?? 0)) continue;
      this.#tags.set(tag, at);
      newTag(tag);
    }
  }

  #raise(at: number): void {
    this.#floor = Math.max(this.#floor, at);
  }
}
