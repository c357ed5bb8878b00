import type { FinishReason } from "../chat/reply.js";
import type { Usage } from "../chat/usage.js";
import type { AttemptSummary, ErrorKind } from "../errors/kinds.js";
import type { Level } from "./strategy.js";

/** Why an upstream call was made. */
export type AttemptRole = "first" | "fallback" | "retry" | "hedge" | "probe" | "escalation" | "shadow";

/** One upstream call; settled exactly once, however it ended. Times are monotonic milliseconds of the router's clock. */
export interface Attempt {
  /** Of the request that began the call. Where its caller left to others who wait for the same answer, one of theirs lists it. */
  readonly requestId: string;
  /** 1 for the request's first call. */
  readonly number: number;
  readonly role: AttemptRole;
  /** `"provider/model"`. */
  readonly candidate: string;
  readonly provider: string;
  readonly model: string;
  readonly streamed: boolean;
  readonly startedAtMs: number;
  /** First content: text, reasoning or a tool call. `null` where none came. */
  readonly firstTokenAtMs: number | null;
  readonly settledAtMs: number;
  readonly latencyMs: number;
  readonly ttftMs: number | null;
  /** `"success"` or the kind of error. */
  readonly outcome: "success" | ErrorKind;
  readonly detail?: string | undefined;
  readonly status?: number | undefined;
  readonly vendorCode?: string | undefined;
  /** Of a call that failed, as in `route.attempts`. */
  readonly message?: string | undefined;
  readonly upstreamRequestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly usage: Usage | null;
  readonly costUsd: number | null;
  /** Of an answer: its id and the model that says it wrote it, each of at most 256 characters, and why it ended. */
  readonly responseId?: string | undefined;
  readonly responseModel?: string | undefined;
  readonly finishReason?: FinishReason | undefined;
}

/** What the cache did for an answer. `joined` shared an equal request's flight; `bypass` was not looked up. */
export type CacheStatus = "miss" | "hit" | "similar" | "stale" | "joined" | "bypass";

/** The cache's part in an answer. */
export interface RouteCache {
  readonly status: CacheStatus;
  readonly ageMs?: number | undefined;
  /** How alike, for `similar`. */
  readonly score?: number | undefined;
  /** What the original answer cost and this one did not. */
  readonly savedUsd?: number | undefined;
}

/** How an answer came about. Plain JSON. */
export interface Route {
  readonly requestId: string;
  /** Who answered; of an answer from the cache, who gave it first. */
  readonly provider: string;
  readonly model: string;
  /** The strategy that ranked. */
  readonly strategy: string;
  /** The rungs of degradation taken; empty for a normal answer. */
  readonly degraded: readonly string[];
  /** Why this candidate, in the strategy's words. */
  readonly reasons: readonly string[];
  /** Dollars, failed attempts included; 0 from the cache, `null` where a price is unknown. */
  readonly costUsd: number | null;
  /** Milliseconds from the call to the whole answer. */
  readonly latencyMs: number;
  /** Milliseconds to the first token; `null` where the answer came whole or from the cache. */
  readonly ttftMs: number | null;
  /** Every upstream call of this request, in order; none from the cache. */
  readonly attempts: readonly AttemptSummary[];
  readonly cache: RouteCache;
  /** The arm that the call had in an experiment; absent if it took part in none. */
  readonly experiment?: Assignment | undefined;
}

/** An arm of an experiment. */
export interface Assignment {
  /** The experiment. */
  readonly name: string;
  readonly arm: string;
}

/**
 * As much of a route as is known once a streamed answer has begun; `costUsd` where nothing more can be spent. Who is told
 * `joined` pays nothing as long as the caller who started the call stays; where that one leaves, the calls, and `miss`,
 * may be this request's in the end.
 */
export interface RouteHead extends Pick<Route, "requestId" | "provider" | "model" | "cache"> {
  readonly costUsd?: number | null | undefined;
}

/** One request, ended; a cache hit has no attempts. */
export interface RequestRecord {
  readonly requestId: string;
  readonly outcome: "ok" | ErrorKind;
  readonly detail?: string | undefined;
  readonly strategy: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly kind: string | null;
  readonly tenant?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly streamed: boolean;
  readonly startedAtMs: number;
  readonly latencyMs: number;
  readonly ttftMs: number | null;
  readonly usage: Usage | null;
  readonly costUsd: number | null;
  readonly savedUsd: number;
  readonly cache: CacheStatus;
  readonly degraded: readonly string[];
  readonly attempts: readonly AttemptSummary[];
}

/** What matters to the caller; what is said here wins over what the text suggests. */
export type Sensitivity = { readonly cost?: Level; readonly latency?: Level; readonly urgency?: Level };
