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
  readonly requests: RequestNumbers;
  readonly providers: { readonly [provider: string]: CallNumbers };
  readonly models: { readonly [candidate: string]: CallNumbers };
  readonly strategies: { readonly [strategy: string]: RequestNumbers };
}

/** One stretch of time. */
export interface RecordedSlice {
  readonly requests: number;
  readonly ok: number;
  readonly costUsd: number;
  readonly savedUsd: number;
  /** Requests that asked the cache, and those it served. */
  readonly lookups: number;
  readonly hits: number;
  readonly providers: { readonly [provider: string]: { readonly attempts: number; readonly p95Ms: number | null } };
}

/** A breaker's change of state. */
export interface RecordedChange {
  /** Milliseconds since the recording began. */
  readonly atMs: number;
  readonly candidate: string;
  readonly to: BreakerState;
}

/** A router's run over time; plain JSON. */
export interface Recording {
  readonly version: 1;
  /** Wall-clock milliseconds since 1970; `null` where only durations are known. */
  readonly startedAtMs: number | null;
  readonly lengthMs: number;
  /** Milliseconds that one slice covers. */
  readonly sliceMs: number;
  readonly slices: readonly RecordedSlice[];
  readonly changes: readonly RecordedChange[];
  readonly stats: StatsLike;
}

/** What a request's line in a log must hold; `done` events do. */
export type LoggedRequest = Pick<RequestRecord, "outcome" | "strategy" | "startedAtMs" | "latencyMs"> &
  Partial<RequestRecord>;

/** `router.stats()`, a recording, or a log: a router's `decisionLog` or its `done` events, as objects or as JSON lines. */
export type ReportSource = StatsLike | Recording | readonly (LoggedRequest | DecisionLogLine)[] | string;

/** The part of a router that a recorder listens to. */
export interface RouterLike {
  on<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): unknown;
  off<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): unknown;
}
