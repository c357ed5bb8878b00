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

/** A round that is not counted, to warm up; then so many that are, each read in the quiet after it. */
export async function runRounds(plan: RoundsPlan): Promise<RoundsReport> {
  const { callers, upstreams, start, rounds, roundMs, concurrency, attempts } = plan;
  const { tally } = callers;
  const points: HeapPoint[] = [];
  const leftovers: string[] = [];
  printRow(["round", "requests", "success", "error", "cancelled", "attempts", "loop p99", "heap MB", "left over"]);
  for (let round = 0; round <= rounds; round += 1) {
    const before = { ...tally, attempts: attempts() };
    const delay = monitorEventLoopDelay();
    delay.enable();
    const endsAtMs = performance.now() + roundMs;
    await callers.keepBusy(concurrency, () => performance.now() > endsAtMs);
    delay.disable();
    const counts = (["started", "success", "error", "cancelled"] as const).map((name) => tally[name] - before[name]);
    await callers.repeat(GENERATION * Math.ceil((tally.success + (round === 0 ? 2 * GENERATION : 0)) / GENERATION));
    const left = await quiet(start, upstreams);
    if (left) leftovers.push(`after round ${round}: ${left}`);
    const heapBytes = await settledHeap();
    points.push({ requests: tally.started - tally.repeated, heapBytes });
    const p99 = `${(delay.percentile(99) / 1e6).toFixed(0)} ms`;
    const name = round === 0 ? "warm-up" : round;
    const heap = (heapBytes / 1_048_576).toFixed(2);
    printRow([name, ...counts, attempts() - before.attempts, p99, heap, left || "-"]);
  }
  return { points, leftovers };
}

/** Megabytes of heap per 10,000 requests: the slope of the least-squares line. */
export function heapSlope(points: readonly HeapPoint[]): number {
  const meanX = points.reduce((sum, { requests }) => sum + requests, 0) / points.length;
  const meanY = points.reduce((sum, { heapBytes }) => sum + heapBytes, 0) / points.length;
  let above = 0;
  let below = 0;
  for (const { requests, heapBytes } of points) {
    above += (requests - meanX) * (heapBytes - meanY);
    below += (requests - meanX) ** 2;
  }
  return below === 0 ? 0 : ((above / below) * 10_000) / 1_048_576;
}
