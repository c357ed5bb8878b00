/**
 * The last calls of one circuit: at most `size` of them and none older than `windowMs`, with their failures and slow ones
 * counted. A ring of plain numbers: recording allocates nothing, and forgetting happens when somebody looks, so that ten
 * idle minutes later no old failure is left.
 */
export class CallWindow {
  readonly #windowMs: number;
  readonly #times: Float64Array;
  readonly #flags: Uint8Array;
  readonly #tokens: Float64Array;
  #head = 0;
  /** Calls in the window, as of the last `expire` or `add`. */
  total = 0;
  failed = 0;
  slow = 0;

  constructor(windowMs: number, size: number) {
    this.#windowMs = windowMs;
    this.#times = new Float64Array(size);
    this.#flags = new Uint8Array(size);
    this.#tokens = new Float64Array(size);
  }

  /** @param token numbers calls in the order they were started */
  add(nowMs: number, failed: boolean, slow: boolean, token = 0): void {
    this.expire(nowMs);
    if (this.total === this.#times.length) this.#drop();
    let at = this.#head + this.total;
    if (at >= this.#times.length) at -= this.#times.length;
    this.#times[at] = nowMs;
    this.#tokens[at] = token;
    this.#flags[at] = (failed ? FAILED : 0) | (slow ? SLOW : 0);
    this.total++;
    if (failed) this.failed++;
    if (slow) this.slow++;
  }

  expire(nowMs: number): void {
    const oldest = nowMs - this.#windowMs;
    while (this.total > 0 && (this.#times[this.#head] ?? 0) <= oldest) this.#drop();
  }

  /** The failed call that was started first, and the one that was started last; of none, an empty stretch. */
  failedSpan(): { readonly first: number; readonly last: number } {
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (let nth = 0; nth < this.total; nth++) {
      const at = (this.#head + nth) % this.#times.length;
      if (((this.#flags[at] ?? 0) & FAILED) === 0) continue;
      const token = this.#tokens[at] ?? 0;
      first = Math.min(first, token);
      last = Math.max(last, token);
    }
    return { first, last };
  }

  clear(): void {
    this.total = 0;
    this.failed = 0;
    this.slow = 0;
  }

  #drop(): void {
    const flags = this.#flags[this.#head] ?? 0;
    if ((flags & FAILED) !== 0) this.failed--;
    if ((flags & SLOW) !== 0) this.slow--;
    this.total--;
    this.#head = this.#head + 1 === this.#times.length ? 0 : this.#head + 1;
  }
}

const FAILED = 1;
const SLOW = 2;
