import type { Attempt, RequestRecord } from "../contract/records.js";
import { BoundedCells } from "./cells.js";
import { OwnerRows, type OwnerStats } from "./owner-stats.js";
import { type CallStats, count, quantilesOf, type RequestStats, Tally, wordsOf } from "./tally.js";

/** What a router has done since it began. Plain JSON. */
export interface RouterStats {
  /** All requests. */
  readonly requests: RequestStats;
  /** All upstream calls. */
  readonly attempts: CallStats;
  /** Upstream calls by provider. */
  readonly providers: { readonly [provider: string]: CallStats };
  /** By `"provider/model"`. */
  readonly models: { readonly [candidate: string]: CallStats };
  /** Requests by kind. */
  readonly kinds: { readonly [kind: string]: RequestStats };
  /** Requests by strategy. */
  readonly strategies: { readonly [strategy: string]: RequestStats };
  /** Requests by `tenant`; at most 1,000 rows: past that, later tenants are added up under `"(other)"`. */
  readonly tenants: { readonly [tenant: string]: OwnerStats };
  /** Requests by `tags`, the spend labels of a call, under each of its labels; at most 1,000 rows, the rest as above. */
  readonly tags: { readonly [tag: string]: OwnerStats };
}

/**
 * A reader of the two records. One cell per candidate, one per strategy and kind, one per tenant and tag; the rest is
 * added up when asked.
 */
export interface RouterStatsCollector {
  attempt(attempt: Attempt): void;
  request(record: RequestRecord): void;
  snapshot(): RouterStats;
  reset(): void;
}

/** Candidates are configured, so this is only a guard; later ones share `"other"`. */
const MAX_CANDIDATES = 1_024;
/** Kinds come from the app; strategies are few. Later pairs share `"other"`. */
const MAX_KINDS = 64;
const NO_KIND = "unknown";

export function createRouterStats(): RouterStatsCollector {
  return new Collector();
}

const CALL = {
  attempts: 0,
  successes: 1,
  costUsd: 2,
  unpriced: 3,
  input: 4,
  cached: 5,
  output: 6,
  unclassified: 7,
} as const;
const CALL_SUMS = 8;
const REQUEST = { requests: 0, ok: 1, attempts: 2, fallbacks: 3, degraded: 4, costUsd: 5, savedUsd: 6 } as const;
const REQUEST_SUMS = 7;

class Collector implements RouterStatsCollector {
  readonly #calls = new BoundedCells(MAX_CANDIDATES, () => new Tally(CALL_SUMS));
  readonly #requests = new BoundedCells(MAX_KINDS, () => new Tally(REQUEST_SUMS));
  readonly #tenants = new OwnerRows();
  readonly #tags = new OwnerRows();

  attempt(attempt: Attempt): void {
    const cell = this.#calls.cell(attempt.provider, attempt.candidate);
    cell.add(CALL.attempts, 1);
    // A failed call may have cost something too.
    if (attempt.costUsd !== null) cell.add(CALL.costUsd, attempt.costUsd);
    const { usage } = attempt;
    if (usage !== null) {
      cell.add(CALL.input, usage.prompt_tokens);
      cell.add(CALL.cached, usage.prompt_tokens_details?.cached_tokens ?? 0);
      cell.add(CALL.output, usage.completion_tokens);
    }
    if (attempt.outcome !== "success") {
      count(cell.errors, attempt.outcome);
      if (attempt.detail === "unclassified") cell.add(CALL.unclassified, 1);
      return;
    }
    cell.add(CALL.successes, 1);
    if (attempt.costUsd === null) cell.add(CALL.unpriced, 1);
    cell.latency.add(attempt.latencyMs);
    if (attempt.ttftMs !== null) cell.ttft.add(attempt.ttftMs);
  }

  request(record: RequestRecord): void {
    if (record.tenant !== undefined) this.#tenants.add(record.tenant, record);
    if (record.tags !== undefined) for (const tag of new Set(record.tags)) this.#tags.add(tag, record);
    const cell = this.#requests.cell(record.strategy, record.kind ?? NO_KIND);
    cell.add(REQUEST.requests, 1);
    cell.add(REQUEST.attempts, record.attempts.length);
    cell.add(REQUEST.savedUsd, record.savedUsd);
    if (record.costUsd !== null) cell.add(REQUEST.costUsd, record.costUsd);
    if (record.degraded.length > 0) cell.add(REQUEST.degraded, 1);
    count(cell.cache, record.cache);
    if (record.outcome !== "ok") {
      count(cell.errors, record.outcome);
      return;
    }
    cell.add(REQUEST.ok, 1);
    const first = record.attempts[0];
    if (first !== undefined && (first.provider !== record.provider || first.model !== record.model)) {
      cell.add(REQUEST.fallbacks, 1);
    }
    cell.latency.add(record.latencyMs);
    if (record.ttftMs !== null) cell.ttft.add(record.ttftMs);
  }

  snapshot(): RouterStats {
    const calls = this.#calls;
    const requests = this.#requests;
    return {
      requests: requestStats(requests.total()),
      attempts: callStats(calls.total()),
      providers: mapped(calls.byOuter(), callStats),
      models: mapped(calls.byInner(), callStats),
      kinds: mapped(requests.byInner(), requestStats),
      strategies: mapped(requests.byOuter(), requestStats),
      tenants: this.#tenants.read(),
      tags: this.#tags.read(),
    };
  }

  reset(): void {
    this.#calls.clear();
    this.#requests.clear();
    this.#tenants.clear();
    this.#tags.clear();
  }
}

function mapped<T>(cells: ReadonlyMap<string, Tally>, read: (tally: Tally) => T): { readonly [key: string]: T } {
  // `fromEntries` makes own properties even of words like `__proto__`.
  return Object.fromEntries([...cells].map(([key, tally]) => [key, read(tally)]));
}

function callStats(tally: Tally): CallStats {
  return {
    attempts: tally.sum(CALL.attempts),
    successes: tally.sum(CALL.successes),
    errors: wordsOf(tally.errors),
    unclassified: tally.sum(CALL.unclassified),
    costUsd: tally.sum(CALL.costUsd),
    unpriced: tally.sum(CALL.unpriced),
    inputTokens: tally.sum(CALL.input),
    cachedTokens: tally.sum(CALL.cached),
    outputTokens: tally.sum(CALL.output),
    ttftMs: quantilesOf(tally.ttft),
    latencyMs: quantilesOf(tally.latency),
  };
}

function requestStats(tally: Tally): RequestStats {
  return {
    requests: tally.sum(REQUEST.requests),
    ok: tally.sum(REQUEST.ok),
    errors: wordsOf(tally.errors),
    attempts: tally.sum(REQUEST.attempts),
    fallbacks: tally.sum(REQUEST.fallbacks),
    degraded: tally.sum(REQUEST.degraded),
    costUsd: tally.sum(REQUEST.costUsd),
    savedUsd: tally.sum(REQUEST.savedUsd),
    cache: wordsOf(tally.cache),
    ttftMs: quantilesOf(tally.ttft),
    latencyMs: quantilesOf(tally.latency),
  };
}
