import type { ModelInfo } from "../contract/provider.js";
import type { Dialect, EffortTable } from "../wire/dialect.js";
import { OPENAI_ONLY } from "../wire/openai-only.js";
import { MINIMAX_AUTO, MINIMAX_MODELS } from "./catalogue/minimax.js";
import { MINIMAX_CODES } from "./codes/minimax.js";
import { effortTable, thinkingSwitch } from "./efforts.js";
import type { HttpProvider } from "./http-provider.js";
import { createVendor, type Place, type VendorOptions, type VendorProfile } from "./profile.js";

const INTERNATIONAL = "https://api.minimax.io";
const CHINA = "https://api.minimaxi.com";
const both = (url: string) => ({ standard: url, coding: url });

/** Ignored by the endpoint, or refused with 2013 by the China one. */
const DROP: ReadonlySet<string> = new Set([...OPENAI_ONLY, "user"]);

// "none" is refused with 2013 ("requires adaptive thinking"); without a word it thinks at max.
const FLASH_WORDS = ["low", "low", "low", "medium", "high", "xhigh", "max"];
const M3_SWITCH = thinkingSwitch({ type: "adaptive" }, { type: "disabled" });

function effortOf(model: ModelInfo, { wire }: Place): EffortTable | undefined {
  const { efforts, thinking } = model.capabilities;
  if (efforts !== undefined) {
    return effortTable(FLASH_WORDS, (word) =>
      wire === "openai" ? { reasoning_effort: word } : { output_config: { effort: word } },
    );
  }
  return thinking === "switchable" ? M3_SWITCH : undefined;
}

/** Everything that is this vendor's own. */
export const MINIMAX_PROFILE: VendorProfile = {
  id: "minimax",
  variables: ["MINIMAX_API_KEY"],
  models: MINIMAX_MODELS,
  autoModels: MINIMAX_AUTO,
  retired: {},
  endpoints: {
    openai: { international: both(`${INTERNATIONAL}/v1`), china: both(`${CHINA}/v1`) },
    anthropic: { international: both(`${INTERNATIONAL}/anthropic`), china: both(`${CHINA}/anthropic`) },
  },
  codes: MINIMAX_CODES,
  // Documented from 512 tokens; hits were measured after 185 s, explicit caching names 5 minutes.
  prefixCache: { ttlMs: 300_000, minTokens: 512 },
  dialectOf(model, place): Dialect {
    const { capabilities } = model;
    return {
      drop: DROP,
      // Documented as above 0 and at most 1.
      clamp: { temperature: [0.01, 1], top_p: [0.01, 1] },
      fixed: place.wire === "openai" ? { reasoning_split: true } : undefined,
      outputLimit: "max_completion_tokens",
      effort: effortOf(model, place),
      toolChoice: capabilities.toolChoice ?? "auto",
      json: capabilities.json,
      content: "string",
      cacheMarks: true,
      systems: "merged",
      emptyContent: "text",
      mergeTextIntoToolResult: true,
      repairArguments: true,
      reasoning: { field: "reasoning_details", unnamed: "think_tags" },
      // M2.x and M3.1-Flash take `stop` and ignore it; nobody promises it for M3.
      stop: { send: false, cut: true },
      // One report says that the China endpoint refuses `stream_options`: usage is estimated there.
      streamUsage: place.region !== "china",
      thinkTags: true,
      toolMarkup: true,
      reasoningAsAnswer: true,
    };
  },
};

/**
 * MiniMax. The key is `apiKey`, else the variable `MINIMAX_API_KEY`; without one the provider is listed as unavailable.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 *
 * @example
 * minimax({ region: "china", models: ["MiniMax-M3"] });
 */
export function minimax(options: VendorOptions = {}): HttpProvider {
  return createVendor(MINIMAX_PROFILE, options);
}
