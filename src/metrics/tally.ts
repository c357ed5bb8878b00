import { QuantileSketch } from "../core/quantiles.js";

/** Milliseconds, each within 1 % of a value of that rank; `null` before the first. */
export interface Quantiles {
  /** The median; `null` before the first measurement. */
  readonly p50: number | null;
  /** 95 of 100 are at most this; `null` before the first measurement. */
  readonly p95: number | null;
  /** 99 of 100 are at most this; `null` before the first measurement. */
  readonly p99: number | null;
}

/** Counts under words of a fixed set, such as kinds of error. */
export type WordCounts = { readonly [word: string]: number };

/** Upstream calls under one label. */
export interface CallStats {
  /** Calls that have ended. */
  readonly attempts: number;
  /** Calls that ended with an answer. */
  readonly successes: number;
  /** Failures by kind. */
  readonly errors: WordCounts;
  /** Of the failures, those with a vendor code that no table knows: a `warning` names it, `codes` of a provider takes it. */
  readonly unclassified: number;
  /** What they cost, dollars. */
  readonly costUsd: number;
  /** Successes without a known price; `costUsd` lacks them. */
  readonly unpriced: number;
  /** Tokens of the prompts. */
  readonly inputTokens: number;
  /** Of `inputTokens`, read from the vendor's prefix cache. */
  readonly cachedTokens: number;
  /** Tokens of the answers. */
  readonly outputTokens: number;
  /** Of successes only: a failure is never counted as fast. */
  readonly ttftMs: Quantiles;
  /** From start to end, milliseconds. */
  readonly latencyMs: Quantiles;
}

/** Requests under one label. */
export interface RequestStats {
  /** Requests that have ended. */
  readonly requests: number;
  /** Requests that ended with an answer. */
  readonly ok: number;
  /** Requests that failed, by kind. */
  readonly errors: WordCounts;
  /** Upstream calls made for them. */
  readonly attempts: number;
  /** Answered by another candidate than the first one asked. */
  readonly fallbacks: number;
  /** Requests whose answer was less than what was asked for. */
  readonly degraded: number;
  /** What they cost, dollars. */
  readonly costUsd: number;
  /** What cache hits did not cost. */
  readonly savedUsd: number;
  /** Requests by what the cache did. */
  readonly cache: WordCounts;
  /** From start to first token, milliseconds. */
  readonly ttftMs: Quantiles;
  /** From start to end, milliseconds. */
  readonly latencyMs: Quantiles;
}

/** Sums and two sketches of one label; what each sum means is its owner's business. */
export class Tally {
  readonly sums: number[];
  readonly errors = new Map<string, number>();
  readonly cache = new Map<string, number>();
  readonly ttft = new QuantileSketch();
  readonly latency = new QuantileSketch();

  constructor(size: number) {
    this.sums = new Array<number>(size).fill(0);
  }

  add(at: number, value: number): void {
    this.sums[at] = (this.sums[at] ?? 0) + value;
  }

  sum(at: number): number {
    return this.sums[at] ?? 0;
  }

  /** Adds what another cell counted. */
  merge(other: Tally): this {
    for (let at = 0; at < this.sums.length; at++) this.add(at, other.sum(at));
    for (const [word, times] of other.errors) count(this.errors, word, times);
    for (const [word, times] of other.cache) count(this.cache, word, times);
    this.ttft.merge(other.ttft.state());
    this.latency.merge(other.latency.state());
    return this;
  }
}

/** Words kept apart per cell: kinds of error and cache statuses are far fewer. */
const MAX_WORDS = 32;

export function count(words: Map<string, number>, word: string, by = 1): void {
  const key = words.has(word) || words.size < MAX_WORDS ? word : "other";
  words.set(key, (words.get(key) ?? 0) + by);
}

export function wordsOf(words: ReadonlyMap<string, number>): WordCounts {
  return Object.fromEntries(words);
}

export function quantilesOf(sketch: QuantileSketch): Quantiles {
  const read = (p: number) => {
    const value = sketch.quantile(p);
    return Number.isNaN(value) ? null : value;
  };
  return { p50: read(0.5), p95: read(0.95), p99: read(0.99) };
}
