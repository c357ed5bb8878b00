/** One subject: what is timed, and how many calls a round makes of it. */
export interface Subject {
  readonly name: string;
  /** Times itself where it must leave work out of the clock; otherwise each call is timed. */
  run(): unknown;
}

export interface Timing {
  /** Median of the best round, microseconds. */
  readonly us: number;
  /** 99th percentile of that round. */
  readonly p99: number;
}

export interface RoundOptions {
  readonly calls: number;
  readonly warm?: number;
  readonly rounds?: number;
}

const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

export const collect = (): void => (globalThis as { gc?: () => void }).gc?.();

/** Times asynchronous subjects, taking turns; the best round of each counts. */
export async function timeCalls(subjects: readonly Subject[], options: RoundOptions): Promise<Map<string, Timing>> {
  const { calls, warm = calls, rounds = 4 } = options;
  const best = new Map<string, Timing>();
  // Before the warming, never after it: a full collection throws optimised code away, and rounds would time its return.
  collect();
  for (const subject of subjects) for (let call = 0; call < warm; call += 1) await subject.run();
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of round % 2 === 0 ? subjects : [...subjects].reverse()) {
      const times = new Float64Array(calls);
      for (let call = 0; call < calls; call += 1) {
        const began = performance.now();
        await subject.run();
        times[call] = performance.now() - began;
      }
      times.sort();
      const timing = { us: quantile(times, 0.5) * 1_000, p99: quantile(times, 0.99) * 1_000 };
      if (timing.us < (best.get(subject.name)?.us ?? Number.POSITIVE_INFINITY)) best.set(subject.name, timing);
    }
  }
  return best;
}

/**
 * Microseconds that each subject takes above the first: a difference too small for calls timed one by one. Batches of
 * all take turns, so that each meets the machine's quiet moments, and the best batch of each counts; a batch is long
 * enough to hold what a subject puts off.
 */
export async function timeAbove(
  subjects: readonly Subject[],
  { batch = 512, rounds = 80 } = {},
): Promise<Map<string, number>> {
  const best = new Map<string, number>();
  for (let round = -20; round < rounds; round += 1) {
    for (const { name, run } of round % 2 === 0 ? subjects : [...subjects].reverse()) {
      const began = performance.now();
      for (let call = 0; call < batch; call += 1) await run();
      const us = ((performance.now() - began) * 1_000) / batch;
      if (round >= 0 && us < (best.get(name) ?? Number.POSITIVE_INFINITY)) best.set(name, us);
    }
  }
  const first = best.get(subjects[0]?.name ?? "") ?? Number.NaN;
  return new Map([...best].map(([name, us]) => [name, us - first]));
}

/** Microseconds of a synchronous step too short to be timed alone: batches of it, the best batch counts. */
export function timeStep(run: () => unknown, { batch = 2_000, rounds = 60 } = {}): number {
  for (let call = 0; call < batch * 5; call += 1) run();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    for (let call = 0; call < batch; call += 1) run();
    best = Math.min(best, (performance.now() - began) / batch);
  }
  return best * 1_000;
}
