import type { RepairJson } from "../chat/repair-json.js";
import type { Feature } from "../contract/feature.js";
import type { AnyProvider } from "../contract/provider.js";
import type { SharedState } from "../contract/shared-state.js";
import type { Strategy } from "../contract/strategy.js";
import type { TimeoutOptions } from "../contract/timeouts.js";
import type { Transport } from "../contract/transport.js";
import type { Clock } from "../core/clock.js";
import type { Random } from "../core/random.js";
import type { DegradeOptions } from "../engine/degrade.js";
import type { EscalateOptions } from "../engine/escalate.js";
import type { HedgeOptions } from "../engine/hedge.js";
import type { PolicyOverrides } from "../errors/policies.js";
import type { ConversationOptions } from "../memory/conversations.js";
import type { SimilarityOptions } from "../memory/similarity.js";
import type { Cache, CacheOptions } from "../memory/types.js";
import type { LimiterOptions } from "../resilience/limiter.js";
import type { BudgetRule } from "../spend/budgets.js";
import type { BuiltInStrategy } from "../strategies/built-in.js";
import type { EmbedOptions, EmbedTexts } from "../strategies/learner/embedder.js";
import type { DecisionLogLine } from "../strategies/replay/decision-log.js";
import type { TenantLimits } from "./tenant-limits.js";

/** Which answers the router's response cache keeps, on top of how the cache itself is made. */
export interface RouterCacheOptions extends CacheOptions {
  /** `"any"` also keeps answers asked for with a temperature above 0. @default "zero" */
  readonly temperature?: "zero" | "any" | undefined;
  /** Also keeps answers that call tools. @default false */
  readonly toolCalls?: boolean | undefined;
  /** `"required"`: a call without a tenant bypasses the cache. @default "optional" */
  readonly tenancy?: "optional" | "required" | undefined;
  /** Treats messages that differ only in case and outer white space as equal. @default false */
  readonly normalize?: boolean | undefined;
  /** Reuse of answers to questions that ask for the same in other words. Risky: look at its shadow first. @default off */
  readonly similar?: SimilarReuseOptions | undefined;
}

/** How alike questions share an answer; all else about them (system prompt, parameters, earlier turns) must be equal. */
export interface SimilarReuseOptions extends SimilarityOptions {
  /**
   * `"shadow"` still asks the model and only counts how often the reused answer would have differed
   * (`stats().similarity`); `"serve"` answers, marked `similar` with its score, as far as
   * `maxWrongRate` lets it.
   * @default "shadow"
   */
  readonly mode?: "shadow" | "serve" | undefined;
}

