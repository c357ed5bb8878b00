import type { LanguageModelV2, LanguageModelV3StreamPart } from "@ai-sdk/provider";
import { convertArrayToReadableStream, MockLanguageModelV3 } from "ai/test";
import { describe, expect, it } from "vitest";
import { createReply } from "../../../../src/chat/create-reply.js";
import { functionOf } from "../../../../src/chat/message.js";
import type { ChatRequest } from "../../../../src/chat/request.js";
import type { Provider } from "../../../../src/contract/provider.js";
import { type AnyLanguageModel, fromLanguageModel, languageModel } from "../../../../src/integrations/ai-sdk/index.js";
import { USAGE } from "../support.js";
import { contextOf, fakeRouter, STOP, streamed, V3_USAGE } from "./support.js";

const request: ChatRequest = {
  model: "m",
  messages: [
    { role: "developer", content: "Be short" },
    {
      role: "user",
      content: [
        { type: "text", text: "What?" },
        { type: "image_url", image_url: { url: "https://example.com/a.png" } },
        { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } },
        { type: "input_audio", input_audio: { data: "AQ==", format: "mp3" } },
        { type: "file", file: { file_data: "data:application/pdf;base64,Aw==", filename: "a.pdf" } },
      ],
    },
    {
      role: "assistant",
      content: "Wait",
      reasoning_content: "of another model",
      tool_calls: [
        { id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } },
        { id: "c2", type: "function", function: { name: "g", arguments: "" } },
      ],
    },
    { role: "tool", tool_call_id: "c1", content: "one" },
    { role: "tool", tool_call_id: "c2", content: [{ type: "text", text: "two" }] },
  ],
  max_completion_tokens: 50,
  temperature: 0.2,
  stop: "END",
  tools: [{ type: "function", function: { name: "f", description: "F", parameters: { type: "object" } } }],
  tool_choice: { type: "function", function: { name: "f" } },
  response_format: { type: "json_schema", json_schema: { name: "answer", schema: { type: "object" } } },
  providerOptions: { claude: { anthropic: { thinking: true } } },
};

describe("the request", () => {
  it("arrives whole, in the model's spec", async () => {
    const model = new MockLanguageModelV3({
      modelId: "m",
      doGenerate: { content: [{ type: "text", text: "Hi" }], finishReason: STOP, usage: V3_USAGE, warnings: [] },
    });
    const reply = await fromLanguageModel(model, { id: "claude" }).chat(request, contextOf());
    expect(reply.choices[0].message.content).toBe("Hi");
    expect(reply.usage).toEqual({
      ...USAGE,
      prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
    });
    const { abortSignal, ...call } = model.doGenerateCalls[0]!;
    expect(abortSignal).toBeInstanceOf(AbortSignal);
    expect(call).toEqual({
      prompt: [
        { role: "system", content: "Be short" },
        {
          role: "user",
          content: [
            { type: "text", text: "What?" },
            { type: "file", mediaType: "image/*", data: new URL("https://example.com/a.png") },
            { type: "file", mediaType: "image/png", data: "AQID" },
            { type: "file", mediaType: "audio/mpeg", data: "AQ==" },
            { type: "file", mediaType: "application/pdf", data: "Aw==", filename: "a.pdf" },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Wait" },
            { type: "tool-call", toolCallId: "c1", toolName: "f", input: { a: 1 } },
            { type: "tool-call", toolCallId: "c2", toolName: "g", input: {} },
          ],
        },
        {
          role: "tool",
          content: [
            { type: "tool-result", toolCallId: "c1", toolName: "f", output: { type: "text", value: "one" } },
            { type: "tool-result", toolCallId: "c2", toolName: "g", output: { type: "text", value: "two" } },
          ],
        },
      ],
      maxOutputTokens: 50,
      temperature: 0.2,
      stopSequences: ["END"],
      tools: [{ type: "function", name: "f", description: "F", inputSchema: { type: "object" } }],
      toolChoice: { type: "tool", toolName: "f" },
      responseFormat: { type: "json", name: "answer", schema: { type: "object" } },
      providerOptions: { anthropic: { thinking: true } },
    });
  });

  it("is tagged for spec v4, effort included", async () => {
    const calls: Record<string, unknown>[] = [];
    const v4: AnyLanguageModel = {
      specificationVersion: "v4",
      provider: "vendor/chat",
      modelId: "m4",
      doGenerate: async (call: never) => {
        calls.push(call);
        return { content: [{ type: "text", text: "Hi" }], finishReason: STOP, usage: V3_USAGE, warnings: [] };
      },
      doStream: async () => ({ stream: convertArrayToReadableStream([]) }),
    };
    const provider = fromLanguageModel(v4);
    expect(provider.id).toBe("vendor-chat");
    await provider.chat({ messages: request.messages.slice(1, 2), reasoning_effort: "max" }, contextOf());
    expect(calls[0]).toMatchObject({ reasoning: "xhigh" });
    expect(calls[0]?.prompt).toMatchObject([
      { content: [{}, { data: { type: "url" } }, { data: { type: "data", data: "AQID" } }, {}, {}] },
    ]);
  });
});

