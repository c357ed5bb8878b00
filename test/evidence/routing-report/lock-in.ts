import { seededRandom } from "../../../src/core/random.js";
import { adaptive } from "../../../src/strategies/adaptive.js";
import { mean, progress, shuffled } from "../figures.js";
import { beta } from "./arms.js";
import type { Table } from "./page.js";
import { createWorld, type Prompt, readPrompts } from "./world.js";

interface Row {
  readonly prompt: Prompt;
  /** 0 or 1 by model. */
  readonly right: readonly number[];
}

/** What one run came to: how often each model was asked in the second half, and the mean there and over all. */
interface Run {
  readonly asked: readonly number[];
  readonly second: number;
  readonly all: number;
}

function play(rows: readonly Row[], models: number, seed: number, choose: (row: Row) => number, learn: Learn): Run {
  const asked = Array.from({ length: models }, () => 0);
  let [second, all] = [0, 0];
  const order = shuffled(rows, seededRandom(seed));
  for (const [index, row] of order.entries()) {
    const arm = choose(row);
    const right = row.right[arm]!;
    learn(arm, row, right);
    all += right;
    if (index < order.length / 2) continue;
    asked[arm]! += 1;
    second += right;
  }
  return { asked, second: second / Math.ceil(order.length / 2), all: all / order.length };
}

type Learn = (arm: number, row: Row, right: number) => void;

function adaptiveRun(rows: readonly Row[], names: readonly string[], seed: number): Run {
  const arms = names.map((id) => ({ id, tier: 2 as const }));
  const world = createWorld(arms, adaptive(), seed + 77);
  const costUsd = names.map(() => 0.001);
  const learn: Learn = (arm, { prompt }, right) => world.feedback(arm, prompt, right);
  return play(rows, names.length, seed, ({ prompt }) => world.decide(prompt, costUsd), learn);
}

function blindRun(rows: readonly Row[], names: readonly string[], seed: number): Run {
  const random = seededRandom(seed + 77);
  const good = names.map(() => 1);
  const bad = names.map(() => 1);
  const choose = (): number => {
    let [arm, best] = [0, -1];
    for (let index = 0; index < names.length; index += 1) {
      const draw = beta(good[index]!, bad[index]!, random);
      if (draw > best) [best, arm] = [draw, index];
    }
    return arm;
  };
  return play(rows, names.length, seed, choose, (arm, _row, right) => {
    if (right > 0) good[arm]! += 1;
    else bad[arm]! += 1;
  });
}

/** Models of equal tier and price, learned from their own outcomes alone: does the best one come to be asked most? */
export function reportLockIn(raw: readonly Record<string, unknown>[], orders: number): Table {
  const names = Object.keys(raw[0]?.ok as object);
  const prompts = readPrompts(raw.map((row) => String(row.prompt)));
  const rows = raw.map((row, index): Row => {
    const ok = row.ok as { readonly [model: string]: number };
    return { prompt: prompts[index]!, right: names.map((name) => ok[name] ?? 0) };
  });
  const accuracy = names.map((_, arm) => mean(rows.map(({ right }) => right[arm]!)));
  const best = accuracy.indexOf(Math.max(...accuracy));
  const lineOf = (name: string, run: (seed: number) => Run): string[] => {
    const runs = Array.from({ length: orders }, (_, index) => {
      progress(`${name}: order ${index + 1} of ${orders}`);
      return run(index + 1);
    });
    const found = runs.filter(({ asked }) => asked.indexOf(Math.max(...asked)) === best).length;
    const seconds = runs.map(({ second }) => second);
    return [
      name,
      `${found} of ${orders}`,
      mean(seconds).toFixed(4),
      Math.min(...seconds).toFixed(4),
      mean(runs.map(({ all }) => all)).toFixed(4),
    ];
  };
  const table = [
    lineOf("adaptive", (seed) => adaptiveRun(rows, names, seed)),
    lineOf("blind Thompson", (seed) => blindRun(rows, names, seed)),
  ];
  progress("");
  return {
    title: `Lock-in: ${names.length} models of equal tier and price, ${rows.length} prompts, seeds 1 to ${orders}; best single model ${names[best]} (${accuracy[best]!.toFixed(4)})`,
    head: ["", "best one asked most in the second half", "mean, second half", "worst run", "mean, all"],
    rows: table,
    notes: ["Bandit feedback, the library's defaults. Blind Thompson: one Beta per model, no look at the request."],
  };
}