/** Everything `createRouter` takes. Checked once, here; a wrong value is kind `invalid_options` with its path. */
export interface RouterOptions {
  /** Names this router where it is a provider of another one; no slash. @default "router" */
  readonly id?: string | undefined;
  /** In the order that stands where nothing else decides. At least one must be usable. */
  readonly providers: readonly AnyProvider[];
  /** `false` turns the cache off. Options create a cache for this router. A `Cache` can be shared by several routers. @default false */
  readonly cache?: false | RouterCacheOptions | Cache | undefined;
  /** Which candidate goes first. @default "adaptive" */
  readonly strategy?: BuiltInStrategy | (string & {}) | Strategy | undefined;
  /** Strategies of your own, to be named by `strategy` here or per call. @default none */
  readonly strategies?: readonly Strategy[] | undefined;
  /** Other names for models: `{ fast: ["glm/glm-5.3-flash"], "gpt-4o-mini": "fast" }`. @default none */
  readonly aliases?: { readonly [name: string]: string | readonly string[] } | undefined;
  /**
   * Groups of provider ids and `"provider/model"` ids, tried in order: a later group is asked only if nobody of an earlier
   * one can answer. The strategy decides within each; candidates that no group names form the last one.
   * @default one group of all
   */
  readonly tiers?: readonly (readonly string[])[] | undefined;
  /** `false`: no other candidate is asked when the first fails. @default true */
  readonly fallback?: boolean | undefined;
  /** How often upstream is called for one request. @default 4 calls in all */
  readonly retry?: RetryOptions | undefined;
  /**
   * What follows from a kind of failure, where it shall differ from the policy table: `{ content_filter: { nextCandidate:
   * true } }` asks another vendor after a content filter. @default the table, see the README of `errors`
   */
  readonly policy?: PolicyOverrides | undefined;
  /** When a candidate that fails is left alone, and for how long. @default see {@link BreakerOptions} */
  readonly breaker?: BreakerOptions | undefined;
  /** How long each part of a call may take. @default see {@link TimeoutOptions} */
  readonly timeouts?: TimeoutOptions | undefined;
  /** How providers send HTTP requests, unless a provider has its own way; see `signalbox/undici`. @default `fetch` */
  readonly transport?: Transport | undefined;
  /** What happens to a stream that is cut. @default see {@link StreamOptions} */
  readonly streams?: StreamOptions | undefined;
  /**
   * Mends JSON that is nearly right, before another call is paid: `jsonrepair` of the package of that name, or any function
   * from text to text. Used for the `output` of a call and for tool arguments of answers that are not cut off; what it
   * adds beyond punctuation is not believed, and the result must meet the schema. `route.repaired` says what was mended.
   * Text above 262,144 characters is left as it is.
   * @default none: what is no JSON counts as a failed `output`, and tool arguments are handed on as they are
   */
  readonly repairJson?: RepairJson | undefined;
  /** How conversations (`conversationId`) are remembered. @default see {@link ConversationOptions} */
  readonly conversations?: ConversationOptions | undefined;
  /**
   * Calls at once and what waits: of one candidate (`"provider/model"`), of a provider's models together (its id), or of
   * each provider (`"*"`); the nearest setting counts. A full candidate is passed over while another has room; where all
   * are full, a request waits for the place that is free first.
   * @default unlimited
   */
  readonly limits?: { readonly [id: string]: LimiterOptions } | undefined;
  /**
   * What each tenant may have under way, and send per minute. Those who wait for a candidate (`limits`) take turns by
   * tenant in any case.
   * @default unlimited
   */
  readonly tenantLimits?: TenantLimits | undefined;
  /**
   * Dollars that each owner may spend in a time window. A model without a price is not asked where a budget would
   * count the call.
   * @default none
   */
  readonly budgets?: readonly BudgetRule[] | undefined;
  /** Asks a second candidate while the first is slow. Doubles the cost of hedged calls. @default off */
  readonly hedge?: HedgeOptions | undefined;
  /** What may be given up when nobody can answer as asked; the reply says so in `route.degraded`. @default nothing */
  readonly degrade?: DegradeOptions | undefined;
  /** Asks a stronger model if the first answer is not good enough, or if a session is stuck. @default off */
  readonly escalate?: EscalateOptions | undefined;
  /** Sends a sample of requests to another candidate too, to compare; never served. @default off */
  readonly shadow?: ShadowOptions | undefined;
  /** Asks providers now and then whether they are there, without spending a token. @default off */
  readonly probe?: ProbeOptions | undefined;
  /**
   * An embedding function of your own, which gives the learner features besides the words of a request: called in batches,
   * kept per text, never waited for before it has answered once, and then for at most `waitMs` (50).
   * @default none
   */
  readonly embed?: EmbedTexts | EmbedOptions | undefined;
  /**
   * Called with each line of the decision log: a decision with its chances, its outcome, and feedback; write it as a
   * line of JSON for `replay`. Holds no word of the request. Ranking is repeated some dozen times to learn the chances,
   * so leave it off where microseconds count.
   * @default none
   */
  readonly decisionLog?: ((line: DecisionLogLine) => void) | undefined;
  /** Features of your own, made with `defineFeature`; they run in this order. @default none */
  readonly use?: readonly Feature[] | undefined;
  /** What other processes see, this one sees too: breakers, cool-downs, budgets. `signalbox/redis` makes one. @default none */
  readonly shared?: SharedState | undefined;
  /**
   * What an earlier router learned, and what its budgets had spent: the value of `exportState()`. Corrupt state is
   * ignored with a warning.
   * @default none
   */
  readonly state?: unknown;
  /** The clock that measures time. A virtual clock makes tests fast. @default the system's clock */
  readonly clock?: Clock | undefined;
  /** Numbers in [0, 1). @default Math.random */
  readonly random?: Random | undefined;
}

/** How often a request is tried, and how long between. */
export interface RetryOptions {
  /** Upstream calls of one request in all: first tries, fallbacks, retries. @default 4 */
  readonly attempts?: number | undefined;
  /** Ceiling of the first wait before the same provider is asked again, milliseconds. @default 500 */
  readonly baseMs?: number | undefined;
  /** Ceiling of any such wait, milliseconds. @default 8_000 */
  readonly capMs?: number | undefined;
  /**
   * How long a request waits while rate limits, overload or open breakers set every candidate aside, within its deadline,
   * milliseconds. It leaves at once if none will be back by then. 0 refuses at once.
   * @default 30_000; 2_000 beside `degrade.waitMs`, which is a wait of its own
   */
  readonly maxWaitMs?: number | undefined;
}

/** When a breaker closes again. */
export interface BreakerOptions {
  /** How long it stays open the first time, milliseconds; doubles while trouble lasts, up to 20_000. @default 5_000 */
  readonly openMs?: number | undefined;
}

/** What happens to streams that break. */
export interface StreamOptions {
  /**
   * What happens when a stream is cut after its first content: `"fail"` rejects with `stream_interrupted` and the
   * partial text; `"restart"` sends a marker chunk (`choices: []`, `signalbox: { reset: true }`) and a fresh answer.
   * @default "fail"
   */
  readonly onInterrupted?: "fail" | "restart" | undefined;
}

/** Sending a sample of requests to another candidate too, to compare; its answers are never served. */
export interface ShadowOptions {
  /** The models to compare with: ids, `"provider/model"` or aliases. */
  readonly to: string | readonly string[];
  /** Share of answered requests that are sent, 0..1. */
  readonly rate: number;
  /** Dollars it may cost in 24 hours; a model without a known price is not asked. */
  readonly maxUsdPerDay: number;
}

/** Asking providers now and then whether they are there, without spending a token. Off unless given. */
export interface ProbeOptions {
  /** Between two rounds, milliseconds. */
  readonly intervalMs: number;
  /** For one probe, milliseconds. @default 5_000 */
  readonly timeoutMs?: number | undefined;
}
