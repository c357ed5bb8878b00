/** Failures so long ago say nothing about now. */
const FORGOTTEN_MS = 60_000;
/** Successes for each failure after which it is forgotten. */
const OUTWEIGHED = 10;

/** Counts what stands behind a verdict: distinct requests that failed, and how many succeeded since the first of them. */
export class Tally {
  requests = 0;
  successes = 0;
  /** When the first of them failed, milliseconds on the clock's monotonic scale. */
  sinceMs = 0;
  #lastAtMs = 0;
  #lastRequest: string | undefined;

  failed(requestId: string | undefined, nowMs: number): void {
    if (this.requests === 0 || nowMs - this.#lastAtMs > FORGOTTEN_MS) {
      this.clear();
      this.sinceMs = nowMs;
    }
    this.#lastAtMs = nowMs;
    if (this.requests > 0 && requestId !== undefined && requestId === this.#lastRequest) return;
    this.#lastRequest = requestId;
    this.requests += 1;
  }

  succeeded(): void {
    if (this.requests === 0) return;
    this.successes += 1;
    if (this.successes >= OUTWEIGHED * this.requests) this.clear();
  }

  clear(): void {
    this.requests = 0;
    this.successes = 0;
    this.#lastRequest = undefined;
  }
}
