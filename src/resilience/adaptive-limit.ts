/** Where the limit starts at the first 429, unless more calls were running: then at what a 429 leaves of those. */
const START = 8;
/** What a 429 leaves of it (AWS smithy: 0.7). */
const DECREASE = 0.7;
/** A stretch of time without a 429 in which the limit was reached raises it by one. */
const CLEAN_WINDOW_MS = 5_000;

/**
 * How many calls may run at once: as many as were set, until the vendor says 429; from then on additive increase,
 * multiplicative decrease. Calls that started before the last decrease say nothing new.
 */
export class AdaptiveLimit {
  readonly #max: number;
  readonly #adaptive: boolean;
  #limit: number;
  #windowAtMs = 0;
  #reached = false;
  /** Counts decreases. */
  round = 0;

  constructor(max: number, adaptive: boolean) {
    this.#max = max;
    this.#adaptive = adaptive;
    this.#limit = max;
  }

  get value(): number {
    return this.#limit === Number.POSITIVE_INFINITY ? this.#limit : Math.floor(this.#limit);
  }

  /** All places are taken: the limit is what holds calls back, so it is worth raising. */
  reached(): void {
    this.#reached = true;
  }

  /** @param active calls that were running when the vendor said 429, that one among them */
  limited(startedInRound: number, nowMs: number, active: number): void {
    if (!this.#adaptive || startedInRound !== this.round) return;
    this.round++;
    const unlimited = this.#limit === Number.POSITIVE_INFINITY;
    this.#limit = unlimited ? Math.max(START, active * DECREASE) : Math.max(1, this.#limit * DECREASE);
    this.#windowAtMs = nowMs;
    this.#reached = false;
  }

  /** Raises the limit where a clean window has passed. */
  tick(nowMs: number): void {
    if (this.round === 0 || this.#limit >= this.#max || nowMs - this.#windowAtMs < CLEAN_WINDOW_MS) return;
    this.#windowAtMs = nowMs;
    if (this.#reached) this.#limit = Math.min(this.#max, Math.floor(this.#limit) + 1);
    this.#reached = false;
  }
}
