import type { ChatRequest } from "../chat/request.js";
import type { RouterParts } from "./parts.js";

/** Every field of a request that this version knows. Others pass through to the provider. */
const KNOWN: ReadonlySet<string> = new Set<keyof ChatRequest>([
  "messages",
  "model",
  "models",
  "audio",
  "frequency_penalty",
  "function_call",
  "functions",
  "logit_bias",
  "logprobs",
  "max_completion_tokens",
  "max_tokens",
  "metadata",
  "modalities",
  "n",
  "parallel_tool_calls",
  "prediction",
  "presence_penalty",
  "prompt_cache_key",
  "reasoning_effort",
  "response_format",
  "safety_identifier",
  "seed",
  "service_tier",
  "stop",
  "store",
  "stream",
  "stream_options",
  "temperature",
  "tool_choice",
  "tools",
  "top_logprobs",
  "top_p",
  "user",
  "verbosity",
  "providerOptions",
]);

/** Tells once of each field that passes through unknown: perhaps it is a slip of the pen. */
export function warnUnknownFields({ services }: RouterParts, request: ChatRequest, requestId: string): void {
  for (const field in request) {
    if (KNOWN.has(field)) continue;
    services.warnOnce("unknown_field", `The request field "${field.slice(0, 100)}" is passed on as it is`, requestId);
  }
}
