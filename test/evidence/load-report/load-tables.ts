import { builtIn } from "../../../src/strategies/built-in.js";
import { deviation, mean, progress } from "../figures.js";
import type { Plot, Table } from "../routing-report/page.js";
import { BASELINES, fixed, ORACLE, type Policy } from "./policies.js";
import { signalbox } from "./signalbox.js";
import { quantile, type RunResult, simulate } from "./simulate.js";
import { EVERYTHING, PROVIDERS, World } from "./world.js";

const STRATEGIES = [
  "load-balanced",
  "performance-weighted",
  "reliability-focused",
  "cost-optimized",
  "adaptive",
  "round-robin",
  "weighted",
];

const seconds = (ms: number): string => (ms / 1_000).toFixed(2);
const percent = (share: number): string => (100 * share).toFixed(2);

/** All policies in the full scenario, with `instances` routers that know nothing of each other. */
export function loadTables(seeds: number, first: number, instances: number, lengthMs: number): (Table | Plot)[] {
  const worlds = Array.from({ length: seeds }, (_, seed) => new World(EVERYTHING, first + seed, lengthMs));
  const run = (policy: Policy): RunResult[] =>
    worlds.map((world, seed) => {
      progress(`${instances} instance(s), ${policy.name}: seed ${seed + 1} of ${seeds}`);
      return simulate(world, policy, instances, first + seed);
    });
  const oracle = run(ORACLE);
  const oracleMean = mean(oracle.map((result) => result.meanMs));
  const fixedRuns = PROVIDERS.map((_, first) => ({ policy: fixed(first), results: run(fixed(first)) }));
  const failed = (results: readonly RunResult[]): number => mean(results.map((result) => result.failed));
  const bestFixed = fixedRuns.reduce((best, next) => (failed(next.results) < failed(best.results) ? next : best));
  const all = [
    ...BASELINES.map((policy) => ({ name: policy.name, results: run(policy) })),
    { name: `best ${bestFixed.policy.name}`, results: bestFixed.results },
    ...STRATEGIES.map((name) => signalbox(builtIn(name)!)).map((policy) => ({
      name: policy.name,
      results: run(policy),
    })),
    ...[signalbox(builtIn("load-balanced")!, { limitsKnown: false, label: ", limits unknown" })].map((policy) => ({
      name: policy.name,
      results: run(policy),
    })),
    { name: ORACLE.name, results: oracle },
  ];
  const rows = all.map(({ name, results }) => {
    const of = (read: (result: RunResult) => number): number => mean(results.map(read));
    const known = (read: (result: RunResult) => number | null): string => {
      const times = results.map(read).filter((value) => value !== null);
      return times.length === 0 ? "-" : (mean(times) / 1_000).toFixed(0);
    };
    const at = (p: number): string => seconds(of((result) => quantile(result.times, p)));
    return [
      name,
      percent(failed(results)),
      percent(deviation(results.map((result) => result.failed))),
      at(0.5),
      at(0.95),
      at(0.99),
      at(0.999),
      seconds(of((result) => result.meanMs) - oracleMean),
      percent(of((result) => result.withinObjective)),
      of((result) => result.attemptsPerRequest).toFixed(3),
      percent(of((result) => result.refusedShare)),
      (1_000 * of((result) => result.costPerSuccess)).toFixed(3),
      percent(of((result) => result.largestShare)),
      known((result) => result.detectionMs),
      known((result) => result.recoveryMs),
    ];
  });
  const table: Table = {
    title: `Everything at once, ${instances} independent router${instances > 1 ? "s" : ""}, ${seeds} seeds`,
    head: [
      "policy",
      "failed %",
      "sd",
      "p50 s",
      "p95 s",
      "p99 s",
      "p99.9 s",
      "regret s",
      "within 10 s %",
      "attempts",
      "429 %",
      "$ / 1,000 ok",
      "largest share %",
      "detect s",
      "recover s",
    ],
    rows,
    notes: [
      `Failed requests over the oracle's: load-balanced ${ratio(all, "signalbox load-balanced", failed)}, performance-weighted ${ratio(all, "signalbox performance-weighted", failed)}, adaptive ${ratio(all, "signalbox adaptive", failed)}.`,
      "Regret: mean time to success over the oracle's. Detect: from the outage's start until under 5 % of first choices went there; recover: from its end until a fifth of the former share came back; - where it never took 10 %.",
    ],
  };
  if (instances !== 1) return [table];
  const plot: Plot = {
    title: "Time to success, one router (first seed)",
    x: "share of requests",
    y: "seconds",
    lines: all
      .filter(({ name }) => /least-busy|lowest|load-balanced$|adaptive|oracle|round-robin$/.test(name))
      .map(({ name, results }) => ({
        name: name.slice(0, 26),
        points: Array.from(
          { length: 100 },
          (_, index) => [index / 100, quantile(results[0]!.times, index / 100) / 1_000] as const,
        ),
      })),
  };
  return [table, plot];
}

function ratio(
  all: readonly { readonly name: string; readonly results: readonly RunResult[] }[],
  name: string,
  failed: (results: readonly RunResult[]) => number,
): string {
  const of = (wanted: string): number => failed(all.find((entry) => entry.name === wanted)!.results);
  return `${(of(name) / of(ORACLE.name)).toFixed(2)} x`;
}
