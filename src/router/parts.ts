import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type { EventMap, HealthStatus } from "../contract/events.js";
import type { SharedStateMember, SharedStateSession } from "../contract/shared-state.js";
import type { CandidateSnapshot, Characteristics, Strategy } from "../contract/strategy.js";
import type { Clock } from "../core/clock.js";
import type { ContainedEmitter } from "../core/emitter.js";
import type { Random } from "../core/random.js";
import type { AbortSource } from "../engine/abort-source.js";
import type { Answer, Parsed } from "../engine/attempt-chat.js";
import type { Call, CandidateQueue, FlowServices, Reserve } from "../engine/call.js";
import type { Features } from "../engine/compose.js";
import type { DegradeOptions, Rungs } from "../engine/degrade.js";
import type { EscalateOptions } from "../engine/escalate.js";
import type { FeatureRuns } from "../engine/feature-run.js";
import type { Flights } from "../engine/flight.js";
import type { HedgeOptions } from "../engine/hedge.js";
import type { CommittedStream } from "../engine/stream/open-stream.js";
import type { AttemptFunction } from "../engine/walk.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { ConversationOptions, Conversations } from "../memory/conversations.js";
import type { Invalidation, ResponseCache } from "../memory/response-cache.js";
import type { SimilarityIndex, SimilarMatch } from "../memory/similarity.js";
import type { StoredReply } from "../memory/stored-reply.js";
import type { Cache, CacheStats } from "../memory/types.js";
import type { GateOptions } from "../memory/write-gate.js";
import type { RouterStatsCollector } from "../metrics/router-stats.js";
import type { WordCounts } from "../metrics/tally.js";
import type { Limiter, LimiterOptions } from "../resilience/limiter.js";
import type { WaitRoom } from "../resilience/wait-room.js";
import type { BudgetRule, Budgets, BudgetsDeps } from "../spend/budgets.js";
import type { Chooser } from "../strategies/chooser.js";
import type { LearnerView } from "../strategies/learner/learner.js";
import type { PrefixAffinity } from "../strategies/prefix-affinity.js";
import type { DecisionLogLine } from "../strategies/replay/decision-log.js";
import type { StrategyRecommendation } from "../strategies/replay/recommend.js";
import type { PlannedCandidate } from "./candidates.js";
import type { Layout, LayoutMemory } from "./layout.js";
import type { Learning } from "./learning.js";
import type { ProbeOptions, RouterOptions, ShadowOptions } from "./options.js";
import type { HardFilter } from "./plan.js";
import type { RoutedFlight } from "./routed-flight.js";
import type { Run } from "./run.js";
import type { Sessions } from "./sessions.js";
import type { Frame } from "./snapshot.js";
import type { TenantPlaces } from "./tenant-limits.js";
import type { ToolLoops } from "./tool-loops.js";

/** How the router uses its response cache. */
export interface ResponseCaching {
  readonly cache: Cache;
  readonly responses: ResponseCache;
  readonly gate: GateOptions;
  readonly tenancyRequired: boolean;
  readonly normalize: boolean;
  /** What was last told of the cache's second tier. */
  readonly store: { down: boolean };
  readonly similar: { readonly index: SimilarityIndex; readonly mode: "shadow" | "serve" } | undefined;
}

/** What one request's decisions are made of. */
export interface DecisionInput {
  readonly request: ChatRequest;
  readonly options: CallOptions;
  readonly characteristics: Characteristics;
  readonly view: LearnerView | undefined;
  readonly chain: readonly string[];
  readonly chooser: Chooser;
  /** The features' views of the request; `undefined` if no feature is in use. */
  readonly features: FeatureRuns | undefined;
}

/** A request that was answered, as far as a comparison needs it. */
export interface AnsweredRun extends DecisionInput {
  readonly requestId: string;
  readonly filter: HardFilter;
}

/** Sends samples of answered requests elsewhere, in the background. */
export interface Shadow {
  /** An answer was served; perhaps the same is asked elsewhere. Never throws. */
  after(run: AnsweredRun, served: { readonly id: string }): void;
}

