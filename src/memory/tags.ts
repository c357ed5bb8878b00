import { stringBytes } from "./measure.js";
import { grown } from "./policies/slot-list.js";

/** One combination of tags and the chain of entries that carry it. */
interface TagSet {
  readonly number: number;
  readonly key: string;
  readonly tags: readonly string[];
  readonly bytes: number;
  head: number;
  size: number;
}

const NO_TAGS: readonly string[] = Object.freeze([]);

/** Heap of a tag set, its place in the map, and each tag's place in the index; measured, see cache-report memory. */
const SET_BYTES = 200;
const TAG_BYTES = 100;

/**
 * Which entries carry which tags. Entries with the same combination of tags share one record and hang in one chain,
 * so a tagged entry costs two small numbers and a pointer, and dropping a tag costs what it drops.
 */
export class TagIndex {
  readonly #sets = new Map<string, TagSet>();
  /** The one set a tag occurs in, or all of them: most tags (a conversation's) occur in one. */
  readonly #byTag = new Map<string, TagSet | Set<TagSet>>();
  /** Sets by number, and the free numbers; a slot knows its set by number, 0 for none. */
  readonly #table: (TagSet | undefined)[] = [undefined];
  readonly #free: number[] = [];
  #ofSlot = new Int32Array(0);
  #prev = new Int32Array(0);
  #next = new Int32Array(0);
  /** Heap taken by the index. */
  bytes = 0;

  /** Distinct tags. */
  get size(): number {
    return this.#byTag.size;
  }

  of(slot: number): readonly string[] {
    return this.#setOf(slot)?.tags ?? NO_TAGS;
  }

  add(slot: number, tags: readonly string[]): void {
    if (tags.length === 0) return;
    const key = setKey(tags);
    const set = this.#sets.get(key) ?? this.#open(key, tags);
    if (slot >= this.#prev.length) {
      this.#ofSlot = grown(this.#ofSlot, slot);
      this.#prev = grown(this.#prev, slot);
      this.#next = grown(this.#next, slot);
    }
    this.#ofSlot[slot] = set.number;
    this.#prev[slot] = -1;
    this.#next[slot] = set.head;
    if (set.head >= 0) this.#prev[set.head] = slot;
    set.head = slot;
    set.size++;
  }

  remove(slot: number): void {
    const set = this.#setOf(slot);
    if (set === undefined) return;
    this.#ofSlot[slot] = 0;
    const before = this.#prev[slot] as number;
    const after = this.#next[slot] as number;
    if (before < 0) set.head = after;
    else this.#next[before] = after;
    if (after >= 0) this.#prev[after] = before;
    if (--set.size === 0) this.#close(set);
  }

  /** Calls back with each slot that carries the tag; removing that slot meanwhile is what it is for. */
  each(tag: string, visit: (slot: number) => void): void {
    const found = this.#byTag.get(tag);
    if (found === undefined) return;
    for (const set of found instanceof Set ? [...found] : [found]) {
      let slot = set.head;
      while (slot >= 0) {
        const after = this.#next[slot] as number;
        visit(slot);
        slot = after;
      }
    }
  }

  clear(): void {
    this.#sets.clear();
    this.#byTag.clear();
    this.#table.length = 1;
    this.#free.length = 0;
    this.#ofSlot.fill(0);
    this.bytes = 0;
  }

  #setOf(slot: number): TagSet | undefined {
    return this.#table[this.#ofSlot[slot] ?? 0];
  }

  #open(key: string, tags: readonly string[]): TagSet {
    const number = this.#free.pop() ?? this.#table.length;
    const set: TagSet = { number, key, tags: Object.freeze([...tags]), bytes: tagSetBytes(tags), head: -1, size: 0 };
    this.#sets.set(key, set);
    this.#table[number] = set;
    this.bytes += set.bytes;
    for (const tag of set.tags) {
      const known = this.#byTag.get(tag);
      if (known === undefined) this.#byTag.set(tag, set);
      else if (known instanceof Set) known.add(set);
      else this.#byTag.set(tag, new Set([known, set]));
    }
    return set;
  }

  #close(set: TagSet): void {
    this.#sets.delete(set.key);
    this.#table[set.number] = undefined;
    this.#free.push(set.number);
    this.bytes -= set.bytes;
    for (const tag of set.tags) {
      const known = this.#byTag.get(tag);
      if (known instanceof Set) {
        known.delete(set);
        if (known.size === 0) this.#byTag.delete(tag);
      } else this.#byTag.delete(tag);
    }
  }
}

/** Tags sorted and each once; `null` where they are not what tags may be. */
export function tidyTags(tags: unknown): readonly string[] | null {
  if (tags === undefined || tags === null) return NO_TAGS;
  if (!isTags(tags)) return null;
  if (tags.length === 0) return NO_TAGS;
  return tags.length === 1 ? tags : [...new Set(tags)].sort();
}

/** At most 64 tags of at most 1,024 characters. */
export function isTags(tags: unknown): tags is readonly string[] {
  if (!Array.isArray(tags) || tags.length > 64) return false;
  return tags.every((tag) => typeof tag === "string" && tag.length <= 1_024);
}

function setKey(tags: readonly string[]): string {
  let key = "";
  for (const tag of tags) key += `${tag.length}:${tag}`;
  return key;
}

/** Heap of the record of one combination of tags. */
export function tagSetBytes(tags: readonly string[]): number {
  if (tags.length === 0) return 0;
  let bytes = SET_BYTES;
  for (const tag of tags) bytes += TAG_BYTES + 2 * stringBytes(tag);
  return bytes;
}
