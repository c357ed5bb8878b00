import QuickLRU from "quick-lru";
import { sha256 } from "../chat/hash.js";
import { systemClock } from "../core/clock.js";
import type { Random } from "../core/random.js";
import { type BoundStats, createReuseBound } from "./similarity-bound.js";
import { GUARD_REASONS, type GuardReason, guard } from "./similarity-guards.js";
import { readSimilarityOptions, type SimilarityOptions } from "./similarity-options.js";
import { likeness, type Reading, read } from "./similarity-reading.js";
import { createShadow, type ShadowStats } from "./similarity-shadow.js";
import { createVectorIndex, type Known } from "./similarity-vectors.js";

export type { SimilarityOptions } from "./similarity-options.js";

export interface SimilarMatch {
  /** The entry that was matched; its record stays when its answer is replaced. */
  readonly entry?: string | undefined;
  /** The key given to `add`. */
  readonly key: string;
  /** 0..1. */
  readonly score: number;
}

/** What similarity reuse did, or would have done. */
export interface SimilarityStats {
  /** Questions that are compared with. */
  readonly entries: number;
  /** Questions that were compared. */
  readonly lookups: number;
  /** Questions that were alike enough. */
  readonly matches: number;
  /** Matches that a guard refused, by reason. */
  readonly refused: { readonly [reason in GuardReason]: number };
  /** Calls of `embed` that failed or took too long. */
  readonly embedErrors: number;
  /** How often an answer that would have been served differed from a fresh one. */
  readonly shadow: ShadowStats;
  /** How reuse keeps to `maxWrongRate`; absent without it. */
  readonly bound?: BoundStats | undefined;
}

/**
 * Finds an earlier text that asks for the same. A bucket is a hard wall: put everything that must be equal into it
 * (tenant, system prompt, tools, parameters, earlier turns). Both methods never throw and never reject.
 */
export interface SimilarityIndex {
  /** The most alike text of the bucket, if alike enough. A promise only with `embed`. A call may raise the threshold, not lower it. */
  find(
    bucket: string,
    text: string,
    options?: { readonly threshold?: number | undefined },
  ): SimilarMatch | null | Promise<SimilarMatch | null>;
  /** Remembers a text and the key its answer is stored under. */
  add(bucket: string, text: string, key: string): void;
  /** Forgets a key, such as one whose answer is gone. */
  delete(key: string): void;
  clear(): void;
  /** Whether this match may be answered from its entry; always without `maxWrongRate`. Counts as a use. */
  serves(match: SimilarMatch): boolean;
  /**
   * Tells the index what the match would have answered and what the model did; whether they agree.
   *
   * @param freshKey where the fresh answer is stored: with `maxWrongRate` a right match needs no entry of its own
   */
  observe(match: SimilarMatch, stored: string, fresh: string, freshKey?: string): boolean;
  stats(): SimilarityStats;
}

/**
 * An index of texts by what they ask for. Bounded; nothing of a text leaves it.
 *
 * @throws SignalboxError `invalid_options`, naming the path such as `cache.similar.threshold`.
 */
export function createSimilarityIndex(options: SimilarityOptions = {}, random: Random = Math.random): SimilarityIndex {
  const { threshold, maxEntries, maxChars, embed, embedTimeoutMs, agree, maxWrongRate } =
    readSimilarityOptions(options);
  const bound = maxWrongRate === undefined ? undefined : createReuseBound(maxWrongRate, random);
  const counts = { lookups: 0, matches: 0, embedErrors: 0 };
  const refused = Object.fromEntries(GUARD_REASONS.map((reason) => [reason, 0])) as Record<GuardReason, number>;
  const shadow = createShadow(agree);
  const onFailure = () => {
    counts.embedErrors++;
  };
  const clock = options.clock ?? systemClock;
  const vectors = embed && createVectorIndex({ embed, embedTimeoutMs, maxEntries, clock, onFailure });
  const byText = new QuickLRU<string, Known>({ maxSize: maxEntries, onEviction: (_id, known) => unlink(known.key) });
  const idOf = new Map<string, string>();

  const unlink = (key: string): string | undefined => {
    const id = idOf.get(key);
    idOf.delete(key);
    return id;
  };
  const understand = (text: string): Reading | null =>
    typeof text === "string" && text.length <= maxChars ? read(text) : null;

  /** The first of the candidates, best first, that no guard refuses. */
  function pick(reading: Reading, candidates: readonly { entry: Known; score: number }[]): SimilarMatch | null {
    for (const { entry, score } of candidates) {
      const reason = guard(reading, entry.reading);
      if (reason === null) {
        counts.matches++;
        const id = bound && idOf.get(entry.key);
        return id === undefined ? { key: entry.key, score } : { key: entry.key, score, entry: id };
      }
      refused[reason]++;
    }
    return null;
  }

  return {
    find(bucket, text, { threshold: asked = 0 } = {}) {
      counts.lookups++;
      const reading = understand(text);
      if (reading === null) return null;
      const least = Math.max(threshold, asked);
      if (vectors !== undefined) {
        return vectors.nearest(bucket, text, least).then((candidates) => pick(reading, candidates));
      }
      const entry = byText.get(idFor(bucket, reading));
      if (entry === undefined) return null;
      const score = likeness(reading, entry.reading);
      return score >= least ? pick(reading, [{ entry, score }]) : null;
    },
    add(bucket, text, key) {
      const reading = understand(text);
      if (reading === null) return;
      if (vectors !== undefined) {
        vectors.add(bucket, text, { key, reading });
        return;
      }
      const id = idFor(bucket, reading);
      const old = byText.peek(id);
      if (old !== undefined) idOf.delete(old.key);
      byText.set(id, { key, reading });
      idOf.set(key, id);
    },
    delete(key) {
      vectors?.delete(key);
      const id = unlink(key);
      if (id !== undefined) byText.delete(id);
    },
    clear() {
      bound?.forget();
      vectors?.clear();
      byText.clear();
      idOf.clear();
    },
    serves: ({ key, entry = key, score }) => bound?.serves(entry, score) ?? true,
    observe(match, stored, fresh, freshKey) {
      const right = shadow.observe(stored, fresh);
      bound?.learn(match.entry ?? match.key, match.score, right);
      if (bound && right && freshKey !== undefined) vectors?.delete(freshKey);
      return right;
    },
    stats: () => ({
      entries: vectors?.size() ?? idOf.size,
      ...counts,
      refused: { ...refused },
      shadow: shadow.stats(),
      ...(bound ? { bound: bound.stats() } : {}),
    }),
  };
}

function idFor(bucket: string, { signature }: Reading): string {
  return sha256(`${bucket.length}:${bucket}${signature}`);
}
