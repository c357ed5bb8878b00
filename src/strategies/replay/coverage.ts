import type { LoggedDecision } from "./decision-log.js";
import type { Target } from "./estimate.js";

/** How far a log can speak for a strategy, and what would have to be logged where it cannot. */
export interface Coverage {
  /** Share of the strategy's choices, 0..1, that the log could have made as well. */
  readonly covered: number;
  /** What to log, and for how long; `null` where the log covers enough. */
  readonly advice: string | null;
}

/** A log that could not have made more of a strategy's choices than this says nothing of it. */
export const LEAST_COVERED = 0.95;

/** A chance this close to 1 leaves nobody else any. */
const CERTAIN = 1 - 1e-6;

/** Choices of a candidate, each less than certain, from which its chances in the log are real. */
const ENOUGH_CHOSEN = 5;

/** Decisions by chance that each candidate needs to be judged, and the share of traffic that is suggested for them. */
const NEEDED = 100;
const SHARE = 0.02;

/**
 * Counts the weight of choices that the log could never have made: where its strategy had made up its mind, what the
 * others would have brought was never seen, whoever asks. A candidate that was asked now and then for other reasons (the
 * first was switched off) is no evidence of what it does with the requests that it was never given.
 */
export function coverageOf(decisions: readonly LoggedDecision[], target: Target): Coverage {
  const drawn = new Map<string, number>();
  for (const { decision } of decisions) {
    if (decision.candidates.length > 1 && decision.propensity < CERTAIN) {
      drawn.set(decision.chosen, (drawn.get(decision.chosen) ?? 0) + 1);
    }
  }
  let missed = 0;
  const missing = new Set<string>();
  for (const [index, { decision }] of decisions.entries()) {
    const certain = decision.propensity >= CERTAIN;
    for (const [place, chance] of target[index]!.entries()) {
      const { id } = decision.candidates[place]!;
      if (chance <= 0 || id === decision.chosen) continue;
      if (!certain && (drawn.get(id) ?? 0) >= ENOUGH_CHOSEN) continue;
      missed += chance;
      missing.add(id);
    }
  }
  const covered = decisions.length === 0 ? 0 : 1 - missed / decisions.length;
  return { covered, advice: covered >= LEAST_COVERED ? null : adviceFor(missing) };
}

function adviceFor(missing: ReadonlySet<string>): string {
  const names = [...missing].slice(0, 3).join(", ");
  const requests = Math.ceil((NEEDED * Math.max(1, missing.size)) / SHARE / 1_000) * 1_000;
  const more = missing.size > 3 ? ` and ${missing.size - 3} more` : "";
  return `explore ${100 * SHARE} % for about ${requests.toLocaleString("en")} requests: ${names}${more} was never chosen by chance`;
}
