import type { ChatRequest } from "../chat/request.js";
import { OPENAI_ONLY } from "../wire/openai-only.js";
import type { RouterParts } from "./parts.js";

/** Every field of a request that this version knows. Others pass through to the provider. */
const KNOWN: ReadonlySet<string> = new Set<keyof ChatRequest>([
  ...OPENAI_ONLY,
  "messages",
  "model",
  "models",
  "max_completion_tokens",
  "max_tokens",
  "reasoning_effort",
  "response_format",
  "stop",
  "stream",
  "stream_options",
  "temperature",
  "tool_choice",
  "tools",
  "top_p",
  "user",
  "providerOptions",
]);

/** Tells once of each field that passes through unknown: perhaps it is a slip of the pen. */
export function warnUnknownFields({ services }: RouterParts, request: ChatRequest, requestId: string): void {
  for (const field in request) {
    if (KNOWN.has(field)) continue;
    services.warnOnce("unknown_field", `The request field "${field.slice(0, 100)}" is passed on as it is`, requestId);
  }
}
