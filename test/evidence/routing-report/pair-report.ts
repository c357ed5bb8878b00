import { deviation, mean, progress } from "../figures.js";
import { DRIFT_LENGTH, driftRun, SCENARIOS } from "./drift.js";
import { apgr, type Curve, cpt } from "./metrics.js";
import type { Plot, Table } from "./page.js";
import {
  banditCurve,
  type FeedbackRate,
  fullFeedbackCurve,
  oracleCurve,
  type PairRow,
  randomCurve,
  staticCurve,
} from "./pair.js";
import { readPrompts } from "./world.js";

const percent = (share: number): string => (100 * share).toFixed(1);

/** Everything about a pair of models: metrics, drift where the stream is long enough, curves. */
export function reportPair(raw: readonly Record<string, unknown>[], orders: number): (Table | Plot)[] {
  const clean = raw.filter((row) => row.contaminated !== 1);
  const rows = rowsOf(clean, undefined);
  const curves: Curve[] = [];
  const lines: string[][] = [];

  const add = (name: string, runs: number, curve: (seed: number) => Curve): void => {
    const all = Array.from({ length: runs }, (_, index) => {
      progress(`${name}: order ${index + 1} of ${runs}`);
      return curve(index + 1);
    });
    const values = all.map(apgr);
    const part = (share: number): string => percent(mean(all.map((one) => cpt(one, share))));
    lines.push([
      name,
      mean(values).toFixed(3),
      runs > 1 ? deviation(values).toFixed(3) : "",
      part(0.2),
      part(0.5),
      part(0.8),
      String(runs),
    ]);
    curves.push(all[0]!);
  };
  const bandit = (of: readonly PairRow[], rate: FeedbackRate) => (seed: number) => banditCurve(of, seed, rate);
  const before = performance.now();
  add("random", orders, (seed) => randomCurve(rows, seed));
  add("static prior (no feedback)", 1, () => staticCurve(rows));
  add("full feedback", orders, (seed) => fullFeedbackCurve(rows, seed));
  add("bandit feedback", orders, bandit(rows, { share: 1, flips: 0 }));
  add("bandit, 30 % rated, 10 % of ratings wrong", orders, bandit(rows, { share: 0.3, flips: 0.1 }));
  add("bandit, 10 % rated, 10 % of ratings wrong", orders, bandit(rows, { share: 0.1, flips: 0.1 }));
  if (typeof clean[0]?.subject === "string") {
    const named = rowsOf(clean, (row) => String(row.subject));
    add("bandit feedback, taskType given by the app", orders, bandit(named, { share: 1, flips: 0 }));
  }
  add("oracle (knows the outcomes)", 1, () => oracleCurve(rows));
  const { weak, strong } = curves[0]!;

  const metrics: Table = {
    title: `Weak against strong model, ${rows.length} prompts`,
    head: ["router", "APGR", "sd", "CPT20 %", "CPT50 %", "CPT80 %", "orders"],
    rows: lines,
    notes: [
      `Always weak: accuracy ${weak.toFixed(3)}; always strong (the best single model): ${strong.toFixed(3)}. APGR of either is not defined.`,
      "APGR: share of that gap closed, averaged over all shares of strong calls. CPT50: percentage of strong calls that closes half of it.",
      "Full feedback sees both models' outcomes and so is an upper bound for a live system; bandit feedback sees the asked model's alone, through the adaptive strategy with a quota.",
      `Took ${((performance.now() - before) / 1_000).toFixed(0)} s.`,
    ],
  };
  const plot: Plot = {
    title: "Accuracy by share of strong calls (first order)",
    x: "share of calls to the strong model",
    y: "accuracy",
    lines: lines.flatMap(([name], index) =>
      name!.startsWith("oracle") ? [] : [{ name: name!.slice(0, 26), points: curves[index]!.points }],
    ),
  };
  return rows.length >= DRIFT_LENGTH ? [metrics, plot, ...reportDrift(rows, orders)] : [metrics, plot];
}

function rowsOf(
  raw: readonly Record<string, unknown>[],
  taskType: ((row: Record<string, unknown>) => string) | undefined,
): PairRow[] {
  const prompts = readPrompts(
    raw.map((row) => String(row.prompt)),
    taskType === undefined ? undefined : raw.map(taskType),
  );
  return raw.map((row, index) => ({ prompt: prompts[index]!, weak: Number(row.weak), strong: Number(row.strong) }));
}

function reportDrift(rows: readonly PairRow[], orders: number): (Table | Plot)[] {
  const results = SCENARIOS.map((scenario) =>
    Array.from({ length: orders }, (_, index) => {
      progress(`drift, ${scenario}: order ${index + 1} of ${orders}`);
      return driftRun(rows, scenario, index + 1);
    }),
  );
  const stationary = mean(results[0]!.map((run) => run.lastShare));
  const table: Table = {
    title: `Drift: ${DRIFT_LENGTH} requests, a strong call costs 0.05 answers`,
    head: ["scenario", "utility", "sd", "strong in the last 1,000", "of its stationary share"],
    rows: SCENARIOS.map((scenario, index) => {
      const utilities = results[index]!.map((run) => run.utility);
      const last = mean(results[index]!.map((run) => run.lastShare));
      return [
        scenario,
        mean(utilities).toFixed(3),
        deviation(utilities).toFixed(3),
        `${percent(last)} %`,
        `${percent(last / stationary)} %`,
      ];
    }),
    notes: [
      "The strong model degrades in the middle third (right half as often) and recovers; or the weak one improves from the first third on.",
    ],
  };
  const blocks = results[0]![0]!.shares.length;
  const plot: Plot = {
    title: "Share of calls to the strong model over time (mean of all orders)",
    x: "request",
    y: "share of strong calls",
    lines: SCENARIOS.map((scenario, index) => ({
      name: scenario.slice(0, 26),
      points: Array.from(
        { length: blocks },
        (_, block) => [block * 300 + 150, mean(results[index]!.map((run) => run.shares[block]!))] as const,
      ),
    })),
  };
  return [table, plot];
}
