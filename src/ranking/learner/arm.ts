import { EvidenceTable } from "./evidence-table.js";
import type { Features } from "./features.js";
import { logit, sigmoid } from "./logit.js";
import { Residual } from "./residual.js";

/** Labels after which half of what was learned is forgotten, counted over all arms, so that an unused arm is forgiven too. */
export const HALF_LIFE = 500;

/** The same for the offset that follows sudden changes. */
const FAST_HALF_LIFE = 200;
const FAST_RATE = 0.02;
const FAST_LIMIT = 2;

/** The prior of an arm weighs as much as this many labels. */
export const ARM_PSEUDO = 10;

/**
 * How many labels it takes for a kind to step halfway out of its arm's shadow: few for a `taskType` that the app gave,
 * more for the kinds that are read from the text, which say little about who is right (measured on the public data).
 */
const NAMED_PSEUDO = 20;
const READ_PSEUDO = 100;
const READ_KINDS: ReadonlySet<string> = new Set([
  "chat",
  "generate",
  "analyze",
  "debug",
  "plan",
  "search",
  "vision",
  "",
]);

/** Labels before the words of requests have a say, and over how many their gain in log loss is judged. */
const GATE_LABELS = 150;
const GATE_HALF_LIFE = 300;

/** Words lose their say once they have cost this much log loss lately: less is noise. */
const GATE_LOSS = 2;

/** Well-formed answers that every arm is credited with. */
const FORM_PSEUDO = 20;

/** Kinds told apart per arm; further ones share the arm's own table. */
const MAX_KINDS = 64;

/** Everything learned about one candidate's answers. */
export class Arm {
  readonly total: EvidenceTable;
  readonly kinds = new Map<string, EvidenceTable>();
  residual: Residual | undefined;
  /** Offset on the logit scale that follows sudden changes. */
  fast = 0;
  fastTick: number;
  /** Labels that came with features, undecayed. */
  featured = 0;
  /** Decayed sum of what the residual saved in log loss. */
  gain = 0;
  /** Answers that broke their form (schema, refusal, cut, empty), and all that were looked at; decayed. */
  invalid = 0;
  checked = 0;

  constructor(tick: number) {
    this.total = new EvidenceTable(tick);
    this.fastTick = tick;
  }

  /** The tables' word on a request of this kind, on the logit scale. */
  tables(kind: string, priorLogit: number, tick: number): number {
    this.total.decayTo(tick, HALF_LIFE);
    let sum = priorLogit + this.total.shift(ARM_PSEUDO) + this.#fastAt(tick);
    const table = this.kinds.get(kind);
    if (table !== undefined) {
      table.decayTo(tick, HALF_LIFE);
      sum += table.shift(kindPseudo(kind));
    }
    return sum;
  }

  /** Whether the residual has a say: after enough labels, and while it does not predict worse than the tables. */
  get listens(): boolean {
    return this.residual !== undefined && this.featured >= GATE_LABELS && this.gain > -GATE_LOSS;
  }

  /** Share of answers whose form held, shrunk towards all of them. */
  get validity(): number {
    return 1 - this.invalid / (this.checked + FORM_PSEUDO);
  }

  learn(kind: string, prior: number, features: Features | null, label: number, weight: number, tick: number): void {
    const priorLogit = logit(prior);
    const before = this.tables(kind, priorLogit, tick);
    const armLogit = priorLogit + this.total.shift(ARM_PSEUDO);
    let expected = sigmoid(before);
    if (features !== null) {
      this.residual ??= new Residual();
      const refined = sigmoid(before + this.residual.predict(features));
      this.gain =
        this.gain * 0.5 ** (1 / GATE_HALF_LIFE) + weight * (logLoss(expected, label) - logLoss(refined, label));
      if (this.listens) expected = refined;
      this.featured += 1;
      this.residual.update(features, before, label, weight);
    }
    this.#kind(kind, tick)?.add(label, sigmoid(armLogit), weight);
    this.total.add(label, prior, weight);
    const fast = this.#fastAt(tick) + FAST_RATE * weight * (label - expected);
    this.fast = Math.max(-FAST_LIMIT, Math.min(FAST_LIMIT, fast));
    this.fastTick = tick;
  }

  #fastAt(tick: number): number {
    return this.fast === 0 ? 0 : this.fast * 0.5 ** ((tick - this.fastTick) / FAST_HALF_LIFE);
  }

  #kind(kind: string, tick: number): EvidenceTable | undefined {
    let table = this.kinds.get(kind);
    if (table === undefined && this.kinds.size < MAX_KINDS) {
      table = new EvidenceTable(tick);
      this.kinds.set(kind, table);
    }
    table?.decayTo(tick, HALF_LIFE);
    return table;
  }
}

/** Labels that the prior of a kind weighs. */
export function kindPseudo(kind: string): number {
  return READ_KINDS.has(kind) ? READ_PSEUDO : NAMED_PSEUDO;
}

function logLoss(p: number, label: number): number {
  const sure = Math.min(0.999, Math.max(0.001, p));
  return -(label * Math.log(sure) + (1 - label) * Math.log(1 - sure));
}
