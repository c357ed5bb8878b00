import type { Strategy } from "../../contract/strategy.js";
import { seededRandom } from "../../core/random.js";
import { invalidOption } from "../../errors/signalbox-error.js";
import { POINTS_PER_DOUBLING } from "../adaptive.js";
import { builtIn } from "../built-in.js";
import { coverageOf, LEAST_COVERED } from "./coverage.js";
import { contextOf, type DecisionLogLine, type LoggedDecision, readDecisionLog } from "./decision-log.js";
import { doublyRobust, effectiveSamples, interval, type Row, type Target } from "./estimate.js";
import { firstChances } from "./propensity.js";

/** An estimated mean with its 95 % interval. */
export interface Estimate {
  /** The most likely value. */
  readonly mean: number;
  /** The lower end of the 95 % interval. */
  readonly low: number;
  /** The upper end of the 95 % interval. */
  readonly high: number;
}

/** What a strategy would likely have brought on logged traffic. */
export interface ReplayResult {
  /** The name of the strategy that ranked the candidates. */
  readonly strategy: string;
  /** `"insufficient overlap"`: the log chose too differently (or never at random) to say anything. */
  readonly verdict: "ok" | "insufficient overlap" | "insufficient data";
  /** Logged decisions with an outcome. */
  readonly decisions: number;
  /** How many of them speak for this strategy. */
  readonly effectiveSamples: number;
  /** Share of the strategy's choices (0..1) that the log could have made as well; below 0.95 nothing is estimated. */
  readonly covered: number;
  /** What to log, and for how long, before anything can be said; `null` where the log suffices. */
  readonly advice: string | null;
  /** Quality against cost and time, as the `adaptive` strategy weighs them; `null` unless the verdict is `"ok"`. */
  readonly utility: Estimate | null;
  /** Share of requests answered. */
  readonly success: Estimate | null;
  /** Dollars per request; `null` if the log tells none. */
  readonly costUsd: Estimate | null;
  /** Milliseconds per request; `null` if the log tells none. */
  readonly latencyMs: Estimate | null;
}

/** How a replay goes about it. */
export interface ReplayOptions {
  /** Told now and then how many rankings are done, of all decisions with all strategies. @default nobody is told */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** Decisions between two words of progress. */
const TELL_EVERY = 500;

/** Fewer decisions, or fewer that speak for a strategy, say nothing. */
const MIN_DECISIONS = 50;
const MIN_EFFECTIVE = 30;

/**
 * Ranks logged decisions again with other strategies, and estimates what would have come of it. Off-policy and doubly
 * robust: propensities are in the log (exact where the strategy knows them, else drawn), so a strategy that explores (any
 * that measures, `weighted`, `adaptive`) can be held against any other that the log overlaps with.
 *
 * @param log the decision log: its whole text, or its lines as text or parsed
 * @param strategies names of built-in strategies, or strategies
 * @throws SignalboxError `invalid_options` for an `onProgress` that is not a function
 *
 * @example
 * replay(readFileSync("decisions.jsonl", "utf8"), ["cost-optimized", "load-balanced"]);
 */
export function replay(
  log: Iterable<string | DecisionLogLine>,
  strategies: readonly (string | Strategy)[],
  { onProgress }: ReplayOptions = {},
): ReplayResult[] {
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidOption("onProgress", "must be a function");
  }
  const { decisions } = readDecisionLog(typeof log === "string" ? log.split("\n") : log);
  const total = strategies.length * decisions.length;
  return strategies.map((each, at) => {
    const tell = (done: number): void => onProgress?.({ done: at * decisions.length + done, total });
    const strategy = typeof each === "string" ? builtIn(each) : each;
    const result: ReplayResult =
      strategy === undefined
        ? {
            strategy: String(each),
            verdict: "insufficient data",
            decisions: 0,
            effectiveSamples: 0,
            ...UNKNOWN,
            ...NOTHING,
          }
        : evaluate(decisions, strategy, (done) => {
            if (done % TELL_EVERY === 0) tell(done);
          });
    tell(decisions.length);
    return result;
  });
}

const UNKNOWN = { covered: 0, advice: `log at least ${MIN_DECISIONS} decisions with their outcomes` };
const NOTHING = { utility: null, success: null, costUsd: null, latencyMs: null };

