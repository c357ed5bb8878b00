import { createServer } from "node:http";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createDeepSeek } from "@ai-sdk/deepseek";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { LanguageModelV3, LanguageModelV3Content, LanguageModelV3StreamPart } from "@ai-sdk/provider";
import { generateText, jsonSchema, type ModelMessage, stepCountIs, streamText, tool } from "ai";
import { convertArrayToReadableStream, MockLanguageModelV3 } from "ai/test";
import { createRouter, openaiCompatible, type Router } from "signalbox";
import { fromLanguageModel, languageModel } from "signalbox/ai-sdk";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { modelInfo, says, scripted } from "../support.js";
import { V3_USAGE } from "./support.js";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
beforeAll(() => {
  vi.stubGlobal("AI_SDK_LOG_WARNINGS", false);
});

function routerOf(...providers: Parameters<typeof createRouter>[0]["providers"][number][]): Router {
  const router = createRouter({ providers, strategy: "ordered", retry: { attempts: 1 } });
  open.push(router);
  return router;
}

const content: LanguageModelV3Content[] = [
  { type: "text", text: "Rome is sunny." },
  { type: "source", sourceType: "url", id: "s1", url: "https://a.b", title: "A" },
  { type: "file", mediaType: "image/png", data: "AAAA" },
  {
    type: "tool-call",
    toolCallId: "w1",
    toolName: "search",
    input: '{"q":"x"}',
    providerExecuted: true,
    dynamic: true,
  },
  { type: "tool-result", toolCallId: "w1", toolName: "search", result: { hits: 1 }, dynamic: true },
];
const warnings = [{ type: "unsupported" as const, feature: "temperature", details: "no" }];
const providerMetadata = { anthropic: { cacheCreationInputTokens: 1_000 } };
const finishReason = { unified: "stop" as const, raw: "end_turn" };
const headers = { "x-ratelimit-remaining": "7" };

/** A model that says everything a model can. */
function talkative(): MockLanguageModelV3 {
  const parts: LanguageModelV3StreamPart[] = [
    { type: "stream-start", warnings },
    { type: "response-metadata", id: "r1", modelId: "m-2026" },
    { type: "text-start", id: "1" },
    { type: "text-delta", id: "1", delta: "Rome is sunny." },
    { type: "text-end", id: "1" },
    ...(content.slice(1) as LanguageModelV3StreamPart[]),
    { type: "finish", finishReason, usage: V3_USAGE, providerMetadata },
  ];
  return new MockLanguageModelV3({
    provider: "anthropic.messages",
    modelId: "m",
    doGenerate: async () => ({
      content,
      finishReason,
      usage: V3_USAGE,
      warnings,
      providerMetadata,
      request: { body: "sent" },
      response: { id: "r1", modelId: "m-2026", headers },
    }),
    doStream: async () => ({
      stream: convertArrayToReadableStream(parts),
      request: { body: "sent" },
      response: { headers },
    }),
  });
}

/** What an app sees of an answer, less what is ours. */
async function seenBy(model: LanguageModelV3, how: "generate" | "stream") {
  const asked = { model, prompt: "x", maxRetries: 0 };
  const result = how === "generate" ? await generateText(asked) : streamText(asked);
  if ("fullStream" in result) await result.consumeStream();
  const { signalbox: _ours, ...metadata } = (await result.providerMetadata) ?? {};
  const response = await result.response;
  return {
    text: await result.text,
    sources: await result.sources,
    files: (await result.files).map(({ mediaType, base64 }) => ({ mediaType, base64 })),
    calls: (await result.toolCalls).map(({ toolCallId, toolName, providerExecuted }) => ({
      toolCallId,
      toolName,
      providerExecuted,
    })),
    results: (await result.toolResults).map(({ toolCallId, output }) => ({ toolCallId, output })),
    warnings: await result.warnings,
    metadata,
    raw: await result.rawFinishReason,
    modelId: response.modelId,
    headers: response.headers,
    request: (await result.request).body,
    usage: (await result.totalUsage).totalTokens,
  };
}

describe.each(["generate", "stream"] as const)("%s through the router", (how) => {
  it("shows all that the model showed", async () => {
    const direct = await seenBy(talkative(), how);
    expect(direct).toMatchObject({ sources: [{ url: "https://a.b" }], files: [{}], calls: [{}], results: [{}] });
    expect(await seenBy(languageModel(routerOf(fromLanguageModel(talkative(), { id: "v" }))), how)).toEqual(direct);
  });

  it("a stored answer keeps its sources, files and metadata", async () => {
    const router = createRouter({ providers: [fromLanguageModel(talkative(), { id: "v" })], cache: {} });
    open.push(router);
    const model = languageModel(router);
    const first = await seenBy(model, how);
    const again = await seenBy(model, how);
    // Warnings and headers are those of a call, and a hit makes none.
    expect(again).toEqual({ ...first, warnings: [], headers: undefined, request: undefined });
  });
});

