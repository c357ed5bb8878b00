import type { ModelInfo, Provider } from "../contract/provider.js";
import type { PhaseTimeouts } from "../contract/timeouts.js";
import type { Transport } from "../contract/transport.js";
import { type Clock, systemClock } from "../core/clock.js";
import {
  checkBoolean,
  checkClock,
  checkFunction,
  checkId,
  checkOptions,
  checkTimeouts,
  checkTransport,
  checkWord,
} from "../errors/check-options.js";
import { invalidOption } from "../errors/signalbox-error.js";
import type { VendorCodes } from "../errors/vendor-codes.js";
import { type Dialect, PLAIN_DIALECT } from "../wire/dialect.js";
import { assertHeaders } from "../wire/guard.js";
import { openaiWire } from "../wire/openai/index.js";
import { responsesWire } from "../wire/responses/index.js";
import { readBaseUrl } from "./base-url.js";
import { checkCodes } from "./check-codes.js";
import { checkPrefixCache, checkTags } from "./check-model.js";
import { createHttpProvider, type HttpProvider } from "./http-provider.js";
import { type ApiKeyOption, readKeys } from "./keys.js";
import { withModelRules } from "./model-rules.js";
import { type KnownModels, type ModelOption, readAutoModels, readModels } from "./models.js";

/** What all providers over HTTP can be told. */
export interface EndpointOptions {
  /** One key, several that take turns, or a function asked before every call. @default none is sent */
  readonly apiKey?: ApiKeyOption | undefined;
  /** The models that `"auto"` may choose. @default every model */
  readonly autoModels?: readonly string[] | undefined;
  /** Sent with every call; `authorization`, `host` and the like are refused. @default none */
  readonly headers?: { readonly [name: string]: string } | undefined;
  /** Sends the requests, in place of the global one. @default the global `fetch`, looked up at every call */
  readonly fetch?: typeof fetch | undefined;
  /** Sends the requests; over the router's own, under `fetch`. @default the router's `transport`, else `fetch` */
  readonly transport?: Transport | undefined;
  /** Allows plain http beyond loopback. @default false */
  readonly allowInsecureHttp?: boolean | undefined;
  /** What error codes this endpoint uses beyond the usual ones. @default none */
  readonly codes?: VendorCodes | undefined;
  /** How `chat` asks upstream: in one piece, as a stream put together here, or by what the model may write. @default "auto" */
  readonly chatUpstream?: "auto" | "stream" | "whole" | undefined;
  /** Whether streams are asked for usage; off for servers that refuse `stream_options`. @default true */
  readonly streamUsage?: boolean | undefined;
  /** How long this endpoint keeps a prompt prefix cached, and from which size. @default nothing is assumed */
  readonly prefixCache?: Provider["prefixCache"];
  /** Labels of all its models, such as `"eu"` or `"no-training"`, for `requireTags` of a call. @default none */
  readonly tags?: readonly string[] | undefined;
  /** How long each phase of a call may take; over the router's, under a model's own. @default as the router was told */
  readonly timeouts?: PhaseTimeouts | undefined;
  /** The clock that measures deadlines. @default the system clock */
  readonly clock?: Clock | undefined;
}

/** Options of {@link openaiCompatible}. */
export interface OpenAICompatibleOptions extends EndpointOptions {
  /** Unique in a router; holds no slash. */
  readonly id: string;
  /** As the server gives it, `/v1` included: `/chat/completions` (or `/responses`) is appended. Https, or http on loopback. */
  readonly baseURL: string;
  /**
   * What the endpoint offers: model ids, or objects with what is known of a model. Cautious guesses stand in for facts
   * that are not given: 8,192 tokens in all, text alone, no tools, no JSON mode, no known price.
   */
  readonly models: readonly ModelOption[];
  /**
   * The field in which thinking of earlier answers goes back; strict servers refuse it.
   * @default none; `reasoning_content` for models that are known to demand it (DeepSeek V3.2 and later, Kimi)
   */
  readonly replayReasoning?: "reasoning_content" | "reasoning" | undefined;
  /** Whether `<think>` at the start of an answer is thinking. @default true */
  readonly thinkTags?: boolean | undefined;
  /**
   * Whether calls that stand in the text or thinking of an answer, as models of the known families write them, are tool
   * calls if they call a tool of the request: for servers that run without their model's parser. @default true
   */
  readonly toolMarkup?: boolean | undefined;
  /**
   * What is spoken: chat completions, or OpenAI's Responses API without state on the server (`store: false`). Only the
   * latter takes OpenAI's hosted tools, and gives thinking back to its model in a tool loop. @default "chat"
   */
  readonly wire?: "chat" | "responses" | undefined;
}

