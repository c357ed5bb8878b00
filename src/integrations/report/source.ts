import type { BreakerState, EventMap, EventName } from "../../contract/events.js";
import type { ModelInfo } from "../../contract/provider.js";
import type { RequestRecord } from "../../contract/records.js";
import type { DecisionLogLine } from "../../strategies/replay/decision-log.js";

type Counts = { readonly [word: string]: number };

interface Quantiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** Upstream calls under one label, as `router.stats()` tells them. */
export interface CallNumbers {
  readonly attempts: number;
  readonly successes: number;
  readonly errors: Counts;
  readonly costUsd: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly ttftMs: Quantiles;
  readonly latencyMs: Quantiles;
}

/** Requests under one label, as `router.stats()` tells them. */
export interface RequestNumbers {
  readonly requests: number;
  readonly ok: number;
  readonly errors: Counts;
  readonly fallbacks: number;
  readonly degraded: number;
  readonly costUsd: number;
  readonly savedUsd: number;
  readonly cache: Counts;
  /** Calls of a candidate that the request had asked before; only a recording knows them. */
  readonly retries?: number | undefined;
  /** Degraded answers by rung; only a recording knows them. */
  readonly rungs?: Counts | undefined;
  readonly ttftMs: Quantiles;
  readonly latencyMs: Quantiles;
}

/** Requests of one tenant, or under one tag, as `router.stats()` tells them. */
export interface OwnerNumbers {
  readonly requests: number;
  readonly ok: number;
  readonly errors: Counts;
  readonly costUsd: number;
  readonly savedUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What a report is made of; `router.stats()` returns it. */
export interface StatsLike {
  /** All requests. */
  readonly requests: RequestNumbers;
  /** Upstream calls by provider. */
  readonly providers: { readonly [provider: string]: CallNumbers };
  /** Upstream calls by candidate. */
  readonly models: { readonly [candidate: string]: CallNumbers };
  /** Requests by strategy. */
  readonly strategies: { readonly [strategy: string]: RequestNumbers };
  /** Requests by kind. */
  readonly kinds?: { readonly [kind: string]: RequestNumbers } | undefined;
  /** Requests by tenant. */
  readonly tenants?: { readonly [tenant: string]: OwnerNumbers } | undefined;
  /** Requests by spend label. */
  readonly tags?: { readonly [tag: string]: OwnerNumbers } | undefined;
}

/** A request worth a look: a slow one or one that failed. Ids and kinds, no text. */
export interface RecordedRequest {
  /** The router's id of the request. */
  readonly requestId: string;
  /** When it ended: milliseconds since the recording began. */
  readonly atMs: number;
  /** `"ok"` or the kind of error, with its detail after a slash. */
  readonly outcome: string;
  /** The kind of the request, such as `code`; `null` if nobody read it. */
  readonly kind: string | null;
  /** On whose behalf it was made. */
  readonly tenant?: string | undefined;
  /** `"provider/model"` of the answer, or of the last call. */
  readonly candidate: string | null;
  /** Upstream calls. */
  readonly calls: number;
  /** From start to end, milliseconds. */
  readonly latencyMs: number;
  /** Dollars; `null` if a price is unknown. */
  readonly costUsd: number | null;
}

/** What a budget has spent, as `router.budgets()` tells it. */
export interface BudgetNumbers {
  /** What the rule counts by. */
  readonly per: string;
  /** The tenant, provider or tag, or `router`. */
  readonly key: string;
  /** Spent in the window, dollars. */
  readonly spentUsd: number;
  /** Held for calls under way, dollars. */
  readonly reservedUsd: number;
  /** The most that may be spent in the window, dollars. */
  readonly maxUsd: number;
}

/** A model's list price, dollars per million tokens. */
export interface ModelPrice {
  /** The model's id. */
  readonly model: string;
  /** Of a prompt. */
  readonly input: number;
  /** Of the part of a prompt that the vendor's prefix cache holds; the price of a prompt if there is none. */
  readonly cacheRead?: number | undefined;
  /** Of an answer. */
  readonly output: number;
}

/** One stretch of time. */
export interface RecordedSlice {
  /** Requests that have ended. */
  readonly requests: number;
  /** Requests that ended with an answer. */
  readonly ok: number;
  /** What they cost, dollars. */
  readonly costUsd: number;
  /** What stored answers saved, dollars. */
  readonly savedUsd: number;
  /** Requests that asked the cache, and those it served. */
  readonly lookups: number;
  /** Requests that a stored answer served. */
  readonly hits: number;
  /** Calls that met a limit or a used-up quota, and requests that a limit or budget of the router refused. */
  readonly limited?: number | undefined;
  /** Upstream calls by provider. */
  readonly providers: { readonly [provider: string]: { readonly attempts: number; readonly p95Ms: number | null } };
}

/** A breaker's change of state. */
export interface RecordedChange {
  /** Milliseconds since the recording began. */
  readonly atMs: number;
  /** The candidate whose breaker moved. */
  readonly candidate: string;
  /** The state that it moved to. */
  readonly to: BreakerState;
}

/** A router's run over time; plain JSON. */
export interface Recording {
  /** The version of this form. */
  readonly version: 1;
  /** Wall-clock milliseconds since 1970; `null` where only durations are known. */
  readonly startedAtMs: number | null;
  /** The time that it covers, milliseconds. */
  readonly lengthMs: number;
  /** Milliseconds that one slice covers. */
  readonly sliceMs: number;
  /** What happened in each stretch of time, oldest first. */
  readonly slices: readonly RecordedSlice[];
  /** Moves of breakers, oldest first. */
  readonly changes: readonly RecordedChange[];
  /** The router's numbers at its end. */
  readonly stats: StatsLike;
  /** The requests that took longest, slowest first. */
  readonly slowest?: readonly RecordedRequest[] | undefined;
  /** The last requests that failed, newest first. */
  readonly failed?: readonly RecordedRequest[] | undefined;
  /** Money budgets at its end, the fullest first. */
  readonly budgets?: readonly BudgetNumbers[] | undefined;
  /** List prices of the router's models. */
  readonly prices?: readonly ModelPrice[] | undefined;
}

/** What a request's line in a log must hold; `done` events do. */
export type LoggedRequest = Pick<RequestRecord, "outcome" | "strategy" | "startedAtMs" | "latencyMs"> &
  Partial<RequestRecord>;

/** `router.stats()`, a recording, or a log: a router's `decisionLog` or its `done` events, as objects or as JSON lines. */
export type ReportSource = StatsLike | Recording | readonly (LoggedRequest | DecisionLogLine)[] | string;

/** The part of a router that a recorder listens to. */
export interface RouterLike {
  /** Its models, with their prices. */
  readonly models?: readonly Pick<ModelInfo, "id" | "usdPerMTok">[] | undefined;
  /** Its money budgets. */
  budgets?(): readonly BudgetNumbers[];
  /** Adds a listener. */
  on<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): unknown;
  /** Removes a listener. */
  off<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): unknown;
}
