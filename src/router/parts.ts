import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type { EventMap, HealthStatus } from "../contract/events.js";
import type { SharedStateSession } from "../contract/shared-state.js";
import type { Characteristics } from "../contract/strategy.js";
import type { ContainedEmitter } from "../core/emitter.js";
import type { AbortSource } from "../engine/abort-source.js";
import type { FlowServices } from "../engine/call.js";
import type { Features } from "../engine/compose.js";
import type { FeatureRuns } from "../engine/feature-run.js";
import type { Flights } from "../engine/flight.js";
import type { HedgeBudget } from "../engine/hedge.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { Conversations } from "../memory/conversations.js";
import type { ResponseCache } from "../memory/response-cache.js";
import type { SimilarityIndex } from "../memory/similarity.js";
import type { Cache } from "../memory/types.js";
import type { GateOptions } from "../memory/write-gate.js";
import type { RouterStatsCollector } from "../metrics/router-stats.js";
import type { Budgets } from "../spend/budgets.js";
import type { Chooser } from "../strategies/chooser.js";
import type { LearnerView } from "../strategies/learner/learner.js";
import type { PrefixAffinity } from "../strategies/prefix-affinity.js";
import type { DecisionLogLine } from "../strategies/replay/decision-log.js";
import type { PlannedCandidate } from "./candidates.js";
import type { Learning } from "./learning.js";
import type { RouterOptions } from "./options.js";
import type { HardFilter } from "./plan.js";
import type { RoutedFlight } from "./routed-flight.js";
import type { Selector } from "./selection.js";
import type { Sessions } from "./sessions.js";
import type { CandidateViews, Frame } from "./snapshot.js";
import type { TenantPlaces } from "./tenant-limits.js";
import type { ToolLoops } from "./tool-loops.js";

/** How the router uses its response cache. */
export interface ResponseCaching {
  readonly cache: Cache;
  readonly responses: ResponseCache;
  readonly gate: GateOptions;
  readonly tenancyRequired: boolean;
  readonly normalize: boolean;
  readonly similar: { readonly index: SimilarityIndex; readonly mode: "shadow" | "serve" } | undefined;
}

/** What one request's decisions are made of. */
export interface DecisionInput {
  readonly request: ChatRequest;
  readonly options: CallOptions;
  readonly characteristics: Characteristics;
  readonly view: LearnerView;
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

/** Everything one router consists of. All its state lives here, and nowhere else. */
export interface RouterParts {
  readonly id: string;
  readonly options: RouterOptions;
  readonly services: FlowServices;
  /** The features in use; `undefined` if there are none. */
  readonly features: Features | undefined;
  readonly events: ContainedEmitter<EventMap>;
  /** In listed order; a candidate's `position` is its index. */
  readonly candidates: readonly PlannedCandidate[];
  readonly byId: ReadonlyMap<string, PlannedCandidate>;
  /** How strategies see a group; a group that lasts keeps its list. */
  viewsOf(group: readonly PlannedCandidate[]): CandidateViews;
  readonly frame: Frame;
  readonly selector: Selector;
  /** The chooser of a strategy; `undefined` where the name is unknown. `path` names the option in the error of a bad one. */
  chooserOf(strategy: NonNullable<RouterOptions["strategy"]>, path: string): Chooser | undefined;
  readonly strategy: Chooser;
  readonly caching: ResponseCaching | undefined;
  readonly flights: Flights<RoutedFlight>;
  readonly affinity: PrefixAffinity | undefined;
  readonly conversations: Conversations;
  readonly toolLoops: ToolLoops;
  readonly sessions: Sessions;
  readonly learning: Learning;
  readonly budgets: Budgets | undefined;
  /** Places by tenant; `undefined` without `tenantLimits`. */
  readonly tenants: TenantPlaces | undefined;
  /** This router's place among other processes; `undefined` where it is alone. */
  readonly fleet: SharedStateSession | undefined;
  readonly hedging: HedgeBudget | undefined;
  /** How far past its lifetime an answer may still serve in need, milliseconds; 0 for not at all. */
  readonly staleMs: number;
  shadow: Shadow | undefined;
  readonly stats: RouterStatsCollector;
  /** What each candidate's health was when last told. */
  readonly healthTold: Map<string, { status: HealthStatus; sinceMs: number }>;
  readonly strategyNames: readonly string[];
  /** Whether closing the router closes the cache. */
  readonly ownsCache: boolean;
  /** Set once the router was closed with `abort`: nothing starts any more. */
  closedBy: SignalboxError | undefined;
  /** The last decisions, where a decision log is kept. */
  readonly decisions: DecisionLogLine[];
  /** Ends of all upstream work in flight. */
  readonly active: Set<AbortSource>;
  nextId(): string;
  /** The number of the decision being made; `advance` makes it. */
  sequence(advance: boolean): number;
}
