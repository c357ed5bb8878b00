import {
  APICallError,
  type LanguageModelV3,
  type LanguageModelV3Content,
  type LanguageModelV3Prompt,
  type LanguageModelV3StreamPart,
} from "@ai-sdk/provider";
import { describe, it } from "vitest";
import { textOf } from "../../../../src/chat/message-text.js";
import { fromLanguageModel } from "../../../../src/integrations/ai-sdk/index.js";
import { runProviderConformance } from "../../../../src/testing/conformance/provider.js";
import type { ProviderScenario, ProviderUnderTest } from "../../../../src/testing/conformance/provider-scenarios.js";

const STATUS = { auth: 401, rate_limit: 429, overloaded: 503, server: 500 } as const;
const USAGE = {
  inputTokens: { total: 12, noCache: 12, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 7, text: 7, reasoning: undefined },
};

/** A model of the AI SDK with nothing behind it but the scenario. */
function setUp(scenario: ProviderScenario): ProviderUnderTest {
  const { name, text = "", reasoning, toolCall, failure } = scenario;
  const seen = { calls: 0, aborted: 0 };
  const begin = (signal: AbortSignal | undefined): void => {
    seen.calls += 1;
    signal?.addEventListener("abort", () => void seen.aborted++, { once: true });
    if (failure) throw refusal(STATUS[failure]);
  };
  const contentFor = (prompt: LanguageModelV3Prompt): LanguageModelV3Content[] => {
    const content: LanguageModelV3Content[] = [];
    if (reasoning) content.push({ type: "reasoning", text: reasoning });
    const said = name === "echo" ? textOf(prompt.at(-1)?.content) : text;
    if (said) content.push({ type: "text", text: said });
    if (toolCall)
      content.push({ type: "tool-call", toolCallId: toolCall.id, toolName: toolCall.name, input: toolCall.arguments });
    return content;
  };
  const finishReason = toolCall
    ? { unified: "tool-calls" as const, raw: "tool_use" }
    : { unified: "stop" as const, raw: "stop" };

  const model: LanguageModelV3 = {
    specificationVersion: "v3",
    provider: "played",
    modelId: "m",
    supportedUrls: {},
    async doGenerate({ abortSignal, prompt }) {
      begin(abortSignal);
      if (name === "hang") await untilAborted(abortSignal);
      if (name === "cut") throw new TypeError("terminated");
      return { content: contentFor(prompt), finishReason, usage: USAGE, warnings: [] };
    },
    async doStream({ abortSignal, prompt }) {
      begin(abortSignal);
      const parts = partsOf(contentFor(prompt), name === "cut");
      if (!["cut", "endless"].includes(name)) parts.push({ type: "finish", finishReason, usage: USAGE });
      let next = 0;
      const stream = new ReadableStream<LanguageModelV3StreamPart>({
        async pull(controller) {
          const part = parts[next++];
          if (part) controller.enqueue(part);
          else if (name === "endless") await untilAborted(abortSignal);
          else controller.close();
        },
        cancel: () => void seen.aborted++,
      });
      return { stream };
    },
  };
  return {
    provider: fromLanguageModel(model),
    upstream: { calls: () => seen.calls, aborted: () => seen.aborted },
  };
}

function partsOf(content: readonly LanguageModelV3Content[], cut: boolean): LanguageModelV3StreamPart[] {
  const parts: LanguageModelV3StreamPart[] = [{ type: "stream-start", warnings: [] }];
  for (const [index, part] of content.entries()) {
    const id = String(index);
    if (part.type === "tool-call") parts.push(part);
    else if (part.type === "text" || part.type === "reasoning") {
      parts.push({ type: `${part.type}-start`, id });
      for (const letter of part.text) parts.push({ type: `${part.type}-delta`, id, delta: letter });
      if (!cut) parts.push({ type: `${part.type}-end`, id });
    }
  }
  return parts;
}

function refusal(statusCode: number): APICallError {
  const requestBodyValues = { prompt: "Is the line clear?" };
  return new APICallError({
    message: "refused",
    url: "https://played.example",
    requestBodyValues,
    statusCode,
    responseBody: "{}",
  });
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

describe("a model of the AI SDK as a provider", () => {
  runProviderConformance({ test: it }, { setUp });
});
