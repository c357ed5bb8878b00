import { EvidenceTable } from "./evidence-table.js";
import type { Features } from "./features.js";
import { ARM_PRECISION, GatedResidual } from "./gated-residual.js";
import { sigmoid } from "./logit.js";
import { Residual } from "./residual.js";

/**
 * Labels after which half of what was learned is forgotten: slowly for what an arm is like, fast for what it is like
 * lately. Counted over all arms, so that an arm that fell out of use is forgiven its bad days and tried again.
 */
const SLOW_HALF_LIFE = 3_000;
const FAST_HALF_LIFE = 200;

/** The prior of an arm weighs as much as this many labels; its own long record as much in the fast table. */
const ARM_PSEUDO = 10;
const RECORD_PSEUDO = 20;

/** Recent labels at which words learned of an arm count half. */
const FRESH_PSEUDO = 5;

/** A long record makes sure up to here: arms change. */
const MOST_SURE = 60;

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

/** Well-formed answers that every arm is credited with. */
const FORM_PSEUDO = 20;

/** Kinds told apart per arm; further ones share the arm's own table. */
const MAX_KINDS = 64;

/** Everything learned about one candidate's answers. */
export class Arm {
  /** Its whole record, and the last few hundred labels against what the record made expect. */
  readonly slow: EvidenceTable;
  readonly fast: EvidenceTable;
  readonly kinds = new Map<string, EvidenceTable>();
  /** What words say about this arm beyond what they say about all. */
  words: GatedResidual | undefined;
  /** Answers that broke their form (schema, refusal, cut, empty), and all that were looked at; decayed. */
  invalid = 0;
  checked = 0;

  constructor(tick: number) {
    this.slow = new EvidenceTable(tick);
    this.fast = new EvidenceTable(tick);
  }

  /** The tables' word on a request of this kind, on the logit scale, given what was expected of any such arm. */
  tables(kind: string, base: number, tick: number): number {
    this.#decay(kind, tick);
    const ofKind = this.kinds.get(kind)?.shift(kindPseudo(kind)) ?? 0;
    return base + this.slow.shift(ARM_PSEUDO) + ofKind + this.fast.shift(RECORD_PSEUDO) * this.fast.signal;
  }

  /** Variance of the estimate for one more answer that is good with probability `mean`. Right after {@link tables}. */
  variance(kind: string, mean: number): number {
    const own = ARM_PSEUDO + this.fast.labels + Math.min(MOST_SURE, this.slow.labels);
    const ofKind = kindPseudo(kind) + (this.kinds.get(kind)?.labels ?? 0);
    return mean * (1 - mean) * (1 / own + 1 / ofKind);
  }

  /** How much its words still count, 0..1: what was learned of an arm long ago fades. Right after {@link tables}. */
  get freshness(): number {
    return this.fast.labels / (this.fast.labels + FRESH_PSEUDO);
  }

  /** Share of answers whose form held, shrunk towards all of them. */
  get validity(): number {
    return 1 - this.invalid / (this.checked + FORM_PSEUDO);
  }

  learn(kind: string, base: number, features: Features | null, label: number, tick: number): void {
    const before = this.tables(kind, base, tick);
    const record = base + this.slow.shift(ARM_PSEUDO);
    const kindTable = this.#kind(kind, tick);
    const steady = record + (kindTable?.shift(kindPseudo(kind)) ?? 0);
    if (features !== null) {
      this.words ??= new GatedResidual(new Residual(ARM_PRECISION));
      this.words.learn(features, before, label);
    }
    this.fast.add(label, sigmoid(steady));
    kindTable?.add(label, sigmoid(record));
    this.slow.add(label, sigmoid(base));
  }

  /** Brings all of its tables up to `tick`. */
  decayTo(tick: number): void {
    for (const kind of this.kinds.keys()) this.#decay(kind, tick);
    this.#decay("", tick);
  }

  #decay(kind: string, tick: number): void {
    this.slow.decayTo(tick, SLOW_HALF_LIFE);
    this.fast.decayTo(tick, FAST_HALF_LIFE);
    this.kinds.get(kind)?.decayTo(tick, SLOW_HALF_LIFE);
  }

  #kind(kind: string, tick: number): EvidenceTable | undefined {
    let table = this.kinds.get(kind);
    if (table === undefined && this.kinds.size < MAX_KINDS) {
      table = new EvidenceTable(tick);
      this.kinds.set(kind, table);
    }
    return table;
  }
}

/** Variance of an arm that nobody has rated. */
export function unknownVariance(kind: string, mean: number): number {
  return mean * (1 - mean) * (1 / ARM_PSEUDO + 1 / kindPseudo(kind));
}

/** Labels that the prior of a kind weighs. */
function kindPseudo(kind: string): number {
  return READ_KINDS.has(kind) ? READ_PSEUDO : NAMED_PSEUDO;
}
