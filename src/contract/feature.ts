import type { ChatChunk } from "../chat/chunk.js";
import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { Clock } from "../core/clock.js";
import type { Exclusion } from "../errors/kinds.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { CallOptions } from "./call-options.js";
import type { Deadline, ModelInfo } from "./provider.js";
import type { Attempt, RequestRecord } from "./records.js";

/** What every slot knows of the request it serves. */
export interface FeatureRun<State = unknown> {
  /** The router's id of the request. */
  readonly requestId: string;
  /** The request as it is now: the caller's own in the first `request` slot, the changed one after that. */
  readonly request: ChatRequest;
  /** The options of the call, with those of the view it was made through. */
  readonly options: CallOptions;
  /** Whether the answer is streamed. */
  readonly streamed: boolean;
  /** When the request's time is up. */
  readonly deadline: Deadline;
  /** The feature's own value for this request, which `state()` of the feature makes at its first use. */
  readonly state: State;
}

/** A candidate as features see it. */
export interface FeatureCandidate {
  /** `"provider/model"`. */
  readonly id: string;
  /** The provider's id. */
  readonly provider: string;
  /** The model's id. */
  readonly model: string;
  /** The facts of the model. */
  readonly info: ModelInfo;
}

/** An answer of one upstream call or of a whole walk. A feature passes it on; it cannot make one. */
export interface FeatureAnswer {
  /** The provider's id. */
  readonly provider: string;
  /** The model's id. */
  readonly model: string;
  /** The answer, if it came whole; `undefined` for a stream, which has only begun. */
  readonly reply: ChatReply | undefined;
}

/** What `admit` took for one upstream call. */
export interface FeatureLease {
  /** The call has ended; `costUsd` is `null` if its price is unknown. */
  settle?(costUsd: number | null): void;
  /** The call is not made after all. @default `settle(0)` */
  release?(): void;
}

/** Changes what the reader of one stream sees. */
export interface StreamTransform {
  /** Gives what the reader gets for this chunk; nothing if it is held back. @throws SignalboxError to cut the answer */
  chunk(chunk: ChatChunk): ChatChunk | readonly ChatChunk[] | undefined;
  /** Gives what was held back. Its chunks come before the one that tells why the answer ended. */
  end?(): readonly ChatChunk[];
}

/** The router as a feature sees it. */
export interface FeatureHost {
  /** The router's id. */
  readonly id: string;
  /** The router's clock. */
  readonly clock: Clock;
  /** The router's random numbers, from 0 to below 1. */
  readonly random: () => number;
  /** All candidates, in the order in which they are listed. */
  readonly candidates: readonly FeatureCandidate[];
  /** Emits a `warning` event. */
  warn(code: string, message: string, requestId?: string): void;
}

/** A decision, as the `decision` event tells it. */
export interface FeatureDecision {
  /** The name of the strategy that ranked the candidates. */
  readonly strategy: string;
  /** The candidate that is asked first. */
  readonly candidate: string;
  /** The candidates that were left out, each with its reason. */
  readonly excluded: readonly Exclusion[];
}

/** A value, or a promise of one. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Something a router may do besides routing: a name, and the slots it fills. The engine fixes the order of the slots; in
 * one slot features run in the order of `use`, and `reply` and `stream` in the reverse order. A slot that throws a
 * SignalboxError ends its request with it; a slot that fails in any other way, or outlasts the deadline, ends its
 * request alone, with an error that names the feature.
 */
export interface Feature<State = unknown> {
  /** What errors and warnings call it; unique in a router. */
  readonly name: string;
  /** Makes the feature's own value for one request, at its first use. @default undefined */
  state?(): State;
  /** The router was made. */
  open?(router: FeatureHost): void;
  /** The router is closed; no request runs any more. */
  close?(): Awaitable<void>;
  /**
   * Gives the options that the call has in place of those it was made with; nothing leaves them as they are. Comes before
   * every other slot. @throws SignalboxError to refuse the call
   */
  options?(options: CallOptions, requestId: string): CallOptions | undefined;
  /** Gives the request that goes on in place of this one; nothing leaves it as it is. @throws SignalboxError to refuse it */
  request?(request: ChatRequest, run: FeatureRun<State>): Awaitable<ChatRequest | undefined>;
  /** Answers the request without asking anybody; nothing lets it go on. Asked after the router's own cache. */
  recall?(run: FeatureRun<State>): Awaitable<ChatReply | undefined>;
  /** Why this candidate may not serve the request, in a word; nothing if it may. */
  exclude?(candidate: FeatureCandidate, run: FeatureRun<State>): string | undefined;
  /** Facts for strategies, which read them under `candidate.facts`; asked only if one does. */
  facts?(candidate: FeatureCandidate, run: FeatureRun<State>): { readonly [fact: string]: unknown };
  /**
   * Takes what an upstream call needs, before it is made; may wait for it. A SignalboxError refuses the candidate;
   * another one is asked if the error's kind allows it.
   */
  admit?(run: FeatureRun<State>, candidate: FeatureCandidate): Awaitable<FeatureLease | SignalboxError | undefined>;
  /** Wraps one upstream call: gives what `next()` gave. A feature may call `next` once. */
  attempt?(
    next: () => Promise<FeatureAnswer>,
    run: FeatureRun<State>,
    candidate: FeatureCandidate,
  ): Promise<FeatureAnswer>;
  /** Wraps the walk over all candidates: gives what `next()` gave. A feature may call `next` once. */
  flight?(next: () => Promise<FeatureAnswer>, run: FeatureRun<State>): Promise<FeatureAnswer>;
  /** An upstream call has ended. */
  settled?(attempt: Attempt, run: FeatureRun<State>): void;
  /** The answer as the provider gave it, once per upstream answer. */
  answered?(run: FeatureRun<State>, answer: FeatureAnswer): void;
  /**
   * Gives the reply that the caller gets; nothing leaves it as it is. What a cache stores stays as the provider gave it.
   *
   * @throws SignalboxError to refuse the answer
   */
  reply?(reply: ChatReply, run: FeatureRun<State>): Awaitable<ChatReply | undefined>;
  /** Called once per stream and reader. Without `reply`, answers that come whole pass through it in chunks. */
  stream?(run: FeatureRun<State>): StreamTransform;
  /** The caller's answer is complete, as the caller sees it. */
  replied?(run: FeatureRun<State>, reply: ChatReply): void;
  /** A candidate was chosen to be asked first. */
  decided?(decision: FeatureDecision, run: FeatureRun<State>): void;
  /** Somebody said what an answer was worth, 0..1. A failure here is told as a `warning`. */
  rated?(requestId: string, score: number): void;
  /** The request has ended, with an answer or without. A failure here is told as a `warning`. */
  ended?(record: RequestRecord, run: FeatureRun<State>): void;
}
