import type { CandidateSnapshot, Strategy, StrategyContext } from "../contract/strategy.js";
import { fairRecentRate } from "./evidence.js";
import { decisionHash, Explorer } from "./exploration.js";
import { millis, percent } from "./format.js";
import { currentLatencyMs, leftOf } from "./load.js";

/** Up to here every candidate is looked at; above, two at random. */
const FULL_SCAN = 16;

/** No load counts as more, and this much puts all but the two drawn candidates behind them. */
const MOST_LOAD = 1e10;
const NOT_DRAWN = 1e11;

/** Below this no model is faster than another; it is the noise of the clock, milliseconds. */
const LEAST_MS = 5;

/** Calls of the last minute that everybody is credited with. */
const CREDIT = 0.1;

/**
 * Spreads calls by what each candidate can take: the least loaded goes first, where load is time to an answer, times the
 * calls in flight, times the calls of the last minute, both by the candidate's own limits. Where calls overlap, those in
 * flight say who is busy (least request with peak EWMA, as Finagle and Linkerd balance); where they come one by one,
 * nobody is in flight at the moment of a choice, and the calls of the last minute make the shares (smooth weighted round
 * robin, as nginx does). So equal candidates get equal shares at any concurrency, and unequal ones theirs in proportion.
 * With more than 16 candidates two are drawn and the less loaded one is taken.
 */
export function loadBalanced(): Strategy {
  const explorer = new Explorer();
  // What the last decision's candidates have in common; it depends on the decision's number and its candidates alone.
  let readAt = -1;
  let readFrom: readonly CandidateSnapshot[] | undefined;
  let first: CandidateSnapshot | undefined;
  let second: CandidateSnapshot | undefined;
  let credit = CREDIT;
  let overlap = 0;
  let largest = 0;

  const read = ({ candidates, sequence }: StrategyContext): void => {
    readAt = sequence;
    readFrom = candidates;
    const count = candidates.length;
    let calls = 0;
    let inFlight = 0;
    largest = 0;
    for (let index = 0; index < count; index += 1) {
      const candidate = candidates[index]!;
      calls += candidate.samples;
      inFlight += candidate.inFlight;
      const { capacity } = candidate;
      if (capacity !== undefined && capacity > largest && capacity < Number.POSITIVE_INFINITY) largest = capacity;
    }
    overlap = inFlight / (inFlight + count);
    credit = CREDIT + (calls / count) * (inFlight / count);
    if (count <= FULL_SCAN) return;
    const one = decisionHash(sequence, 2) % count;
    first = candidates[one];
    second = candidates[(one + 1 + (decisionHash(sequence, 3) % (count - 1))) % count];
  };

  const loadOf = (candidate: CandidateSnapshot, context: StrategyContext): number => {
    if (context.sequence !== readAt || context.candidates !== readFrom) read(context);
    const { capacity } = candidate;
    // Its part of the largest known capacity; one whose limit is unknown is taken to be as large.
    const part = largest > 0 && capacity !== undefined ? Math.min(1, Math.max(0.01, capacity / largest)) : 1;
    const success = Math.max(0.05, fairRecentRate(candidate));
    const latencyMs = Math.max(LEAST_MS, currentLatencyMs(candidate));
    // The call that is to come counts by the candidate's part as far as calls overlap; alone it is nobody's burden.
    const busy = (candidate.inFlight + overlap) / part + 1 - overlap;
    const load = (latencyMs * busy * (candidate.samples / part + credit)) / (success * success * leftOf(candidate));
    return Math.min(MOST_LOAD, load);
  };

  const isDrawn = (candidate: CandidateSnapshot, { candidates }: StrategyContext): boolean =>
    candidates.length <= FULL_SCAN || candidate === first || candidate === second;

  return {
    name: "load-balanced",
    score: (candidate, context) =>
      explorer.bonus(candidate, context) - loadOf(candidate, context) - (isDrawn(candidate, context) ? 0 : NOT_DRAWN),
    reason: (candidate, context) =>
      explorer.reason(candidate, context) ??
      `${millis(candidate.expectedLatencyMs)}, ${candidate.inFlight} in flight, ${Math.round(candidate.samples)} calls in the last minute, ` +
        `${percent(candidate.recentSuccessRate)} succeeded lately, ${percent(candidate.headroom)} of its limit left`,
    explores: (candidate, context) => explorer.bonus(candidate, context) > 0,
  };
}
