import type { Step } from "../characteristics/step.js";

/** What is believed of a tier before anyone said how good its answers are: an easy request, and a hard one. */
const EASY = 0.88;
const LOST_WHEN_HARD = [0.8, 0.4, 0.1] as const;

/** Characters of the question at which length begins to count as difficulty, and where it counts fully. */
const SHORT_CHARS = 55;
const LONG_CHARS = 3_000;

/** How much of difficulty is length; the rest is the complexity read from the words. */
const LENGTH_SHARE = 0.85;

/**
 * How hard a request looks, 0..1. Longer questions need the stronger model more often: true on all six model pairs of the
 * public data this was read from, and the only thing known before feedback.
 */
export function difficultyOf(questionChars: number, complexity: number): number {
  const length = Math.log(Math.max(1, questionChars) / SHORT_CHARS) / Math.log(LONG_CHARS / SHORT_CHARS);
  return LENGTH_SHARE * Math.min(1, Math.max(0, length)) + (1 - LENGTH_SHARE) * complexity;
}

/** Expected quality (0..1) of an answer by tier and difficulty. */
export function priorQuality(tier: 1 | 2 | 3, difficulty: number): number {
  return EASY - LOST_WHEN_HARD[tier - 1]! * difficulty;
}

/** How hard a step of an agent is that works on program code, and the share of code in what its tools show from which it is. */
const CODE_WORK = 0.8;
const MOSTLY_CODE = 0.25;

/** What is left of a question's difficulty where its answer stands in the material, or where an agent only looks around. */
const READ_OFF = 0.05;

/**
 * How hard a request looks, 0..1, given where in its work it stands. An agent that edits programs needs a strong model
 * once its tools show code; its first look around needs none, and neither does reading an answer off given material, long
 * as that may be. Everything else is judged by its question. The two constants for code were read from
 * `twin_calibration`; cross-validated by benchmark in `npm run routing-report`.
 */
export function stepDifficulty(step: Step, complexity: () => number): number {
  if (step.kind === "tools") return CODE_WORK * Math.min(1, step.code / MOSTLY_CODE);
  const asked = difficultyOf(step.askedChars, complexity());
  return step.kind === "question" ? asked : READ_OFF * asked;
}
