import { grown } from "./slot-list.js";

/** A 32-bit hash of a key (FNV-1a with a final mix); never 0. */
export function hashKey(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0 || 1;
}

/**
 * What was evicted lately, by hash alone: 13 bytes each. Forgets strictly in order, because the parts of one prefix
 * are worth remembering only together: a table that forgets at random costs 4 points of hits on prefix blocks.
 */
export class Ghosts {
  #hashes = new Uint32Array(16);
  #notes = new Uint8Array(16);
  #next = new Int32Array(16);
  #heads = new Int32Array(16).fill(-1);
  #at = 0;
  #size = 0;

  /** Remembers this many at least; never shrinks. */
  reach(count: number): void {
    if (count <= this.#size) return;
    const full = this.#size;
    this.#size = count;
    if (count <= this.#hashes.length) return;
    if (this.#at < full) this.#turn(full); // the oldest stands in the middle: bring it to the front before growing
    this.#hashes = grown(this.#hashes, count);
    this.#notes = grown(this.#notes, count);
    this.#next = grown(this.#next, count);
    let buckets = this.#heads.length;
    while (buckets < count) buckets *= 2;
    this.#heads = new Int32Array(buckets).fill(-1);
    for (let index = 0; index < this.#hashes.length; index++) if (this.#hashes[index] !== 0) this.#link(index);
  }

  /** Remembers a key and a note of 0..254. */
  put(hash: number, note: number): void {
    if (this.#size === 0) return;
    if (this.#at >= this.#size) this.#at = 0;
    const index = this.#at++;
    if (this.#hashes[index] !== 0) this.#unlink(index);
    this.#hashes[index] = hash;
    this.#notes[index] = note;
    this.#link(index);
  }

  /** Forgets a key; its note, or -1 where it was not remembered. */
  take(hash: number): number {
    let index = this.#heads[hash & (this.#heads.length - 1)] as number;
    while (index >= 0 && this.#hashes[index] !== hash) index = this.#next[index] as number;
    if (index < 0) return -1;
    this.#unlink(index);
    this.#hashes[index] = 0;
    return this.#notes[index] as number;
  }

  #turn(full: number): void {
    const hashes = this.#hashes.slice(0, full);
    const notes = this.#notes.slice(0, full);
    for (let index = 0; index < full; index++) {
      this.#hashes[index] = hashes[(this.#at + index) % full] as number;
      this.#notes[index] = notes[(this.#at + index) % full] as number;
    }
    this.#at = full;
  }

  #link(index: number): void {
    const bucket = (this.#hashes[index] as number) & (this.#heads.length - 1);
    this.#next[index] = this.#heads[bucket] as number;
    this.#heads[bucket] = index;
  }

  #unlink(index: number): void {
    const bucket = (this.#hashes[index] as number) & (this.#heads.length - 1);
    const after = this.#next[index] as number;
    let walk = this.#heads[bucket] as number;
    if (walk === index) {
      this.#heads[bucket] = after;
      return;
    }
    while (this.#next[walk] !== index) walk = this.#next[walk] as number;
    this.#next[walk] = after;
  }
}
