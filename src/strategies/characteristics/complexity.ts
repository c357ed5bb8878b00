import { NEED_JSON_SCHEMA, NEED_VISION_DATA, NEED_VISION_URL } from "../../chat/needs.js";
import type { ChatRequest } from "../../chat/request.js";
import type { RequestFacts } from "./read-request.js";
import { SIGNAL } from "./word-table.js";

const BASE = 0.05;

/**
 * 0..1 from what can be counted: length, hard words, conditions, numbers, formulas, code, questions, turns, tools.
 * Each kind of evidence is a chance that the request is hard, and all are joined as chances are, so more never lowers
 * the sum. A heuristic: it says "longer and more involved", not "beyond this model".
 */
export function complexityOf(request: ChatRequest, facts: RequestFacts, needs: number): number {
  const { sums, questions, numbers, mathSigns, codeSigns, fences } = facts.all;
  let easy = 1 - BASE;
  easy *= 1 - saturating(facts.chars, 1_500, 0.5);
  easy *= 1 - saturating(sums[SIGNAL.hard] as number, 3, 0.6);
  easy *= 1 - saturating(sums[SIGNAL.constraint] as number, 6, 0.4);
  easy *= 1 - saturating(sums[SIGNAL.step] as number, 8, 0.3);
  easy *= 1 - saturating(mathSigns, 12, 0.35);
  easy *= 1 - saturating(numbers, 15, 0.25);
  easy *= 1 - saturating(codeSigns, 60, 0.25);
  easy *= 1 - saturating(fences, 2, 0.2);
  easy *= 1 - saturating(Math.max(0, questions - 1), 4, 0.2);
  easy *= 1 - saturating(Math.max(0, facts.userTurns - 1), 8, 0.2);
  easy *= 1 - saturating(request.tools?.length ?? 0, 6, 0.25);
  if ((needs & NEED_JSON_SCHEMA) !== 0) easy *= 0.92;
  if ((needs & (NEED_VISION_DATA | NEED_VISION_URL)) !== 0) easy *= 0.9;
  easy *= EFFORT[request.reasoning_effort ?? "none"] ?? 1;
  return 1 - easy;
}

/** What asking for thought says about a request. */
const EFFORT: { readonly [effort: string]: number } = { medium: 0.85, high: 0.65, xhigh: 0.55, max: 0.5 };

/** From 0 towards `most`, half of it at `half`. */
function saturating(count: number, half: number, most: number): number {
  return (most * count) / (count + half);
}
