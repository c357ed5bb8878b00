import { seededRandom } from "../../../src/core/random.js";
import { adaptive } from "../../../src/strategies/adaptive.js";
import { createLearner } from "../../../src/strategies/learner/learner.js";
import { priorQuality } from "../../../src/strategies/learner/prior.js";
import { shuffled } from "../figures.js";
import { type Curve, type Point, thresholdCurve } from "./metrics.js";
import { type ArmSpec, createWorld, type Prompt } from "./world.js";

export interface PairRow {
  readonly prompt: Prompt;
  readonly weak: number;
  readonly strong: number;
}

const WEAK: ArmSpec = { id: "weak", tier: 1 };
const STRONG: ArmSpec = { id: "strong", tier: 3 };
const FREE = [0, 0] as const;

/** How much feedback a live system gets: which share of answers is rated, and how many ratings are wrong. */
export interface FeedbackRate {
  readonly share: number;
  readonly flips: number;
}

/** The prior alone: what is known before any feedback. */
export function staticCurve(rows: readonly PairRow[]): Curve {
  const score = ({ prompt: { view } }: PairRow): number =>
    priorQuality(3, view.difficulty) - priorQuality(1, view.difficulty);
  return thresholdCurve(
    rows.map(score),
    rows.map((row) => row.weak),
    rows.map((row) => row.strong),
  );
}

export function randomCurve(rows: readonly PairRow[], seed: number): Curve {
  const random = seededRandom(seed);
  return thresholdCurve(
    rows.map(random),
    rows.map((row) => row.weak),
    rows.map((row) => row.strong),
  );
}

/** Knows the outcomes: first where only the strong one is right, last where only the weak one is. */
export function oracleCurve(rows: readonly PairRow[]): Curve {
  return thresholdCurve(
    rows.map((row) => row.strong - row.weak),
    rows.map((row) => row.weak),
    rows.map((row) => row.strong),
  );
}

/** Score, then learn both outcomes: an upper bound for a live system. */
export function fullFeedbackCurve(rows: readonly PairRow[], seed: number): Curve {
  const learner = createLearner();
  const weak = { mean: 0, sd: 0, samples: 0 };
  const strong = { mean: 0, sd: 0, samples: 0 };
  const order = shuffled(rows, seededRandom(seed));
  const scores = order.map(({ prompt, ...row }) => {
    const gain =
      learner.quality(prompt.view, STRONG.id, STRONG.tier, strong).mean -
      learner.quality(prompt.view, WEAK.id, WEAK.tier, weak).mean;
    learner.feedback(WEAK.id, WEAK.tier, prompt.ticket, row.weak);
    learner.feedback(STRONG.id, STRONG.tier, prompt.ticket, row.strong);
    return gain;
  });
  return thresholdCurve(
    scores,
    order.map((row) => row.weak),
    order.map((row) => row.strong),
  );
}

/** Nine live runs of the `adaptive` strategy with a quota of 10 to 90 % strong calls; only the asked model is rated. */
export function banditCurve(rows: readonly PairRow[], seed: number, { share, flips }: FeedbackRate): Curve {
  const weak = rows.reduce((sum, row) => sum + row.weak, 0) / rows.length;
  const strong = rows.reduce((sum, row) => sum + row.strong, 0) / rows.length;
  const points: Point[] = [
    [0, weak],
    [1, strong],
  ];
  for (let tenth = 1; tenth <= 9; tenth += 1) {
    const random = seededRandom(seed * 1_000 + tenth);
    const world = createWorld([WEAK, STRONG], adaptive({ quota: { share: tenth / 10 } }), seed * 1_000 + 500 + tenth);
    let right = 0;
    let asked = 0;
    for (const row of shuffled(rows, random)) {
      const arm = world.decide(row.prompt, FREE);
      const outcome = arm === 1 ? row.strong : row.weak;
      right += outcome;
      asked += arm;
      if (random() < share) world.feedback(arm, row.prompt, random() < flips ? 1 - outcome : outcome);
    }
    points.push([asked / rows.length, right / rows.length]);
  }
  points.sort((a, b) => a[0] - b[0]);
  return { points, weak, strong };
}
