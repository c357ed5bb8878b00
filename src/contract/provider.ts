import type { ChatChunk } from "../chat/chunk.js";
import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { PhaseTimeouts } from "./timeouts.js";
import type { Transport } from "./transport.js";
import type { Verdict } from "./verdict.js";

/** Dollars per million tokens. */
export interface Price {
  /** Dollars per million tokens of the prompt. */
  readonly input: number;
  /** Read from the vendor's prefix cache; the input price where absent or `null`. */
  readonly cacheRead?: number | null | undefined;
  /** Written to the vendor's prefix cache; the input price where absent or `null`. */
  readonly cacheWrite?: number | null | undefined;
  /** Dollars per million tokens of the answer. */
  readonly output: number;
  /** Other prices for the whole request once it reads more than `aboveInputTokens`; the highest that applies counts. */
  readonly tiers?: readonly PriceTier[] | null | undefined;
}

/** Another price, once a request reads more than so many tokens. */
export interface PriceTier extends Omit<Price, "tiers"> {
  /** The tier counts for prompts of more tokens than this. */
  readonly aboveInputTokens: number;
}

/** What a model can do. Hard needs of a request are held against this before ranking. */
export interface Capabilities {
  /** Whether the model can call tools. */
  readonly tools: boolean;
  /** `"data"`: data URLs only; `"url"`: data and http(s) URLs. */
  readonly vision: false | "data" | "url";
  /** Whether the model thinks, and whether that can be switched. */
  readonly thinking: "none" | "switchable" | "always";
  /** Which forms of JSON output the model can be held to. */
  readonly json: "none" | "object" | "schema";
  /** Sound, in and out. @default false */
  readonly audio?: boolean | undefined;
  /** `file` parts, such as a PDF; vendors that lack it leave them out without a word. @default false */
  readonly files?: boolean | undefined;
  /** Tools that the vendor runs itself over OpenAI's Responses API: web search, file search, MCP. @default false */
  readonly hostedTools?: boolean | undefined;
  /** Which forms of `tool_choice` it honours; all of them where absent. `"none_only"` also knows `"none"`. */
  readonly toolChoice?: "full" | "auto" | "none_only" | "no_required" | undefined;
  /** The efforts it knows, weakest first; none where absent. */
  readonly efforts?: readonly string[] | undefined;
}

/** A model as data: every fact can be overridden, and says where and when it was read. */
export interface ModelInfo {
  /** The vendor's name for it. */
  readonly id: string;
  /** Tokens that fit in all, prompt and answer together. */
  readonly contextWindow: number;
  /** Tokens it may write in one answer; `null` where unknown. */
  readonly maxOutput: number | null;
  /** 1 light, 2 middle, 3 strong. @default 2 */
  readonly tier?: 1 | 2 | 3 | undefined;
  /** A request that needs what is missing here never goes to this model. */
  readonly capabilities: Capabilities;
  /** `null`: unknown. Such a model answers with `costUsd: null` and is excluded where a cost limit is set. */
  readonly usdPerMTok: Price | null;
  /** Labels that a call may demand with `requireTags`, such as `"eu"` or `"no-training"`. @default none */
  readonly tags?: readonly string[] | undefined;
  /** How long each phase of a call may take; over the provider's. @default as its provider or the router was told */
  readonly timeouts?: PhaseTimeouts | undefined;
  /**
   * Another name than the provider's id under which `providerOptions` reach this model, such as the AI SDK's name of a
   * vendor. @default none
   */
  readonly optionsName?: string | undefined;
  /** Where these facts were read. */
  readonly source?: string | undefined;
  /** When they were read, `YYYY-MM-DD` or `YYYY-MM`. */
  readonly asOf?: string | undefined;
  /** The last day it answers, `YYYY-MM-DD` or `YYYY-MM`; excluded as `retired` after that. */
  readonly endsOn?: string | undefined;
  /** What to use once it has ended; named in errors. */
  readonly successor?: string | undefined;
  /**
   * Facts that nobody gave, by name (`contextWindow`, `capabilities.tools`, ...): cautious guesses stand in. `explain`
   * and errors name them, so that a refusal shows what to declare.
   */
  readonly guessed?: readonly string[] | undefined;
  /** Where it stands with its vendor, in a word such as `"active"` or `"sunset"`; for people, nothing decides by it. */
  readonly status?: string | undefined;
  /** What else is worth knowing; for people. */
  readonly notes?: string | undefined;
}

/** What is left of the time a request may take. */
export interface Deadline {
  /** Milliseconds left; 0 when over, `Infinity` when there is no limit. */
  remainingMs(): number;
}

/** What is left of the upstream calls a request may make. One budget spans retry, fallback, hedge and nested routers. */
export interface AttemptBudget {
  /** Upstream calls that the request may make in all. */
  readonly limit: number;
  /** Upstream calls that it has made. */
  readonly used: number;
  /** Takes one call; `false` when none is left. */
  take(): boolean;
}

