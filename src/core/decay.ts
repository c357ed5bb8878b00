/** What is left of a weight after `elapsedMs` when it halves every `halfLifeMs`; time that runs backwards counts as none. */
export function decayFactor(elapsedMs: number, halfLifeMs: number): number {
  return elapsedMs > 0 ? Math.exp((-Math.LN2 * elapsedMs) / halfLifeMs) : 1;
}

/**
 * A mean that forgets: each sample's weight halves every half-life. The owner decays several of them with one factor,
 * so that a sample costs one `exp` per half-life and allocates nothing.
 */
export class DecayedMean {
  /** Sum of the weights: how many samples it still rests on. */
  weight = 0;
  #sum = 0;

  decay(factor: number): void {
    this.weight *= factor;
    this.#sum *= factor;
  }

  add(value: number): void {
    this.addMany(1, value);
  }

  /** `count` values at once, by their sum. */
  addMany(count: number, sum: number): void {
    this.weight += count;
    this.#sum += sum;
  }

  /** The mean shrunk towards `prior`, which counts as `priorWeight` samples. */
  shrunk(prior: number, priorWeight: number): number {
    const weight = this.weight + priorWeight;
    return weight > 0 ? (this.#sum + prior * priorWeight) / weight : prior;
  }

  clear(): void {
    this.weight = 0;
    this.#sum = 0;
  }
}
