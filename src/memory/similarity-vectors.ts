import QuickLRU from "quick-lru";
import { sha256 } from "../chat/hash.js";
import type { Clock } from "../core/clock.js";
import type { Reading } from "./similarity-reading.js";

/** Turns texts into vectors of one length, by a model of the app's own. */
export type Embed = (texts: readonly string[]) => Promise<readonly ArrayLike<number>[]>;

/** A text that was added. */
export interface Known {
  readonly key: string;
  readonly reading: Reading;
}

export interface VectorIndex {
  /** The most alike entries of the bucket, best first, none below `least`. Never rejects. */
  nearest(bucket: string, text: string, least: number): Promise<readonly { entry: Known; score: number }[]>;
  add(bucket: string, text: string, entry: Known): void;
  delete(key: string): void;
  clear(): void;
  size(): number;
}

export interface VectorIndexOptions {
  readonly embed: Embed;
  readonly embedTimeoutMs: number;
  readonly maxEntries: number;
  readonly clock: Clock;
  readonly onFailure: () => void;
}

interface Row {
  readonly bucket: string;
  readonly entry: Known;
  readonly vector: Float32Array;
}

/** Texts compared in one look-up: the newest of the bucket. 1,000 vectors of 1,536 numbers take about 2 ms. */
const MAX_COMPARED = 1_000;

/** A longer list of numbers is not taken for a vector. */
const MAX_NUMBERS = 65_536;

/** Candidates handed to the guards. */
const BEST = 5;

/** Vectors kept for the text that was just looked up and will be added when its answer comes. */
const MAX_FRESH = 64;

/** Rows by bucket, compared one by one; the oldest row leaves first. */
export function createVectorIndex(options: VectorIndexOptions): VectorIndex {
  const { maxEntries, clock, onFailure } = options;
  const buckets = new Map<string, Row[]>();
  const byKey = new Map<string, Row>();
  const fresh = new QuickLRU<string, Float32Array>({ maxSize: MAX_FRESH });
  let ring: (Row | undefined)[] = [];
  let at = 0;

  async function vectorOf(text: string): Promise<Float32Array | undefined> {
    const id = sha256(text);
    const known = fresh.get(id);
    if (known !== undefined) return known;
    const vector = await within(options.embed, text, options.embedTimeoutMs, clock);
    if (vector === undefined) onFailure();
    else fresh.set(id, vector);
    return vector;
  }

  function drop(row: Row): void {
    const rows = buckets.get(row.bucket) ?? [];
    const index = rows.indexOf(row);
    if (index >= 0) rows.splice(index, 1);
    if (rows.length === 0) buckets.delete(row.bucket);
    if (byKey.get(row.entry.key) === row) byKey.delete(row.entry.key);
  }

  return {
    async nearest(bucket, text, least) {
      if (!buckets.has(bucket)) {
        void vectorOf(text); // it will be added when its answer comes
        return [];
      }
      const vector = await vectorOf(text);
      const rows = buckets.get(bucket);
      const found: { entry: Known; score: number }[] = [];
      if (vector === undefined || rows === undefined) return found;
      for (let index = Math.max(0, rows.length - MAX_COMPARED); index < rows.length; index++) {
        const row = rows[index] as Row;
        const score = dot(vector, row.vector);
        if (score >= least) found.push({ entry: row.entry, score });
      }
      return found.sort((one, other) => other.score - one.score).slice(0, BEST);
    },
    add(bucket, text, entry) {
      void vectorOf(text).then((vector) => {
        if (vector === undefined) return;
        const old = byKey.get(entry.key);
        if (old !== undefined) drop(old);
        const row = { bucket, entry, vector };
        const leaving = ring[at];
        if (leaving !== undefined) drop(leaving);
        ring[at] = row;
        at = (at + 1) % maxEntries;
        byKey.set(entry.key, row);
        const rows = buckets.get(bucket);
        if (rows === undefined) buckets.set(bucket, [row]);
        else rows.push(row);
      });
    },
    delete(key) {
      const row = byKey.get(key);
      if (row !== undefined) drop(row);
    },
    clear() {
      buckets.clear();
      byKey.clear();
      fresh.clear();
      ring = [];
      at = 0;
    },
    size: () => byKey.size,
  };
}

/** The direction that `embed` gives for one text; `undefined` where it fails, takes too long, or gives no vector. */
function within(embed: Embed, text: string, timeoutMs: number, clock: Clock) {
  return new Promise<Float32Array | undefined>((resolve) => {
    const timer = clock.setTimeout(() => resolve(undefined), timeoutMs);
    const settle = (vector: Float32Array | undefined) => {
      clock.clearTimeout(timer);
      resolve(vector);
    };
    Promise.resolve()
      .then(() => embed([text]))
      .then(([numbers]) => unit(numbers as ArrayLike<number>)) // throws where it is not even a list
      .then(settle, () => settle(undefined));
  });
}

/** The same direction at length 1; `undefined` for anything but a vector. */
function unit(numbers: ArrayLike<number>): Float32Array | undefined {
  if (numbers.length > MAX_NUMBERS) return undefined;
  const vector = Float32Array.from(numbers);
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (!(squares > 0) || !Number.isFinite(squares)) return undefined;
  const length = Math.sqrt(squares);
  return vector.map((value) => value / length);
}

function dot(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return -1;
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += (one[index] as number) * (other[index] as number);
  return sum;
}
