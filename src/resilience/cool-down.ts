/** A cool-down: nobody is asked before it ends. It is only ever lengthened. */
export class CoolDown {
  untilMs = Number.NEGATIVE_INFINITY;
  reason: string | null = null;
  /** When it began, milliseconds on the clock's monotonic scale. */
  sinceMs = 0;

  active(nowMs: number): boolean {
    return nowMs < this.untilMs;
  }

  /** A later, shorter hint never shortens what stands. Returns whether it was lengthened. */
  extend(untilMs: number, reason: string, nowMs = 0): boolean {
    if (!(untilMs > this.untilMs)) return false;
    if (!this.active(nowMs)) this.sinceMs = nowMs;
    this.untilMs = untilMs;
    this.reason = reason;
    return true;
  }

  clear(): void {
    this.untilMs = Number.NEGATIVE_INFINITY;
    this.reason = null;
  }
}

/** A wait that doubles each time it is needed again, until something went well. */
export class DoublingWait {
  #level = 0;

  next(baseMs: number, maxMs: number): number {
    const ms = Math.min(maxMs, baseMs * 2 ** this.#level);
    if (ms < maxMs) this.#level++;
    return ms;
  }

  clear(): void {
    this.#level = 0;
  }
}
