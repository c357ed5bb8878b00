import { decayFactor } from "../core/decay.js";

/** What a balancer needs: the last seconds. */
export const RECENT_HALF_LIFE_MS = 10_000;
/** The usual memory. */
const HALF_LIFE_MS = 60_000;
/** What stands behind it when traffic is thin. */
export const LONG_HALF_LIFE_MS = 600_000;

/** How many samples the longer memory counts as, beside the usual one. */
const LONG_WEIGHT = 1;
/** Numbers per mean: weight and sum in the usual memory, weight and sum in the long one. */
const WIDTH = 4;

/**
 * Means of several quantities, each in two memories: a minute's, shrunk towards ten minutes', shrunk towards what was
 * declared. All are decayed together, so a sample costs two `exp`, and nothing is allocated.
 */
export class Horizons {
  readonly #cells: Float64Array;

  constructor(quantities: number) {
    this.#cells = new Float64Array(quantities * WIDTH);
  }

  decay(elapsedMs: number): void {
    const usual = decayFactor(elapsedMs, HALF_LIFE_MS);
    const long = decayFactor(elapsedMs, LONG_HALF_LIFE_MS);
    const cells = this.#cells;
    for (let at = 0; at < cells.length; at += WIDTH) {
      cells[at] = (cells[at] ?? 0) * usual;
      cells[at + 1] = (cells[at + 1] ?? 0) * usual;
      cells[at + 2] = (cells[at + 2] ?? 0) * long;
      cells[at + 3] = (cells[at + 3] ?? 0) * long;
    }
  }

  add(quantity: number, value: number): void {
    this.addMany(quantity, 1, value);
  }

  /** `count` values at once, by their sum. */
  addMany(quantity: number, count: number, sum: number): void {
    const at = quantity * WIDTH;
    const cells = this.#cells;
    cells[at] = (cells[at] ?? 0) + count;
    cells[at + 1] = (cells[at + 1] ?? 0) + sum;
    cells[at + 2] = (cells[at + 2] ?? 0) + count;
    cells[at + 3] = (cells[at + 3] ?? 0) + sum;
  }

  /** `prior` counts as `priorWeight` samples in the long memory; it alone answers where nothing was measured. */
  mean(quantity: number, prior: number, priorWeight: number): number {
    const at = quantity * WIDTH;
    const cells = this.#cells;
    const longWeight = (cells[at + 2] ?? 0) + priorWeight;
    if (!(longWeight > 0)) return prior;
    const long = ((cells[at + 3] ?? 0) + prior * priorWeight) / longWeight;
    return ((cells[at + 1] ?? 0) + long * LONG_WEIGHT) / ((cells[at] ?? 0) + LONG_WEIGHT);
  }

  /** Samples in the usual memory. */
  weight(quantity: number): number {
    return this.#cells[quantity * WIDTH] ?? 0;
  }

  /** Samples in the long memory. */
  longWeight(quantity: number): number {
    return this.#cells[quantity * WIDTH + 2] ?? 0;
  }

  clear(quantity: number): void {
    this.#cells.fill(0, quantity * WIDTH, (quantity + 1) * WIDTH);
  }
}
