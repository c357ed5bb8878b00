import type { ReasoningEffort } from "../chat/request.js";
import type { ModelInfo } from "../contract/provider.js";
import { anthropicWire } from "../wire/anthropic/index.js";
import type { Dialect, Fields } from "../wire/dialect.js";
import { openaiWire } from "../wire/openai/index.js";
import { OPENAI_ONLY } from "../wire/openai-only.js";
import { anthropicDialect } from "./anthropic-compatible.js";
import { ANTHROPIC_AUTO, ANTHROPIC_MODELS } from "./catalogue/anthropic.js";
import { CEREBRAS_AUTO, CEREBRAS_MODELS } from "./catalogue/cerebras.js";
import { DEEPSEEK_AUTO, DEEPSEEK_MODELS } from "./catalogue/deepseek.js";
import { FIREWORKS_AUTO, FIREWORKS_MODELS } from "./catalogue/fireworks.js";
import { GEMINI_AUTO, GEMINI_MODELS } from "./catalogue/gemini.js";
import { GROQ_AUTO, GROQ_MODELS } from "./catalogue/groq.js";
import { MISTRAL_AUTO, MISTRAL_MODELS } from "./catalogue/mistral.js";
import { OPENAI_AUTO, OPENAI_MODELS } from "./catalogue/openai.js";
import { PERPLEXITY_AUTO, PERPLEXITY_MODELS } from "./catalogue/perplexity.js";
import { QWEN_AUTO, QWEN_MODELS } from "./catalogue/qwen.js";
import { TOGETHER_AUTO, TOGETHER_MODELS } from "./catalogue/together.js";
import { XAI_AUTO, XAI_MODELS } from "./catalogue/xai.js";
import { effortTable } from "./efforts.js";
import { type EndpointVendor, endpointVendor } from "./endpoint-vendor.js";

/** Every field that OpenAI alone takes, less those that this vendor documents too. */
const withoutOpenAIOnly = (...documented: readonly string[]): ReadonlySet<string> =>
  new Set(OPENAI_ONLY.filter((field) => !documented.includes(field)));

/** Sampling settings, which a model that always thinks refuses. */
const SAMPLING = ["temperature", "top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs"];
const SAMPLING_DROPPED: ReadonlySet<string> = new Set(SAMPLING);

const ORDER: readonly ReasoningEffort[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** `reasoning_effort` in the words that a model knows, each wish as the nearest word; `off` says how thinking ends. */
function effortsOf({ capabilities }: ModelInfo, off: Fields = { reasoning_effort: "none" }): Dialect["effort"] {
  const { efforts, thinking } = capabilities;
  if (efforts === undefined) return undefined;
  const words = ORDER.map((wish, at) => {
    if (wish === "none" && thinking === "switchable") return "none";
    const distance = (word: string): number => Math.abs(ORDER.indexOf(word as ReasoningEffort) - at);
    return efforts.reduce((best, word) => (distance(word) < distance(best) ? word : best));
  });
  return effortTable(words, (word) => (word === "none" ? off : { reasoning_effort: word }));
}

const switchable = ({ capabilities }: ModelInfo, off: Fields, on: Fields): Dialect["effort"] =>
  capabilities.thinking === "switchable"
    ? effortTable(["off", "on", "on", "on", "on", "on", "on"], (word) => (word === "off" ? off : on))
    : undefined;

/**
 * OpenAI. Key: `OPENAI_API_KEY`. Chat completions; `openaiCompatible({ wire: "responses" })` speaks the Responses API.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const openai: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "openai",
  baseURL: "https://api.openai.com/v1",
  variables: ["OPENAI_API_KEY"],
  models: OPENAI_MODELS,
  autoModels: OPENAI_AUTO,
  dialect: (model) => ({
    outputLimit: "max_completion_tokens",
    effort: effortsOf(model),
    ...(model.capabilities.thinking === "always" ? { drop: SAMPLING_DROPPED } : {}),
  }),
  // Documented: prompts from 1,024 tokens, kept for 5 to 10 minutes of silence.
  prefixCache: { ttlMs: 300_000, minTokens: 1_024 },
});

/**
 * Anthropic, over the Messages API. Key: `ANTHROPIC_API_KEY`.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const anthropic: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "anthropic",
  baseURL: "https://api.anthropic.com",
  variables: ["ANTHROPIC_API_KEY"],
  models: ANTHROPIC_MODELS,
  autoModels: ANTHROPIC_AUTO,
  codec: /* @__PURE__ */ anthropicWire("x-api-key"),
  dialect: anthropicDialect,
});

