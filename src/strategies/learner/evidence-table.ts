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

  /**
   * How much of the deviation is more than chance, 0..1: none of one within its own noise, nearly all of a large one
   * (positive-part shrinkage: James and Stein 1961, Efron and Morris 1973).
   */
  get signal(): number {
    if (this.labels < 1e-6) return 0;
    const expected = (this.expected + 0.5) / (this.labels + 1);
    const noise = this.labels * expected * (1 - expected);
    const deviation = this.good - this.expected;
    return Math.max(0, 1 - noise / (deviation * deviation + 1e-12));
  }

  /** How far the labels lie from what was expected, on the logit scale, shrunk as if `pseudo` labels had met expectation. */
  shift(pseudo: number): number {
    if (this.labels < 1e-6) return 0;
    const expected = this.expected / this.labels;
    return logit((this.good + pseudo * expected) / (this.labels + pseudo)) - logit(expected);
  }
}
