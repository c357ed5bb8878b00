import type { CandidateSnapshot, StrategyContext } from "../contract/strategy.js";

/** How firmly one listed before the candidate in use claims its place back, in switch margins. */
const CLAIM = 1.25;
/** By how much more where all that is known of it are a few noisy measurements, or old ones. */
const UNSURE = 2;

/**
 * How a candidate stands to the one that was put first last time. Holding on to that one spares prefix caches and
 * flapping; but of two that are equally good the one that the app listed first takes its place back, so that a short
 * trouble moves traffic for as long as it lasts, and not for good.
 */
export class Office {
  #sequence = -1;
  #candidates: readonly CandidateSnapshot[] | undefined;
  #position = -1;

  /**
   * What the candidate is let off before it is compared, in switch margins: 1 for the one in use.
   *
   * @param measured calls behind what is compared. @default it is certain
   */
  hold({ id, position }: CandidateSnapshot, context: StrategyContext, measured = Number.POSITIVE_INFINITY): number {
    const { incumbent } = context;
    if (incumbent === undefined) return 0;
    if (id === incumbent) return 1;
    return position < this.#positionOf(context) ? CLAIM * (1 + UNSURE / (measured + 1)) : 0;
  }

  /** The position of the candidate in use, looked up once per decision; -1 where it may not run now. */
  #positionOf({ sequence, candidates, incumbent }: StrategyContext): number {
    if (sequence === this.#sequence && candidates === this.#candidates) return this.#position;
    this.#sequence = sequence;
    this.#candidates = candidates;
    this.#position = -1;
    for (const { id, position } of candidates) {
      if (id === incumbent) {
        this.#position = position;
        break;
      }
    }
    return this.#position;
  }
}
