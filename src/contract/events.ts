import type { Exclusion } from "../errors/kinds.js";
import type { Attempt, CacheStatus, RequestRecord } from "./records.js";

/** A candidate's health; `unknown` until its first attempt. */
export type HealthStatus = "healthy" | "degraded" | "recovering" | "unhealthy" | "disabled" | "unknown";

/** `closed` lets calls through, `open` none, `half_open` a few to find out. */
export type BreakerState = "closed" | "open" | "half_open";

/** Every event and what it carries: ids, counts and kinds, never prompt text. All of it is frozen. */
export interface EventMap {
  /** A request begins. */
  request: {
    readonly requestId: string;
    readonly tenant?: string | undefined;
    readonly conversationId?: string | undefined;
    readonly streamed: boolean;
    /** As asked for; a vendor may know other bounds. */
    readonly temperature?: number | undefined;
    readonly topP?: number | undefined;
    readonly maxTokens?: number | undefined;
  };
  /** The plan and the ranking are done. */
  decision: {
    readonly requestId: string;
    readonly strategy: string;
    /** The one that goes first. */
    readonly candidate: string;
    readonly excluded: readonly Exclusion[];
  };
  /** An upstream call has ended, once per call. */
  attempt: Attempt;
  /** The same provider is asked again, after `delayMs`. */
  retry: { readonly requestId: string; readonly candidate: string; readonly error: string; readonly delayMs: number };
  /** Another candidate takes over. */
  fallback: { readonly requestId: string; readonly from: string; readonly to: string; readonly error: string };
  /** A look-up ended; also `stored`, `refused` by the write gate, and `evicted` by feedback. */
  cache: {
    readonly requestId?: string | undefined;
    readonly status: CacheStatus | "stored" | "refused" | "evicted";
    readonly reason?: string | undefined;
  };
  /** A breaker changed state. */
  breaker: {
    readonly candidate: string;
    readonly from: BreakerState;
    readonly to: BreakerState;
    readonly reason: string;
    readonly openMs?: number | undefined;
  };
  /** A candidate's health changed. */
  health: {
    readonly candidate: string;
    readonly from: HealthStatus;
    readonly to: HealthStatus;
    readonly reasons: readonly string[];
  };
  /** A rung of degradation was taken. */
  degraded: { readonly requestId: string; readonly rung: string };
  /** A money budget refused a call (`requestId`), or a share of it is spent that its `alertAt` names (`threshold`). */
  budget: {
    /** What the rule counts by. */
    readonly per: "tenant" | "provider" | "tag" | "router";
    /** The tenant, provider or tag; `"router"` for the router's own. */
    readonly key: string;
    /** The share of `maxUsd` that was reached; told once per owner, window and threshold. */
    readonly threshold?: number | undefined;
    /** Dollars spent in the window. */
    readonly spentUsd: number;
    readonly maxUsd: number;
    readonly requestId?: string | undefined;
  };
  /** Something was tolerated that should be looked at. */
  warning: { readonly code: string; readonly message: string; readonly requestId?: string | undefined };
  /** A request ended, once per request. */
  done: RequestRecord;
}

/** The names that `router.on` takes. */
export type EventName = keyof EventMap;