/** What a provider is told about a call besides the request itself. */
export interface CallContext {
  /** Aborted when the caller leaves, the deadline passes or another answer won. */
  readonly signal: AbortSignal;
  /** How long the call may still take. */
  readonly deadline: Deadline;
  /** The router's id of the request. */
  readonly requestId: string;
  /** On whose behalf the call is made. */
  readonly tenant?: string | undefined;
  /** The conversation that the call belongs to. */
  readonly conversationId?: string | undefined;
  /** The request holds all that is to be sent of its conversation: nothing is to be recalled. Every router says so. */
  readonly recalled?: boolean | undefined;
  /** The caller's own labels; they stay inside the process. */
  readonly metadata?: { readonly [key: string]: string } | undefined;
  /** Calls that share one belong together; see the call option. */
  readonly sessionKey?: string | undefined;
  /** For vendors over HTTP: headers of this call alone, over the provider's own. */
  readonly headers?: { readonly [name: string]: string } | undefined;
  /** The request's upstream calls, shared with nested routers. */
  readonly attempts: AttemptBudget;
  /** For vendors over HTTP: how to send the request, unless the provider has its own way. @default `fetch` */
  readonly transport?: Transport | undefined;
  /**
   * For vendors: tells the router how far the answer has come, so that it can tell a slow head from a slow body.
   * `"streaming"` is the head of an answer that was asked for whole and comes in pieces: from there on only `"content"`,
   * told with every piece, shows that it goes on. Of other whole answers `"bytes"` show it, and `"blank"` ones do not:
   * they only keep the connection open.
   * `"called"` says that a router within begins a call, whose phases it watches itself: only the deadline goes on here.
   * `"cached"` says that no upstream was asked: the call costs nothing and says nothing about the provider.
   * `"kept"` says under which key the answer may be kept within: what `forget` will take. `"degraded"` says that the
   * answer is less than was asked for, by which rung: it is not to be kept.
   */
  readonly report?:
    | ((
        progress: "called" | "headers" | "streaming" | "bytes" | "blank" | "content" | "cached" | "kept" | "degraded",
        which?: string,
      ) => void)
    | undefined;
  /** For vendors: tells that a known field of the request was left out or changed for this model; once per field. */
  readonly warn?: ((code: string, message: string) => void) | undefined;
}

/**
 * Whatever answers a chat: a vendor, a decorator around one, a test double, a router.
 * `stream` is derived from `chat` where absent. Any thrown value is classified.
 *
 * @example
 * const echo: Provider = {
 *   id: "echo",
 *   models: [{ id: "echo-1", contextWindow: 8_000, maxOutput: 1_000, usdPerMTok: null,
 *     capabilities: { tools: false, vision: false, thinking: "none", json: "none" } }],
 *   chat: async (request) => createReply({ model: "echo-1", text: String(request.messages.at(-1)?.content) }),
 * };
 */
export interface Provider {
  /** Unique in a router; holds no slash. */
  readonly id: string;
  /** What it can be asked for. */
  readonly models: readonly ModelInfo[];
  /** The models that `"auto"` may choose; every model where absent. */
  readonly autoModels?: readonly string[] | undefined;
  /** Labels of all its models; a model's own `tags` add to them. @default none */
  readonly tags?: readonly string[] | undefined;
  /** How long each phase of a call may take; over the router's, under a model's own. @default as the router was told */
  readonly timeouts?: PhaseTimeouts | undefined;
  /** Answers whole. `context.signal` must end it; whatever it throws is classified. */
  chat(request: ChatRequest, context: CallContext): Promise<ChatReply>;
  /** Answers in pieces; the last one names a `finish_reason`. @default derived from `chat` */
  stream?(request: ChatRequest, context: CallContext): AsyncIterable<ChatChunk>;
  /** Where the provider cannot be asked as it stands; `no_api_key` with the variables it looked for. */
  readonly unavailable?: { readonly reason: "no_api_key"; readonly variables: readonly string[] } | undefined;
  /** Cheap reachability check (no tokens), for the optional active probe. */
  probe?(signal: AbortSignal): Promise<void>;
  /** Drops the answer that it reported as `"kept"` under this key: feedback called it useless. */
  forget?(key: string): void;
  /**
   * What tells its answers from those of another provider with the same id: where it asks, and the version of how. In a
   * cache that both use, neither answers for the other. Part of cache keys: must hold no secret. @default none
   */
  readonly origin?: string | undefined;
  /** What is held against single keys of it, for `health()`; says nothing that shows a key. */
  keyVerdicts?(): readonly Verdict[];
  /** How long the vendor keeps a prompt prefix cached, and from which size; absent: it keeps none. */
  readonly prefixCache?: { readonly ttlMs: number; readonly minTokens: number } | undefined;
}

/** A provider that only streams: its `chat` is derived. */
export interface StreamOnlyProvider extends Omit<Provider, "chat" | "stream"> {
  /** Absent: it is made of the stream. */
  readonly chat?: undefined;
  /** Answers in pieces; the last one names a `finish_reason`. */
  stream(request: ChatRequest, context: CallContext): AsyncIterable<ChatChunk>;
}

/** What a router, a cache or a door takes. */
export type AnyProvider = Provider | StreamOnlyProvider;
