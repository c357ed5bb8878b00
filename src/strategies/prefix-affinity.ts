import QuickLRU from "quick-lru";
import type { Clock } from "../core/clock.js";

export interface PrefixAffinityOptions {
  readonly clock: Clock;
  /** Prefixes kept; up to twice as many are held for a while. @default 20_000 */
  readonly max?: number | undefined;
}

/** Who served which prompt prefix last, and so likely still holds it in its own cache. */
export interface PrefixAffinity {
  /**
   * Tokens of this request that the candidate's vendor likely still holds: the longest prefix it served within `ttlMs`,
   * in tokens, times what its reports have been worth. 0 below `minTokens`. A pure read.
   *
   * @param chain one hash per message boundary, oldest first
   * @param tokensAt tokens of the prefix that ends at a boundary
   * @param askedAtMs when the request goes out, or went: what was served since does not count. @default now
   */
  expectedCachedTokens(
    chain: readonly string[],
    candidateId: string,
    ttlMs: number,
    minTokens: number,
    tokensAt: (boundary: number) => number,
    askedAtMs?: number,
  ): number;
  /**
   * Notes that a candidate has read this prompt.
   *
   * @param cachedTokensReported what its usage said was read from its cache, where it says so
   * @param expected what {@link expectedCachedTokens} had said before this call
   */
  served(
    chain: readonly string[],
    candidateId: string,
    nowMs: number,
    cachedTokensReported?: number,
    expected?: number,
  ): void;
  readonly size: number;
}

/** The candidates that served one prefix; few, so two short lists beat a map. */
interface Holders {
  readonly ids: string[];
  readonly atMs: number[];
}

interface Found {
  readonly boundary: number;
  readonly holders: Holders;
  /** Tokens up to there, counted when first asked for: the same for every candidate. */
  tokens: number | undefined;
}

/** Holders remembered per prefix; the longest unused gives way. */
const MAX_HOLDERS = 8;

/** Boundaries written per request; of longer conversations the last ones count. */
const MAX_BOUNDARIES = 512;

/** Weight of one report in a candidate's trust: about the last ten count. */
const TRUST_RATE = 0.15;

/** @internal Fed by the router after each answer, read before each decision. */
export function createPrefixAffinity(options: PrefixAffinityOptions): PrefixAffinity {
  return new HashChainAffinity(options);
}

class HashChainAffinity implements PrefixAffinity {
  readonly #clock: Clock;
  readonly #prefixes: QuickLRU<string, Holders>;
  /** Reported over expected cached tokens, 0..1, per candidate. */
  readonly #trust = new Map<string, number>();
  /** The walk of the chain looked at last: every candidate of one decision asks about the same one. */
  #lastChain: readonly string[] | undefined;
  #lastFound: readonly Found[] = [];

  constructor({ clock, max = 20_000 }: PrefixAffinityOptions) {
    this.#clock = clock;
    this.#prefixes = new QuickLRU({ maxSize: max });
  }

  get size(): number {
    return this.#prefixes.size;
  }

  expectedCachedTokens(
    chain: readonly string[],
    candidateId: string,
    ttlMs: number,
    minTokens: number,
    tokensAt: (boundary: number) => number,
    askedAtMs: number = this.#clock.now(),
  ): number {
    const found = this.#find(chain);
    if (found.length === 0) return 0;
    for (const known of found) {
      const { holders } = known;
      const index = holders.ids.indexOf(candidateId);
      if (index === -1) continue;
      const servedAtMs = holders.atMs[index]!;
      if (servedAtMs <= askedAtMs - ttlMs || servedAtMs > askedAtMs) continue;
      known.tokens ??= tokensAt(known.boundary);
      const { tokens } = known;
      return tokens < minTokens ? 0 : Math.round(tokens * (this.#trust.get(candidateId) ?? 1));
    }
    return 0;
  }

  served(
    chain: readonly string[],
    candidateId: string,
    nowMs: number,
    cachedTokensReported?: number,
    expected?: number,
  ): void {
    this.#lastChain = undefined;
    this.#lastFound = [];
    if (cachedTokensReported !== undefined && expected !== undefined && expected > 0)
      this.#learn(candidateId, cachedTokensReported, expected);
    for (let boundary = Math.max(0, chain.length - MAX_BOUNDARIES); boundary < chain.length; boundary += 1) {
      const hash = chain[boundary]!;
      const holders = this.#prefixes.get(hash);
      if (holders === undefined) this.#prefixes.set(hash, { ids: [candidateId], atMs: [nowMs] });
      else note(holders, candidateId, nowMs);
    }
  }

  /** Known prefixes of a chain, longest first. */
  #find(chain: readonly string[]): readonly Found[] {
    if (chain === this.#lastChain) return this.#lastFound;
    const found: Found[] = [];
    if (this.#prefixes.size > 0) {
      for (let boundary = chain.length - 1; boundary >= 0; boundary -= 1) {
        const holders = this.#prefixes.peek(chain[boundary]!);
        if (holders !== undefined) found.push({ boundary, holders, tokens: undefined });
      }
    }
    this.#lastChain = chain;
    this.#lastFound = found;
    return found;
  }

  /** What a candidate reports against what was expected; undone as soon as its reports are good again. */
  #learn(candidateId: string, reported: number, expected: number): void {
    const known = this.#trust.get(candidateId) ?? 1;
    // The expectation was already scaled by the trust; what counts is the share of the whole prefix.
    const share = Math.min(1, Math.max(0, reported / (expected / Math.max(known, 0.05))));
    this.#trust.set(candidateId, Math.max(0.05, known + TRUST_RATE * (share - known)));
  }
}

function note(holders: Holders, candidateId: string, nowMs: number): void {
  const { ids, atMs } = holders;
  let index = ids.indexOf(candidateId);
  if (index === -1) {
    index = ids.length;
    if (index >= MAX_HOLDERS) {
      index = 0;
      for (let other = 1; other < ids.length; other += 1) if (atMs[other]! < atMs[index]!) index = other;
    }
    ids[index] = candidateId;
  }
  atMs[index] = nowMs;
}