export const ENDPOINT_OPTION_NAMES = [
  "apiKey",
  "autoModels",
  "headers",
  "fetch",
  "transport",
  "allowInsecureHttp",
  "codes",
  "chatUpstream",
  "streamUsage",
  "prefixCache",
  "tags",
  "timeouts",
  "clock",
] as const;

/**
 * A provider for any server that speaks OpenAI chat completions or, with `wire: "responses"`, OpenAI Responses.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 *
 * @example
 * openaiCompatible({ id: "local", baseURL: "http://localhost:11434/v1", models: ["qwen3:8b"] });
 *
 * @example
 * openaiCompatible({ id: "local", baseURL: "http://localhost:11434/v1",
 *   models: [{ id: "qwen3:8b", contextWindow: 32_768, capabilities: { tools: true } }] });
 */
export function openaiCompatible(options: OpenAICompatibleOptions): HttpProvider {
  checkOptions(options, "openaiCompatible", [
    "id",
    "baseURL",
    "models",
    "replayReasoning",
    "thinkTags",
    "toolMarkup",
    "wire",
    ...ENDPOINT_OPTION_NAMES,
  ]);
  checkBoolean(options.thinkTags, "thinkTags");
  checkBoolean(options.toolMarkup, "toolMarkup");
  const { replayReasoning } = options;
  if (replayReasoning !== undefined && !["reasoning_content", "reasoning"].includes(replayReasoning)) {
    throw invalidOption("replayReasoning", 'must be "reasoning_content" or "reasoning"');
  }
  const dialect: Dialect = {
    ...PLAIN_DIALECT,
    reasoning: { field: replayReasoning ?? "none", unnamed: "send" },
    thinkTags: options.thinkTags ?? true,
    toolMarkup: options.toolMarkup ?? true,
    streamUsage: options.streamUsage ?? true,
  };
  const wire = checkWord(options.wire, "wire", ["chat", "responses"], "chat");
  if (wire === "responses") {
    const endpoint = readEndpoint(options, "responses");
    const models = endpoint.models.map(withHostedTools);
    return createHttpProvider({ ...endpoint, models, codec: responsesWire, dialectOf: () => dialect });
  }
  return createHttpProvider({
    ...readEndpoint(options, "openai"),
    codec: openaiWire,
    dialectOf: ({ id }) => {
      const ruled = withModelRules(dialect, id);
      return replayReasoning === undefined ? ruled : { ...ruled, reasoning: dialect.reasoning };
    },
  });
}

const UNKNOWN_MODELS: KnownModels = { models: [], retired: {}, unlisted: "guess" };

/** Hosted tools belong to the API, so its models have them unless their facts say otherwise. */
function withHostedTools(model: ModelInfo): ModelInfo {
  return { ...model, capabilities: { hostedTools: true, ...model.capabilities } };
}

/** Checks the options that all generic endpoints share. */
export function readEndpoint(
  options: EndpointOptions & { readonly id: string; readonly baseURL: string; readonly models: readonly ModelOption[] },
  wire: "openai" | "anthropic" | "responses",
) {
  checkShared(options);
  const clock = options.clock ?? systemClock;
  const models = readModels(options.models, UNKNOWN_MODELS);
  return {
    id: checkId(options.id),
    models,
    autoModels: readAutoModels(options.autoModels, models, []),
    baseURL: readBaseUrl(options.baseURL, wire, options.allowInsecureHttp),
    keys: readKeys(options.apiKey, [], clock.now),
    variables: [],
    headers: assertHeaders(options.headers, "headers"),
    fetch: options.fetch,
    transport: options.transport,
    clock,
    codes: options.codes,
    chatUpstream: options.chatUpstream ?? "auto",
    unlimitedWritesLong: false,
    prefixCache: options.prefixCache,
    tags: options.tags,
    timeouts: options.timeouts,
  };
}

/** Checks the kind of the options that all makers share. */
export function checkShared(options: EndpointOptions): void {
  checkClock(options.clock);
  checkFunction(options.fetch, "fetch");
  checkTransport(options.transport);
  checkBoolean(options.allowInsecureHttp, "allowInsecureHttp");
  checkBoolean(options.streamUsage, "streamUsage");
  checkWord(options.chatUpstream, "chatUpstream", ["auto", "stream", "whole"], "auto");
  checkCodes(options.codes, "codes");
  checkPrefixCache(options.prefixCache, "prefixCache");
  checkTags(options.tags, "tags");
  checkTimeouts(options.timeouts, "timeouts");
}
