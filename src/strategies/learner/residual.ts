import { DENSE, FEATURE_SLOTS, type Features, levelValue } from "./features.js";
import { sigmoid } from "./logit.js";

/** A weight that is touched forgets this share of what it was sure of, so that it can follow a change. */
const KEEP = 0.9998;

/** Never learn from a label as if it had no noise. */
const MIN_INFORMATION = 0.01;

/**
 * What the words of a request say beyond the tables: a logistic model over hashed features with one mean and one
 * precision per weight (diagonal Bayes), trained on what the tables left over.
 */
export class Residual {
  readonly mean = new Float32Array(FEATURE_SLOTS);
  readonly variance: Float32Array;
  readonly denseMean = new Float64Array(DENSE);
  readonly denseVariance: Float64Array;
  readonly #precision: number;
  /** Variance of the last {@link predict}, on the logit scale. */
  lastVariance = 0;

  /** @param precision prior precision of every weight: the higher, the more labels it takes to move one */
  constructor(precision: number) {
    this.#precision = precision;
    this.variance = new Float32Array(FEATURE_SLOTS).fill(1 / precision);
    this.denseVariance = new Float64Array(DENSE).fill(1 / precision);
  }

  /** What to add to the logit of the tables. */
  predict({ packed, dense, scale }: Features): number {
    const { mean, variance } = this;
    let sum = 0;
    let spread = 0;
    for (let index = 0; index < packed.length; index += 1) {
      const entry = packed[index]!;
      const value = levelValue(entry);
      sum += mean[entry >> 2]! * value;
      spread += variance[entry >> 2]! * value * value;
    }
    sum *= scale;
    spread *= scale * scale;
    for (let index = 0; index < DENSE; index += 1) {
      const value = dense[index]! / 64;
      sum += this.denseMean[index]! * value;
      spread += this.denseVariance[index]! * value * value;
    }
    this.lastVariance = spread;
    return sum;
  }

  /** Learns one label, 0..1, given the logit of the tables. */
  update(features: Features, offset: number, label: number): void {
    const p = sigmoid(offset + this.predict(features));
    const pull = label - p;
    const information = Math.max(p * (1 - p), MIN_INFORMATION);
    const { packed, dense, scale } = features;
    for (let index = 0; index < packed.length; index += 1) {
      const slot = packed[index]! >> 2;
      const value = levelValue(packed[index]!) * scale;
      const precision = Math.max(this.#precision, KEEP / this.variance[slot]!) + value * value * information;
      this.variance[slot] = 1 / precision;
      this.mean[slot] = this.mean[slot]! + (pull * value) / precision;
    }
    for (let index = 0; index < DENSE; index += 1) {
      const value = dense[index]! / 64;
      const precision = Math.max(this.#precision, KEEP / this.denseVariance[index]!) + value * value * information;
      this.denseVariance[index] = 1 / precision;
      this.denseMean[index] = this.denseMean[index]! + (pull * value) / precision;
    }
  }
}
