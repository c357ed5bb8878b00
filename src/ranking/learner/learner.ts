import type { Message } from "../../chat/message.js";
import type { ChatRequest } from "../../chat/request.js";
import type { Characteristics, QualityEstimate } from "../../contract/strategy.js";
import { ARM_PSEUDO, Arm, HALF_LIFE, kindPseudo } from "./arm.js";
import { createFeatureReader, type Features, packFeatures, unpackFeatures } from "./features.js";
import { logit, sigmoid } from "./logit.js";
import { difficultyOf, priorQuality } from "./prior.js";
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
  /** What to keep for feedback. */
  ticket(): LearnerTicket;
}

export interface LearnerOptions {
  /** What {@link Learner.exportState} returned, from this or another process. Anything else is ignored. */
  readonly state?: unknown;
  /** Candidates remembered; feedback for further ones is dropped. @default 256 */
  readonly maxArms?: number | undefined;
}

/** Learns from feedback how good each candidate's answers are. Transport failures never come here. */
export interface Learner {
  /** Whether any feedback was given; until then nothing is learned and no features are read. */
  readonly active: boolean;
  /** Why the given state could not be used; `null` where it could, or none was given. */
  readonly stateProblem: string | null;
  view(request: ChatRequest, characteristics: Characteristics): LearnerView;
  /** Writes the estimate for one candidate into `into`; allocates nothing. */
  quality(
    view: LearnerView,
    candidateId: string,
    tier: 1 | 2 | 3,
    into: { -readonly [key in keyof QualityEstimate]: QualityEstimate[key] },
  ): void;
  /** Takes one label, 0..1, for an answer of this candidate. `false` where it had to be dropped. */
  feedback(
    candidateId: string,
    tier: 1 | 2 | 3,
    ticket: LearnerTicket | undefined,
    score: number,
    weight?: number,
  ): boolean;
  /** Notes whether an answer kept its form: schema met, not refused, cut or empty. Costs no feedback. */
  observe(candidateId: string, valid: boolean): void;
  exportState(): LearnerState;
  /** Forgets one candidate (a new model behind an old name), or everything. */
  reset(candidateId?: string): void;
}

/** @internal One per router. */
export function createLearner(options: LearnerOptions = {}): Learner {
  return new FeedbackLearner(options);
}

class FeedbackLearner implements Learner {
  stateProblem: string | null = null;
  readonly #maxArms: number;
  readonly #reader = createFeatureReader();
  #arms = new Map<string, Arm>();
  /** Labels taken in all; the clock by which everything decays. */
  #tick = 0;

  constructor({ state, maxArms = 256 }: LearnerOptions) {
    this.#maxArms = maxArms;
    if (state === undefined || state === null) return;
    const read = readState(state, maxArms);
    if (typeof read === "string") this.stateProblem = read;
    else ({ arms: this.#arms, tick: this.#tick } = read);
  }

  get active(): boolean {
    return this.#tick > 0;
  }

  view(request: ChatRequest, characteristics: Characteristics): LearnerView {
    return new RequestView(request, characteristics, this.active ? this.#reader : null);
  }

  quality(
    view: LearnerView,
    candidateId: string,
    tier: 1 | 2 | 3,
    into: { mean: number; sd: number; samples: number },
  ): void {
    const arm = this.#arms.get(candidateId);
    if (arm === undefined) {
      into.mean = priorQuality(tier, view.difficulty);
      into.sd = this.active ? Math.sqrt(into.mean * (1 - into.mean) * (1 / ARM_PSEUDO + 1 / kindPseudo(view.kind))) : 0;
      into.samples = 0;
      return;
    }
    let sum = arm.tables(view.kind, logit(priorQuality(tier, view.difficulty)), this.#tick);
    if (arm.listens && view.features !== null) sum += arm.residual!.predict(view.features);
    const mean = sigmoid(sum);
    const { labels } = arm.total;
    const ofKind = arm.kinds.get(view.kind)?.labels ?? 0;
    into.mean = mean * arm.validity;
    into.sd = Math.sqrt(mean * (1 - mean) * (1 / (labels + ARM_PSEUDO) + 1 / (ofKind + kindPseudo(view.kind))));
    into.samples = labels;
  }

  feedback(
    candidateId: string,
    tier: 1 | 2 | 3,
    ticket: LearnerTicket | undefined,
    score: number,
    weight = 1,
  ): boolean {
    const arm = this.#arm(candidateId);
    if (arm === undefined || !(score >= 0 && score <= 1) || !(weight > 0)) return false;
    this.#tick += 1;
    const features = typeof ticket?.features === "string" ? unpackFeatures(ticket.features) : null;
    const prior = priorQuality(tier, ticket?.difficulty ?? 0.5);
    arm.learn(ticket?.kind ?? "", prior, features, score, Math.min(weight, 10), this.#tick);
    return true;
  }

  observe(candidateId: string, valid: boolean): void {
    const arm = valid ? this.#arms.get(candidateId) : this.#arm(candidateId);
    if (arm === undefined) return;
    const keep = 0.5 ** (1 / HALF_LIFE);
    arm.checked = arm.checked * keep + 1;
    arm.invalid = arm.invalid * keep + (valid ? 0 : 1);
  }

  exportState(): LearnerState {
    return writeState(this.#arms, this.#tick);
  }

  reset(candidateId?: string): void {
    if (candidateId !== undefined) this.#arms.delete(candidateId);
    else {
      this.#arms.clear();
      this.#tick = 0;
    }
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
  readonly #reader: { read(text: string): Features } | null;
  #question: Message | null | undefined;
  #difficulty: number | undefined;
  #features: Features | null | undefined;

  constructor(request: ChatRequest, characteristics: Characteristics, reader: { read(text: string): Features } | null) {
    this.#request = request;
    this.#characteristics = characteristics;
    this.#reader = reader;
  }

  get kind(): string {
    return this.#characteristics.kind;
  }

  get difficulty(): number {
    this.#difficulty ??= difficultyOf(charsOf(this.#asked()), this.#characteristics.complexity);
    return this.#difficulty;
  }

  get features(): Features | null {
    if (this.#features === undefined) this.#features = this.#reader?.read(textOf(this.#asked())) ?? null;
    return this.#features;
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

function charsOf(message: Message | null): number {
  const content = message?.content;
  if (typeof content === "string") return content.length;
  let chars = 0;
  if (Array.isArray(content)) for (const part of content) if (part.type === "text") chars += part.text.length;
  return chars;
}

function textOf(message: Message | null): string {
  const content = message?.content;
  if (typeof content === "string") return content;
  let text = "";
  if (Array.isArray(content)) for (const part of content) if (part.type === "text") text += `${part.text}\n`;
  return text;
}