it("what the vendor ran goes back to it, and the rest of the history with it", async () => {
  const inner = talkative();
  const model = languageModel(routerOf(fromLanguageModel(inner, { id: "v" })));
  const first = await generateText({ model, prompt: "x" });
  const messages: ModelMessage[] = [
    { role: "user", content: "x" },
    ...first.response.messages,
    { role: "user", content: "And?" },
  ];
  const second = await generateText({ model, messages });
  expect(second.warnings).toEqual(warnings);
  expect(inner.doGenerateCalls[1]?.prompt[1]).toMatchObject({
    role: "assistant",
    content: [
      { type: "text", text: "Rome is sunny." },
      { type: "file", mediaType: "image/png", data: "AAAA" },
      { type: "tool-call", toolCallId: "w1", input: { q: "x" }, providerExecuted: true },
      { type: "tool-result", toolCallId: "w1", output: { type: "json", value: { hits: 1 } } },
    ],
  });
});

it("tools that the vendor runs reach it, and no other", async () => {
  const inner = talkative();
  const other = scripted(() => says("no tools here"), { id: "other" });
  const model = languageModel(routerOf(fromLanguageModel(inner, { id: "v" }), other));
  const search = { type: "provider" as const, id: "anthropic.web_search_20250305" as const, name: "search", args: {} };
  const { warnings: told } = await model.doGenerate({
    prompt: [{ role: "user", content: [{ type: "text", text: "x" }] }],
    tools: [search],
  });
  expect(told).toEqual(warnings);
  expect(inner.doGenerateCalls[0]?.tools).toEqual([search]);
});

describe("providerOptions", () => {
  const inner = (): MockLanguageModelV3 => talkative();

  it.each([
    ["under the vendor's own name", { anthropic: { effort: "high" } }, "v"],
    ["under the provider's id", { v: { anthropic: { effort: "high" } } }, "v"],
    ["under a name that is both, flat", { anthropic: { effort: "high" } }, "anthropic"],
    ["under a name that is both, nested", { anthropic: { anthropic: { effort: "high" } } }, "anthropic"],
  ])("%s reach the model", async (_where, providerOptions, id) => {
    const model = inner();
    const { warnings: told } = await generateText({
      model: languageModel(routerOf(fromLanguageModel(model, { id }))),
      prompt: "x",
      providerOptions: providerOptions as never,
    });
    expect(model.doGenerateCalls[0]?.providerOptions).toEqual({ anthropic: { effort: "high" } });
    expect(told).toEqual(warnings);
  });

  it("under a name that nobody reads are a warning", async () => {
    const model = inner();
    const { warnings: told } = await generateText({
      model: languageModel(routerOf(fromLanguageModel(model, { id: "v" }))),
      prompt: "x",
      providerOptions: { anthropci: { typo: true }, anthropic: { effort: "low" } },
    });
    expect(told?.[0]).toMatchObject({ type: "unsupported", feature: "providerOptions.anthropci" });
    expect(JSON.stringify(told?.[0])).toContain("signalbox, v, anthropic");
    expect(model.doGenerateCalls[0]?.providerOptions).toEqual({ anthropic: { effort: "low" } });
  });
});

/** The AI SDK asks for this word before it takes system messages in a list. */
const TOLD = { allowSystemInMessages: true };

const MARK = { anthropic: { cacheControl: { type: "ephemeral" } } };

interface Upstream {
  readonly url: string;
  readonly bodies: { messages: { role: string; [field: string]: unknown }[]; [field: string]: unknown }[];
}

