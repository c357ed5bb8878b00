/**
 * Vendors by name, and facts of models from public catalogues.
 *
 * @module signalbox/vendors
 */

export {
  fromLiteLLM,
  type LiteLLMConfig,
  type LiteLLMDeployment,
  type TakenFromLiteLLM,
} from "./router/from-litellm.js";
export type { EndpointVendor, EndpointVendorOptions } from "./vendors/endpoint-vendor.js";
export {
  anthropic,
  azure,
  cerebras,
  deepseek,
  fireworks,
  gemini,
  groq,
  mistral,
  openai,
  openrouter,
  perplexity,
  qwen,
  together,
  xai,
} from "./vendors/endpoints.js";
export { glm } from "./vendors/glm.js";
export { kimi } from "./vendors/kimi.js";
export { lmstudio, ollama, vllm } from "./vendors/local.js";
export { minimax } from "./vendors/minimax.js";
export { type ModelsFromOptions, modelsFrom } from "./vendors/models-from.js";
