import type { KindReading } from "../metrics/types.js";
import type { PlannedCandidate } from "./candidates.js";

/** Milliseconds; 50 %, 95 % and 99 % took at most so long, over about the last ten minutes. `null` before the first. */
export interface LatencyQuantiles {
  /** The median; `null` before the first measurement. */
  readonly p50: number | null;
  /** 95 of 100 are at most this; `null` before the first measurement. */
  readonly p95: number | null;
  /** 99 of 100 are at most this; `null` before the first measurement. */
  readonly p99: number | null;
}

/** What decisions know of a candidate now: decayed, so that what is long past weighs little. */
export interface MeasuredCandidate {
  /** `"provider/model"`. */
  readonly id: string;
  /** Calls that counted, undecayed. */
  readonly attempts: number;
  /** Share of calls that succeeded, 0..1, and the lower end of its 95 % interval. */
  readonly successRate: number;
  /** The share of successes is hardly lower than this. */
  readonly successLowerBound: number;
  /** Mean time to the first token (its likely part of the whole, where answers came in one piece) and to the whole answer, milliseconds. */
  readonly ttftMs: number;
  /** How long an answer takes, milliseconds. */
  readonly latencyMs: number;
  /** How fast it writes, tokens per second. */
  readonly tokensPerSecond: number;
  /** Mean dollars per answer; `null` where none was priced. */
  readonly costUsd: number | null;
  /** Mean share of the prompt that the vendor read from its prefix cache, 0..1. */
  readonly cachedShare: number;
  /** Times to the first token, milliseconds. */
  readonly ttft: LatencyQuantiles;
  /** Times of whole answers, milliseconds. */
  readonly total: LatencyQuantiles;
  /** The same for each kind of request it was asked for, shrunk towards the whole where few were. */
  readonly kinds: { readonly [kind: string]: KindReading };
}

/** Reads a candidate's numbers as they are now; for analytics, not for decisions. */
export function measuredOf({ id, metrics }: PlannedCandidate, nowMs: number): MeasuredCandidate {
  metrics.refresh(nowMs);
  const quantile = (p: number, of: "ttft" | "total"): number | null => {
    const ms = metrics.quantile(p, of);
    return Number.isNaN(ms) ? null : ms;
  };
  const quantiles = (of: "ttft" | "total"): LatencyQuantiles => ({
    p50: quantile(0.5, of),
    p95: quantile(0.95, of),
    p99: quantile(0.99, of),
  });
  const { attempts, successRate, successLowerBound, ttftMs, latencyMs, tokensPerSecond, costUsd, cachedShare } =
    metrics;
  return {
    id,
    attempts,
    successRate,
    successLowerBound,
    ttftMs,
    latencyMs,
    tokensPerSecond,
    costUsd,
    cachedShare,
    ttft: quantiles("ttft"),
    total: quantiles("total"),
    kinds: Object.fromEntries(metrics.kinds().map((kind) => [kind, metrics.byKind(kind)])),
  };
}