/** A vendor on loopback that answers JSON. */
async function upstream(answer: (text: string) => unknown): Promise<Upstream> {
  const bodies: Upstream["bodies"] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += piece;
    bodies.push(JSON.parse(text));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer(text)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({ close: () => new Promise((resolve) => server.close(resolve)) });
  const address = server.address();
  return { bodies, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` };
}

const weather = (execute: () => Promise<unknown>) => ({
  weather: tool({
    description: "The weather",
    inputSchema: jsonSchema<{ city: string }>({ type: "object", properties: { city: { type: "string" } } }),
    execute,
    providerOptions: MARK,
  }),
});

describe("a tool loop with @ai-sdk/anthropic behind the router", () => {
  const claude = () =>
    upstream((text) => {
      const done = text.includes("tool_result");
      return {
        id: "m",
        type: "message",
        role: "assistant",
        model: "claude",
        stop_reason: done ? "end_turn" : "tool_use",
        stop_sequence: null,
        content: done
          ? [{ type: "text", text: "20" }]
          : [
              { type: "thinking", thinking: "I need weather", signature: "SIG" },
              { type: "redacted_thinking", data: "RED" },
              { type: "text", text: "Looking." },
              { type: "tool_use", id: "t1", name: "weather", input: { city: "Rome" } },
            ],
        usage: { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 5, cache_read_input_tokens: 6 },
      };
    });
  const messages: ModelMessage[] = [
    { role: "system", content: "A very long system prompt.", providerOptions: MARK },
    { role: "user", content: [{ type: "text", text: "Weather in Rome?", providerOptions: MARK }] },
  ];
  const run = async (through: boolean, execute: () => Promise<unknown>) => {
    const up = await claude();
    const inner = createAnthropic({ apiKey: "k", baseURL: `${up.url}/v1` })("claude-sonnet-4-5");
    const capabilities = { thinking: "switchable", vision: "url", json: "schema" } as const;
    const models = { "claude-sonnet-4-5": { capabilities } };
    const model = through ? languageModel(routerOf(fromLanguageModel(inner, { id: "claude", models }))) : inner;
    const providerOptions = { anthropic: { thinking: { type: "enabled", budgetTokens: 2_000 } } };
    await generateText({
      ...TOLD,
      model,
      messages,
      tools: weather(execute),
      stopWhen: stepCountIs(3),
      providerOptions,
    });
    return up.bodies;
  };

  it.each<[string, () => Promise<unknown>]>([
    ["a failure", () => Promise.reject(new Error("no such city"))],
    ["JSON", async () => ({ degrees: 20, sky: ["clear"] })],
    ["text", async () => "20 degrees"],
  ])("sends what the SDK alone would send, after %s", async (_what, execute) => {
    const direct = await run(false, execute);
    const through = await run(true, execute);
    expect(JSON.stringify(direct[0]).match(/cache_control/g)?.length).toBe(3);
    expect(through).toEqual(direct);
  });

  it("marks, failures and pictures reach our own Anthropic wire as well as theirs", async () => {
    const provider = scripted(() => says("ok"));
    const model = languageModel(routerOf(provider));
    const picture = { type: "image-data" as const, data: "AAAA", mediaType: "image/png" };
    const call = { type: "tool-call" as const, toolCallId: "t1", toolName: "weather", input: {} };
    await generateText({
      ...TOLD,
      model,
      messages: [
        ...messages,
        { role: "assistant", content: [{ type: "text", text: "Hm", providerOptions: MARK }, call] },
        {
          role: "tool",
          content: [
            {
              type: "tool-result",
              toolCallId: "t1",
              toolName: "weather",
              output: { type: "content", value: [picture] },
              providerOptions: MARK,
            },
          ],
        },
      ],
    });
    const mark = { cache_control: MARK.anthropic.cacheControl };
    expect(provider.seen.requests[0]?.messages).toMatchObject([
      { role: "system", content: [{ type: "text", ...mark }] },
      { role: "user", content: [{ type: "text", text: "Weather in Rome?", ...mark }] },
      { role: "assistant", content: [{ type: "text", text: "Hm", ...mark }] },
      { role: "tool", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" }, ...mark }] },
    ]);
  });
});

describe("thinking without a signature", () => {
  const thinker = () =>
    upstream((text) => {
      const done = text.includes('"role":"tool"');
      const call = { id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } };
      const message = done
        ? { role: "assistant", content: "20" }
        : { role: "assistant", content: "", reasoning_content: "I need the weather.", tool_calls: [call] };
      const choices = [{ index: 0, message, finish_reason: done ? "stop" : "tool_calls" }];
      const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
      return { id: "x", object: "chat.completion", created: 1, model: "m", choices, usage };
    });

  it.each<[string, (baseURL: string) => LanguageModelV3]>([
    ["@ai-sdk/deepseek", (baseURL) => createDeepSeek({ apiKey: "k", baseURL })("deepseek-reasoner")],
    ["@ai-sdk/openai-compatible", (baseURL) => createOpenAICompatible({ name: "kimi", baseURL })("kimi-k2-thinking")],
  ])("goes back to %s in a tool loop", async (_name, make) => {
    const sent = [];
    for (const through of [false, true]) {
      const up = await thinker();
      const inner = make(up.url);
      const model = through ? languageModel(routerOf(fromLanguageModel(inner, { id: "ds" }))) : inner;
      await generateText({ model, prompt: "Weather?", tools: weather(async () => 20), stopWhen: stepCountIs(3) });
      sent.push(up.bodies.map((body) => body.messages));
    }
    expect(JSON.stringify(sent[0])).toContain("I need the weather.");
    expect(sent[1]).toEqual(sent[0]);
  });

  it("of another vendor does not", async () => {
    const up = await thinker();
    const inner = createDeepSeek({ apiKey: "k", baseURL: up.url })("deepseek-reasoner");
    const plain = await upstream(() => ({
      id: "x",
      object: "chat.completion",
      created: 1,
      model: "m1",
      choices: [{ index: 0, message: { role: "assistant", content: "20" }, finish_reason: "stop" }],
    }));
    const other = openaiCompatible({ id: "other", baseURL: plain.url, models: [modelInfo("m1")] });
    const router = routerOf(fromLanguageModel(inner, { id: "ds" }), other);
    const tools = weather(async () => 20);
    const first = await generateText({
      model: languageModel(router, "ds/deepseek-reasoner"),
      prompt: "Weather?",
      tools,
    });
    const messages: ModelMessage[] = [{ role: "user", content: "Weather?" }, ...first.response.messages];
    await generateText({ model: languageModel(router, "other/m1"), messages, tools });
    expect(JSON.stringify(plain.bodies)).not.toContain("I need the weather.");
    expect(plain.bodies[0]?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
  });
});
