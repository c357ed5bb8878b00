import QuickLRU from "quick-lru";
import type { Random } from "../core/random.js";

/** How reuse keeps to `maxWrongRate`. */
export interface BoundStats {
  /** The bound that was set. */
  readonly maxWrongRate: number;
  /** Matches that were good enough to be served. */
  readonly trusted: number;
  /** Matches that the model was asked about, since their entry had too little evidence or too much against it. */
  readonly untrusted: number;
  /** Of the trusted ones, those that the model was asked about all the same, and how many were wrong. */
  readonly checked: number;
  /** Wrong ones among the checked. */
  readonly wrong: number;
}

/** Decides which matches may be served, by what earlier matches of the same entry were worth. */
export interface ReuseBound {
  /** Whether this match is served. `false`: ask the model, and {@link learn} from it. */
  serves(entry: string, score: number): boolean;
  /** A match was held against a fresh answer. */
  learn(entry: string, score: number, right: boolean): void;
  forget(): void;
  stats(): BoundStats;
}

/** Share of trusted matches about which the model is asked all the same: what the bound is checked by. */
const CHECKED = 0.1;

/** The first checks of all come one after the other, so that trust which was won by luck is noticed before it is used. */
const FIRST_CHECKS = 20;

/** Entries with a record, and matches in a record; the latest count. */
const MAX_ENTRIES = 5_000;
const MAX_MATCHES = 500;

/** A wrong one among the checked makes the inner bound this much stricter; it never gets stricter than this share. */
const STEP = Math.log(2);
const STRICTEST = 1 / 64;

interface Match {
  readonly score: number;
  readonly right: boolean;
}

/**
 * An error bound for reuse that the user sets, kept for each entry by what was seen of it, as in vCache (Schroeder et al.,
 * "vCache: Verified Semantic Prompt Caching", 2025, arXiv:2502.03771): an entry is asked about until its own matches show
 * that it is right often enough at that score, and exploration goes on after that. Two things differ. In place of a
 * logistic curve per entry, the expected wrong share is that of a uniform Beta prior, over the best score range that ends
 * at this match; a wrong match counts against all lower scores. And the bound holds for what is served, not for all
 * requests: as some entries pass by luck, checks of trusted matches move an inner bound up and down until the share of
 * wrong ones among them is the bound (adaptive conformal inference: Gibbs and Candès, 2021, arXiv:2106.00170).
 */
export function createReuseBound(maxWrongRate: number, random: Random): ReuseBound {
  const records = new QuickLRU<string, Match[]>({ maxSize: MAX_ENTRIES });
  let counts = { trusted: 0, untrusted: 0, checked: 0, wrong: 0 };
  /** Logarithm of the inner bound's share of the bound. */
  let strictness = 0;
  const mostMatches = Math.min(MAX_MATCHES, Math.ceil(4 / maxWrongRate));
  // At a wrong share equal to the bound the steps cancel out.
  const relief = maxWrongRate >= 1 ? STEP : (STEP * maxWrongRate) / (1 - maxWrongRate);
  const trusts = (entry: string, score: number): boolean =>
    expectedWrong(records.get(entry) ?? [], score) <= maxWrongRate * Math.exp(strictness);

  return {
    serves(entry, score) {
      if (!trusts(entry, score)) {
        counts.untrusted += 1;
        return false;
      }
      counts.trusted += 1;
      return random() >= Math.max(CHECKED, FIRST_CHECKS / (counts.checked + 1));
    },
    learn(entry, score, right) {
      if (trusts(entry, score)) {
        counts.checked += 1;
        if (!right) counts.wrong += 1;
        strictness = Math.min(0, Math.max(Math.log(STRICTEST), strictness + (right ? relief : -STEP)));
      }
      const record = records.get(entry) ?? [];
      record.push({ score, right });
      if (record.length > mostMatches) record.shift();
      records.set(entry, record);
    },
    forget() {
      records.clear();
      counts = { trusted: 0, untrusted: 0, checked: 0, wrong: 0 };
      strictness = 0;
    },
    stats: () => ({ maxWrongRate, ...counts }),
  };
}

/** The wrong share to expect of a match at this score. */
function expectedWrong(record: readonly Match[], score: number): number {
  const below = record.filter((match) => !match.right || match.score <= score);
  below.sort((one, other) => other.score - one.score);
  let [right, wrong] = [0, 0];
  let least = 0.5;
  for (const [index, match] of below.entries()) {
    if (match.right) right += 1;
    else wrong += 1;
    // A range ends between two scores, never between equal ones.
    if (below[index + 1]?.score === match.score) continue;
    if (match.score <= score) least = Math.min(least, (wrong + 1) / (wrong + right + 2));
  }
  return least;
}
