import type { StandardSchemaV1 } from "../chat/standard-schema.js";
import type { Sensitivity } from "./records.js";
import type { Need, RequestKind, Strategy } from "./strategy.js";

/** How a call uses the cache. */
export interface CallCacheOptions {
  /**
   * `"full"` and `"response"` look up and store, `"read"` never stores, `"write"` never looks up; `"none"` and
   * `"context"` do neither. @default "full"
   */
  readonly mode?: "full" | "response" | "context" | "none" | "read" | "write" | undefined;
  /** `"request"`: the answer of every eligible candidate serves; `"provider"`: only the one the strategy would choose. @default "request" */
  readonly scope?: "request" | "provider" | undefined;
  /** Milliseconds the answer is kept. @default the cache's `ttlMs` */
  readonly ttlMs?: number | undefined;
  /** Words to find and drop the entry by. @default none */
  readonly tags?: readonly string[] | undefined;
}

/** Options of one call; every one of them is checked, unknown ones are refused. */
export interface CallOptions<Output = unknown> {
  /** Aborting it rejects the call with kind `cancelled` and reaches the upstream socket. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for everything: queue, attempts, waits. @default the router's `timeouts.totalMs` */
  readonly timeoutMs?: number | undefined;
  /** A registered strategy's name, or a strategy. @default the router's */
  readonly strategy?: string | Strategy | undefined;
  /** Only these: provider ids or `"provider/model"` ids. @default all */
  readonly allow?: readonly string[] | undefined;
  /** None of these. @default none */
  readonly deny?: readonly string[] | undefined;
  /** `false`: one candidate only; same-provider retries stay. @default true */
  readonly fallback?: boolean | undefined;
  /**
   * Dollars this call may cost at most, all its attempts together; models without a price are excluded, the output is
   * clamped, nothing is hedged.
   * @default no limit
   */
  readonly maxCostUsd?: number | undefined;
  /** `false` bypasses the cache. @default as the router was told */
  readonly cache?: false | CallCacheOptions | undefined;
  /**
   * The conversation that this is a turn of: `messages` are the new ones alone, the router adds what came before.
   * @default none
   */
  readonly conversationId?: string | undefined;
  /** A hard wall: nothing cached, remembered or budgeted crosses it. @default none */
  readonly tenant?: string | undefined;
  /** What the request is for, in the app's own words; worth more than any guess. @default guessed from the request */
  readonly taskType?: RequestKind | (string & {}) | undefined;
  /** How much cost, latency and urgency matter to this call. @default read from the request and `priority` */
  readonly sensitivity?: Sensitivity | undefined;
  /**
   * Whose turn it is where a limit makes calls wait. Strict: batch goes while nobody else waits, and where that does not
   * come about it leaves as `saturated` once its deadline can no longer be met. @default "default"
   */
  readonly priority?: "interactive" | "default" | "batch" | undefined;
  /** Validates the answer; the reply gets `parsed`. @default none */
  readonly output?: StandardSchemaV1<unknown, Output> | undefined;
  /** Needs that the request itself does not show. @default none */
  readonly require?: readonly Need[] | undefined;
  /** For your own records: goes to providers and the decision log, never to events. @default none */
  readonly metadata?: { readonly [key: string]: string } | undefined;
  /** Words to budget and count by. @default none */
  readonly tags?: readonly string[] | undefined;
}

/** Milliseconds for each phase of one attempt; `totalMs` spans the request. */
export interface Timeouts {
  readonly headersMs: number;
  readonly unaryHeadersMs: number;
  readonly firstTokenMs: number;
  /** For models that always think; `firstTokenMs` where absent. */
  readonly thinkingFirstTokenMs?: number | undefined;
  /** Without a byte. */
  readonly idleMs: number;
  /** With bytes that say nothing. */
  readonly idleContentMs: number;
  readonly totalMs: number;
}
