import type { SharedCounts } from "../contract/shared-state.js";

/** What was declared before anything was measured. */
export interface MetricsPrior {
  readonly ttftMs: number;
  readonly tokensPerSecond: number;
  readonly successRate: number;
}

/** One upstream call, ended. Cache hits are not calls and never come here. */
export interface Sample {
  readonly ok: boolean;
  /** `false` where the call says nothing about the candidate: cancelled, a hedge's loser, a caller's mistake. */
  readonly counted: boolean;
  /** Its times say nothing: the process slept meanwhile. */
  readonly untimed?: boolean | undefined;
  readonly ttftMs: number | null;
  readonly latencyMs: number;
  readonly outputTokens: number;
  /** What was expected of `outputTokens` whoever answers, where somebody has worked that out. */
  readonly expectedTokens?: number | undefined;
  readonly costUsd: number | null;
  /** Share of the prompt that the vendor read from its prefix cache, 0..1. */
  readonly cachedShare?: number | undefined;
  readonly kind?: string | undefined;
}

/** A candidate's numbers for one kind of request. */
export interface KindReading {
  /** From start to first token, milliseconds. */
  readonly ttftMs: number;
  /** How fast it writes, tokens per second. */
  readonly tokensPerSecond: number;
  /** Share of the calls that succeed. */
  readonly successRate: number;
  /** Tokens of an answer. */
  readonly outputTokens: number;
  /** Calls of this kind behind them, decayed; 0 where the whole stands in. */
  readonly samples: number;
}

/** Which distribution a quantile is read from: first token ms, whole answer ms, tokens written. */
export type MetricName = "ttft" | "total" | "output";

/** Where each number stands in {@link CandidateMetrics.row}. */
export const ROW = {
  ttftMs: 0,
  tokensPerSecond: 1,
  latencyMs: 2,
  successRate: 3,
  successLowerBound: 4,
  recentSuccessRate: 5,
  cachedShare: 6,
  outputTokens: 7,
  samples: 8,
  /** NaN where no answer was priced. */
  costUsd: 9,
  /** Tokens written per token that was expected of anybody. */
  lengthRatio: 10,
} as const;
export const ROW_WIDTH = 11;

/**
 * What one candidate has shown so far, time-decayed. Only successes teach times and rates: a failure is never counted as
 * fast. Numbers are worked out anew when a call has settled or `refresh` finds that a second has passed.
 */
export interface CandidateMetrics {
  /** Calls under way. */
  readonly inFlight: number;
  /** Mean age of the calls under way, milliseconds; 0 where none is. */
  outstandingMs(nowMs: number): number;
  start(nowMs: number): void;
  settle(sample: Sample, nowMs: number): void;
  /** Once per decision: lets numbers age with the clock, at most once a second. */
  refresh(nowMs: number): void;
  /** The numbers below as `refresh` left them, by {@link ROW}: for those who read many candidates at once. */
  readonly row: Float64Array;
  /** Grows with each settled call. */
  readonly version: number;
  /** Mean time to first content, milliseconds. */
  readonly ttftMs: number;
  /** Speed of writing after the first token. */
  readonly tokensPerSecond: number;
  /** Mean time to the whole answer, milliseconds. */
  readonly latencyMs: number;
  readonly successRate: number;
  /** Lower end of the 95 % Wilson interval of the success rate. */
  readonly successLowerBound: number;
  /** The success rate over about the last ten seconds. */
  readonly recentSuccessRate: number;
  /** Mean dollars per answer, `null` where none was priced. */
  readonly costUsd: number | null;
  readonly cachedShare: number;
  /** Mean tokens written per answer; 0 before the first. */
  readonly outputTokens: number;
  /** Calls behind the success rate, decayed: low means stale. */
  readonly samples: number;
  /** Calls that counted, undecayed. */
  readonly attempts: number;
  /** The same since reliability last started again. */
  readonly tries: number;
  /** `-Infinity` before the first. */
  readonly lastSettledAtMs: number;
  /** The `p`-quantile (0..1) over about the last ten minutes, within 1 %; `NaN` where nothing was measured. */
  quantile(p: number, of: MetricName): number;
  /** The same quantities for one kind of request, shrunk towards the whole. */
  byKind(kind: string): KindReading;
  /** The kinds that were told apart. */
  kinds(): readonly string[];
  /** The breaker has closed: reliability starts again at its prior, times stay. */
  restartReliability(): void;
  /** What was counted here since this was last asked. */
  untold(): SharedCounts;
  /** Adds what another process counted: means and rates, not quantiles. */
  hear(counts: SharedCounts): void;
}
