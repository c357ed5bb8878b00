import { seededRandom } from "../../../src/core/random.js";
import { adaptive } from "../../../src/strategies/adaptive.js";
import { shuffled } from "../figures.js";
import { type ArmSpec, createWorld, type Prompt } from "./world.js";

/** A model with the list price it is taken to have had, dollars per million tokens, and tokens of hidden reasoning. */
export interface PricedArm extends ArmSpec {
  readonly input: number;
  readonly output: number;
  /** Multiplies the visible output: o1-mini thinks unseen. An assumption. */
  readonly hidden: number;
}

/** Seven models from weak and cheap to strong and dear; prices are list prices of late 2024, from memory. */
export const SEVEN: readonly PricedArm[] = [
  { id: "gemma-2-2b-it", tier: 1, input: 0.04, output: 0.04, hidden: 1 },
  { id: "Meta-Llama-3.1-8B-Instruct", tier: 1, input: 0.06, output: 0.06, hidden: 1 },
  { id: "gpt-4o-mini-2024-07-18", tier: 2, input: 0.15, output: 0.6, hidden: 1 },
  { id: "gemma-2-27b", tier: 2, input: 0.27, output: 0.27, hidden: 1 },
  { id: "claude-3-haiku-20240307", tier: 2, input: 0.25, output: 1.25, hidden: 1 },
  { id: "gpt-4o-2024-08-06", tier: 3, input: 2.5, output: 10, hidden: 1 },
  { id: "o1-mini-2024-09-12", tier: 3, input: 3, output: 12, hidden: 3 },
];

export interface ArmRow {
  readonly prompt: Prompt;
  /** Thousandths of a dollar that reading the prompt costs, by arm: known before the call. */
  readonly milliUsdIn: readonly number[];
  readonly task: string;
  /** 0 or 1 by arm. */
  readonly right: readonly number[];
  /** Thousandths of a dollar by arm. */
  readonly milliUsd: readonly number[];
}

/** Tokens an answer is taken to have before any was seen. */
const TYPICAL_OUTPUT = 300;

/** Mean of right - lambda * cost over one pass of the data, for any way to choose. */
function utility(rows: readonly ArmRow[], lambda: number, choose: (row: ArmRow) => number): number {
  let sum = 0;
  for (const row of rows) {
    const arm = choose(row);
    sum += row.right[arm]! - lambda * row.milliUsd[arm]!;
  }
  return sum / rows.length;
}

/** The library: adaptive strategy and learner, one answer in `1 / lambda` thousandths of a dollar. */
export function adaptiveUtility(rows: readonly ArmRow[], lambda: number, seed: number): number {
  const random = seededRandom(seed);
  // Without a price the value of an answer is without limit.
  const strategy = adaptive({ answerValueUsd: lambda === 0 ? 1e9 : 0.001 / lambda });
  const world = createWorld(SEVEN, strategy, seed + 77);
  // What an arm writes is expected from what it wrote so far; before that, what a typical answer costs.
  const written = SEVEN.map((arm) => (TYPICAL_OUTPUT * arm.output * arm.hidden) / 1_000);
  const asked = SEVEN.map(() => 1);
  return utility(shuffled(rows, random), lambda, (row) => {
    const expected = SEVEN.map((_, arm) => (row.milliUsdIn[arm]! + written[arm]! / asked[arm]!) / 1_000);
    const arm = world.decide(row.prompt, expected);
    written[arm]! += row.milliUsd[arm]! - row.milliUsdIn[arm]!;
    asked[arm]! += 1;
    world.feedback(arm, row.prompt, row.right[arm]!);
    return arm;
  });
}

/** What it must not fall behind: Thompson sampling on one Beta per arm, blind to the request. */
export function blindUtility(rows: readonly ArmRow[], lambda: number, seed: number): number {
  const random = seededRandom(seed);
  const good = SEVEN.map(() => 1);
  const bad = SEVEN.map(() => 1);
  const cost = SEVEN.map(() => 0);
  const asked = SEVEN.map(() => 0);
  return utility(shuffled(rows, random), lambda, (row) => {
    let arm = 0;
    let best = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < SEVEN.length; index += 1) {
      const price = asked[index] === 0 ? 0 : (lambda * cost[index]!) / asked[index]!;
      const score = beta(good[index]!, bad[index]!, random) - price;
      if (score > best) [best, arm] = [score, index];
    }
    good[arm]! += row.right[arm]!;
    bad[arm]! += 1 - row.right[arm]!;
    cost[arm]! += row.milliUsd[arm]!;
    asked[arm]! += 1;
    return arm;
  });
}

export function randomUtility(rows: readonly ArmRow[], lambda: number, seed: number): number {
  const random = seededRandom(seed);
  return utility(rows, lambda, () => Math.floor(random() * SEVEN.length));
}

/** The arm that turns out best, with hindsight; by task where `perTask`. */
export function hindsight(rows: readonly ArmRow[], lambda: number, perTask: boolean): { utility: number; arm: string } {
  const best = (part: readonly ArmRow[]): number => {
    const utilities = SEVEN.map((_, arm) => utility(part, lambda, () => arm));
    return utilities.indexOf(Math.max(...utilities));
  };
  if (!perTask) {
    const arm = best(rows);
    return { utility: utility(rows, lambda, () => arm), arm: SEVEN[arm]!.id };
  }
  const byTask = new Map(
    [...new Set(rows.map((row) => row.task))].map((task) => [task, best(rows.filter((row) => row.task === task))]),
  );
  return {
    utility: utility(rows, lambda, (row) => byTask.get(row.task)!),
    arm: [...byTask.values()].map((arm) => SEVEN[arm]!.id).join(", "),
  };
}

/** Knows every outcome. */
export function oracleUtility(rows: readonly ArmRow[], lambda: number): number {
  return utility(rows, lambda, (row) => {
    const gains = row.right.map((right, arm) => right - lambda * row.milliUsd[arm]!);
    return gains.indexOf(Math.max(...gains));
  });
}

/** A draw from a Beta distribution. */
export function beta(a: number, b: number, random: () => number): number {
  const x = gamma(a, random);
  return x / (x + gamma(b, random));
}

/** Marsaglia and Tsang's method, for shapes of at least 1. */
function gamma(shape: number, random: () => number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
