import type { ModelInfo } from "../contract/provider.js";
import { checkOptions, checkWord } from "../errors/check-options.js";
import { anthropicWire } from "../wire/anthropic/index.js";
import { type Dialect, type EffortTable, PLAIN_DIALECT } from "../wire/dialect.js";
import { adaptiveEfforts, claudeThinking } from "./claude.js";
import { createHttpProvider, type HttpProvider } from "./http-provider.js";
import type { ModelOption } from "./models.js";
import { ENDPOINT_OPTION_NAMES, type EndpointOptions, readEndpoint } from "./openai-compatible.js";

/** Options of {@link anthropicCompatible}. */
export interface AnthropicCompatibleOptions extends EndpointOptions {
  /** Unique in a router; holds no slash. */
  readonly id: string;
  /** Without `/v1`: `/v1/messages` is appended. Https, or http on loopback. */
  readonly baseURL: string;
  /** What the endpoint offers: model ids, or objects with what is known of a model; guesses as for `openaiCompatible`. */
  readonly models: readonly ModelOption[];
  /** The header that carries the key. @default "x-api-key" */
  readonly auth?: "x-api-key" | "bearer" | "both" | undefined;
}

/** Refused by models whose sampling is fixed. */
const SAMPLING: ReadonlySet<string> = new Set(["temperature", "top_p", "top_k"]);

const budget = (tokens: number) => ({ thinking: { type: "enabled", budget_tokens: tokens } });

/** Effort as a thinking budget in tokens: our own scale, halved where the output limit is lower. */
const BUDGETS: EffortTable = {
  none: { thinking: { type: "disabled" } },
  minimal: budget(1_024),
  low: budget(2_048),
  medium: budget(8_192),
  high: budget(16_384),
  xhigh: budget(24_576),
  max: budget(32_768),
};

/**
 * A provider for any server that speaks Anthropic messages. This wire has no JSON mode: for JSON the schema is written
 * into the prompt, so give models `json: "none"` unless you know better. `reasoning_effort` is sent as an effort to models
 * of Anthropic's that think adaptively (4.6 and later) and to those that name their `capabilities.efforts`, as a budget of
 * tokens to others.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 *
 * @example
 * anthropicCompatible({ id: "claude", baseURL: "https://api.anthropic.com", apiKey: process.env.ANTHROPIC_API_KEY, models });
 */
export function anthropicCompatible(options: AnthropicCompatibleOptions): HttpProvider {
  checkOptions(options, "anthropicCompatible", ["id", "baseURL", "models", "auth", ...ENDPOINT_OPTION_NAMES]);
  const auth = checkWord(options.auth, "auth", ["x-api-key", "bearer", "both"], "x-api-key");
  return createHttpProvider({
    ...readEndpoint(options, "anthropic"),
    codec: anthropicWire(auth),
    dialectOf: anthropicDialect,
  });
}

/** How models over this wire want to be spoken to, unless their vendor has a profile of its own. */
export function anthropicDialect(model: ModelInfo): Dialect {
  const adaptive = claudeThinking(model);
  const efforts = adaptive === undefined ? BUDGETS : adaptiveEfforts(adaptive.efforts);
  return {
    ...PLAIN_DIALECT,
    drop: adaptive?.fixedSampling === true ? SAMPLING : undefined,
    toolIds: { charset: "word", maxLength: 64, unique: true },
    customTools: false,
    strictTools: true,
    media: false,
    // The range of this wire; the vocabulary's goes to 2.
    clamp: { temperature: [0, 1] },
    json: "none",
    effort: model.capabilities.thinking === "none" ? undefined : efforts,
    thinkTags: false,
    toolMarkup: false,
  };
}