/** A stored answer, unpacked. */
export interface Usable {
  readonly stored: StoredReply;
  readonly reply: ChatReply;
  readonly parsed: Parsed | undefined;
}

/** An earlier answer to a like question. */
export interface Similar {
  readonly match: SimilarMatch;
  readonly stored: StoredReply;
}

/** Where an equal request's answer lies, and the hashes of the request's prefixes. */
export type RequestKeys = Pick<Run, "cacheKey" | "cacheScope" | "chain">;

/** Writes one request's decision down, and its outcome when that is known. */
export interface DecisionEntry {
  /**
   * Notes which candidate goes first among which; called before it is asked.
   * @param sequence the number the decision had; `undefined` where nobody was ranked.
   */
  decided(candidate: PlannedCandidate, among: readonly PlannedCandidate[], sequence: number | undefined): void;
  /** The request has ended. */
  ended(call: Call, ok: boolean): void;
}

/** What the call says about how its request is to be read. */
export type CharacteristicsInit = Pick<CallOptions, "taskType" | "sensitivity" | "require" | "priority"> & {
  readonly pinned?: boolean | undefined;
};

/** How the router looks answers up and keeps them. */
export interface CacheKit {
  create(given: Exclude<RouterOptions["cache"], undefined>, clock: Clock, random: Random): ResponseCaching | undefined;
  lookUp(parts: RouterParts, run: Run): StoredReply | undefined;
  lookUpDeep(parts: RouterParts, run: Run): Promise<StoredReply | undefined> | undefined;
  lookUpStale(parts: RouterParts, run: Run, staleMs: number): StoredReply | undefined;
  usable(parts: RouterParts, run: Run, stored: StoredReply): Promise<Usable | undefined>;
  findSimilar(parts: RouterParts, run: Run): Promise<Similar | undefined>;
  keep(parts: RouterParts, run: Run, call: Call, answer: Answer): void;
  invalidate(parts: RouterParts, which: Invalidation): number;
  report(cache: Cache, requests: WordCounts): CacheStats;
}

/** How the router logs its decisions, and what it learns from the log. */
export interface DecisionKit {
  entryOf(parts: RouterParts, run: Run): DecisionEntry;
  write(parts: RouterParts, line: DecisionLogLine): void;
  recommend(lines: readonly DecisionLogLine[], about: { readonly current: Strategy }): StrategyRecommendation;
}

/**
 * The code of the built-in features that a router was given. A router never imports a feature: what is missing here is
 * not loaded. The preset fills every member, `signalbox/lean` those of its `use`.
 */
