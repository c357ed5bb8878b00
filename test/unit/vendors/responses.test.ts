import { describe, expect, it } from "vitest";
import { createAssembler } from "../../../src/chat/assemble.js";
import type { AssistantMessage, Message } from "../../../src/chat/message.js";
import { functionOf } from "../../../src/chat/message.js";
import type { ChatReply } from "../../../src/chat/reply.js";
import type { ChatRequest } from "../../../src/chat/request.js";
import { createRouter } from "../../../src/preset/create-router.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { context, drain, failureOf, HELLO, json, MODEL, sse, startLoopback } from "./loopback.js";
import { calling, eventsOf, response, responseStream, saying, thinking } from "./responses-shapes.js";

const server = await startLoopback();
const provider = openaiCompatible({
  id: "oai",
  apiKey: "test-key",
  baseURL: `${server.url}/v1`,
  models: [MODEL],
  wire: "responses",
  chatUpstream: "whole",
});

const sent = async (request: ChatRequest) => {
  server.answer(json(response([saying("ok")])));
  await provider.chat(request, context());
  return server.bodies[0] as { readonly [field: string]: unknown };
};

const inputOf = async (messages: Message[]) => (await sent({ messages })).input as { readonly type?: string }[];

const streamed = async (request: ChatRequest = { messages: HELLO }): Promise<ChatReply> => {
  const assembler = createAssembler();
  for await (const chunk of provider.stream(request, context())) assembler.push(chunk);
  return assembler.reply();
};

describe("the responses wire: what goes out", () => {
  it("sends the history as items, without state on the server", async () => {
    const body = await sent({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "developer", content: "In German." },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AA==", detail: "low" } },
            { type: "file", file: { file_data: "data:application/pdf;base64,AA==", filename: "a.pdf" } },
          ],
        },
        {
          role: "assistant",
          content: "Let me look.",
          tool_calls: [{ id: "call_1", type: "function", function: { name: "look", arguments: '{"a":1}' } }],
        },
        { role: "tool", tool_call_id: "call_1", content: "a cat" },
      ],
      max_tokens: 100,
      reasoning_effort: "low",
      temperature: 0.5,
    });
    expect(server.seen[0]?.path).toBe("/v1/responses");
    expect(body).toEqual({
      model: "m",
      instructions: "Be brief.",
      input: [
        { role: "developer", content: "In German." },
        {
          role: "user",
          content: [
            { type: "input_text", text: "What is this?" },
            { type: "input_image", image_url: "data:image/png;base64,AA==", detail: "low" },
            { type: "input_file", file_data: "data:application/pdf;base64,AA==", filename: "a.pdf" },
          ],
        },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "Let me look." }] },
        { type: "function_call", call_id: "call_1", name: "look", arguments: '{"a":1}' },
        { type: "function_call_output", call_id: "call_1", output: "a cat" },
      ],
      temperature: 0.5,
      max_output_tokens: 100,
      reasoning: { effort: "low" },
      store: false,
      include: ["reasoning.encrypted_content"],
    });
  });

  it("flattens tools, choices and formats", async () => {
    const schema = { type: "object", properties: { a: { type: "number" } } };
    const body = await sent({
      messages: HELLO,
      tools: [
        { type: "function", function: { name: "f", description: "d", parameters: schema } },
        {
          type: "custom",
          custom: { name: "c", format: { type: "grammar", grammar: { syntax: "lark", definition: "x" } } },
        },
      ],
      tool_choice: { type: "function", function: { name: "f" } },
      response_format: { type: "json_schema", json_schema: { name: "n", schema, strict: true } },
      verbosity: "low",
      logprobs: true,
      top_logprobs: 2,
    });
    expect(body).toMatchObject({
      tools: [
        // Strict is this API's default, so what is not strict has to say it.
        { type: "function", name: "f", description: "d", parameters: schema, strict: false },
        { type: "custom", name: "c", format: { type: "grammar", syntax: "lark", definition: "x" } },
      ],
      tool_choice: { type: "function", name: "f" },
      text: { format: { type: "json_schema", name: "n", schema, strict: true }, verbosity: "low" },
      include: ["reasoning.encrypted_content", "message.output_text.logprobs"],
      top_logprobs: 2,
    });
    expect(body).not.toHaveProperty("response_format");
    expect(body).not.toHaveProperty("logprobs");
  });

  it("passes hosted tools and their includes on, and says that they are there", async () => {
    const body = await sent({
      messages: HELLO,
      tools: [{ type: "web_search", search_context_size: "low" } as never],
      include: ["web_search_call.action.sources"],
    } as ChatRequest);
    expect(body.tools).toEqual([{ type: "web_search", search_context_size: "low" }]);
    expect(body.include).toContain("web_search_call.action.sources");
    expect(provider.models[0]?.capabilities.hostedTools).toBe(true);
  });

  it("tells what it has no word for, and refuses tools of old", async () => {
    const told: string[] = [];
    server.answer(json(response([saying("ok")])));
    await provider.chat(
      { messages: HELLO, seed: 7, presence_penalty: 1 },
      context({ warn: (_code, message) => told.push(message) }),
    );
    expect(told.join()).toMatch(/seed.*presence_penalty/);
    expect(server.bodies[0]).not.toHaveProperty("seed");
    const error = await failureOf(provider.chat({ messages: HELLO, functions: [{ name: "f" }] }, context()));
    expect(error).toMatchObject({ kind: "unsupported", path: "functions" });
    expect(server.seen).toHaveLength(1);
  });

  it("takes the results of free-form tools as such", async () => {
    const body = await sent({
      messages: [
        ...HELLO,
        { role: "assistant", tool_calls: [{ id: "c1", type: "custom", custom: { name: "sh", input: "ls" } }] },
        { role: "tool", tool_call_id: "c1", content: "a b" },
      ],
    });
    expect((body.input as unknown[]).slice(1)).toEqual([
      { type: "custom_tool_call", call_id: "c1", name: "sh", input: "ls" },
      { type: "custom_tool_call_output", call_id: "c1", output: "a b" },
    ]);
  });
});

