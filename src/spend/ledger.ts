/** Parts of a sliding window that are added up together: a dollar leaves at most 1/60 of the window late, never early. */
const PARTS = 60;
/** One part reaches out of the window at each end. */
const SLOTS = PARTS + 2;

/**
 * Dollars of one key over a sliding window, and what is held for calls under way. The dollars of one slot leave
 * together, when the last of them is due: alone in its slot, a dollar leaves to the millisecond.
 */
export class Ledger {
  readonly #windowMs: number;
  readonly #slotMs: number;
  readonly #usd = new Float64Array(SLOTS);
  readonly #lastAtMs = new Float64Array(SLOTS);
  /** Slot numbers, not indexes: what counts lies between these two. */
  #oldest = 0;
  #newest = -1;
  #spent = 0;
  /** Held for calls that have not settled. */
  reserved = 0;
  /** Calls under way, so that the rounding of many holds never lingers. */
  #holds = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
    this.#slotMs = windowMs / PARTS;
  }

  spent(nowMs: number): number {
    this.#expire(nowMs);
    return this.#spent;
  }

  hold(usd: number): void {
    this.reserved += usd;
    this.#holds++;
  }

  unhold(usd: number): void {
    this.#holds--;
    this.reserved = this.#holds === 0 ? 0 : Math.max(0, this.reserved - usd);
  }

  book(nowMs: number, usd: number): void {
    this.#expire(nowMs);
    const slot = Math.floor(nowMs / this.#slotMs);
    if (this.#oldest > this.#newest) this.#oldest = slot;
    this.#newest = Math.max(slot, this.#newest);
    const at = index(this.#newest);
    this.#usd[at] = (this.#usd[at] ?? 0) + usd;
    this.#lastAtMs[at] = nowMs;
    this.#spent += usd;
  }

  idle(nowMs: number): boolean {
    return this.#holds === 0 && this.spent(nowMs) === 0;
  }

  /** Milliseconds until so many dollars have left the window; `null` where that many are not in it. */
  freeInMs(nowMs: number, usd: number): number | null {
    this.#expire(nowMs);
    let freed = 0;
    for (let slot = this.#oldest; slot <= this.#newest; slot++) {
      freed += this.#usd[index(slot)] ?? 0;
      // The tolerance keeps a sum that rounds short from adding a whole window.
      if (freed > 0 && freed >= usd - 1e-12) return Math.max(1, Math.ceil(this.#dueAtMs(slot) - nowMs));
    }
    return null;
  }

  /** When the last dollar of a slot leaves; a slot without any has none to wait for. */
  #dueAtMs(slot: number): number {
    const at = index(slot);
    return this.#usd[at] === 0 ? Number.NEGATIVE_INFINITY : (this.#lastAtMs[at] as number) + this.#windowMs;
  }

  #expire(nowMs: number): void {
    const before = this.#oldest;
    while (this.#oldest <= this.#newest && this.#dueAtMs(this.#oldest) <= nowMs) {
      this.#usd[index(this.#oldest)] = 0;
      this.#oldest++;
    }
    // Added up anew, so that rounding never accumulates.
    if (this.#oldest !== before) this.#spent = this.#usd.reduce((sum, usd) => sum + usd, 0);
  }
}

function index(slot: number): number {
  return ((slot % SLOTS) + SLOTS) % SLOTS;
}
