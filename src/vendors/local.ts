import { type EndpointVendor, endpointVendor } from "./endpoint-vendor.js";

/**
 * Ollama on this machine. Needs no key; name the models that are pulled.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 *
 * @example
 * ollama({ models: ["qwen3:8b"] });
 */
export const ollama: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "ollama",
  baseURL: "http://localhost:11434/v1",
  variables: [],
});

/**
 * A vLLM server on this machine; `baseURL` for another one. Needs no key unless the server was started with one.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 *
 * @example
 * vllm({ models: [{ id: "Qwen/Qwen3-8B", contextWindow: 40_960, capabilities: { tools: true } }] });
 */
export const vllm: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "vllm",
  baseURL: "http://localhost:8000/v1",
  variables: [],
});

/**
 * LM Studio on this machine. Needs no key; name the models that are loaded.
 *
 * @throws SignalboxError `invalid_options` naming the option.
 *
 * @example
 * lmstudio({ models: ["qwen3-8b"] });
 */
export const lmstudio: EndpointVendor = /* @__PURE__ */ endpointVendor({
  id: "lmstudio",
  baseURL: "http://localhost:1234/v1",
  variables: [],
});
