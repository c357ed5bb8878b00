import type { BreakerState } from "../../contract/events.js";
import type { Chart, Lane, Mark, Series } from "./page-model.js";
import type { RecordedSlice, Recording } from "./source.js";
import { number } from "./words.js";

/** Lines in one chart at most: the busiest providers. */
const MAX_LINES = 8;
const MAX_LANES = 16;
/** Marks of one sort on a time axis, at most: the latest. */
const MAX_MARKS = 40;

/** What only a run over time can show. */
export function runCharts(recording: Recording): {
  cost?: Chart;
  latency?: Chart;
  cache?: Chart;
  load?: Chart;
  breakers?: Chart;
} {
  const { slices, startedAtMs, sliceMs } = recording;
  const beganS = (startedAtMs ?? 0) / 1_000;
  const x = slices.map((_, index) => beganS + ((index + 1) * sliceMs) / 1_000);
  const wall = startedAtMs !== null;
  // One point is no line.
  const timed = slices.length < 2 ? undefined : { kind: "time" as const, x, wall, marks: marksOf(recording, x) };
  const breakers = breakerLanes(recording, beganS);
  return {
    ...(timed ? timeCharts(slices, timed, sliceMs) : {}),
    ...(breakers ? { breakers } : {}),
  };
}

function timeCharts(
  slices: readonly RecordedSlice[],
  timed: Pick<Chart & { kind: "time" }, "kind" | "x" | "wall" | "marks">,
  sliceMs: number,
): { cost?: Chart; latency?: Chart; cache?: Chart; load: Chart } {
  const names = busiestOf(slices);
  const asked = slices.some((slice) => slice.lookups > 0);
  const priced = slices.some((slice) => slice.costUsd > 0 || slice.savedUsd > 0);
  const perProvider = (read: (slice: RecordedSlice, name: string) => number | null): Series[] =>
    names.map((label) => ({ label, values: slices.map((slice) => read(slice, label)) }));
  const load: Chart = {
    ...timed,
    title: "Upstream calls per second",
    unit: "perSecond",
    series: perProvider((slice, name) => ((slice.providers[name]?.attempts ?? 0) * 1_000) / sliceMs),
  };
  const latency: Chart = {
    ...timed,
    title: "p95 latency over time",
    note: "Calls that succeeded; gaps are stretches without one.",
    unit: "ms",
    series: perProvider((slice, name) => slice.providers[name]?.p95Ms ?? null),
  };
  const cost: Chart = {
    ...timed,
    title: "Cost and savings",
    note: "Summed up since the start; saved is what cache hits did not cost.",
    unit: "usd",
    series: [
      { label: "spent", values: summed(slices, (slice) => slice.costUsd) },
      { label: "saved", values: summed(slices, (slice) => slice.savedUsd) },
    ],
  };
  const cache: Chart = {
    ...timed,
    title: "Cache hit rate",
    note: "Of the requests that asked the cache, in each stretch and since the start.",
    unit: "share",
    max: 1,
    series: [
      { label: "now", values: slices.map(({ hits, lookups }) => (lookups > 0 ? hits / lookups : null)) },
      {
        label: "so far",
        values: ratio(
          summed(slices, (s) => s.hits),
          summed(slices, (s) => s.lookups),
        ),
      },
    ],
  };
  return { load, ...(names.length > 0 ? { latency } : {}), ...(priced ? { cost } : {}), ...(asked ? { cache } : {}) };
}

/** Breakers that opened or closed, and stretches in which limits were met. */
function marksOf({ changes, slices, startedAtMs }: Recording, x: readonly number[]): Mark[] {
  const beganS = (startedAtMs ?? 0) / 1_000;
  const moved = changes.flatMap(({ atMs, candidate, to }): Mark[] => {
    if (to === "half_open") return [];
    const what = to === "open" ? "opened" : "closed";
    return [{ at: beganS + atMs / 1_000, what, label: `breaker of ${candidate} ${what}` }];
  });
  const limits = slices.flatMap(({ limited = 0 }, index): Mark[] =>
    limited > 0 ? [{ at: x[index] ?? beganS, what: "limit", label: `limits met: ${number(limited)}` }] : [],
  );
  return [...moved.slice(-MAX_MARKS), ...limits.slice(-MAX_MARKS)];
}

function busiestOf(slices: readonly RecordedSlice[]): string[] {
  const calls = new Map<string, number>();
  for (const { providers } of slices) {
    for (const [name, { attempts }] of Object.entries(providers)) calls.set(name, (calls.get(name) ?? 0) + attempts);
  }
  return [...calls]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MAX_LINES)
    .map(([name]) => name);
}

function summed(slices: readonly RecordedSlice[], read: (slice: RecordedSlice) => number): number[] {
  let sum = 0;
  return slices.map((slice) => {
    sum += read(slice);
    return sum;
  });
}

function ratio(parts: readonly number[], wholes: readonly number[]): (number | null)[] {
  return wholes.map((whole, index) => (whole > 0 ? (parts[index] ?? 0) / whole : null));
}

/** Only candidates whose breaker ever moved have a lane. */
function breakerLanes({ changes, startedAtMs, lengthMs }: Recording, beganS: number): Chart | undefined {
  const lanes = new Map<string, { from: number; state: BreakerState }[]>();
  for (const { atMs, candidate, to } of changes) {
    const lane = lanes.get(candidate) ?? [{ from: beganS, state: "closed" as BreakerState }];
    lane.push({ from: beganS + atMs / 1_000, state: to });
    lanes.set(candidate, lane);
  }
  if (lanes.size === 0) return undefined;
  const shown: Lane[] = [...lanes].slice(0, MAX_LANES).map(([label, states]) => ({ label, states }));
  return {
    kind: "lanes",
    title: "Breakers",
    note: "Models whose breaker ever opened; the others took calls all the time.",
    wall: startedAtMs !== null,
    from: beganS,
    to: beganS + Math.max(lengthMs, 1) / 1_000,
    lanes: shown,
  };
}
