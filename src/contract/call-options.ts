import type { StandardSchemaV1 } from "../chat/standard-schema.js";
import type { Sensitivity } from "./records.js";
import type { Need, RequestKind, Strategy } from "./strategy.js";
import type { TimeoutOptions } from "./timeouts.js";

/** How a call uses the cache. */
export interface CallCacheOptions {
  /**
   * `"full"` and `"response"` look up and store, `"read"` never stores, `"write"` never looks up; `"none"` and
   * `"context"` do neither. @default "full"
   */
  readonly mode?: "full" | "response" | "context" | "none" | "read" | "write" | undefined;
  /**
   * `"request"`: the answer of any eligible candidate serves; `"provider"`: only that of the one the strategy would choose.
   * @default "request"
   */
  readonly scope?: "request" | "provider" | undefined;
  /** Milliseconds the answer is kept. @default the cache's `ttlMs` */
  readonly ttlMs?: number | undefined;
  /** Labels by which the entry can be found and dropped. @default none */
  readonly tags?: readonly string[] | undefined;
}

/** Options of one call; every one of them is checked, unknown ones are refused. */
export interface CallOptions<Output = unknown> {
  /** Aborting it rejects the call with kind `cancelled` and reaches the upstream socket. @default none */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for everything: queue, attempts, waits. @default the router's `timeouts.totalMs` */
  readonly timeoutMs?: number | undefined;
  /**
   * How long each phase may take; over the times of the model, its provider and the router. Of `timeoutMs` and `totalMs`
   * the smaller one counts. @default as the router was told
   */
  readonly timeouts?: TimeoutOptions | undefined;
  /** `attempts`: upstream calls of this request in all, 1 to 100. @default the router's `retry` */
  readonly retry?: { readonly attempts?: number | undefined } | undefined;
  /** A registered strategy's name, or a strategy. @default the router's */
  readonly strategy?: string | Strategy | undefined;
  /** Only these: provider ids or `"provider/model"` ids; a name that the router never had is refused. @default all */
  readonly allow?: readonly string[] | undefined;
  /** None of these. @default none */
  readonly deny?: readonly string[] | undefined;
  /**
   * Only candidates that carry all these tags, their model's or their provider's; others are excluded as `missing_tags`.
   * @default any
   */
  readonly requireTags?: readonly string[] | undefined;
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
  /**
   * Calls that share one, within a tenant, stay at the candidate that answered the first of them while it may run: an
   * agent's task, a user's session. A session moves when its candidate fails or is excluded, and is free to move once it
   * was silent for longer than the vendor keeps its prefix cache (5 minutes if nobody says).
   * @default none
   */
  readonly sessionKey?: string | undefined;
  /**
   * Headers that every HTTP provider sends with this call, over its own; `authorization`, `host` and the like are refused.
   * Calls with different headers share no answer.
   * @default none
   */
  readonly headers?: { readonly [name: string]: string } | undefined;
  /** A hard wall: nothing cached, remembered or budgeted crosses it. @default none */
  readonly tenant?: string | undefined;
  /** What the request is for, in the app's own words; worth more than any guess. @default guessed from the request */
  readonly taskType?: RequestKind | (string & {}) | undefined;
  /** How much cost, latency and urgency matter to this call. @default read from the request and `priority` */
  readonly sensitivity?: Sensitivity | undefined;
  /**
   * Which calls go first where a limit makes them wait. Strict: batch calls go only while no others wait, and one that
   * never gets its turn leaves as `saturated` once its deadline can no longer be met. @default "default"
   */
  readonly priority?: "interactive" | "default" | "batch" | undefined;
  /** Validates the answer; the reply gets `parsed`. @default none */
  readonly output?: StandardSchemaV1<unknown, Output> | undefined;
  /** Needs that the request itself does not show. @default none */
  readonly require?: readonly Need[] | undefined;
  /** For your own records: goes to providers and the decision log, never to events. @default none */
  readonly metadata?: { readonly [key: string]: string } | undefined;
  /** Labels for money budgets and counts. @default none */
  readonly tags?: readonly string[] | undefined;
}