function evaluate(
  decisions: readonly LoggedDecision[],
  strategy: Strategy,
  ranked: (done: number) => void,
): ReplayResult {
  const about = { strategy: strategy.name, decisions: decisions.length };
  if (decisions.length < MIN_DECISIONS)
    return { ...about, verdict: "insufficient data", effectiveSamples: 0, ...UNKNOWN, ...NOTHING };
  const target = targetOf(decisions, strategy, ranked);
  const rows = rowsOf(decisions, utilityOf(decisions));
  const samples = effectiveSamples(rows, target);
  const { covered, advice } = coverageOf(decisions, target);
  if (covered < LEAST_COVERED || samples < MIN_EFFECTIVE) {
    const longer = advice ?? longerLog(decisions.length, samples, MIN_EFFECTIVE);
    return {
      ...about,
      verdict: "insufficient overlap",
      effectiveSamples: samples,
      covered,
      advice: longer,
      ...NOTHING,
    };
  }
  // What the log could not have done may have brought anything between the best and the worst that it saw.
  const estimate = (value: (decision: LoggedDecision) => number): Estimate => {
    const measured = rowsOf(decisions, value);
    return widened(interval(doublyRobust(measured, target)), (1 - covered) * spreadOf(measured));
  };
  return {
    ...about,
    verdict: "ok",
    effectiveSamples: samples,
    covered,
    advice: null,
    utility: estimate(utilityOf(decisions)),
    success: estimate(({ outcome }) => (outcome.ok ? 1 : 0)),
    costUsd: estimate(({ outcome }) => outcome.costUsd ?? 0),
    latencyMs: estimate(({ outcome }) => outcome.latencyMs),
  };
}

/** How much longer the same log must become. */
export function longerLog(decisions: number, effective: number, needed: number): string {
  const factor = Math.ceil(needed / Math.max(1, effective));
  return `log on until about ${(decisions * factor).toLocaleString("en")} decisions: ${Math.round(effective)} speak for it, ${needed} are needed`;
}

/** The distance between the best and the worst value that was seen. */
export function spreadOf(rows: readonly Row[]): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const { value } of rows) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return rows.length === 0 ? 0 : most - least;
}

/** The interval, wider by what is not known to either side. */
export function widened({ mean, low, high }: Estimate, by: number): Estimate {
  return { mean, low: low - by, high: high + by };
}

/** What a strategy would do with each logged decision. @param ranked told how many are done, after each */
export function targetOf(
  decisions: readonly LoggedDecision[],
  strategy: Strategy,
  ranked?: (done: number) => void,
): Target {
  const random = seededRandom(1);
  return decisions.map(({ decision }, index) => {
    const chances = firstChances(strategy, contextOf(decision, random), index + 1);
    ranked?.(index + 1);
    return chances;
  });
}

/** Rows for one measure. */
export function rowsOf(decisions: readonly LoggedDecision[], value: (decision: LoggedDecision) => number): Row[] {
  return decisions.map((logged) => {
    const { candidates, chosen, propensity, characteristics } = logged.decision;
    const ids = candidates.map(({ id }) => id);
    return { ids, kind: characteristics.kind, chosen: ids.indexOf(chosen), propensity, value: value(logged) };
  });
}

/**
 * What a request was worth: its score (1 where nobody rated it, 0 where it failed), less what price and time count, in
 * doublings of their medians.
 */
export function utilityOf(decisions: readonly LoggedDecision[]): (decision: LoggedDecision) => number {
  const usualCost = Math.max(1e-6, median(decisions.map(({ outcome }) => outcome.costUsd ?? 0)));
  const usualMs = Math.max(1, median(decisions.map(({ outcome }) => outcome.latencyMs)));
  return ({ outcome, score }) => {
    const cost = Math.max(1e-6, outcome.costUsd ?? usualCost) / usualCost;
    const time = Math.max(1, outcome.latencyMs) / usualMs;
    const price = POINTS_PER_DOUBLING * (Math.log2(outcome.ok ? cost : 1) + Math.log2(time));
    return (outcome.ok ? (score ?? 1) : 0) - price;
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
