import type { CandidateSnapshot, Strategy, StrategyContext } from "../../contract/strategy.js";
import { currentLatencyMs } from "../current-latency.js";
import { decisionHash, explorationBonus, explorationReason, explores } from "../exploration.js";
import { millis, percent } from "../words.js";

/** Up to here every candidate is looked at; above, two at random. */
const FULL_SCAN = 4;

/** Puts all but the two drawn candidates behind them. */
const NOT_DRAWN = 1e9;

/** Latency times calls outstanding, over the square of what succeeded lately: fast failures never look fast. */
export function loadOf(candidate: CandidateSnapshot): number {
  const success = Math.max(candidate.recentSuccessRate, 0.05);
  const headroom = candidate.headroom > 0.2 ? 1 : candidate.headroom > 0.01 ? candidate.headroom * 5 : 0.05;
  return (currentLatencyMs(candidate) * (candidate.inFlight + 1)) / (success * success * headroom);
}

/** Whether `candidate` is one of the two that this decision drew; all are, where they are few. */
function drawn(candidate: CandidateSnapshot, { candidates, sequence }: StrategyContext): boolean {
  const count = candidates.length;
  if (count <= FULL_SCAN) return true;
  const first = decisionHash(sequence, 2) % count;
  const second = (first + 1 + (decisionHash(sequence, 3) % (count - 1))) % count;
  return candidates[first] === candidate || candidates[second] === candidate;
}

/** Spreads calls: the least loaded of all (of two drawn at random, where there are more than four). */
export function loadBalanced(): Strategy {
  return {
    name: "load-balanced",
    score: (candidate, context) =>
      explorationBonus(candidate, context) - loadOf(candidate) - (drawn(candidate, context) ? 0 : NOT_DRAWN),
    reason: (candidate, context) =>
      explorationReason(candidate, context) ??
      `load ${Math.round(loadOf(candidate))}: ${millis(candidate.expectedLatencyMs)}, ${candidate.inFlight} in flight, ` +
        `${percent(candidate.recentSuccessRate)} succeeded lately, ${percent(candidate.headroom)} of its limit left`,
    explores,
  };
}
