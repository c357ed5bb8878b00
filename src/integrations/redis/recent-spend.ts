/** Slots of a window, as the scripts count: a dollar leaves at most a nineteenth of the window late, never early. */
const SLOTS = 20;

/** What this process spent of a purse, so that it can be told anew when the server lost its memory. */
export class RecentSpend {
  readonly #slotMs: number;
  readonly #slots = new Float64Array(SLOTS);
  #newest = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number) {
    this.#slotMs = windowMs / (SLOTS - 1);
  }

  book(nowMs: number, amount: number): void {
    this.#roll(nowMs);
    this.#slots[index(this.#newest)] = (this.#slots[index(this.#newest)] ?? 0) + amount;
  }

  /** What still counts, by age: `[age in ms, amount]`. */
  byAge(nowMs: number): [ageMs: number, amount: number][] {
    this.#roll(nowMs);
    const ages: [number, number][] = [];
    for (let back = 0; back < SLOTS; back++) {
      const amount = this.#slots[index(this.#newest - back)] ?? 0;
      // A slot's youngest dollar stands for all: none leaves early.
      if (amount > 0) ages.push([Math.max(0, Math.floor((back - 1) * this.#slotMs)), amount]);
    }
    return ages;
  }

  #roll(nowMs: number): void {
    const slot = Math.floor(nowMs / this.#slotMs);
    if (slot <= this.#newest) return;
    for (let i = 0; i < Math.min(slot - this.#newest, SLOTS); i++) this.#slots[index(slot - i)] = 0;
    this.#newest = slot;
  }
}

function index(slot: number): number {
  return ((slot % SLOTS) + SLOTS) % SLOTS;
}
