import type { BreakerState, EventMap, EventName, HealthStatus } from "../../contract/events.js";

type Counts = { readonly [word: string]: number };

/** The part of a router's statistics that is exported. */
export interface StatsLike {
  readonly requests: {
    readonly requests: number;
    readonly ok: number;
    readonly errors: Counts;
    readonly fallbacks: number;
    readonly degraded: number;
    readonly savedUsd: number;
    readonly cache: Counts;
  };
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
  readonly strategies: { readonly [strategy: string]: { readonly ok: number; readonly requests: number } };
  readonly cache?:
    | { readonly entries: number; readonly bytes: number; readonly budgetBytes: number; readonly removed: object }
    | undefined;
}

/** The part of a router that this door uses; `createRouter` returns one. */
export interface RouterLike {
  stats(): StatsLike;
  health(): {
    readonly candidates: readonly {
      readonly id: string;
      readonly status: HealthStatus;
      readonly breaker: BreakerState;
    }[];
  };
  on<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): unknown;
  off<Name extends EventName>(name: Name, listener: (event: EventMap[Name]) => void): unknown;
}
