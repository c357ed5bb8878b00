/** Failures in a row after which the second tier is left alone. */
const THRESHOLD = 3;

/** How long at first, and at most, milliseconds. */
const FIRST_OPEN_MS = 1_000;
const MAX_OPEN_MS = 30_000;

/** Leaves a failing or hanging store alone for a while, then lets one call try it. Holds no timer. */
export class StoreCircuit {
  #failures = 0;
  #openMs = 0;
  #openUntilMs = -Infinity;
  #trying = false;

  get open(): boolean {
    return this.#openMs > 0;
  }

  /** Whether a call may be made now; one at a time while open. */
  admit(nowMs: number): boolean {
    if (this.#openMs === 0) return true;
    if (this.#trying || nowMs < this.#openUntilMs) return false;
    this.#trying = true;
    return true;
  }

  /** Milliseconds until a call may try again. */
  waitMs(nowMs: number): number {
    return this.#openMs === 0 ? 0 : Math.max(0, this.#openUntilMs - nowMs);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openMs = 0;
    this.#trying = false;
  }

  failed(nowMs: number): void {
    this.#trying = false;
    if (++this.#failures < THRESHOLD) return;
    this.#openMs = this.#openMs === 0 ? FIRST_OPEN_MS : Math.min(this.#openMs * 2, MAX_OPEN_MS);
    this.#openUntilMs = nowMs + this.#openMs;
  }
}
