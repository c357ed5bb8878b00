import type { Chart, Series, Table, Tile } from "./page-model.js";
import type { CallNumbers, RequestNumbers, StatsLike } from "./source.js";
import { compact, duration, number, share, topWords, usd } from "./words.js";

/** Bars beside one another at most; more would be hair. */
const MAX_BARS = 12;
/** Rows of a table of strategies or kinds. */
const MAX_ROWS = 30;
const QUANTILES = ["p50", "p95", "p99"] as const;

/** Statuses that served an answer without a call of their own. */
const SERVED = ["hit", "similar", "stale", "joined"];

export function tiles({ requests, providers }: StatsLike): Tile[] {
  const { errors, cache } = requests;
  // A caller who left is nobody's failure.
  const answerable = requests.requests - (errors.cancelled ?? 0);
  const { lookups, served } = cacheUse(cache);
  const calls = Object.values(providers).reduce((sum, { attempts }) => sum + attempts, 0);
  return [
    { label: "Requests", value: number(requests.requests), note: `${number(calls)} upstream calls` },
    { label: "Answered", value: share(requests.ok, answerable), note: failuresOf(errors) },
    { label: "Latency, p50", value: duration(requests.latencyMs.p50), note: `p95 ${duration(requests.latencyMs.p95)}` },
    {
      label: "Cost",
      value: usd(requests.costUsd),
      note: requests.ok > 0 ? `${usd((1_000 * requests.costUsd) / requests.ok)} per 1,000 answers` : undefined,
    },
    { label: "Saved by the cache", value: usd(requests.savedUsd), note: savedShare(requests) },
    {
      label: "Cache hits",
      value: share(served, lookups),
      note: lookups > 0 ? `of ${number(lookups)}` : "cache not asked",
    },
    {
      label: "Fallbacks",
      value: number(requests.fallbacks),
      note: "answered by another than the first",
    },
    { label: "Degraded", value: number(requests.degraded), note: rungsOf(requests) },
    ...(requests.retries === undefined
      ? []
      : [{ label: "Retries", value: number(requests.retries), note: "the same model asked again" }]),
  ];
}

function failuresOf(errors: RequestNumbers["errors"]): string {
  const failed = Object.entries(errors).reduce((sum, [kind, count]) => (kind === "cancelled" ? sum : sum + count), 0);
  return failed === 0 ? "no failure reached a caller" : `${number(failed)} failed`;
}

function rungsOf({ degraded, rungs = {} }: RequestNumbers): string {
  if (degraded === 0) return "every answer was whole";
  return Object.keys(rungs).length > 0 ? topWords(rungs) : "answers that were less than asked for";
}

function savedShare({ savedUsd, costUsd }: RequestNumbers): string | undefined {
  return savedUsd > 0 ? `${share(savedUsd, savedUsd + costUsd)} of what it would have cost` : undefined;
}

export function cacheUse(cache: RequestNumbers["cache"]): { lookups: number; served: number } {
  const served = SERVED.reduce((sum, status) => sum + (cache[status] ?? 0), 0);
  return { served, lookups: served + (cache.miss ?? 0) };
}

/** The providers with most calls first. */
function busiest<T extends { readonly attempts: number }>(labelled: { readonly [label: string]: T }): [string, T][] {
  return Object.entries(labelled)
    .sort((a, b) => b[1].attempts - a[1].attempts)
    .slice(0, MAX_BARS);
}

export function costBars({ providers }: StatsLike): Chart | undefined {
  const shown = busiest(providers);
  if (!shown.some(([, calls]) => calls.costUsd > 0)) return undefined;
  const values = shown.map(([, calls]) => calls.costUsd);
  return bars("Cost by provider", "usd", shown, [{ label: "cost", values }]);
}

export function latencyBars({ providers }: StatsLike): Chart[] {
  const shown = busiest(providers);
  const chart = (title: string, of: "latencyMs" | "ttftMs"): Chart | undefined => {
    const known = shown.filter(([, calls]) => calls[of].p50 !== null);
    if (known.length === 0) return undefined;
    const series = QUANTILES.map((q) => ({ label: q, values: known.map(([, calls]) => calls[of][q]) }));
    return bars(title, "ms", known, series);
  };
  return [chart("Latency by provider", "latencyMs"), chart("First token by provider", "ttftMs")].filter(
    (found) => found !== undefined,
  );
}

