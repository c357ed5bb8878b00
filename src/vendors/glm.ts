import type { ModelInfo } from "../contract/provider.js";
import type { Dialect, EffortTable } from "../wire/dialect.js";
import { OPENAI_ONLY } from "../wire/openai-only.js";
import { GLM_AUTO, GLM_MODELS } from "./catalogue/glm.js";
import { GLM_CODES } from "./codes/glm.js";
import { effortTable, thinkingSwitch } from "./efforts.js";
import type { HttpProvider } from "./http-provider.js";
import { createVendor, type Place, type VendorOptions, type VendorProfile } from "./profile.js";

const INTERNATIONAL = "https://api.z.ai/api";
const CHINA = "https://open.bigmodel.cn/api";
const both = (url: string) => ({ standard: url, coding: url });
const plans = (host: string) => ({ standard: `${host}/paas/v4`, coding: `${host}/coding/paas/v4` });

/** Not in the vendor's reference; a field it does not know can cost a 1210. */
const DROP: ReadonlySet<string> = new Set(OPENAI_ONLY);

const SWITCH = thinkingSwitch({ type: "enabled" }, { type: "disabled" });
// 5.2 skips for none and minimal, takes low and medium as high, xhigh as max. 5.3 cannot stop thinking.
const WORDS_5_2 = ["none", "none", "high", "high", "high", "max", "max"];
const WORDS_5_3 = ["low", "low", "low", "high", "high", "max", "max"];

function effortOf(model: ModelInfo, { wire }: Place): EffortTable {
  const { efforts, thinking } = model.capabilities;
  // The Anthropic route is documented with thinking on and off alone.
  if (efforts === undefined || wire === "anthropic") return thinking === "always" ? {} : SWITCH;
  const words = thinking === "always" ? WORDS_5_3 : WORDS_5_2;
  return effortTable(words, (word) =>
    word === "none" ? { thinking: { type: "disabled" } } : { reasoning_effort: word },
  );
}

/** Documented for 4.6, 4.7 and 5; without it the arguments of a call come as one late piece. */
const streamsToolArguments = (model: ModelInfo): boolean => /^glm-(?:4\.[67]|[5-9])/.test(model.id);

/** Everything that is this vendor's own. */
export const GLM_PROFILE: VendorProfile = {
  id: "glm",
  variables: ["ZAI_API_KEY", "ZHIPU_API_KEY", "GLM_API_KEY", "BIGMODEL_API_KEY"],
  models: GLM_MODELS,
  autoModels: GLM_AUTO,
  retired: {},
  endpoints: {
    openai: { international: plans(INTERNATIONAL), china: plans(CHINA) },
    // The China base of the Anthropic route is not confirmed: override it with `baseURL`.
    anthropic: { international: both(`${INTERNATIONAL}/anthropic`), china: both(`${CHINA}/anthropic`) },
  },
  codes: GLM_CODES,
  // Neither is published: five minutes and 1,024 tokens are what other vendors do.
  prefixCache: { ttlMs: 300_000, minTokens: 1_024 },
  dialectOf(model, place): Dialect {
    return {
      drop: DROP,
      rename: { user: "user_id" },
      lengths: { user: [6, 128] },
      clamp: { temperature: [0, 1], top_p: [0.01, 1] },
      fixedForStreamedTools: place.wire === "openai" && streamsToolArguments(model) ? { tool_stream: true } : undefined,
      outputLimit: "max_tokens",
      effort: effortOf(model, place),
      toolChoice: model.capabilities.toolChoice ?? "full",
      json: model.capabilities.json,
      content: "string",
      systems: "merged",
      emptyContent: "text",
      mergeTextIntoToolResult: true,
      repairArguments: true,
      reasoning: { field: "reasoning_content", unnamed: "send" },
      stop: { send: true, cut: true },
      streamUsage: true,
      thinkTags: true,
      toolMarkup: true,
    };
  },
};

/**
 * Zhipu / Z.ai GLM. The key is `apiKey`, else the first that is set of the variables `ZAI_API_KEY`, `ZHIPU_API_KEY`,
 * `GLM_API_KEY`, `BIGMODEL_API_KEY`; without one the provider is listed as unavailable.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 *
 * @example
 * glm({ plan: "coding", autoModels: ["glm-5.3"] });
 */
export function glm(options: VendorOptions = {}): HttpProvider {
  return createVendor(GLM_PROFILE, options);
}
