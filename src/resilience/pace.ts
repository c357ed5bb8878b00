/** After a refusal the pace is this share of the rate at which calls were let through. */
const LOWERED = 0.97;
/** How fast the pace grows, per cubed second. */
const GROWTH = 0.01;
/** Seconds from a refusal until the pace is what it was. */
const RETURN_S = Math.cbrt((1 - LOWERED) / GROWTH);
/** A refusal so long ago says nothing about now. */
const FORGOTTEN_MS = 60_000;
/** Slower circuits are not paced for one refusal: it was one caller's. */
const PACED_FROM_PER_S = 10;
const REFUSED_IN_A_ROW = 3;
/** The rate is measured over about this long. */
const WINDOW_MS = 1_000;

/**
 * How fast calls may follow each other to a circuit that refuses some of them for its rate limit. A refusal lowers the
 * pace; from there it grows as CUBIC's window does (RFC 9438, section 4.2): fast back to where it was refused, slowly
 * there, faster beyond. O(1) per call.
 */
export class Pace {
  /** No call may start before this, on the clock's monotonic scale. */
  readyAtMs = Number.NEGATIVE_INFINITY;
  /** Calls a second at which the last refusal came; 0 while there is no pace. */
  #peakPerS = 0;
  #loweredAtMs = 0;
  /** Calls up to this token began before the pace was lowered: their refusals are known. */
  #loweredAtToken = 0;
  #inARow = 0;
  /** Calls of late that were not refused: each counts less as time passes. */
  #calls = 0;
  #countedAtMs = 0;

  succeeded(): void {
    this.#inARow = 0;
  }

  /**
   * A call was refused for a rate limit while others were answered.
   *
   * @param token of the refused call
   * @param newest the token of the last call that began
   */
  refused(nowMs: number, token: number, newest: number, hintMs: number): void {
    this.#count(nowMs, -1);
    if (token <= this.#loweredAtToken) return;
    this.#inARow += 1;
    // Evenly spaced calls count half a call less than their rate, just before the next of them.
    const letThroughPerS = ((this.#calls + 0.5) * 1_000) / WINDOW_MS;
    const paced = this.#peakPerS > 0 && nowMs - this.#loweredAtMs <= FORGOTTEN_MS;
    if (!paced && letThroughPerS < PACED_FROM_PER_S && this.#inARow < REFUSED_IN_A_ROW) return;
    this.#peakPerS = Math.max(1, Math.min(this.#perS(nowMs), letThroughPerS));
    this.#loweredAtMs = nowMs;
    this.#loweredAtToken = newest;
    // Over and over: a window that is used up, and opens again at an unknown time before the hint.
    const again = this.#inARow - (paced ? 2 : REFUSED_IN_A_ROW);
    const pauseMs = again < 0 ? 0 : Math.min(hintMs, (hintMs / 8) * 2 ** again);
    this.readyAtMs = Math.max(this.readyAtMs, nowMs + pauseMs);
  }

  /** A call starts. */
  take(nowMs: number): void {
    this.#count(nowMs, 1);
    if (this.#peakPerS === 0) return;
    if (nowMs - this.#loweredAtMs > FORGOTTEN_MS) this.#peakPerS = 0;
    else {
      const betweenMs = 1_000 / this.#perS(nowMs);
      // One that came late does not delay the next.
      this.readyAtMs = Math.max(this.readyAtMs, nowMs - betweenMs) + betweenMs;
    }
  }

  clear(): void {
    this.#peakPerS = 0;
    this.#inARow = 0;
    this.readyAtMs = Number.NEGATIVE_INFINITY;
  }

  #perS(nowMs: number): number {
    if (this.#peakPerS === 0) return Number.POSITIVE_INFINITY;
    const beyondS = (nowMs - this.#loweredAtMs) / 1_000 - RETURN_S;
    return this.#peakPerS * (1 + GROWTH * beyondS ** 3);
  }

  #count(nowMs: number, by: 1 | -1): void {
    this.#calls = Math.max(0, this.#calls * Math.exp((this.#countedAtMs - nowMs) / WINDOW_MS) + by);
    this.#countedAtMs = nowMs;
  }
}
