import type { DecisionRecord, LoggedCandidate } from "../contract/decision-record.js";
import type { ModelInfo } from "../contract/provider.js";
import type { CandidateSnapshot, Strategy, StrategyContext } from "../contract/strategy.js";
import { seededRandom } from "../core/random.js";
import { createChooser } from "./chooser.js";

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** What a strategy would likely have done on a log. */
export interface ReplayResult {
  readonly strategy: string;
  /** `"insufficient overlap"`: the log holds too few decisions like this strategy's to say anything. */
  readonly verdict: "estimated" | "insufficient overlap";
  /** Decisions where it would have chosen as the log did. */
  readonly matches: number;
  /** What these are worth as independent samples (Kish). */
  readonly effectiveSamples: number;
  /** First choices that succeed; `null` without a verdict. */
  readonly successRate: Estimate | null;
  /** Of the first choice's call, milliseconds. */
  readonly latencyMs: Estimate | null;
  /** Of the first choice's call, dollars; calls without a price are left out. */
  readonly costUsd: Estimate | null;
}

export interface ReplayOptions {
  /** Seed of the strategies' draws. @default 1 */
  readonly seed?: number | undefined;
  /** Effective samples below which nothing is said. @default 30 */
  readonly enough?: number | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** Propensities below this would let single decisions speak for hundreds. */
const LEAST_PROPENSITY = 0.01;

/**
 * What other strategies would have done with logged traffic: a self-normalised inverse-propensity estimate over the
 * decisions where they agree with the log (Swaminathan and Joachims, 2015), with intervals. Corrupt lines are skipped.
 *
 * @example
 * const log = readFileSync("decisions.jsonl", "utf8").trim().split("\n").map((line) => JSON.parse(line));
 * replay(log, [cheapestFirst]);
 */
export function replay(
  log: readonly DecisionRecord[],
  strategies: readonly Strategy[],
  options: ReplayOptions = {},
): ReplayResult[] {
  const { seed = 1, enough = 30, onProgress } = options;
  const records = log.filter(isRecord);
  const total = records.length * strategies.length;
  let done = 0;
  return strategies.map((strategy) => {
    const chooser = createChooser({ strategy });
    const random = seededRandom(seed);
    const sums = { success: new Weighted(), latency: new Weighted(), cost: new Weighted() };
    for (const record of records) {
      const choice = chooser.begin().pick(contextOf(record, random, chooser.incumbent));
      done += 1;
      if (onProgress && done % 1_000 === 0) onProgress({ done, total });
      if (choice?.id !== record.chosen) continue;
      const weight = 1 / Math.max(record.propensity, LEAST_PROPENSITY);
      const { first, firstLatencyMs, firstCostUsd } = record.outcome;
      sums.success.add(first === "success" ? 1 : 0, weight);
      if (first === "success") sums.latency.add(firstLatencyMs, weight);
      if (firstCostUsd !== null) sums.cost.add(firstCostUsd, weight);
    }
    if (onProgress) onProgress({ done, total });
    const effectiveSamples = sums.success.effective;
    const enoughOverlap = effectiveSamples >= enough;
    return {
      strategy: strategy.name,
      verdict: enoughOverlap ? "estimated" : "insufficient overlap",
      matches: sums.success.count,
      effectiveSamples,
      successRate: enoughOverlap ? sums.success.estimate() : null,
      latencyMs: enoughOverlap && sums.latency.count > 0 ? sums.latency.estimate() : null,
      costUsd: enoughOverlap && sums.cost.count > 0 ? sums.cost.estimate() : null,
    };
  });
}

/** A weighted mean with the variance of a ratio estimator. */
class Weighted {
  count = 0;
  readonly #values: number[] = [];
  readonly #weights: number[] = [];
  #sum = 0;
  #weight = 0;
  #squares = 0;

  add(value: number, weight: number): void {
    this.count += 1;
    this.#values.push(value);
    this.#weights.push(weight);
    this.#sum += value * weight;
    this.#weight += weight;
    this.#squares += weight * weight;
  }

  get effective(): number {
    return this.#squares === 0 ? 0 : (this.#weight * this.#weight) / this.#squares;
  }

  estimate(): Estimate {
    const mean = this.#sum / this.#weight;
    let squares = 0;
    for (const [index, value] of this.#values.entries()) {
      squares += ((this.#weights[index] as number) * (value - mean)) ** 2;
    }
    const half = (1.96 * Math.sqrt(squares)) / this.#weight;
    return { mean, low: mean - half, high: mean + half };
  }
}

function contextOf(record: DecisionRecord, random: () => number, incumbent: string | undefined): StrategyContext {
  const { characteristics, sequence, atMs } = record;
  const candidates = record.candidates.map(snapshotOf);
  return { request: { messages: [] }, characteristics, candidates, random, sequence, nowMs: atMs, incumbent };
}

/** JSON writes `Infinity` as `null`: an unknown price, or never called. */
function snapshotOf(logged: LoggedCandidate): CandidateSnapshot {
  const { expectedCostUsd, idleMs, id, model } = logged as LoggedCandidate & { expectedCostUsd: number | null };
  return {
    ...logged,
    expectedCostUsd: expectedCostUsd ?? Number.POSITIVE_INFINITY,
    idleMs: (idleMs as number | null) ?? Number.POSITIVE_INFINITY,
    info: { ...UNKNOWN_MODEL, id: model },
    id,
  };
}

/** The log holds numbers about models, not their catalogue entries. */
const UNKNOWN_MODEL: Omit<ModelInfo, "id"> = {
  contextWindow: Number.MAX_SAFE_INTEGER,
  maxOutput: null,
  capabilities: { tools: true, vision: "url", thinking: "switchable", json: "schema" },
  usdPerMTok: null,
};

function isRecord(value: unknown): value is DecisionRecord {
  if (typeof value !== "object" || value === null) return false;
  const { version, candidates, chosen, propensity, outcome, characteristics } = value as Partial<DecisionRecord>;
  return (
    version === 1 &&
    Array.isArray(candidates) &&
    candidates.length > 0 &&
    typeof chosen === "string" &&
    typeof propensity === "number" &&
    typeof outcome === "object" &&
    typeof characteristics === "object"
  );
}
