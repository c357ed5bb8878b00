import type { Clock } from "../core/clock.js";
import { checkNames } from "../errors/check-options.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { whole } from "./options.js";
import { sameAnswer } from "./similarity-shadow.js";
import type { Embed } from "./similarity-vectors.js";

export interface SimilarityOptions {
  /**
   * How alike two texts must be, 0..1. No value transfers from one kind of traffic to another: run in shadow first.
   * @default 0.6 for the built-in comparison, 0.95 with `embed`
   */
  readonly threshold?: number | undefined;
  /**
   * Vectors of texts, from a model of the app's own. Without it texts are alike when they hold the same words that
   * carry meaning, in the same order; that finds few, and is seldom wrong.
   * @default none
   */
  readonly embed?: Embed | undefined;
  /** The longest wait for `embed`, milliseconds; after that nothing is alike. @default 500 */
  readonly embedTimeoutMs?: number | undefined;
  /** The most texts kept. @default 10_000, 2_000 with `embed` */
  readonly maxEntries?: number | undefined;
  /** Longer texts are never alike, characters. @default 2_000 */
  readonly maxChars?: number | undefined;
  /** Whether two answers say the same, for the shadow mode. @default numbers equal, and most words */
  readonly agree?: ((stored: string, fresh: string) => boolean) | undefined;
  /**
   * The share of reused answers that may be wrong, 0.002 to 1. An entry is served once its own matches have shown that it
   * keeps to this, and one trusted match in ten still asks the model. 0.05 takes about 20 right matches of an entry, 0.01
   * about 100. What is wrong is decided by `agree`.
   * @default no bound: every match is served
   */
  readonly maxWrongRate?: number | undefined;
  /** The clock that measures time. @default the system's clock */
  readonly clock?: Clock | undefined;
}

export interface SimilaritySettings {
  readonly threshold: number;
  readonly embed: Embed | undefined;
  readonly embedTimeoutMs: number;
  readonly maxEntries: number;
  readonly maxChars: number;
  readonly agree: (stored: string, fresh: string) => boolean;
  readonly maxWrongRate: number | undefined;
}

/** `mode` is read by the router. */
const KNOWN = [
  "mode",
  "threshold",
  "embed",
  "embedTimeoutMs",
  "maxEntries",
  "maxChars",
  "agree",
  "maxWrongRate",
  "clock",
];

/** Checks and fills in; throws `invalid_options` naming the path. */
export function readSimilarityOptions(options: SimilarityOptions): SimilaritySettings {
  checkNames(options, "cache.similar", KNOWN);
  const { embed, agree = sameAnswer } = options;
  if (embed !== undefined && typeof embed !== "function")
    throw invalidOption("cache.similar.embed", "must be a function");
  if (typeof agree !== "function") throw invalidOption("cache.similar.agree", "must be a function");
  const { maxWrongRate } = options;
  const isRate = typeof maxWrongRate === "number" && maxWrongRate >= 0.002 && maxWrongRate <= 1;
  if (maxWrongRate !== undefined && !isRate) {
    throw invalidOption("cache.similar.maxWrongRate", "must be from 0.002 to 1");
  }
  const threshold = options.threshold ?? (embed === undefined ? 0.6 : 0.95);
  if (!(typeof threshold === "number" && threshold >= 0 && threshold <= 1)) {
    throw invalidOption("cache.similar.threshold", "must be from 0 to 1");
  }
  return {
    threshold,
    embed,
    agree,
    maxWrongRate,
    embedTimeoutMs: whole("cache.similar.embedTimeoutMs", options.embedTimeoutMs ?? 500, 1, 60_000),
    maxEntries: whole(
      "cache.similar.maxEntries",
      options.maxEntries ?? (embed === undefined ? 10_000 : 2_000),
      1,
      1_000_000,
    ),
    maxChars: whole("cache.similar.maxChars", options.maxChars ?? 2_000, 1, 100_000),
  };
}
