import type {
  LanguageModelV3Content,
  LanguageModelV3FinishReason,
  LanguageModelV3Source,
  LanguageModelV3StreamPart,
  LanguageModelV3Usage,
  SharedV3ProviderMetadata,
} from "@ai-sdk/provider";
import type { ChatReply, FinishReason, ReplyMessage } from "../../chat/reply.js";
import { countsOf, type Usage } from "../../chat/usage.js";
import type { Route } from "../../contract/records.js";
import { factsOf, partsOf, replayable } from "./kept-parts.js";
import { field, jsonObject, OURS, stateAsMetadata } from "./part-state.js";

/** A reply's parts in the order they came about: as the model gave them if it is one of the AI SDK. */
export function contentOf(reply: ChatReply): LanguageModelV3Content[] {
  const { message } = reply.choices[0];
  const kept = partsOf(message.provider_state);
  const content = kept
    ? kept.map((part) => ({ ...part }) as unknown as LanguageModelV3Content)
    : [...spokenParts(message), ...citedSources(message)];
  const state = replayable(message.provider_state);
  const [first] = content;
  if (state && first) first.providerMetadata = { ...first.providerMetadata, ...stateAsMetadata(state) };
  return content;
}

/** The parts of an answer that no chunk tells: sources, files, and tools that the vendor ran. */
export function untoldParts(message: ReplyMessage): LanguageModelV3StreamPart[] {
  const kept = partsOf(message.provider_state);
  if (kept === undefined) return citedSources(message);
  const untold = kept.filter(({ type, providerExecuted }) => {
    return !["text", "reasoning"].includes(type) && !(type === "tool-call" && providerExecuted !== true);
  });
  return untold as unknown as LanguageModelV3StreamPart[];
}

/** Thinking, text, tool calls. */
function spokenParts(message: ReplyMessage): LanguageModelV3Content[] {
  const content: LanguageModelV3Content[] = [];
  if (message.reasoning_content) content.push({ type: "reasoning", text: message.reasoning_content });
  const text = message.content || message.refusal;
  if (text) content.push({ type: "text", text });
  for (const call of message.tool_calls ?? []) {
    if (call.type !== "function") continue;
    const { name, arguments: input } = call.function;
    content.push({ type: "tool-call", toolCallId: call.id, toolName: name, input: input === "" ? "{}" : input });
  }
  return content;
}

/** The citations of an answer of a vendor's own wire, as sources. */
function citedSources(message: ReplyMessage): LanguageModelV3Source[] {
  const annotations = field(message, "annotations");
  if (!Array.isArray(annotations)) return [];
  return annotations.flatMap((annotation: unknown, index): LanguageModelV3Source[] => {
    const cited = field(annotation, "url_citation");
    const [url, title] = [field(cited, "url"), field(cited, "title")];
    if (typeof url !== "string") return [];
    const named = typeof title === "string" ? { title } : {};
    return [{ type: "source", sourceType: "url", id: `source-${index}`, url, ...named }];
  });
}

const FINISH: { readonly [reason in FinishReason]: LanguageModelV3FinishReason["unified"] } = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter",
};

/** @param raw the vendor's own word for it, if a model of the AI SDK told it. */
export function finishReasonOf(reason: FinishReason | null, raw?: string): LanguageModelV3FinishReason {
  if (reason === null) return { unified: "other", raw };
  return { unified: FINISH[reason] ?? "other", raw: raw ?? reason };
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

/**
 * How the answer came about, in the place that apps of the AI SDK look at: `result.providerMetadata.signalbox`. Beside it
 * stands what the model itself said of its answer.
 */
export function routeMetadata(reply: ChatReply): { providerMetadata?: SharedV3ProviderMetadata } {
  const { route } = reply as ChatReply & { route?: Route };
  const { providerMetadata } = factsOf(reply.choices[0].message.provider_state);
  if (!route && !providerMetadata) return {};
  return {
    providerMetadata: {
      ...(providerMetadata as SharedV3ProviderMetadata),
      ...(route && { [OURS]: jsonObject(route) }),
    },
  };
}
