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
  /** What the call was for: the request itself, a hedge, a probe, a shadow. */
  readonly role: AttemptRole;
  /** `"provider/model"`. */
  readonly candidate: string;
  /** The provider's id. */
  readonly provider: string;
  /** The model's id. */
  readonly model: string;
  /** Whether the answer is streamed. */
  readonly streamed: boolean;
  /** When it began, on the router's clock, milliseconds. */
  readonly startedAtMs: number;
  /** First content: text, reasoning or a tool call. `null` where none came. */
  readonly firstTokenAtMs: number | null;
  /** When it ended, on the router's clock, milliseconds. */
  readonly settledAtMs: number;
  /** From the start to the end, milliseconds. */
  readonly latencyMs: number;
  /** From the start to the first token, milliseconds; `null` if none came. */
  readonly ttftMs: number | null;
  /** `"success"` or the kind of error. */
  readonly outcome: "success" | ErrorKind;
  /** A finer word than the kind. */
  readonly detail?: string | undefined;
  /** The HTTP status of the answer. */
  readonly status?: number | undefined;
  /** The vendor's own code of the failure. */
  readonly vendorCode?: string | undefined;
  /** Of a call that failed, as in `route.attempts`. */
  readonly message?: string | undefined;
  /** The vendor's id of the request, from the head of its answer. */
  readonly upstreamRequestId?: string | undefined;
  /** How long to wait before the next try, milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The tokens of the call; `null` if it had no answer. */
  readonly usage: Usage | null;
  /** What the call cost, dollars; `null` if the price is unknown. */
  readonly costUsd: number | null;
  /** Of an answer: its id and the model that says it wrote it, each of at most 256 characters, and why it ended. */
  readonly responseId?: string | undefined;
  /** The model that answered, in the vendor's words. */
  readonly responseModel?: string | undefined;
  /** Why the answer ended. */
  readonly finishReason?: FinishReason | undefined;
}

/** What the cache did for an answer. `joined` shared an equal request's flight; `bypass` was not looked up. */
export type CacheStatus = "miss" | "hit" | "similar" | "stale" | "joined" | "bypass";

/** The cache's part in an answer. */
export interface RouteCache {
  /** Whether a stored answer was served, and of which kind. */
  readonly status: CacheStatus;
  /** How old the stored answer is, milliseconds. */
  readonly ageMs?: number | undefined;
  /** How alike, for `similar`. */
  readonly score?: number | undefined;
  /** What the original answer cost and this one did not. */
  readonly savedUsd?: number | undefined;
}

/** How an answer came about. Plain JSON. */
export interface Route {
  /** The router's id of the request. */
  readonly requestId: string;
  /** Who answered; of an answer from the cache, who gave it first. */
  readonly provider: string;
  /** The model's id. */
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
  /** What the cache did. */
  readonly cache: RouteCache;
  /** What of the answer was mended with `repairJson`; absent if nothing was. */
  readonly repaired?: readonly RepairedPart[] | undefined;
  /** The arm that the call had in an experiment; absent if it took part in none. */
  readonly experiment?: Assignment | undefined;
}

/** A part of an answer that `repairJson` may mend. */
export type RepairedPart = "output" | "tool_arguments";

/** An arm of an experiment. */
export interface Assignment {
  /** The experiment. */
  readonly name: string;
  /** Which set of call options the unit was given. */
  readonly arm: string;
}

/** What an arm has come to. */
export interface ArmResult {
  /** The arm. */
  readonly arm: string;
  /** Units that took part: requests, or tenants or sessions, each counted once. */
  readonly units: number;
  /** Mean worth of a unit, 0..1; `null` before the first. */
  readonly mean: number | null;
  /** How much better than the first arm, with an interval that holds at every look; absent for the first arm. */
  readonly gain?: { readonly mean: number; readonly low: number; readonly high: number } | undefined;
}

/** What an experiment has come to. */
export interface ExperimentResult {
  /** The experiment. */
  readonly name: string;
  /** `"decided"`: one arm is better than all others, or the first one than all others, beyond doubt. */
  readonly verdict: "running" | "decided";
  /** The better arm, once that is decided; every unit gets it from then on. */
  readonly winner?: string | undefined;
  /** Every arm, in the order in which they were given. */
  readonly arms: readonly ArmResult[];
  /** The strategy that the winner's call options name, if it is not the first arm. */
  readonly strategy?: string | undefined;
}

/**
 * As much of a route as is known once a streamed answer has begun; `costUsd` where nothing more can be spent. Who is told
 * `joined` pays nothing as long as the caller who started the call stays; where that one leaves, the calls, and `miss`,
 * may be this request's in the end.
 */
export interface RouteHead extends Pick<Route, "requestId" | "provider" | "model" | "cache"> {
  /** What the answer cost, dollars; absent while more may be spent. */
  readonly costUsd?: number | null | undefined;
}

/** One request, ended; a cache hit has no attempts. */
export interface RequestRecord {
  /** The router's id of the request. */
  readonly requestId: string;
  /** `ok`, or the kind of the error. */
  readonly outcome: "ok" | ErrorKind;
  /** A finer word than the kind. */
  readonly detail?: string | undefined;
  /** The name of the strategy that ranked the candidates. */
  readonly strategy: string;
  /** The provider that answered; `null` if none did. */
  readonly provider: string | null;
  /** The model that answered; `null` if none did. */
  readonly model: string | null;
  /** The kind of the request, such as `code`; `null` if nobody read it. */
  readonly kind: string | null;
  /** On whose behalf the call is made. */
  readonly tenant?: string | undefined;
  /** Labels that the spending counts under. */
  readonly tags?: readonly string[] | undefined;
  /** Whether the answer is streamed. */
  readonly streamed: boolean;
  /** When it began, on the router's clock, milliseconds. */
  readonly startedAtMs: number;
  /** From the start to the end, milliseconds. */
  readonly latencyMs: number;
  /** From the start to the first token, milliseconds; `null` if none came. */
  readonly ttftMs: number | null;
  /** The tokens of the answer; `null` if there is none. */
  readonly usage: Usage | null;
  /** What all of its upstream calls cost, dollars; `null` if a price is unknown. */
  readonly costUsd: number | null;
  /** What a stored answer saved, dollars; 0 without one. */
  readonly savedUsd: number;
  /** What the cache did. */
  readonly cache: CacheStatus;
  /** In which ways the answer is less than what was asked for. */
  readonly degraded: readonly string[];
  /** The upstream calls, in their order. */
  readonly attempts: readonly AttemptSummary[];
}

/** What matters to the caller; what is said here wins over what the text suggests. */
export type Sensitivity = { readonly cost?: Level; readonly latency?: Level; readonly urgency?: Level };
