import { DecayedMean, decayFactor } from "../core/decay.js";

/** What a balancer needs: the last seconds. */
export const RECENT_HALF_LIFE_MS = 10_000;
/** The usual memory. */
export const HALF_LIFE_MS = 60_000;
/** What stands behind it when traffic is thin. */
export const LONG_HALF_LIFE_MS = 600_000;

/** How many samples the longer memory counts as, beside the usual one. */
const LONG_WEIGHT = 1;
/** How many samples a declared prior counts as. */
const PRIOR_WEIGHT = 0.5;

/** One quantity in two memories: a minute's, shrunk towards ten minutes', shrunk towards what was declared. */
export class TwoHorizonMean {
  readonly #usual = new DecayedMean();
  readonly #long = new DecayedMean();

  decay(usual: number, long: number): void {
    this.#usual.decay(usual);
    this.#long.decay(long);
  }

  add(value: number): void {
    this.#usual.add(value);
    this.#long.add(value);
  }

  /** `usual` and `long` decay the sums for this reading only. */
  read(prior: number, usual = 1, long = 1, priorWeight = PRIOR_WEIGHT, longWeight = LONG_WEIGHT): number {
    return this.#usual.shrunk(this.#long.shrunk(prior, priorWeight, long), longWeight, usual);
  }

  /** Samples in the usual memory. */
  weight(usual = 1): number {
    return this.#usual.weight * usual;
  }

  clear(): void {
    this.#usual.clear();
    this.#long.clear();
  }

  state(): [number, number, number, number] {
    return [...this.#usual.state(), ...this.#long.state()];
  }

  merge(state: readonly [number, number, number, number]): void {
    this.#usual.merge([state[0], state[1]]);
    this.#long.merge([state[2], state[3]]);
  }
}

/** The decay factors of the three memories for one step in time, worked out once for all quantities. */
export class Factors {
  recent = 1;
  usual = 1;
  long = 1;

  set(elapsedMs: number): void {
    this.recent = decayFactor(elapsedMs, RECENT_HALF_LIFE_MS);
    this.usual = decayFactor(elapsedMs, HALF_LIFE_MS);
    this.long = decayFactor(elapsedMs, LONG_HALF_LIFE_MS);
  }
}
