import type { Pressure } from "./options.js";

/** What is left of the entries' bytes after one look at too full a heap. */
const SHRINK = 0.75;

/** By how much the budget grows again at each look, once the heap is below this share of the mark. */
const GROW = 1.25;
const CALM = 0.9;

/** Looks on use: a timer would keep watching an idle process. */
const EVERY_LOOKUPS = 256;

/** Sets the budget by the heap: down by a quarter of what is held at each look above the mark, back up by steps below it. */
export class PressureGauge {
  readonly #options: Pressure;
  readonly #maxBytes: number;
  #nextAtMs = -Infinity;
  #lookups = 0;

  constructor(options: Pressure, maxBytes: number) {
    this.#options = options;
    this.#maxBytes = maxBytes;
  }

  /** Whether this look-up is one of those that look at the heap. */
  due(): boolean {
    return ++this.#lookups % EVERY_LOOKUPS === 0;
  }

  /** The budget from now on. */
  budget(nowMs: number, budget: number, bytes: number): number {
    if (nowMs < this.#nextAtMs) return budget;
    this.#nextAtMs = nowMs + this.#options.checkMs;
    const heap = this.#read();
    if (heap > this.#options.heapBytes) {
      const least = Math.max(1, Math.floor(this.#options.floor * this.#maxBytes));
      return Math.min(budget, Math.max(least, Math.floor(bytes * SHRINK)));
    }
    if (heap > this.#options.heapBytes * CALM) return budget;
    return Math.min(this.#maxBytes, Math.ceil(budget * GROW) + 1);
  }

  #read(): number {
    try {
      const heap = this.#options.readHeapBytes();
      return Number.isFinite(heap) ? heap : 0;
    } catch {
      return 0;
    }
  }
}