export interface Kit {
  /** Strategies that `strategy` may name. */
  readonly builtIns: { readonly [name: string]: () => Strategy };
  /** @throws SignalboxError `invalid_options` */
  checkOptions(options: RouterOptions): void;
  characteristics(request: ChatRequest, options: CharacteristicsInit): Characteristics;
  keysOf?(parts: RouterParts, request: ChatRequest, options: CallOptions): RequestKeys;
  /** Equal requests share a flight also where nothing is kept. */
  readonly shares?: boolean | undefined;
  readonly cache?: CacheKit | undefined;
  conversations?(
    options: ConversationOptions,
    deps: { readonly clock: Clock; readonly largestWindow: number },
  ): Conversations;
  learning?(
    byId: ReadonlyMap<string, PlannedCandidate>,
    state: unknown,
    embed: RouterOptions["embed"],
    clock: Clock,
  ): Learning;
  affinity?(deps: { readonly clock: Clock }): PrefixAffinity;
  budgets?(rules: readonly BudgetRule[], deps: BudgetsDeps): Budgets;
  reserve?(
    budgets: Budgets,
    rules: readonly BudgetRule[],
    events: ContainedEmitter<EventMap>,
    fleet: SharedStateSession | undefined,
  ): Reserve;
  limiter?(options: LimiterOptions, deps: { readonly clock: Clock }): Limiter;
  tenants?(options: NonNullable<RouterOptions["tenantLimits"]>, clock: Clock): TenantPlaces;
  fleetMember?(candidates: readonly PlannedCandidate[], clock: Clock): SharedStateMember;
  /** Wraps the first call of a request. */
  hedge?(options: HedgeOptions): <T>(attempt: AttemptFunction<T>) => AttemptFunction<T>;
  degrade?<T>(
    call: Call,
    error: SignalboxError,
    options: DegradeOptions,
    attempt: AttemptFunction<T>,
    rungs: Rungs<T>,
  ): Promise<T>;
  escalate?(
    call: Call,
    first: () => Promise<Answer>,
    strong: () => CandidateQueue,
    options: EscalateOptions,
    attempt: AttemptFunction<Answer>,
  ): Promise<Answer>;
  /** Moves a stuck session up one tier. */
  raise?(parts: RouterParts, run: Run): Run;
  restart?(call: Call, stream: CommittedStream): CommittedStream;
  readonly output?:
    | {
        around(attempt: AttemptFunction<Answer>): AttemptFunction<Answer>;
        check(call: Call, answer: Answer): Promise<Answer>;
      }
    | undefined;
  shadow?(parts: RouterParts, options: ShadowOptions): Shadow;
  readonly decisions?: DecisionKit | undefined;
  probe?(parts: RouterParts, options: ProbeOptions): () => void;
}

/** Everything one router consists of. All its state lives here, and nowhere else. */
export interface RouterParts extends Layout {
  readonly id: string;
  /** The code of the features in use. */
  readonly kit: Kit;
  readonly options: RouterOptions;
  readonly services: FlowServices;
  /** The features in use; `undefined` if there are none. */
  readonly features: Features | undefined;
  readonly events: ContainedEmitter<EventMap>;
  /** What outlives an `update`. */
  readonly memory: LayoutMemory;
  /** How strategies see a candidate. */
  viewOf(candidate: PlannedCandidate): CandidateSnapshot;
  readonly frame: Frame;
  /** The chooser of a strategy; `undefined` where the name is unknown. `path` names the option in the error of a bad one. */
  chooserOf(strategy: NonNullable<RouterOptions["strategy"]>, path: string): Chooser | undefined;
  readonly caching: ResponseCaching | undefined;
  readonly flights: Flights<RoutedFlight>;
  readonly affinity: PrefixAffinity | undefined;
  readonly conversations: Conversations | undefined;
  readonly toolLoops: ToolLoops;
  readonly sessions: Sessions;
  readonly learning: Learning | undefined;
  readonly budgets: Budgets | undefined;
  /** Places by tenant; `undefined` without `tenantLimits`. */
  readonly tenants: TenantPlaces | undefined;
  /** Requests for which everyone is set aside for now. */
  readonly waiting: WaitRoom;
  /** This router's place among other processes; `undefined` where it is alone. */
  readonly fleet: SharedStateSession | undefined;
  readonly hedging: (<T>(attempt: AttemptFunction<T>) => AttemptFunction<T>) | undefined;
  /** How far past its lifetime an answer may still serve in need, milliseconds; 0 for not at all. */
  readonly staleMs: number;
  shadow: Shadow | undefined;
  readonly stats: RouterStatsCollector;
  /** What each candidate's health was when last told. */
  readonly healthTold: Map<string, { status: HealthStatus; sinceMs: number }>;
  readonly strategyNames: readonly string[];
  /** Whether closing the router closes the cache. */
  readonly ownsCache: boolean;
  /** `by` is set once the router was closed with `abort`: nothing starts any more. Shared by all that `update` makes. */
  readonly closed: { by: SignalboxError | undefined };
  /** The last decisions, where a decision log is kept. */
  readonly decisions: DecisionLogLine[];
  /** Ends of all upstream work in flight. */
  readonly active: Set<AbortSource>;
  nextId(): string;
  /** The number of the decision being made; `advance` makes it. */
  sequence(advance: boolean): number;
}
