import type { BreakerState, EventMap, EventName, HealthStatus } from "../../contract/events.js";

type Counts = { readonly [word: string]: number };

/** Requests by a name that callers choose. */
export interface OwnersLike {
  readonly [name: string]: {
    readonly requests: number;
    readonly ok: number;
    readonly costUsd: number;
    readonly savedUsd: number;
    readonly inputTokens: number;
    readonly cachedTokens: number;
    readonly outputTokens: number;
  };
}

/** The part of a router's statistics that is exported. */
export interface StatsLike {
  /** All requests. */
  readonly requests: {
    readonly requests: number;
    readonly ok: number;
    readonly errors: Counts;
    readonly fallbacks: number;
    readonly degraded: number;
    readonly savedUsd: number;
    readonly cache: Counts;
  };
  /** Upstream calls by candidate. */
  readonly models: {
    readonly [candidate: string]: {
      readonly successes: number;
      readonly errors: Counts;
      readonly unclassified: number;
      readonly costUsd: number;
      readonly inputTokens: number;
      readonly cachedTokens: number;
      readonly outputTokens: number;
    };
  };
  /** Requests by strategy. */
  readonly strategies: { readonly [strategy: string]: { readonly ok: number; readonly requests: number } };
  /** Requests by tenant. */
  readonly tenants?: OwnersLike | undefined;
  /** Requests by spend label. */
  readonly tags?: OwnersLike | undefined;
  /** What the cache holds and did. */
  readonly cache?:
    | { readonly entries: number; readonly bytes: number; readonly budgetBytes: number; readonly removed: object }
    | undefined;
}

/** The part of a router that this door uses; `createRouter` returns one. */
export interface RouterLike {
  /** The numbers so far. */
  stats(): StatsLike;
  /** How each candidate does. */
  health(): {
    readonly candidates: readonly {
      readonly id: string;
      readonly status: HealthStatus;
      readonly breaker: BreakerState;
    }[];
  };
  /** Adds a listener. */
  on<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): unknown;
  /** Removes a listener. */
  off<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): unknown;
}
