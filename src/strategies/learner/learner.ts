import type { Message } from "../../chat/message.js";
import type { ChatRequest } from "../../chat/request.js";
import type { Characteristics, QualityEstimate } from "../../contract/strategy.js";
import { readStep } from "../characteristics/step.js";
import { Arm, unknownVariance } from "./arm.js";
import type { Embedder } from "./embedder.js";
import { createFeatureReader, type Features, packFeatures, unpackFeatures, withSlots } from "./features.js";
import { GatedResidual, SHARED_PRECISION } from "./gated-residual.js";
import { logit, sigmoid } from "./logit.js";
import { priorQuality, stepDifficulty } from "./prior.js";
import { Residual } from "./residual.js";
import { type LearnerState, readState, writeState } from "./state.js";

/** What feedback needs to know of a request, as plain JSON without a word of it; goes with the reply's route. */
export interface LearnerTicket {
  readonly v: 1;
  readonly kind: string;
  /** 0..1 */
  readonly difficulty: number;
  /** Hashed features; absent while nobody gives feedback. */
  readonly features?: string | undefined;
}

/** One request as the learner sees it; everything is worked out when first needed. Not to be kept after the decision. */
export interface LearnerView {
  readonly kind: string;
  readonly difficulty: number;
  readonly features: Features | null;
  /** The text that features are read from. */
  readonly text?: string | undefined;
  /** What to keep for feedback. */
  ticket(): LearnerTicket;
}

export interface LearnerOptions {
  /** What {@link Learner.exportState} returned, from this or another process. Anything else is ignored. */
  readonly state?: unknown;
  /** Candidates remembered; feedback for further ones is dropped. @default 256 */
  readonly maxArms?: number | undefined;
  /** Gives features beside the words. @default none */
  readonly embedder?: Embedder | undefined;
}

/** How good one candidate's answer was. */
export interface Label {
  readonly candidateId: string;
  readonly tier: 1 | 2 | 3;
  /** 0..1 */
  readonly score: number;
}

type Estimate = { -readonly [key in keyof QualityEstimate]: QualityEstimate[key] };

/** Learns from feedback how good each candidate's answers are. Transport failures never come here. */
export interface Learner {
  /** Whether any feedback was given; until then nothing is learned and no features are read. */
  readonly active: boolean;
  /** Why the given state could not be used; `null` where it could, or none was given. */
  readonly stateProblem: string | null;
  view(request: ChatRequest, characteristics: Characteristics): LearnerView;
  /**
   * The estimate for one candidate, written into `into`; where nobody has rated it, what all of its tier share until the
   * next view or feedback. Allocates nothing.
   */
  quality(view: LearnerView, candidateId: string, tier: 1 | 2 | 3, into: Estimate): QualityEstimate;
  /** Takes one label, 0..1, for an answer of this candidate. `false` where it had to be dropped. */
  feedback(candidateId: string, tier: 1 | 2 | 3, ticket: LearnerTicket | undefined, score: number): boolean;
  /** Takes the labels, 0..1, of all that answered one request; they age as one. How many it could take. */
  learn(view: LearnerView, labels: readonly Label[]): number;
  /** Notes whether an answer kept its form: schema met, not refused, cut or empty. Costs no feedback. */
  observe(candidateId: string, valid: boolean): void;
  exportState(): LearnerState;
}

/** @internal One per router. */
export function createLearner(options: LearnerOptions = {}): Learner {
  return new FeedbackLearner(options);
}

/** What is expected of an arm of one tier that nobody has rated, for one view. */
interface TierExpectation {
  /** On the logit scale; NaN: not asked yet. */
  base: number;
  readonly unrated: Estimate;
}

/** Answers after which half of what was seen of their form is forgotten. */
const FORM_HALF_LIFE = 500;

