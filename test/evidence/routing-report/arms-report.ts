import { deviation, mean, progress } from "../figures.js";
import { type ArmRow, adaptiveUtility, blindUtility, hindsight, oracleUtility, randomUtility, SEVEN } from "./arms.js";
import type { Plot, Table } from "./page.js";
import { readPrompts } from "./world.js";

const LAMBDAS = [0, 0.02, 0.1, 0.4] as const;

/** Seven models, bandit feedback, four prices of a dollar. */
export function reportArms(raw: readonly Record<string, unknown>[], orders: number): (Table | Plot)[] {
  const prompts = readPrompts(raw.map((row) => String(row.prompt)));
  const rows = raw.map((row, index): ArmRow => {
    const right = row.ok as { [model: string]: number };
    const chars = row.out_chars as { [model: string]: number };
    const milliUsdIn = SEVEN.map((arm) => (String(row.prompt).length / 4 / 1_000) * arm.input);
    return {
      prompt: prompts[index]!,
      task: String(row.task),
      right: SEVEN.map((arm) => right[arm.id]!),
      milliUsdIn,
      milliUsd: SEVEN.map((arm, at) => milliUsdIn[at]! + (chars[arm.id]! / 4 / 1_000) * arm.output * arm.hidden),
    };
  });
  const runs = (name: string, run: (seed: number) => number): number[] =>
    Array.from({ length: orders }, (_, index) => {
      progress(`${name}: order ${index + 1} of ${orders}`);
      return run(index + 1);
    });

  const lines: string[][] = [];
  const curves = ["adaptive", "blind Thompson", "best single", "random"].map((name) => ({
    name,
    points: [] as [number, number][],
  }));
  for (const [at, lambda] of LAMBDAS.entries()) {
    const ours = runs(`adaptive, lambda ${lambda}`, (seed) => adaptiveUtility(rows, lambda, seed));
    const blind = runs(`blind, lambda ${lambda}`, (seed) => blindUtility(rows, lambda, seed));
    const random = mean(runs("random", (seed) => randomUtility(rows, lambda, seed)));
    const best = hindsight(rows, lambda, false);
    const values = [mean(ours), mean(blind), best.utility, random];
    lines.push([
      String(lambda),
      random.toFixed(3),
      `${mean(blind).toFixed(3)} (${deviation(blind).toFixed(3)})`,
      `${mean(ours).toFixed(3)} (${deviation(ours).toFixed(3)})`,
      `${best.utility.toFixed(3)} ${best.arm}`,
      hindsight(rows, lambda, true).utility.toFixed(3),
      oracleUtility(rows, lambda).toFixed(3),
      (mean(ours) - mean(blind)).toFixed(3),
      (mean(ours) - best.utility).toFixed(3),
    ]);
    for (const [index, curve] of curves.entries()) curve.points.push([at, values[index]!]);
  }
  const utility: Table = {
    title: `Seven models, ${rows.length} prompts, ${orders} orders: right answers less lambda x thousandths of a dollar`,
    head: [
      "lambda",
      "random",
      "blind Thompson (sd)",
      "adaptive (sd)",
      "best single in hindsight",
      "per task",
      "oracle",
      "over blind",
      "over best single",
    ],
    rows: lines,
    notes: [
      "Blind Thompson: Beta posteriors per model, no look at the request. Bandit feedback: only the asked model's outcome is seen.",
      "adaptive is given the value of an answer in dollars that lambda stands for (without limit at lambda 0).",
    ],
  };
  const models: Table = {
    title: "The seven models",
    head: ["model", "tier", "accuracy", "thousandths of a dollar per answer"],
    rows: SEVEN.map((arm, at) => [
      arm.id,
      String(arm.tier),
      mean(rows.map((row) => row.right[at]!)).toFixed(3),
      mean(rows.map((row) => row.milliUsd[at]!)).toFixed(3),
    ]),
    notes: [
      "Prices are list prices of late 2024 from memory; o1-mini's output is tripled for thinking that the data does not show. Both are assumptions.",
    ],
  };
  return [
    utility,
    models,
    { title: "Utility by lambda (0, 0.02, 0.1, 0.4)", x: "lambda, by rank", y: "utility", lines: curves },
  ];
}
