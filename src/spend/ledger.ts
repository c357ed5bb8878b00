/** Parts of a sliding window that are added up together: a dollar leaves at most 1/60 of the window late, never early. */
const PARTS = 60;

/** Dollars spent in one part of a window. They leave together, when the last of them is due. */
export interface SpendSlot {
  readonly slot: number;
  lastAtMs: number;
  usd: number;
}

/**
 * Dollars of one owner over a sliding window, and what is held for calls under way. It keeps only the parts in which
 * something was spent, at most 61, so that an owner with one call costs some hundred bytes. Alone in its part, a dollar
 * leaves to the millisecond.
 */
export class Ledger {
  readonly #windowMs: number;
  readonly #slotMs: number;
  /** In the order of time. */
  readonly #slots: SpendSlot[] = [];
  #spent = 0;
  /** Dollars held for calls that have not settled. */
  reserved = 0;
  /** Calls that hold dollars. */
  holds = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
    this.#slotMs = windowMs / PARTS;
  }

  spent(nowMs: number): number {
    this.#expire(nowMs);
    return this.#spent;
  }

  /** Holds dollars; a call that holds none does not count as under way. */
  hold(usd: number): void {
    if (usd <= 0) return;
    this.reserved += usd;
    this.holds++;
  }

  unhold(usd: number): void {
    if (usd <= 0) return;
    this.holds--;
    // The rounding of many holds never lingers.
    this.reserved = this.holds === 0 ? 0 : Math.max(0, this.reserved - usd);
  }

  book(nowMs: number, usd: number): void {
    this.#expire(nowMs);
    const newest = this.#slots.at(-1);
    const slot = Math.floor(nowMs / this.#slotMs);
    if (newest && newest.slot >= slot) {
      newest.usd += usd;
      newest.lastAtMs = nowMs;
    } else this.#slots.push({ slot, lastAtMs: nowMs, usd });
    this.#spent += usd;
  }

  idle(nowMs: number): boolean {
    return this.holds === 0 && this.spent(nowMs) === 0;
  }

  /** What still counts, oldest first. */
  slots(nowMs: number): readonly Readonly<SpendSlot>[] {
    this.#expire(nowMs);
    return this.#slots;
  }

  /** Milliseconds until so many dollars have left the window; `null` if that many are not in it. */
  freeInMs(nowMs: number, usd: number): number | null {
    this.#expire(nowMs);
    let freed = 0;
    for (const slot of this.#slots) {
      freed += slot.usd;
      // The tolerance keeps a sum that rounds short from adding a whole window.
      if (freed > 0 && freed >= usd - 1e-12) return Math.max(1, Math.ceil(slot.lastAtMs + this.#windowMs - nowMs));
    }
    return null;
  }

  #expire(nowMs: number): void {
    let due = 0;
    for (const { lastAtMs } of this.#slots) {
      if (lastAtMs + this.#windowMs > nowMs) break;
      due++;
    }
    if (due === 0) return;
    this.#slots.splice(0, due);
    // Added up anew, so that rounding never accumulates.
    this.#spent = this.#slots.reduce((sum, { usd }) => sum + usd, 0);
  }
}
