import type { ModelInfo } from "../contract/provider.js";
import type { Dialect, EffortTable } from "../wire/dialect.js";
import { OPENAI_ONLY } from "../wire/openai-only.js";
import { KIMI_AUTO, KIMI_MODELS, KIMI_RETIRED } from "./catalogue/kimi.js";
import { KIMI_CODES } from "./codes/kimi.js";
import { effortTable, thinkingSwitch } from "./efforts.js";
import type { HttpProvider } from "./http-provider.js";
import { createVendor, type Place, type VendorOptions, type VendorProfile } from "./profile.js";

const INTERNATIONAL = "https://api.moonshot.ai";
const CHINA = "https://api.moonshot.cn";
const CODING = "https://api.kimi.com/coding";

/**
 * Sampling is fixed, and every other value a 400, so none is sent. The rest is unknown to the endpoint, but for
 * `prompt_cache_key`: one live test saw it raise the cost by 44 %.
 */
const DROP: ReadonlySet<string> = new Set([...OPENAI_ONLY, "temperature", "top_p", "user"]);

const SWITCH = thinkingSwitch({ type: "enabled" }, { type: "disabled" });
const WORDS_K3 = ["low", "low", "low", "high", "high", "max", "max"];

function effortOf(model: ModelInfo, { wire }: Place): EffortTable {
  const { efforts, thinking } = model.capabilities;
  if (efforts !== undefined) {
    // What the Anthropic route calls it is not published: nothing is sent there.
    return wire === "openai" ? effortTable(WORDS_K3, (word) => ({ reasoning_effort: word })) : {};
  }
  return thinking === "switchable" ? SWITCH : {};
}

/** Everything that is this vendor's own. */
export const KIMI_PROFILE: VendorProfile = {
  id: "kimi",
  variables: ["MOONSHOT_API_KEY", "KIMI_API_KEY"],
  models: KIMI_MODELS,
  autoModels: KIMI_AUTO,
  retired: KIMI_RETIRED,
  endpoints: {
    openai: {
      international: { standard: `${INTERNATIONAL}/v1`, coding: `${CODING}/v1` },
      china: { standard: `${CHINA}/v1`, coding: `${CODING}/v1` },
    },
    anthropic: {
      international: { standard: `${INTERNATIONAL}/anthropic`, coding: CODING },
      // Not confirmed: override it with `baseURL`.
      china: { standard: `${CHINA}/anthropic`, coding: CODING },
    },
  },
  codes: KIMI_CODES,
  // Measured on the coding endpoint: alive after 300 s, gone after 1,800 s; nothing below one block of 256.
  prefixCache: { ttlMs: 300_000, minTokens: 256 },
  dialectOf(model, place): Dialect {
    return {
      drop: DROP,
      outputLimit: "max_completion_tokens",
      effort: effortOf(model, place),
      toolChoice: model.capabilities.toolChoice ?? "full",
      json: model.capabilities.json,
      toolSchema: "moonshot",
      content: "string",
      systems: "merged",
      emptyContent: "omit",
      repairArguments: true,
      // A call without its thinking is a 400; one space is the least it takes.
      reasoning: { field: "reasoning_content", placeholder: " ", unnamed: "send" },
      stop: { send: true, cut: true, maxCount: 5, maxBytes: 32 },
      streamUsage: true,
      thinkTags: true,
      toolMarkup: true,
    };
  },
};

/**
 * Moonshot Kimi. The key is `apiKey`, else the first that is set of the variables `MOONSHOT_API_KEY` and `KIMI_API_KEY`;
 * without one the provider is listed as unavailable.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 *
 * @example
 * kimi({ models: ["kimi-k3"] });
 */
export function kimi(options: VendorOptions = {}): HttpProvider {
  return createVendor(KIMI_PROFILE, options);
}
