import type { ExperimentResult } from "../../contract/records.js";
import type { Strategy } from "../../contract/strategy.js";
import { BUILT_IN_NAMES, builtIn } from "../built-in.js";
import { coverageOf, LEAST_COVERED } from "./coverage.js";
import { type DecisionLogLine, readDecisionLog } from "./decision-log.js";
import { doublyRobust, effectiveSamples, interval } from "./estimate.js";
import { longerLog, rowsOf, spreadOf, targetOf, utilityOf, widened } from "./replay.js";

/** What a router's own outcomes suggest. */
export interface StrategyRecommendation {
  /** `"switch"`: another strategy would have done better beyond doubt. `"keep"`: none would, beyond doubt. */
  readonly verdict: "switch" | "keep" | "insufficient data";
  /** The strategy to switch to. */
  readonly strategy?: string | undefined;
  /** Expected gain in points of quality (0..1), price and time weighed in, with its interval. */
  readonly gain?: number | undefined;
  /** The interval of the gain: 95 % for all comparisons together. */
  readonly interval?: readonly [low: number, high: number] | undefined;
  /** Decisions behind it. */
  readonly samples: number;
  /** Why, in a few words each. */
  readonly reasons: readonly string[];
  /** What to log, and for how long, before more can be said; absent where every strategy was judged. */
  readonly advice?: string | undefined;
  /** What the experiments in use have found so far; absent without any. */
  readonly experiments?: readonly ExperimentResult[] | undefined;
}

export interface RecommendOptions {
  /** The strategy in use. @default the one that made the log's last decision */
  readonly current?: Strategy | undefined;
  /** Compared with it. @default every built-in strategy that can differ on merit */
  readonly strategies?: readonly Strategy[] | undefined;
  /** Decisions below which nothing is said. @default 300 */
  readonly minDecisions?: number | undefined;
}

/** Gains below this are not worth a change. */
const MIN_GAIN = 0.005;
const MIN_EFFECTIVE = 50;

/** Two-sided 95 % for several comparisons at once (Bonferroni for about seven). */
const Z = 2.7;

/**
 * Whether another strategy would have served the logged traffic better: each is replayed against the one in use, decision
 * by decision, and only a gain whose whole interval lies above zero is recommended. A strategy whose choices the log could
 * never have made is not judged; `advice` says what to log before it can be.
 */
export function recommendStrategy(
  log: Iterable<string | DecisionLogLine>,
  options: RecommendOptions = {},
): StrategyRecommendation {
  const { decisions } = readDecisionLog(log);
  const { minDecisions = 300 } = options;
  const samples = decisions.length;
  const current = options.current ?? builtIn(decisions.at(-1)?.decision.strategy ?? "");
  if (samples < minDecisions) {
    return {
      verdict: "insufficient data",
      samples,
      reasons: [`${samples} logged decisions with an outcome, ${minDecisions} needed`],
    };
  }
  if (current === undefined) {
    return {
      verdict: "insufficient data",
      samples,
      reasons: ["the strategy in use is not known here: give `current`"],
    };
  }
  const rows = rowsOf(decisions, utilityOf(decisions));
  const own = targetOf(decisions, current);
  const present = doublyRobust(rows, own);
  const known = coverageOf(decisions, own);
  const spread = spreadOf(rows);
  const rivals = options.strategies ?? BUILT_IN_NAMES.map((name) => builtIn(name)!);
  const reasons: string[] = [];
  let best: { strategy: string; gain: number; interval: readonly [number, number] } | undefined;
  let judged = 0;
  let advice = known.advice ?? undefined;
  for (const rival of rivals) {
    if (rival.name === current.name) continue;
    const target = targetOf(decisions, rival);
    const speaking = effectiveSamples(rows, target);
    const overlap = coverageOf(decisions, target);
    const covered = Math.min(known.covered, overlap.covered);
    if (covered < LEAST_COVERED || speaking < MIN_EFFECTIVE) {
      const share = `the log could have made ${Math.round(100 * covered)} % of its choices`;
      reasons.push(`${rival.name}: insufficient overlap (${Math.round(speaking)} decisions speak for it; ${share})`);
      advice ??= overlap.advice ?? longerLog(samples, speaking, MIN_EFFECTIVE);
      continue;
    }
    judged += 1;
    const gains = doublyRobust(rows, target).map((value, index) => value - present[index]!);
    const { mean, low, high } = widened(interval(gains, Z), (2 - known.covered - overlap.covered) * spread);
    reasons.push(
      `${rival.name}: ${signed(mean)} points (${signed(low)} to ${signed(high)}, ${Math.round(speaking)} decisions speak for it)`,
    );
    if (low > 0 && mean >= MIN_GAIN && (best === undefined || mean > best.gain)) {
      best = { strategy: rival.name, gain: mean, interval: [low, high] };
    }
  }
  const told = advice === undefined ? {} : { advice };
  if (judged === 0) return { verdict: "insufficient data", samples, reasons, ...told };
  if (best === undefined) return { verdict: "keep", samples, reasons, ...told };
  return { verdict: "switch", ...best, samples, reasons, ...told };
}

function signed(value: number): string {
  return `${value >= 0 ? "+" : ""}${value.toFixed(3)}`;
}
