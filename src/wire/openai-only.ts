import type { ChatRequest } from "../chat/request.js";

/** Fields of the vocabulary that hardly anyone but OpenAI knows: no vendor profile and no other wire sends them. */
export const OPENAI_ONLY: readonly (keyof ChatRequest)[] = [
  "audio",
  "frequency_penalty",
  "function_call",
  "functions",
  "logit_bias",
  "logprobs",
  "metadata",
  "modalities",
  "n",
  "parallel_tool_calls",
  "prediction",
  "presence_penalty",
  "prompt_cache_key",
  "safety_identifier",
  "seed",
  "service_tier",
  "store",
  "top_logprobs",
  "verbosity",
];