describe("the responses wire: what comes back", () => {
  const output = [thinking("Hm, weather."), saying("I look."), calling("call_1", "weather", '{"city":"Köln"}')];

  it.each(["whole", "streamed"])("reads thinking, text, calls, usage (%s)", async (how) => {
    server.answer(how === "whole" ? json(response(output)) : sse([responseStream(eventsOf(output))], { done: false }));
    const reply = how === "whole" ? await provider.chat({ messages: HELLO }, context()) : await streamed();
    expect(reply).toMatchObject({ id: "resp_1", created: 1_790_000_000, model: "m", object: "chat.completion" });
    expect(reply.usage).toEqual({
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 2 },
    });
    expect(reply.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        content: "I look.",
        reasoning_content: "Hm, weather.",
        tool_calls: [{ id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Köln"}' } }],
        provider_state: { issuer: "oai", data: { wire: "responses", items: [thinking("Hm, weather.")] } },
      },
    });
  });

  it("hands sealed thinking out as soon as its issuer has sealed it", async () => {
    server.answer(sse([responseStream(eventsOf(output))], { done: false }));
    const chunks = await drain(provider.stream({ messages: HELLO }, context()));
    const at = (has: (delta: object) => boolean) =>
      chunks.findIndex(({ choices }) => choices[0] && has(choices[0].delta));
    const state = at((delta) => "provider_state" in delta);
    expect(state).toBeGreaterThan(0);
    expect(state).toBeLessThan(at((delta) => "content" in delta));
  });

  it("gives thinking back to its issuer alone", async () => {
    server.answer(json(response(output)));
    const { message } = (await provider.chat({ messages: HELLO }, context())).choices[0];
    const history: Message[] = [
      ...HELLO,
      message as AssistantMessage,
      { role: "tool", tool_call_id: "call_1", content: "7" },
    ];
    expect((await inputOf(history)).slice(1)).toEqual([
      thinking("Hm, weather."),
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "I look." }] },
      { type: "function_call", call_id: "call_1", name: "weather", arguments: '{"city":"Köln"}' },
      { type: "function_call_output", call_id: "call_1", output: "7" },
    ]);
    const foreign = { ...message, provider_state: { issuer: "other", data: { wire: "responses", items: [] } } };
    const other = await inputOf([...HELLO, foreign as AssistantMessage, ...HELLO]);
    expect(other.map(({ type }) => type)).not.toContain("reasoning");
  });

  it("keeps every item where their order says more than the vocabulary can", async () => {
    const search = { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "q" } };
    const items = [thinking("a"), search, saying("First.", { phase: "commentary" }), saying("Then.", { id: "msg_2" })];
    server.answer(json(response(items)));
    const reply = await provider.chat({ messages: HELLO }, context());
    const { message } = reply.choices[0];
    expect(message.content).toBe("First.\n\nThen.");
    server.answer(sse([responseStream(eventsOf(items))], { done: false }));
    expect((await streamed()).choices[0].message).toEqual(message);
    expect((await inputOf([...HELLO, message as AssistantMessage, ...HELLO])).slice(1, -1)).toEqual(items);
    const edited = { ...message, content: "Other words." } as AssistantMessage;
    expect((await inputOf([...HELLO, edited, ...HELLO])).slice(1, -1)).toEqual([
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Other words." }] },
    ]);
  });

  it("reads what only the finished items or the final response say", async () => {
    const whole = eventsOf(output);
    const without = (gone: RegExp) => whole.filter(({ type }) => !gone.test(type));
    for (const gone of [/delta$/, /output_item|delta$/, /added$/, /done$/]) {
      server.answer(sse([responseStream(without(gone))], { done: false }));
      const { message } = (await streamed()).choices[0];
      expect(message, String(gone)).toMatchObject({
        content: "I look.",
        reasoning_content: "Hm, weather.",
        tool_calls: [{ id: "call_1", function: { name: "weather", arguments: '{"city":"Köln"}' } }],
      });
    }
  });

  it("tells two calls of one id apart", async () => {
    server.answer(json(response([calling("x", "f", "{}"), calling("x", "f", '{"a":1}')])));
    const { message } = (await provider.chat({ messages: HELLO }, context())).choices[0];
    const ids = message.tool_calls?.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    expect(message.tool_calls?.map((call) => functionOf(call)?.arguments)).toEqual(["{}", '{"a":1}']);
  });

  it.each([
    ["max_output_tokens", "length"],
    ["content_filter", "content_filter"],
    ["max_tool_calls", "length"],
  ])("an answer that is incomplete by %s ends as %s", async (reason, finish) => {
    const more = { status: "incomplete", incomplete_details: { reason } };
    server.answer(json(response([saying("half", { status: "incomplete" })], more)));
    expect((await provider.chat({ messages: HELLO }, context())).choices[0].finish_reason).toBe(finish);
    const events = eventsOf([saying("half")]).slice(0, -1);
    const last = { type: "response.incomplete", response: response([saying("half")], more) };
    server.answer(sse([responseStream([...events, last])], { done: false }));
    expect((await streamed()).choices[0].finish_reason).toBe(finish);
  });

  it("reads refusals", async () => {
    const refusal = saying("", { content: [{ type: "refusal", refusal: "I must not." }] });
    server.answer(json(response([refusal])));
    const { message } = (await provider.chat({ messages: HELLO }, context())).choices[0];
    expect(message).toMatchObject({ content: null, refusal: "I must not." });
  });

  it("cuts at stop sequences, which this API does not know", async () => {
    server.answer(sse([responseStream(eventsOf([saying("one STOP two")]))], { done: false }));
    const reply = await streamed({ messages: HELLO, stop: "STOP" });
    expect(reply.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "one " } });
    expect(server.bodies[0]).not.toHaveProperty("stop");
  });

  it.each([
    [{ code: "rate_limit_exceeded", message: "slow down" }, "rate_limit"],
    [{ code: "context_length_exceeded", message: "too long" }, "context_length"],
    [{ code: "server_error", message: "oops" }, "server"],
  ])("an error inside a 200 is an error (%o)", async (error, kind) => {
    server.answer(json(response([], { status: "failed", error })));
    expect((await failureOf(provider.chat({ messages: HELLO }, context()))).kind).toBe(kind);
    const begin = { type: "response.created", response: response([], { status: "in_progress" }) };
    for (const last of [
      { type: "response.failed", response: response([], { status: "failed", error }) },
      { type: "error", ...error },
      { type: "error", error },
    ]) {
      server.answer(sse([responseStream([begin, last])], { done: false }));
      expect((await failureOf(streamed())).kind).toBe(kind);
    }
  });

  it("a stream that ends before its answer did is interrupted", async () => {
    server.answer(sse([responseStream(eventsOf([saying("half")]).slice(0, -1))], { done: false }));
    expect(await failureOf(streamed())).toMatchObject({ kind: "stream_interrupted", detail: "truncated" });
  });
});

describe("the responses wire behind a router", () => {
  it("alone takes requests that need hosted tools", async () => {
    const chat = openaiCompatible({ id: "chat", apiKey: "k", baseURL: `${server.url}/v1`, models: [MODEL] });
    const router = createRouter({ providers: [chat, provider] });
    server.answer(json(response([saying("found")])));
    const request = { messages: HELLO, tools: [{ type: "web_search" } as never] };
    const reply = await router.chat(request, { require: ["hosted_tools"] });
    expect(reply.route.provider).toBe("oai");
    const alone = createRouter({ providers: [chat] });
    const error = await failureOf(alone.chat(request, { require: ["hosted_tools"] }));
    expect(error).toMatchObject({ kind: "no_candidate", excluded: [{ id: "chat/m", reason: "missing_hosted_tools" }] });
    expect(server.seen).toHaveLength(1);
  });
});
