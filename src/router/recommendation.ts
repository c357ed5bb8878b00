import type { DecisionRecord } from "../contract/decision-record.js";
import type { Strategy } from "../contract/strategy.js";
import { type Estimate, type ReplayResult, replay } from "../ranking/replay.js";

/** What a router's own outcomes suggest changing. */
export interface Recommendation {
  /** `"insufficient data"`, `"keep"`, or `"switch"`. */
  readonly verdict: "insufficient data" | "keep" | "switch";
  /** The strategy to switch to; `null` without that verdict. */
  readonly strategy: string | null;
  readonly reasons: readonly string[];
  /** Decisions behind it. */
  readonly samples: number;
  /** What the switch would change, with 95 % intervals; `null` where nothing is suggested. */
  readonly expected: ExpectedGain | null;
}

export interface ExpectedGain {
  /** First choices that succeed. */
  readonly successRate: Estimate | null;
  /** Dollars per request. */
  readonly costUsd: Estimate | null;
  /** Effective samples of the estimate. */
  readonly effectiveSamples: number;
}

/** Decisions below which nothing is said. */
const ENOUGH = 100;

/**
 * Replays what was decided here with other strategies. Suggests one only where its interval lies wholly on the better
 * side: more first choices succeed, or as many at a lower price.
 */
export function recommendFrom(
  records: readonly DecisionRecord[],
  current: string,
  strategies: readonly Strategy[],
  logging: boolean,
): Recommendation {
  const samples = records.length;
  const nothing = { strategy: null, samples, expected: null };
  if (samples < ENOUGH) {
    const reasons = logging
      ? [`${samples} decisions are fewer than ${ENOUGH}`]
      : ["decisions are only remembered where `decisionLog` is set"];
    return { verdict: "insufficient data", reasons, ...nothing };
  }
  const results = replay(records, strategies);
  const own = results.find(({ strategy }) => strategy === current);
  const baseline = own?.verdict === "estimated" ? own : asLogged(records, current);
  let best: ReplayResult | undefined;
  for (const result of results) {
    if (result.strategy === current || result.verdict !== "estimated" || !isBetter(result, baseline)) continue;
    if (!best || (result.costUsd?.mean ?? Infinity) < (best.costUsd?.mean ?? Infinity)) best = result;
  }
  if (!best) {
    return { verdict: "keep", reasons: ["no other strategy is better by more than chance"], ...nothing };
  }
  const { strategy, successRate, costUsd, effectiveSamples } = best;
  const reasons = [
    `first choices that succeed: ${percent(successRate)} against ${percent(baseline.successRate)}`,
    `dollars per request: ${dollars(costUsd)} against ${dollars(baseline.costUsd)}`,
  ];
  return { verdict: "switch", strategy, reasons, samples, expected: { successRate, costUsd, effectiveSamples } };
}

/** What really happened, as a strategy's result: every logged decision is its own. */
function asLogged(records: readonly DecisionRecord[], strategy: string): ReplayResult {
  const same = records.map((record) => ({
    ...record,
    propensity: 1,
    candidates: record.candidates.filter(({ id }) => id === record.chosen),
  }));
  const [result] = replay(same, [{ name: strategy, score: () => 0 }]);
  return result as ReplayResult;
}

function isBetter(one: ReplayResult, other: ReplayResult): boolean {
  const [mine, theirs] = [one.successRate, other.successRate];
  if (!mine || !theirs) return false;
  if (mine.low > theirs.high) return true;
  if (!one.costUsd || !other.costUsd || mine.high < theirs.low) return false;
  return one.costUsd.high < other.costUsd.low;
}

function percent(estimate: Estimate | null): string {
  return estimate
    ? `${(100 * estimate.mean).toFixed(1)} % (${(100 * estimate.low).toFixed(1)} to ${(100 * estimate.high).toFixed(1)})`
    : "unknown";
}

function dollars(estimate: Estimate | null): string {
  return estimate
    ? `${estimate.mean.toFixed(6)} (${estimate.low.toFixed(6)} to ${estimate.high.toFixed(6)})`
    : "unknown";
}
