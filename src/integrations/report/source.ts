import type { BreakerState, EventMap, EventName } from "../../contract/events.js";
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
  readonly ttftMs: Quantiles;
  readonly latencyMs: Quantiles;
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
}

/** What a request's line in a log must hold; `done` events do. */
export type LoggedRequest = Pick<RequestRecord, "outcome" | "strategy" | "startedAtMs" | "latencyMs"> &
  Partial<RequestRecord>;

/** `router.stats()`, a recording, or a log: a router's `decisionLog` or its `done` events, as objects or as JSON lines. */
export type ReportSource = StatsLike | Recording | readonly (LoggedRequest | DecisionLogLine)[] | string;

/** The part of a router that a recorder listens to. */
export interface RouterLike {
  /** Adds a listener. */
  on<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): unknown;
  /** Removes a listener. */
  off<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): unknown;
}
