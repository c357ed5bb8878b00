import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type { BreakerState, EventMap, EventName, HealthStatus } from "../contract/events.js";
import type { ModelInfo } from "../contract/provider.js";
import type { Verdict } from "../contract/verdict.js";
import type { WarmOptions, WarmReport } from "../engine/warm.js";
import type { ConversationStats } from "../memory/conversations.js";
import type { Invalidation } from "../memory/response-cache.js";
import type { SimilarityStats } from "../memory/similarity.js";
import type { Cache } from "../memory/types.js";
import type { RouterStats } from "../metrics/router-stats.js";
import type { BudgetReading, BudgetRule } from "../spend/budgets.js";
import type { StrategyRecommendation } from "../strategies/replay/recommend.js";
import type { Conversation } from "./conversation.js";
import type { Explanation } from "./explain.js";
import type { LearnReport, LearnRow } from "./learn-from.js";
import type { Feedback, FeedbackTarget } from "./learning.js";
import type { MeasuredCandidate } from "./measured.js";
import type { ReplyOf, RouterStream } from "./records.js";
import type { RouterUpdate } from "./update.js";

/** How candidates are, as far as calls have shown. */
export interface RouterHealth {
  /** How each candidate does. */
  readonly candidates: readonly CandidateHealth[];
}

/** How one candidate is, and since when. */
export interface CandidateHealth {
  /** `"provider/model"`. */
  readonly id: string;
  /** How the candidate does. */
  readonly status: HealthStatus;
  /** Why it is in that state. */
  readonly reasons: readonly string[];
  /** Wall-clock milliseconds since 1970. */
  readonly sinceMs: number;
  /** The state of its breaker, or of its provider's where that lets less through. */
  readonly breaker: BreakerState;
  /** What keeps calls away from it now: how far that reaches, on what evidence, since when and until when. */
  readonly verdicts: readonly Verdict[];
}

/** Statistics of the router, with those of its cache where it has one. */
export interface RouterReport extends RouterStats {
  /** What decisions know of each candidate that was asked, now. */
  readonly candidates: readonly MeasuredCandidate[];
  /** What is kept of conversations. */
  readonly conversations: ConversationStats;
  /** `hits` and `misses` are this router's, as its callers saw them: an entry that may not serve a call is a miss. */
  readonly cache?: ReturnType<Cache["stats"]> | undefined;
  /** Of similarity reuse, with the false-hit rate its shadow has found. */
  readonly similarity?: SimilarityStats | undefined;
}

/**
 * One router. It is itself a provider, so routers nest and every door takes one.
 * All its state is its own; two routers in a process know nothing of each other.
 */
export interface Router {
  /** The router's id, as a provider of another one. */
  readonly id: string;
  /** `"auto"` first: it stands for all that this router may choose. */
  readonly models: readonly ModelInfo[];
  /** The models that `auto` stands for. */
  readonly autoModels: readonly string[];
  /** The names of your own that `model` may take besides. */
  readonly aliases: readonly string[];
  /** What tells this router, or view of one, from another with the same id in a cache that both use as providers. */
  readonly origin: string;
  /** The names that `strategy` may take. */
  readonly strategies: readonly string[];
  /** The response cache; `undefined` where it is off. */
  readonly cache: Cache | undefined;
  /**
   * Answers a request.
   *
   * @throws SignalboxError with every attempt inside; see its kinds
   */
  chat<Output = unknown>(request: ChatRequest, options?: CallOptions<Output>): Promise<ReplyOf<Output>>;
  /** Answers a request piece by piece. Nothing is sent until someone reads. */
  stream(request: ChatRequest, options?: CallOptions): RouterStream;
  /** How the request would be routed now; nothing is sent or recorded. */
  explain(request: ChatRequest, options?: CallOptions): Explanation;
  /** Tells what an answer was worth, 0..1. Score 0 also drops it from the cache, and from those of its providers. */
  feedback(target: FeedbackTarget, feedback: Feedback): void;
  /**
   * Trains the learner by a table of requests and scores, such as an evaluation gives; `adaptive` uses it from then on, and
   * `exportState()` keeps it. Works a few rows at a time, so that requests go on meanwhile.
   *
   * @throws SignalboxError `invalid_request` naming the row and the member; nothing is learned then
   */
  learnFrom(rows: readonly LearnRow[]): Promise<LearnReport>;
  /** For a router around this one: drops the answer that was reported to it as kept under this key. */
  forget(key: string): void;
  /**
   * Calls `listener` at every such event; what it throws touches no request.
   *
   * @throws SignalboxError `invalid_options` for a name that no event has
   */
  on<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): this;
  /** As `on`, for the next one alone. */
  once<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): this;
  /** Takes a listener away. */
  off<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): this;
  /** What was counted and measured so far: requests, candidates, cache. */
  stats(): RouterReport;
  /** How each candidate is, and why; `unknown` until its first attempt. */
  health(): RouterHealth;
  /** What its own outcomes suggest; says "insufficient data" where they are too few. */
  recommend(): StrategyRecommendation;
  /**
   * Drops cached answers: every condition that is given must hold. How many memory held.
   *
   * @throws SignalboxError `invalid_options` naming an unknown condition; `invalid_request` where none is given
   */
  invalidate(which: Invalidation): number;
  /** Fills free room in the cache by asking, a few at a time; nothing is evicted for it, and it stops once the cache is full. */
  warm(requests: readonly ChatRequest[], options?: WarmOptions): Promise<WarmReport>;
  /**
   * What a tenant, provider or tag has spent of its budget, what calls under way hold of it, and what is left, in
   * dollars; the tightest rule if several apply, or that of `per`. `undefined` if no rule counts such a key.
   */
  budget(key: string, which?: { readonly per?: BudgetRule["per"] | undefined }): BudgetReading | undefined;
  /** Every purse that holds anything. */
  budgets(): readonly BudgetReading[];
  /** The conversation with this id, of this tenant: begun where there is none. */
  conversation(id: string, options?: { readonly tenant?: string | undefined }): Conversation;
  /**
   * A view with options that stand for each of its calls; it shares all state and is itself a provider.
   *
   * @param how `locked`: a call through the view, or a view of it, can narrow these options and not widen them: `allow`
   * intersects, `deny` and `requireTags` unite, `maxCostUsd`, `timeoutMs`, `timeouts` and `retry` take the smaller value, the rest stays, and
   * another tenant is `invalid_request`. Default: a call's own options replace the view's.
   * @throws SignalboxError `invalid_options` naming the option
   */
  with(options: CallOptions, how?: { readonly locked?: boolean | undefined }): Router;
  /**
   * Changes who may answer and how while requests run: those under way end as they began. What is known of a candidate
   * that stays is kept: metrics, verdicts, learning, spend. Options that are left out stay; other processes hear of new
   * candidates when they start anew.
   *
   * @throws SignalboxError `invalid_options` naming the path; nothing is changed then
   */
  update(changes: RouterUpdate): void;
  /** Forgets breakers, cool-downs and disables, of one candidate or provider or of all. */
  reset(id?: string): void;
  /** Takes a candidate or a provider out until `enable`. @throws SignalboxError `invalid_request` for an unknown id */
  disable(id: string): void;
  /** Lets it take part again, whether it was taken out by hand or by a refused key or model. */
  enable(id: string): void;
  /** What was learned, what budgets have spent and what keeps calls away from whom, as plain JSON for `createRouter({ state })`. */
  exportState(): unknown;
  /** Refuses new requests and waits for those in flight; `abort` ends them instead. */
  close(options?: { readonly abort?: boolean | undefined }): Promise<void>;
  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
