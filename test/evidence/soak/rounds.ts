import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Callers } from "./callers.js";
import { type Handles, quiet, settledHeap } from "./quiet.js";
import { printRow } from "./report.js";
import type { Upstreams } from "./upstream-process.js";

/** The heap in the quiet after a round. */
export interface HeapPoint {
  /** Requests so far that were not repetitions for the cache. */
  readonly requests: number;
  readonly heapBytes: number;
}

export interface RoundsReport {
  readonly points: readonly HeapPoint[];
  /** What was still there in the quiet after a round. */
  readonly leftovers: readonly string[];
}

export interface RoundsPlan {
  readonly callers: Callers;
  readonly upstreams: Upstreams;
  readonly start: Handles;
  readonly rounds: number;
  readonly roundMs: number;
  readonly concurrency: number;
  readonly attempts: () => number;
}

/**
 * The router remembers who answered, for feedback: 5,000 requests per generation, two generations. Every reading is
 * taken where a generation is full, or the table's filling and forgetting would look like leaks and their opposite.
 */
const GENERATION = 5_000;

/** Two rounds in one that is not counted, to warm up; then so many that are, each read in the quiet after it. */
export async function runRounds(plan: RoundsPlan): Promise<RoundsReport> {
  const { callers, upstreams, start, rounds, roundMs, concurrency, attempts } = plan;
  const { tally } = callers;
  const points: HeapPoint[] = [];
  const leftovers: string[] = [];
  printRow([
    "round",
    "requests",
    "success",
    "error",
    "cancelled",
    "attempts",
    "loop p99",
    "theirs",
    "heap MB",
    "left over",
  ]);
  for (let round = 0; round <= rounds; round += 1) {
    const before = { ...tally, attempts: attempts() };
    await upstreams.counts();
    const delay = monitorEventLoopDelay();
    delay.enable();
    const endsAtMs = performance.now() + (round === 0 ? 2 * roundMs : roundMs);
    await callers.keepBusy(concurrency, () => performance.now() > endsAtMs);
    delay.disable();
    const { lateMs } = await upstreams.counts();
    const counts = (["started", "success", "error", "cancelled"] as const).map((name) => tally[name] - before[name]);
    await callers.repeat(GENERATION * Math.ceil((tally.success + (round === 0 ? 2 * GENERATION : 0)) / GENERATION));
    const left = await quiet(start, upstreams);
    if (left) leftovers.push(`after round ${round}: ${left}`);
    const heapBytes = await settledHeap();
    if (round > 0) points.push({ requests: tally.started - tally.repeated, heapBytes });
    const late = [delay.percentile(99) / 1e6, lateMs].map((ms) => `${ms.toFixed(0)} ms`);
    const name = round === 0 ? "warm-up" : round;
    const heap = (heapBytes / 1_048_576).toFixed(2);
    printRow([name, ...counts, attempts() - before.attempts, ...late, heap, left || "-"]);
  }
  return { points, leftovers };
}

/**
 * Megabytes of heap per 10,000 requests: the median of the slopes between any two points, which a leak moves and a
 * single step (a function compiled anew, a table that doubled) does not.
 */
export function heapSlope(points: readonly HeapPoint[]): number {
  const slopes = points.flatMap((a, at) =>
    points.slice(at + 1).map((b) => (b.heapBytes - a.heapBytes) / Math.max(1, b.requests - a.requests)),
  );
  slopes.sort((a, b) => a - b);
  const middle = (slopes.length - 1) / 2;
  const median = ((slopes[Math.floor(middle)] ?? 0) + (slopes[Math.ceil(middle)] ?? 0)) / 2;
  return (median * 10_000) / 1_048_576;
}

/** Megabytes between the first counted round and the last. */
export function grownMb(points: readonly HeapPoint[]): number {
  return ((points.at(-1)?.heapBytes ?? 0) - (points[0]?.heapBytes ?? 0)) / 1_048_576;
}
