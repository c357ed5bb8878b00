import type { ChatRequest } from "../chat/request.js";
import type { ModelInfo } from "./provider.js";

/** What a request is for; `taskType` given by the app is used as it is. */
export type RequestKind = "chat" | "generate" | "analyze" | "debug" | "plan" | "search" | "vision";

/** How much something matters. */
export type Level = "low" | "medium" | "high";

/** Something a model must be able to do. */
export type Need = "tools" | "vision" | "audio" | "json" | "thinking" | "hosted_tools";

/** How a request looks, read from its messages. Computed when read. */
export interface Characteristics {
  /** The kind of task, such as `code` or `chat`. */
  readonly kind: RequestKind | (string & {});
  /** The kind, where it was given or has been worked out already; reading it costs nothing. */
  readonly knownKind?: string | undefined;
  /** 0..1; more evidence never lowers it. */
  readonly complexity: number;
  /** Estimated tokens: what it reads, and what the answer will likely write. */
  readonly tokens: { readonly input: number; readonly output: number };
  /** The tokens, where somebody has counted them already; asking costs nothing. */
  readonly knownTokens?: { readonly input: number; readonly output: number } | undefined;
  /** What a candidate must be able to do. */
  readonly needs: readonly Need[];
  /** How much cost, latency and urgency weigh in this call. */
  readonly sensitivity: { readonly cost: Level; readonly latency: Level; readonly urgency: Level };
  /** Pinned to where its conversation or tool loop began: never explored. */
  readonly pinned: boolean;
}

/** How good a candidate's answers to such a request are, from feedback and signals. */
export interface QualityEstimate {
  /** Expected score, 0..1. */
  readonly mean: number;
  /** Standard deviation of that expectation. */
  readonly sd: number;
  /** Labelled answers behind it, decayed. */
  readonly samples: number;
}

/**
 * A candidate as a strategy sees it, for one decision. Read it during the call; it is refreshed for the next one.
 * Every number is usable before anything was measured: declared priors stand in.
 */
export interface CandidateSnapshot {
  /** `"provider/model"`. */
  readonly id: string;
  /** The provider's id. */
  readonly provider: string;
  /** The model's id. */
  readonly model: string;
  /** The facts of the model. */
  readonly info: ModelInfo;
  /** The model's class of ability, 3 the most able. */
  readonly tier: 1 | 2 | 3;
  /** Position in the order the app listed. */
  readonly position: number;
  /**
   * The whole request in dollars, with the expected cached prefix, and an answer as long as the kind's usual ones, by how
   * long the candidate's own have been; `Infinity` where the price is unknown.
   */
  readonly expectedCostUsd: number;
  /** Time to the whole answer, milliseconds: first token plus expected output, as long as the candidate's answers are. */
  readonly expectedLatencyMs: number;
  /** Decayed mean time to first token of successes, milliseconds. */
  readonly ttftMs: number;
  /** How fast it writes, tokens per second. */
  readonly tokensPerSecond: number;
  /** Decayed share of attempts that succeeded, shrunk towards the prior. */
  readonly successRate: number;
  /** Lower end of the 95 % interval of `successRate`. */
  readonly successLowerBound: number;
  /** The success rate over the last seconds: what a balancer needs. */
  readonly recentSuccessRate: number;
  /** Attempts behind these numbers, decayed. */
  readonly samples: number;
  /** Attempts since the router began, undecayed. */
  readonly attempts: number;
  /** Attempts since the router began, or since its breaker closed again: what its first tries are counted by. */
  readonly tries?: number | undefined;
  /** Milliseconds since the last attempt settled; `Infinity` before the first. */
  readonly idleMs: number;
  /** Calls that are under way. */
  readonly inFlight: number;
  /**
   * Mean age of the calls in flight, milliseconds; 0 where none is. It shows that a vendor has slowed down long before
   * those calls settle.
   */
  readonly outstandingMs?: number | undefined;
  /**
   * Calls a minute that its known limits allow; `Infinity` if none is known. Says how candidates compare, not how much
   * is left: that is `headroom`.
   */
  readonly capacity?: number | undefined;
  /** Share of a known rpm/tpm limit that is left, 0..1; 1 where none is known. */
  readonly headroom: number;
  /** Tokens of this request that its vendor likely still holds in its prefix cache. */
  readonly expectedCachedTokens: number;
  /** How good its answers to such requests are likely to be. */
  readonly quality: QualityEstimate;
  /** What features say of the candidate, by the names they chose; worked out when it is read. */
  readonly facts?: { readonly [fact: string]: unknown } | undefined;
}

/** What a strategy may look at, for one decision. */
export interface StrategyContext {
  /** The request; frozen. */
  readonly request: ChatRequest;
  /** What was read of the request. */
  readonly characteristics: Characteristics;
  /** Candidates that may run, in listed order. */
  readonly candidates: readonly CandidateSnapshot[];
  /** The router's random source: use this one, and replay stays exact. */
  readonly random: () => number;
  /** Counts the decisions of this router: one per request, which its fallbacks share. */
  readonly sequence: number;
  /** The router's clock, milliseconds. */
  readonly nowMs: number;
  /** The call's tenant, if it named one. */
  readonly tenant?: string | undefined;
  /** The labels of the call, `undefined` without labels. */
  readonly tags?: readonly string[] | undefined;
  /** The metadata of the call, `undefined` without metadata. */
  readonly metadata?: { readonly [key: string]: string } | undefined;
  /** The call's session, if it named one. The router keeps a session where it began; a strategy need not. */
  readonly sessionKey?: string | undefined;
  /** The id this strategy put first last time, where it still may run. */
  readonly incumbent: string | undefined;
}

/** A candidate in a strategy's order. */
export interface RankedCandidate {
  /** The candidate, as `provider/model`. */
  readonly id: string;
  /** Explains the order; the array's order is the order. */
  readonly score: number;
  /** Why, in a few words. */
  readonly reason?: string | undefined;
  /** The chance with which this candidate was put first; what replay needs of random strategies. */
  readonly propensity?: number | undefined;
}

/**
 * Says who should go first. Pure: it never calls, waits or keeps state. Give `score` (highest first; the router takes
 * the best without sorting) or `rank` (the full order). A strategy that throws, names an unknown candidate or returns
 * rubbish never fails a request: the listed order stands in and one `warning` tells. `strategyConformance` of
 * `signalbox/testing` tries one.
 */
export interface Strategy {
  /** What options, replies and the decision log call it. */
  readonly name: string;
  /** Provider and candidate ids that it was set up with: a router refuses a strategy for those that it never had. */
  readonly ids?: readonly string[] | undefined;
  /** How good it would be to ask `candidate`: the highest goes first. */
  score?(candidate: CandidateSnapshot, context: StrategyContext): number;
  /** The whole order, best first; decides where `score` is given too. */
  rank?(context: StrategyContext): readonly RankedCandidate[];
  /** Asked only for explain, logs and the reply. */
  reason?(candidate: CandidateSnapshot, context: StrategyContext): string;
  /** The chance (0..1) with which a `score` that draws puts `candidate` first; where absent, replay estimates it by drawing. */
  propensity?(candidate: CandidateSnapshot, context: StrategyContext): number;
  /** Whether `candidate` goes first only to be measured; such a choice never becomes the incumbent. */
  explores?(candidate: CandidateSnapshot, context: StrategyContext): boolean;
}
