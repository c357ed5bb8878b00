import type { ChatRequest } from "../chat/request.js";
import type { ModelInfo } from "../contract/provider.js";

/** Above this many output tokens a whole answer may take longer than the 300 s that fetch waits for a response head. */
const LONG_OUTPUT_TOKENS = 8_192;

/** Whether an answer in one piece could outlast HTTP: the model always thinks, or may write long. */
export function mayWriteLong(request: ChatRequest, model: ModelInfo, unlimitedWritesLong: boolean): boolean {
  if (model.capabilities.thinking === "always") return true;
  const limit = request.max_completion_tokens ?? request.max_tokens;
  if (typeof limit === "number") return limit > LONG_OUTPUT_TOKENS;
  return unlimitedWritesLong && (model.maxOutput ?? Number.POSITIVE_INFINITY) > LONG_OUTPUT_TOKENS;
}