class FeedbackLearner implements Learner {
  stateProblem: string | null = null;
  readonly #maxArms: number;
  readonly #embedder: Embedder | undefined;
  readonly #reader = createFeatureReader();
  #arms = new Map<string, Arm>();
  /** Labels taken in all; the clock by which everything decays. */
  #tick = 0;
  /** What words say about a request whoever answers it: how hard it is. */
  #words = new GatedResidual(new Residual(SHARED_PRECISION));
  #lastView: LearnerView | undefined;
  #lastShared = 0;
  /** By tier, for the last view. */
  readonly #expected: readonly TierExpectation[] = Array.from({ length: 4 }, () => ({
    base: Number.NaN,
    unrated: { mean: 0, sd: 0, samples: 0 },
  }));

  constructor({ state, maxArms = 256, embedder }: LearnerOptions) {
    this.#maxArms = maxArms;
    this.#embedder = embedder;
    if (state === undefined || state === null) return;
    const read = readState(state, maxArms);
    if (typeof read === "string") this.stateProblem = read;
    else ({ arms: this.#arms, words: this.#words, tick: this.#tick } = read);
  }

  get active(): boolean {
    return this.#tick > 0;
  }

  view(request: ChatRequest, characteristics: Characteristics): LearnerView {
    return new RequestView(request, characteristics, () => (this.active ? this.#reader : null), this.#embedder);
  }

  quality(view: LearnerView, candidateId: string, tier: 1 | 2 | 3, into: Estimate): QualityEstimate {
    const expected = this.#expect(view, tier);
    const arm = this.#arms.size === 0 ? undefined : this.#arms.get(candidateId);
    if (arm === undefined) return expected.unrated;
    let sum = arm.tables(view.kind, expected.base, this.#tick);
    let ofWords = 0;
    if (arm.words?.trusted && view.features !== null) {
      const fresh = arm.freshness;
      sum += fresh * arm.words.residual.predict(view.features);
      ofWords = fresh * arm.words.residual.lastVariance;
    }
    const mean = sigmoid(sum);
    const slope = mean * (1 - mean);
    into.mean = mean * arm.validity;
    into.sd = Math.sqrt(arm.variance(view.kind, mean) + slope * slope * ofWords);
    into.samples = arm.slow.labels;
    return into;
  }

  feedback(candidateId: string, tier: 1 | 2 | 3, ticket: LearnerTicket | undefined, score: number): boolean {
    const arm = this.#arm(candidateId);
    if (arm === undefined || !(score >= 0 && score <= 1)) return false;
    this.#tick += 1;
    const features = typeof ticket?.features === "string" ? unpackFeatures(ticket.features) : null;
    this.#take(arm, tier, { kind: ticket?.kind ?? "", difficulty: ticket?.difficulty ?? 0.5, features }, score);
    return true;
  }

  learn(view: LearnerView, labels: readonly Label[]): number {
    this.#tick += 1;
    let taken = 0;
    for (const { candidateId, tier, score } of labels) {
      const arm = this.#arm(candidateId);
      if (arm === undefined) continue;
      this.#take(arm, tier, view, score);
      taken += 1;
    }
    return taken;
  }

  #take(
    arm: Arm,
    tier: 1 | 2 | 3,
    { kind, difficulty, features }: Pick<LearnerView, "kind" | "difficulty" | "features">,
    score: number,
  ): void {
    let base = logit(priorQuality(tier, difficulty));
    if (features !== null) {
      const shared = this.#words.trusted ? this.#words.residual.predict(features) : 0;
      this.#words.learn(features, arm.tables(kind, base + shared, this.#tick) - shared, score);
      base += shared;
    }
    arm.learn(kind, base, features, score, this.#tick);
    this.#lastView = undefined;
  }

  observe(candidateId: string, valid: boolean): void {
    const arm = valid ? this.#arms.get(candidateId) : this.#arm(candidateId);
    if (arm === undefined) return;
    const keep = 0.5 ** (1 / FORM_HALF_LIFE);
    arm.checked = arm.checked * keep + 1;
    arm.invalid = arm.invalid * keep + (valid ? 0 : 1);
  }

  exportState(): LearnerState {
    // What is exported does not depend on which tables somebody has read lately.
    for (const arm of this.#arms.values()) arm.decayTo(this.#tick);
    return writeState(this.#arms, this.#words, this.#tick);
  }

  /** What is expected of any arm of this tier; the words are read once for all arms of a request. */
  #expect(view: LearnerView, tier: 1 | 2 | 3): TierExpectation {
    if (view !== this.#lastView) {
      this.#lastView = view;
      const features = this.#words.trusted ? view.features : null;
      this.#lastShared = features === null ? 0 : this.#words.residual.predict(features);
      for (const expected of this.#expected) expected.base = Number.NaN;
    }
    const expected = this.#expected[tier] as TierExpectation;
    if (Number.isNaN(expected.base)) {
      expected.base = logit(priorQuality(tier, view.difficulty)) + this.#lastShared;
      const { unrated } = expected;
      unrated.mean = sigmoid(expected.base);
      unrated.sd = this.active ? Math.sqrt(unknownVariance(view.kind, unrated.mean)) : 0;
    }
    return expected;
  }

  #arm(candidateId: string): Arm | undefined {
    let arm = this.#arms.get(candidateId);
    if (arm === undefined && this.#arms.size < this.#maxArms) {
      arm = new Arm(this.#tick);
      this.#arms.set(candidateId, arm);
    }
    return arm;
  }
}

class RequestView implements LearnerView {
  readonly #request: ChatRequest;
  readonly #characteristics: Characteristics;
  readonly #reader: () => { read(text: string): Features } | null;
  #question: Message | null | undefined;
  #difficulty: number | undefined;
  #features: Features | undefined;
  readonly #embedder: Embedder | undefined;
  #embedded = false;

  constructor(
    request: ChatRequest,
    characteristics: Characteristics,
    reader: () => { read(text: string): Features } | null,
    embedder: Embedder | undefined,
  ) {
    this.#embedder = embedder;
    this.#request = request;
    this.#characteristics = characteristics;
    this.#reader = reader;
  }

  get kind(): string {
    return this.#characteristics.kind;
  }

  get difficulty(): number {
    this.#difficulty ??= stepDifficulty(readStep(this.#request), () => this.#characteristics.complexity);
    return this.#difficulty;
  }

  get features(): Features | null {
    this.#features ??= this.#reader()?.read(this.text);
    if (this.#features && this.#embedder && !this.#embedded) {
      // The vector may come after the decision, and still before the feedback.
      const slots = this.#embedder.read(this.text);
      if (slots) this.#features = withSlots(this.#features, slots);
      this.#embedded = slots !== undefined;
    }
    return this.#features ?? null;
  }

  get text(): string {
    return textOf(this.#asked());
  }

  ticket(): LearnerTicket {
    const features = this.features;
    const ticket = { v: 1 as const, kind: this.kind, difficulty: Math.round(this.difficulty * 1_000) / 1_000 };
    return features === null ? ticket : { ...ticket, features: packFeatures(features) };
  }

  /** The last thing the user said. */
  #asked(): Message | null {
    if (this.#question === undefined) {
      this.#question = null;
      const { messages } = this.#request;
      for (let index = messages.length - 1; index >= 0 && this.#question === null; index -= 1) {
        if (messages[index]!.role === "user") this.#question = messages[index]!;
      }
    }
    return this.#question;
  }
}

function textOf(message: Message | null): string {
  const content = message?.content;
  if (typeof content === "string") return content;
  let text = "";
  if (Array.isArray(content)) for (const part of content) if (part.type === "text") text += `${part.text}\n`;
  return text;
}
