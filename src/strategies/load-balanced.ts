import type { CandidateSnapshot, Strategy, StrategyContext } from "../contract/strategy.js";
import { decisionHash, Explorer } from "./exploration.js";
import { millis, percent } from "./format.js";
import { loadOf } from "./load.js";

/** Up to here every candidate is looked at; above, two at random. */
const FULL_SCAN = 4;

/** Puts all but the two drawn candidates behind them. */
const NOT_DRAWN = 1e9;

/** Spreads calls: the least loaded of all (of two drawn at random, where there are more than four). */
export function loadBalanced(): Strategy {
  const explorer = new Explorer();
  // The last pair drawn; a pair depends on the decision's number and its candidates alone.
  let pairOf = -1;
  let pairFrom: readonly CandidateSnapshot[] | undefined;
  let first: CandidateSnapshot | undefined;
  let second: CandidateSnapshot | undefined;

  const drawn = (candidate: CandidateSnapshot, { candidates, sequence }: StrategyContext): boolean => {
    const count = candidates.length;
    if (count <= FULL_SCAN) return true;
    if (sequence !== pairOf || candidates !== pairFrom) {
      const one = decisionHash(sequence, 2) % count;
      pairOf = sequence;
      pairFrom = candidates;
      first = candidates[one];
      second = candidates[(one + 1 + (decisionHash(sequence, 3) % (count - 1))) % count];
    }
    return candidate === first || candidate === second;
  };

  return {
    name: "load-balanced",
    score: (candidate, context) =>
      explorer.bonus(candidate, context) - loadOf(candidate) - (drawn(candidate, context) ? 0 : NOT_DRAWN),
    reason: (candidate, context) =>
      explorer.reason(candidate, context) ??
      `load ${Math.round(loadOf(candidate))}: ${millis(candidate.expectedLatencyMs)}, ${candidate.inFlight} in flight, ` +
        `${percent(candidate.recentSuccessRate)} succeeded lately, ${percent(candidate.headroom)} of its limit left`,
    explores: (candidate, context) => explorer.bonus(candidate, context) > 0,
  };
}
