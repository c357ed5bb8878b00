/** Slots of a sliding window: a dollar leaves at most 1/60 of the window late, never early. */
const SLOTS = 60;

/** Dollars of one key over a sliding window, and what is held for calls under way. */
export class Ledger {
  readonly #slotMs: number;
  readonly #slots = new Float64Array(SLOTS);
  /** The slot number (not the index) that was written last. */
  #newest = Number.NEGATIVE_INFINITY;
  #spent = 0;
  /** Held for calls that have not settled. */
  reserved = 0;
  /** Calls under way, so that the rounding of many holds never lingers. */
  #holds = 0;

  constructor(windowMs: number) {
    // One slot more than the window holds, so that what is in the oldest part-slot still counts.
    this.#slotMs = windowMs / (SLOTS - 1);
  }

  spent(nowMs: number): number {
    this.#roll(nowMs);
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
    this.#roll(nowMs);
    const at = index(this.#newest);
    this.#slots[at] = (this.#slots[at] ?? 0) + usd;
    this.#spent += usd;
  }

  idle(nowMs: number): boolean {
    return this.#holds === 0 && this.spent(nowMs) === 0;
  }

  /** Milliseconds until so many dollars have left the window; `null` where that many are not in it. */
  freeInMs(nowMs: number, usd: number): number | null {
    this.#roll(nowMs);
    let freed = 0;
    for (let slot = this.#newest - SLOTS + 1; slot <= this.#newest; slot++) {
      freed += this.#slots[index(slot)] ?? 0;
      // The tolerance keeps a sum that rounds short from adding a whole window.
      if (freed > 0 && freed >= usd - 1e-12) return Math.max(1, Math.ceil((slot + SLOTS) * this.#slotMs - nowMs));
    }
    return null;
  }

  #roll(nowMs: number): void {
    const slot = Math.floor(nowMs / this.#slotMs);
    if (slot <= this.#newest) return;
    const steps = Math.min(slot - this.#newest, SLOTS);
    for (let i = 0; i < steps; i++) this.#slots[index(slot - i)] = 0;
    this.#newest = slot;
    // Added up anew, so that rounding never accumulates.
    this.#spent = this.#slots.reduce((sum, usd) => sum + usd, 0);
  }
}

function index(slot: number): number {
  return ((slot % SLOTS) + SLOTS) % SLOTS;
}