export function errorBars({ providers }: StatsLike): Chart | undefined {
  const shown = busiest(providers);
  const sums = new Map<string, number>();
  for (const [, { errors }] of shown) {
    for (const [kind, count] of Object.entries(errors)) sums.set(kind, (sums.get(kind) ?? 0) + count);
  }
  if (sums.size === 0) return undefined;
  const kinds = [...sums].sort((a, b) => b[1] - a[1]).map(([kind]) => kind);
  const told = kinds.slice(0, 7);
  const series: Series[] = told.map((kind) => ({
    label: kind,
    values: shown.map(([, { errors }]) => errors[kind] ?? 0),
  }));
  const rest = kinds.slice(7);
  if (rest.length > 0) {
    const others = shown.map(([, { errors }]) => rest.reduce((sum, kind) => sum + (errors[kind] ?? 0), 0));
    series.push({ label: "other", values: others });
  }
  return { ...bars("Failed calls by provider and kind", "count", shown, series), stacked: true } as Chart;
}

export function cacheBars({ requests }: StatsLike): Chart | undefined {
  const statuses = Object.entries(requests.cache).sort((a, b) => b[1] - a[1]);
  if (statuses.length === 0) return undefined;
  return bars("Requests by what the cache did", "count", statuses, [
    { label: "requests", values: statuses.map(([, count]) => count) },
  ]);
}

export function strategyBars({ strategies }: StatsLike): Chart | undefined {
  const shown = Object.entries(strategies)
    .filter(([, numbers]) => numbers.latencyMs.p50 !== null)
    .sort((a, b) => b[1].requests - a[1].requests)
    .slice(0, MAX_BARS);
  // One strategy has nobody to be compared with.
  if (shown.length < 2) return undefined;
  const series = QUANTILES.map((q) => ({ label: q, values: shown.map(([, numbers]) => numbers.latencyMs[q]) }));
  return bars("Latency by strategy", "ms", shown, series);
}

function bars(
  title: string,
  unit: "ms" | "usd" | "count",
  shown: readonly [string, unknown][],
  series: Series[],
): Chart {
  return { kind: "bars", title, unit, categories: shown.map(([label]) => label), series, stacked: false };
}

export function tables({ models, strategies, kinds = {} }: StatsLike): Table[] {
  const found: Table[] = [
    {
      title: "Strategies",
      columns: ["Strategy", "Requests", "Answered", "p50", "p95", "Cost per 1,000", "Saved", "Fallbacks"],
      rows: Object.entries(strategies)
        .sort((a, b) => b[1].requests - a[1].requests)
        .slice(0, MAX_ROWS)
        .map(([name, numbers]) => strategyRow(name, numbers)),
    },
    {
      title: "Kinds of request",
      columns: ["Kind", "Requests", "Answered", "p50", "p95", "Cost per 1,000", "Saved", "Fallbacks"],
      rows: Object.entries(kinds)
        .sort((a, b) => b[1].requests - a[1].requests)
        .slice(0, MAX_ROWS)
        .map(([name, numbers]) => strategyRow(name, numbers)),
    },
    {
      title: "Models",
      columns: [
        "Model",
        "Calls",
        "Succeeded",
        "First token p50",
        "p50",
        "p95",
        "Cost",
        "Tokens in, out",
        "Cached",
        "Failures",
      ],
      rows: Object.entries(models)
        .sort((a, b) => b[1].attempts - a[1].attempts)
        .slice(0, 100)
        .map(([name, calls]) => modelRow(name, calls)),
    },
  ];
  return found.filter((table) => table.rows.length > 0);
}

function strategyRow(
  name: string,
  { requests, ok, errors, latencyMs, costUsd, savedUsd, fallbacks }: RequestNumbers,
): string[] {
  const per1000 = ok > 0 ? usd((1_000 * costUsd) / ok) : "–";
  const answered = share(ok, requests - (errors.cancelled ?? 0));
  const times = [duration(latencyMs.p50), duration(latencyMs.p95)];
  return [name, number(requests), answered, ...times, per1000, usd(savedUsd), number(fallbacks)];
}

function modelRow(name: string, calls: CallNumbers): string[] {
  const { attempts, successes, ttftMs, latencyMs, inputTokens, cachedTokens, outputTokens, errors } = calls;
  return [
    name,
    number(attempts),
    share(successes, attempts),
    duration(ttftMs.p50),
    duration(latencyMs.p50),
    duration(latencyMs.p95),
    usd(calls.costUsd),
    `${compact(inputTokens)}, ${compact(outputTokens)}`,
    share(cachedTokens, inputTokens),
    topWords(errors),
  ];
}