describe("the answer", () => {
  it("of spec v2 has flat usage and a plain finish reason", async () => {
    const v2: LanguageModelV2 = {
      specificationVersion: "v2",
      provider: "old",
      modelId: "m2",
      supportedUrls: {},
      doGenerate: async () => ({
        content: [
          { type: "reasoning", text: "Hm" },
          { type: "tool-call", toolCallId: "c1", toolName: "f", input: '{"a":1}' },
        ],
        finishReason: "tool-calls",
        usage: { inputTokens: 12, outputTokens: 5, totalTokens: 17, reasoningTokens: 2, cachedInputTokens: 4 },
        warnings: [],
      }),
      doStream: async () => {
        throw new Error("unused");
      },
    };
    const reply = await fromLanguageModel(v2).chat(request, contextOf());
    expect(reply.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        reasoning_content: "Hm",
        content: null,
        tool_calls: [{ id: "c1", function: { name: "f", arguments: '{"a":1}' } }],
      },
    });
    expect(reply.usage).toMatchObject(USAGE);
  });

  const parts: LanguageModelV3StreamPart[] = [
    { type: "stream-start", warnings: [] },
    { type: "response-metadata", id: "r1", modelId: "m-2026", timestamp: new Date(5_000) },
    { type: "reasoning-start", id: "1" },
    { type: "reasoning-delta", id: "1", delta: "Hm" },
    { type: "reasoning-end", id: "1", providerMetadata: { anthropic: { signature: "sig" } } },
    { type: "text-start", id: "2" },
    { type: "text-delta", id: "2", delta: "Wa" },
    { type: "text-delta", id: "2", delta: "it" },
    { type: "text-end", id: "2" },
    { type: "tool-input-start", id: "c1", toolName: "f" },
    { type: "tool-input-delta", id: "c1", delta: '{"a"' },
    { type: "tool-input-delta", id: "c1", delta: ":1}" },
    { type: "tool-input-end", id: "c1" },
    { type: "tool-call", toolCallId: "c1", toolName: "f", input: '{"a":1}' },
    { type: "tool-call", toolCallId: "c2", toolName: "g", input: "{}" },
    { type: "finish", finishReason: { unified: "tool-calls", raw: "tool_use" }, usage: V3_USAGE },
  ];
  const streaming = (list: LanguageModelV3StreamPart[]): Provider =>
    fromLanguageModel(
      new MockLanguageModelV3({ modelId: "m", doStream: async () => ({ stream: convertArrayToReadableStream(list) }) }),
      { id: "claude" },
    );

  it("streams thinking, text and tool calls, once each", async () => {
    const progress: string[] = [];
    const reply = await streamed(streaming(parts), request, {
      ...contextOf(),
      report: (word) => void progress.push(word),
    });
    expect(reply).toMatchObject({ id: "r1", created: 5, model: "m", usage: USAGE });
    expect(reply.choices[0].finish_reason).toBe("tool_calls");
    expect(reply.choices[0].message).toMatchObject({
      content: "Wait",
      reasoning_content: "Hm",
      tool_calls: [
        { id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } },
        { id: "c2", type: "function", function: { name: "g", arguments: "{}" } },
      ],
    });
    expect(progress[0]).toBe("headers");
  });

  it.each([
    ["not at all", [], '{"a":1}'],
    ["in part", ['{"a"'], '{"a":1}'],
    ["whole", ['{"a"', ":1}"], '{"a":1}'],
    ["as other words", ['{"a": 1}'], '{"a": 1}'],
  ])("has the whole input of a tool call that was streamed %s", async (_, deltas, told) => {
    const reply = await streamed(
      streaming([
        { type: "tool-input-start", id: "c1", toolName: "f" },
        ...deltas.map((delta) => ({ type: "tool-input-delta" as const, id: "c1", delta })),
        { type: "tool-input-end", id: "c1" },
        { type: "tool-call", toolCallId: "c1", toolName: "f", input: '{"a":1}' },
        { type: "finish", finishReason: { unified: "tool-calls", raw: "tool_calls" }, usage: V3_USAGE },
      ]),
      request,
    );
    expect(reply.choices[0].message.tool_calls?.map((call) => functionOf(call)?.arguments)).toEqual([told]);
  });

  it("hands signatures back to their issuer alone, and only with what they signed", async () => {
    const { message } = (await streamed(streaming(parts), request)).choices[0];
    const model = new MockLanguageModelV3({
      modelId: "m",
      doGenerate: { content: [{ type: "text", text: "Hi" }], finishReason: STOP, usage: V3_USAGE, warnings: [] },
    });
    const history = (id: string, content: string | null) =>
      fromLanguageModel(model, { id }).chat({ messages: [{ ...message, content }] }, contextOf());
    await history("claude", message.content);
    await history("claude", "edited");
    await history("other", message.content);
    const sent = model.doGenerateCalls.map((call) => call.prompt[0]?.content);
    expect(sent[0]).toMatchObject([
      { type: "reasoning", text: "Hm", providerOptions: { anthropic: { signature: "sig" } } },
      { type: "text", text: "Wait" },
      { type: "tool-call", toolCallId: "c1", input: { a: 1 } },
      { type: "tool-call", toolCallId: "c2" },
    ]);
    for (const other of sent.slice(1)) expect(JSON.stringify(other)).not.toContain("sig");
  });

  it("is cut where the model gave no finish", async () => {
    const cut = parts.slice(0, 7);
    const finishReason = { unified: "other" as const, raw: undefined };
    for (const list of [cut, [...cut, { type: "finish" as const, finishReason, usage: V3_USAGE }]]) {
      await expect(streamed(streaming(list), request)).rejects.toMatchObject({ kind: "stream_interrupted" });
    }
  });

  it("leaves the model's stream when its reader leaves", async () => {
    let cancelled = false;
    const stream = new ReadableStream<LanguageModelV3StreamPart>({
      start: (controller) => controller.enqueue({ type: "text-delta", id: "1", delta: "x" }),
      cancel: () => {
        cancelled = true;
      },
    });
    const provider = fromLanguageModel(new MockLanguageModelV3({ doStream: async () => ({ stream }) }));
    for await (const _chunk of provider.stream!(request, contextOf())) break;
    expect(cancelled).toBe(true);
  });
});

it("there and back: a router as a model as a provider says the same", async () => {
  const call = { id: "c1", type: "function" as const, function: { name: "f", arguments: '{"a":1}' } };
  const state = { issuer: "glm", data: { signature: "s" } };
  const original = createReply({
    text: "Wait",
    reasoning: "Hm",
    model: "m1",
    toolCalls: [call],
    usage: USAGE,
    providerState: state,
  });
  const provider = fromLanguageModel(languageModel(fakeRouter(() => original)), { id: "outer" });
  const plain: ChatRequest = { messages: [{ role: "user", content: "x" }] };
  for (const reply of [await provider.chat(plain, contextOf()), await streamed(provider, plain)]) {
    const { content, reasoning_content, tool_calls } = reply.choices[0].message;
    expect({ content, reasoning_content, tool_calls }).toEqual({
      content: "Wait",
      reasoning_content: "Hm",
      tool_calls: [call],
    });
    expect(reply.usage).toMatchObject(USAGE);
  }
});
