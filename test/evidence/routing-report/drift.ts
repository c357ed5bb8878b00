import { seededRandom } from "../../../src/core/random.js";
import { adaptive } from "../../../src/strategies/adaptive.js";
import { shuffled } from "../figures.js";
import type { PairRow } from "./pair.js";
import { createWorld } from "./world.js";

export type Scenario = "stationary" | "strong degrades, then recovers" | "weak improves";
export const SCENARIOS: readonly Scenario[] = ["stationary", "strong degrades, then recovers", "weak improves"];

export interface DriftRun {
  readonly utility: number;
  /** Share of calls that went to the strong model in the last 1,000 requests. */
  readonly lastShare: number;
  /** The same by blocks of 300 requests, for the plot. */
  readonly shares: readonly number[];
}

export const DRIFT_LENGTH = 9_000;

/** What a strong call costs, in answers: its price over the value of one good answer. */
const STRONG_COST = 0.05;

/** A stream of 9,000 requests; in its middle third the strong model is right half as often, or from there on the weak one more often. */
export function driftRun(rows: readonly PairRow[], scenario: Scenario, seed: number): DriftRun {
  const random = seededRandom(seed);
  const world = createWorld(
    [
      { id: "weak", tier: 1 },
      { id: "strong", tier: 3 },
    ],
    adaptive({ answerValueUsd: 1, quality: 1 }),
    seed + 77,
  );
  const stream = shuffled(rows, random).slice(0, DRIFT_LENGTH);
  const asked: number[] = [];
  let sum = 0;
  for (const [index, row] of stream.entries()) {
    const third = Math.floor((3 * index) / stream.length);
    const arm = world.decide(row.prompt, [0, STRONG_COST]);
    let right = arm === 1 ? row.strong : row.weak;
    if (scenario === "strong degrades, then recovers" && arm === 1 && third === 1 && random() < 0.5) right = 0;
    if (scenario === "weak improves" && arm === 0 && third > 0 && random() < 0.6) right = 1;
    world.feedback(arm, row.prompt, right);
    asked.push(arm);
    sum += right - (arm === 1 ? STRONG_COST : 0);
  }
  const share = (from: number, to: number): number =>
    asked.slice(from, to).reduce((count, arm) => count + arm, 0) / (to - from);
  const shares: number[] = [];
  for (let from = 0; from + 300 <= asked.length; from += 300) shares.push(share(from, from + 300));
  return { utility: sum / stream.length, lastShare: share(asked.length - 1_000, asked.length), shares };
}
