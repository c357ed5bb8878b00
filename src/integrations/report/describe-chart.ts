import type { Chart, Series, Unit } from "./page-model.js";
import { duration, number, usd } from "./words.js";

const WORDS: { readonly [unit in Unit]: (value: number) => string } = {
  ms: duration,
  usd,
  share: (value) => `${number(100 * value)} %`,
  count: number,
  perSecond: (value) => `${value.toFixed(1)} per second`,
};

/** What a chart shows, in words, for those who cannot see it. */
export function describeChart(chart: Chart): string {
  const told = chart.kind === "bars" ? barWords(chart) : chart.kind === "time" ? timeWords(chart) : laneWords(chart);
  return [chart.title, ...told].join(". ");
}

function barWords({ categories, series, unit }: Chart & { kind: "bars" }): string[] {
  return categories.map((category, at) => {
    const values = series.map(({ label, values }) => `${label} ${word(unit, values[at])}`);
    return `${category}: ${values.join(", ")}`;
  });
}

function timeWords({ series, unit, marks }: Chart & { kind: "time" }): string[] {
  const lines = series.map((one) => `${one.label}: ${lineWords(one, unit)}`);
  const counted = (["opened", "closed", "limit"] as const).flatMap((what) => {
    const times = marks.filter((mark) => mark.what === what).length;
    const named = what === "limit" ? "stretches in which limits were met" : `breakers that ${what}`;
    return times === 0 ? [] : [`${named}: ${times}`];
  });
  return [...lines, ...counted];
}

function lineWords({ values }: Series, unit: Unit): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return "nothing";
  const ends = `from ${word(unit, known[0])} to ${word(unit, known.at(-1))}`;
  return `${ends}, at most ${word(unit, Math.max(...known))}`;
}

function laneWords({ lanes }: Chart & { kind: "lanes" }): string[] {
  return lanes.map(({ label, states }) => {
    const opened = states.filter(({ state }) => state === "open").length;
    return `${label}: opened ${opened} times, ${(states.at(-1)?.state ?? "closed").replace("_", " ")} at the end`;
  });
}

function word(unit: Unit, value: number | null | undefined): string {
  return value === null || value === undefined ? "nothing" : WORDS[unit](value);
}
