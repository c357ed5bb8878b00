import type {
  LanguageModelV3Content,
  LanguageModelV3FinishReason,
  LanguageModelV3Usage,
  SharedV3ProviderMetadata,
} from "@ai-sdk/provider";
import type { ChatReply, FinishReason } from "../../chat/reply.js";
import { countsOf, type Usage } from "../../chat/usage.js";
import type { Route } from "../../contract/records.js";
import { jsonObject, OURS, stateAsMetadata } from "./part-state.js";

/** A reply's parts in the order they came about: thinking, text, tool calls. */
export function contentOf(reply: ChatReply): LanguageModelV3Content[] {
  const { message } = reply.choices[0];
  const content: LanguageModelV3Content[] = [];
  if (message.reasoning_content) content.push({ type: "reasoning", text: message.reasoning_content });
  const text = message.content || message.refusal;
  if (text) content.push({ type: "text", text });
  for (const call of message.tool_calls ?? []) {
    const { name, arguments: input } = call.function;
    content.push({ type: "tool-call", toolCallId: call.id, toolName: name, input: input === "" ? "{}" : input });
  }
  const [first] = content;
  if (message.provider_state && first) first.providerMetadata = stateAsMetadata(message.provider_state);
  return content;
}

const FINISH: { readonly [reason in FinishReason]: LanguageModelV3FinishReason["unified"] } = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter",
};

export function finishReasonOf(reason: FinishReason | null): LanguageModelV3FinishReason {
  if (reason === null) return { unified: "other", raw: undefined };
  return { unified: FINISH[reason] ?? "other", raw: reason };
}

export function usageOf(usage: Usage | null | undefined): LanguageModelV3Usage {
  if (!usage) return NO_USAGE;
  const { input, cacheRead, cacheWrite, output, reasoning } = countsOf(usage);
  return {
    inputTokens: { total: input + cacheRead + cacheWrite, noCache: input, cacheRead, cacheWrite },
    outputTokens: { total: output, text: output - reasoning, reasoning },
    raw: jsonObject(usage),
  };
}

const NO_USAGE: LanguageModelV3Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

/** How the answer came about, where apps of the AI SDK look for it: `result.providerMetadata.signalbox`. */
export function routeMetadata(reply: ChatReply): { providerMetadata?: SharedV3ProviderMetadata } {
  const { route } = reply as ChatReply & { route?: Route };
  return route ? { providerMetadata: { [OURS]: jsonObject(route) } } : {};
}
