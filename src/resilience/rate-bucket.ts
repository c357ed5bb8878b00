const ROUNDING = 1e-9;

/** A limit per minute (requests or tokens) as a bucket that refills evenly. Calls wait while it is empty. */
export class RateBucket {
  readonly perMinute: number;
  #left: number;
  #atMs: number;
  #untold = 0;

  constructor(perMinute: number, nowMs: number) {
    this.perMinute = perMinute;
    this.#left = perMinute;
    this.#atMs = nowMs;
  }

  take(amount: number, nowMs: number): void {
    this.#untold += amount;
    this.takenElsewhere(amount, nowMs);
  }

  /** Another process took of the same limit. */
  takenElsewhere(amount: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#left = Math.max(-this.perMinute, this.#left - amount);
  }

  /** What was taken here since this was last asked. */
  untold(): number {
    const taken = this.#untold;
    this.#untold = 0;
    return taken;
  }

  /** Share that is left, 0..1. */
  headroom(nowMs: number): number {
    this.#refill(nowMs);
    return Math.max(0, this.#left / this.perMinute);
  }

  /** Milliseconds until the bucket holds so much, or as much as it can hold. */
  readyInMs(amount: number, nowMs: number): number {
    this.#refill(nowMs);
    const missing = Math.min(amount, this.perMinute) - this.#left;
    return missing > ROUNDING ? (missing * 60_000) / this.perMinute : 0;
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#atMs) return;
    this.#left = Math.min(this.perMinute, this.#left + ((nowMs - this.#atMs) * this.perMinute) / 60_000);
    this.#atMs = nowMs;
  }
}
