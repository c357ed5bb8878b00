import type { Features } from "./features.js";
import { sigmoid } from "./logit.js";
import type { Residual } from "./residual.js";

/** Prior precision of what words say about every arm alike, and about one arm: the shared part has to be surer. */
export const SHARED_PRECISION = 20;
export const ARM_PRECISION = 2;

/** Labels before the words of requests have a say, and over how many their gain in log loss is judged. */
const GATE_LABELS = 200;
const GATE_HALF_LIFE = 300;

/** A residual that has a say once it predicts better than the tables alone. */
export class GatedResidual {
  readonly residual: Residual;
  /** Labels that came with features, undecayed. */
  labels: number;
  /** Decayed sum of what it saved in log loss against the tables alone. */
  gain: number;

  constructor(residual: Residual, labels = 0, gain = 0) {
    this.residual = residual;
    this.labels = labels;
    this.gain = gain;
  }

  /** Whether they have a say: after enough labels, and while they predict better than the tables alone. */
  get trusted(): boolean {
    return this.labels >= GATE_LABELS && this.gain > 0;
  }

  /** Learns one label, given what the tables expected on the logit scale. */
  learn(features: Features, before: number, label: number): void {
    const refined = before + this.residual.predict(features);
    const saved = logLoss(sigmoid(before), label) - logLoss(sigmoid(refined), label);
    this.gain = this.gain * 0.5 ** (1 / GATE_HALF_LIFE) + saved;
    this.labels += 1;
    this.residual.update(features, before, label);
  }
}

function logLoss(p: number, label: number): number {
  const sure = Math.min(0.999, Math.max(0.001, p));
  return -(label * Math.log(sure) + (1 - label) * Math.log(1 - sure));
}
