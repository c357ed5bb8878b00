import { sha256 } from "../chat/hash.js";
import type { CacheStatus, RequestRecord } from "../contract/records.js";
import { count, type WordCounts, wordsOf } from "./tally.js";

/** Requests of one tenant, or under one tag. */
export interface OwnerStats {
  /** Requests that have ended. */
  readonly requests: number;
  /** Requests that ended with an answer. */
  readonly ok: number;
  /** Requests that failed, by kind. */
  readonly errors: WordCounts;
  /** What they cost, dollars, failed attempts included. */
  readonly costUsd: number;
  /** Requests with a call whose price is unknown; `costUsd` lacks them. */
  readonly unpriced: number;
  /** What cache hits did not cost, dollars. */
  readonly savedUsd: number;
  /** Tokens of the prompts whose answers came from a provider. */
  readonly inputTokens: number;
  /** Of `inputTokens`, read from the vendor's prefix cache. */
  readonly cachedTokens: number;
  /** Tokens of the answers that came from a provider; an answer from the cache counts none. */
  readonly outputTokens: number;
}

/** Rows of `stats().tenants`, and of `stats().tags`. */
export const MAX_OWNERS = 1_000;
/** The row of all that found no row of their own. */
export const OTHER_OWNERS = "(other)";
/** Longer names are cut, and told apart by a hash of the whole. */
const MAX_NAME = 128;
const HASH_LENGTH = 22;

/** What one row counts. */
class Row {
  requests = 0;
  ok = 0;
  errors: Map<string, number> | undefined;
  costUsd = 0;
  unpriced = 0;
  savedUsd = 0;
  inputTokens = 0;
  cachedTokens = 0;
  outputTokens = 0;

  add({ outcome, costUsd, savedUsd, cache, usage }: RequestRecord): void {
    this.requests += 1;
    if (outcome === "ok") this.ok += 1;
    else {
      this.errors ??= new Map();
      count(this.errors, outcome);
    }
    if (costUsd === null) this.unpriced += 1;
    else this.costUsd += costUsd;
    this.savedUsd += savedUsd;
    if (usage === null || !ASKED.has(cache)) return;
    this.inputTokens += usage.prompt_tokens;
    this.cachedTokens += usage.prompt_tokens_details?.cached_tokens ?? 0;
    this.outputTokens += usage.completion_tokens;
  }

  merge(other: Row): void {
    this.requests += other.requests;
    this.ok += other.ok;
    for (const [word, times] of other.errors ?? []) {
      this.errors ??= new Map();
      count(this.errors, word, times);
    }
    this.costUsd += other.costUsd;
    this.unpriced += other.unpriced;
    this.savedUsd += other.savedUsd;
    this.inputTokens += other.inputTokens;
    this.cachedTokens += other.cachedTokens;
    this.outputTokens += other.outputTokens;
  }

  read(): OwnerStats {
    return { ...this, errors: wordsOf(this.errors ?? new Map()) };
  }
}

/** An answer of a provider, asked by this very request. */
const ASKED: ReadonlySet<CacheStatus> = new Set(["miss", "bypass"]);

/**
 * Requests by a name that callers choose, at most {@link MAX_OWNERS} rows. The names that came first have rows of their
 * own; when there are too many, the last one gives its row up to {@link OTHER_OWNERS}, and later ones are counted there.
 */
export class OwnerRows {
  readonly #rows = new Map<string, Row>();
  #newest = "";
  #rest: Row | undefined;

  add(name: string, record: RequestRecord): void {
    this.#row(name.length > MAX_NAME ? shortened(name) : name).add(record);
  }

  #row(name: string): Row {
    const known = this.#rows.get(name);
    if (known) return known;
    if (this.#rest) return this.#rest;
    if (this.#rows.size >= MAX_OWNERS) return this.#close();
    const row = new Row();
    this.#rows.set(name, row);
    this.#newest = name;
    return row;
  }

  #close(): Row {
    const last = this.#rows.get(this.#newest);
    const named = this.#rows.get(OTHER_OWNERS);
    const rest = named ?? new Row();
    if (last && last !== named) {
      rest.merge(last);
      this.#rows.delete(this.#newest);
    }
    this.#rows.set(OTHER_OWNERS, rest);
    this.#rest = rest;
    return rest;
  }

  read(): { readonly [name: string]: OwnerStats } {
    // `fromEntries` makes own properties even of words like `__proto__`.
    return Object.fromEntries([...this.#rows].map(([name, row]) => [name, row.read()]));
  }

  clear(): void {
    this.#rows.clear();
    this.#rest = undefined;
  }
}

function shortened(name: string): string {
  const end = MAX_NAME - HASH_LENGTH - 1;
  return `${name.slice(0, end)}~${sha256(name).slice(0, HASH_LENGTH)}`;
}
