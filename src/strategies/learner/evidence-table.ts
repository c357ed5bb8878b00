import { logit } from "./logit.js";

/** Labels of one arm (or of one kind at one arm), decayed as all labels come in, whether the arm is used or not. */
export class EvidenceTable {
  /** How many labels, decayed. */
  labels: number;
  /** Sum of the labels, 0..1 each. */
  good: number;
  /** Sum of what was expected of them before. */
  expected: number;
  /** The label count at which the sums above were right. */
  tick: number;

  constructor(tick: number, labels = 0, good = 0, expected = 0) {
    this.tick = tick;
    this.labels = labels;
    this.good = good;
    this.expected = expected;
  }

  decayTo(tick: number, halfLife: number): void {
    if (tick === this.tick) return;
    const keep = 0.5 ** ((tick - this.tick) / halfLife);
    this.labels *= keep;
    this.good *= keep;
    this.expected *= keep;
    this.tick = tick;
  }

  add(label: number, expected: number): void {
    this.labels += 1;
    this.good += label;
    this.expected += expected;
  }

  /** How far the labels lie from what was expected, on the logit scale, shrunk as if `pseudo` labels had met expectation. */
  shift(pseudo: number): number {
    if (this.labels < 1e-6) return 0;
    const expected = this.expected / this.labels;
    return logit((this.good + pseudo * expected) / (this.labels + pseudo)) - logit(expected);
  }
}