/**
 * Google Gemini, over its OpenAI-compatible endpoint. Key: `GEMINI_API_KEY`, else `GOOGLE_API_KEY`.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const gemini: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "gemini",
  baseURL: "https://generativelanguage.googleapis.com/v1beta/openai",
  variables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
  models: GEMINI_MODELS,
  autoModels: GEMINI_AUTO,
  dialect: (model) => ({ drop: withoutOpenAIOnly("n", "parallel_tool_calls", "seed"), effort: effortsOf(model) }),
});

/**
 * DeepSeek. Key: `DEEPSEEK_API_KEY`. The thinking behind tool calls goes back, as the vendor demands.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const deepseek: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "deepseek",
  baseURL: "https://api.deepseek.com/v1",
  variables: ["DEEPSEEK_API_KEY"],
  models: DEEPSEEK_MODELS,
  autoModels: DEEPSEEK_AUTO,
  dialect: (model) => ({
    drop: withoutOpenAIOnly("frequency_penalty", "presence_penalty", "logprobs", "top_logprobs"),
    outputLimit: "max_tokens",
    effort: effortsOf(model, { thinking: { type: "disabled" } }),
    reasoning: { field: "reasoning_content", placeholder: " ", unnamed: "send" },
  }),
  // Documented: blocks of 64 tokens, on by default, kept for hours.
  prefixCache: { ttlMs: 3_600_000, minTokens: 64 },
});

/**
 * OpenRouter. Key: `OPENROUTER_API_KEY`. It has no catalogue here: name the models, such as `"qwen/qwen3.8-max"`.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const openrouter: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "openrouter",
  baseURL: "https://openrouter.ai/api/v1",
  variables: ["OPENROUTER_API_KEY"],
  dialect: () => ({
    effort: effortTable(ORDER, (effort) => ({ reasoning: { effort } })),
    reasoning: { field: "reasoning_details", unnamed: "drop" },
  }),
});

/**
 * Groq. Key: `GROQ_API_KEY`.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const groq: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "groq",
  baseURL: "https://api.groq.com/openai/v1",
  variables: ["GROQ_API_KEY"],
  models: GROQ_MODELS,
  autoModels: GROQ_AUTO,
  dialect: (model) => ({
    // Documented as refused with 400.
    drop: new Set(["logprobs", "logit_bias", "top_logprobs", "n"]),
    outputLimit: "max_completion_tokens",
    effort: effortsOf(model),
  }),
});

/**
 * Mistral. Key: `MISTRAL_API_KEY`. Fields that it does not know are a 422 there, so they stay out.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const mistral: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "mistral",
  baseURL: "https://api.mistral.ai/v1",
  variables: ["MISTRAL_API_KEY"],
  models: MISTRAL_MODELS,
  autoModels: MISTRAL_AUTO,
  dialect: () => ({
    drop: new Set([
      ...withoutOpenAIOnly("frequency_penalty", "presence_penalty", "n", "parallel_tool_calls", "prediction", "seed"),
      "user",
    ]),
    rename: { seed: "random_seed" },
    outputLimit: "max_tokens",
    // Streams carry their usage unasked.
    streamUsage: false,
  }),
});

/**
 * xAI. Key: `XAI_API_KEY`.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const xai: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "xai",
  baseURL: "https://api.x.ai/v1",
  variables: ["XAI_API_KEY"],
  models: XAI_MODELS,
  autoModels: XAI_AUTO,
  dialect: (model) => ({
    effort: effortsOf(model),
    ...(model.capabilities.thinking === "none"
      ? {}
      : { drop: new Set(["presence_penalty", "frequency_penalty"]), stop: { send: false, cut: true } }),
  }),
});

/**
 * Qwen, on Alibaba Cloud Model Studio (international). Key: `DASHSCOPE_API_KEY`.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const qwen: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "qwen",
  baseURL: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
  variables: ["DASHSCOPE_API_KEY"],
  models: QWEN_MODELS,
  autoModels: QWEN_AUTO,
  dialect: (model) => ({
    outputLimit: "max_tokens",
    effort: switchable(model, { enable_thinking: false }, { enable_thinking: true }),
  }),
});

/**
 * Together AI. Key: `TOGETHER_API_KEY`.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const together: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "together",
  baseURL: "https://api.together.xyz/v1",
  variables: ["TOGETHER_API_KEY"],
  models: TOGETHER_MODELS,
  autoModels: TOGETHER_AUTO,
  dialect: (model) => ({
    outputLimit: "max_tokens",
    effort: effortsOf(model, { reasoning: { enabled: false } }),
  }),
});

/**
 * Fireworks AI. Key: `FIREWORKS_API_KEY`.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const fireworks: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "fireworks",
  baseURL: "https://api.fireworks.ai/inference/v1",
  variables: ["FIREWORKS_API_KEY"],
  models: FIREWORKS_MODELS,
  autoModels: FIREWORKS_AUTO,
  dialect: (model) => ({ outputLimit: "max_tokens", effort: effortsOf(model) }),
});

/**
 * Cerebras. Key: `CEREBRAS_API_KEY`.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const cerebras: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "cerebras",
  baseURL: "https://api.cerebras.ai/v1",
  variables: ["CEREBRAS_API_KEY"],
  models: CEREBRAS_MODELS,
  autoModels: CEREBRAS_AUTO,
  dialect: (model) => ({
    // Documented as refused with 400.
    drop: new Set(["frequency_penalty", "logit_bias", "presence_penalty"]),
    outputLimit: "max_completion_tokens",
    effort: switchable(model, { disable_reasoning: true }, {}),
  }),
});

/**
 * Perplexity. Key: `PERPLEXITY_API_KEY`. Answers carry citations; it takes no tools.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 */
export const perplexity: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "perplexity",
  baseURL: "https://api.perplexity.ai",
  variables: ["PERPLEXITY_API_KEY"],
  models: PERPLEXITY_MODELS,
  autoModels: PERPLEXITY_AUTO,
  dialect: () => ({ outputLimit: "max_tokens", streamUsage: false }),
});

/**
 * Azure OpenAI. Key: `AZURE_OPENAI_API_KEY`, sent as `api-key`. Give `baseURL`, the address of your resource, and the
 * names of your deployments as `models`.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 *
 * @example
 * azure({ baseURL: "https://my-resource.openai.azure.com/openai/v1", models: [{ id: "my-gpt", contextWindow: 400_000 }] });
 */
export const azure: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "azure",
  baseURL: { looksLike: "https://NAME.openai.azure.com/openai/v1" },
  variables: ["AZURE_OPENAI_API_KEY"],
  codec: { ...openaiWire, headers: (key): { [name: string]: string } => (key === "" ? {} : { "api-key": key }) },
  dialect: (model) => ({ outputLimit: "max_completion_tokens", effort: effortsOf(model) }),
});
