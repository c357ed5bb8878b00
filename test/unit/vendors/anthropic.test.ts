import { describe, expect, it } from "vitest";
import { createAssembler } from "../../../src/chat/assemble.js";
import type { Message } from "../../../src/chat/message.js";
import { functionOf } from "../../../src/chat/message.js";
import type { ChatRequest } from "../../../src/chat/request.js";
import { anthropicCompatible } from "../../../src/vendors/anthropic-compatible.js";
import { glm } from "../../../src/vendors/glm.js";
import { kimi } from "../../../src/vendors/kimi.js";
import { minimax } from "../../../src/vendors/minimax.js";
import { block, messageEvents, messageStream } from "./anthropic-shapes.js";
import { context, drain, failureOf, HELLO, json, MODEL, startLoopback } from "./loopback.js";

const server = await startLoopback();
const claude = anthropicCompatible({ id: "claude", apiKey: "k", baseURL: server.url, models: [MODEL] });
const answer = {
  id: "msg",
  type: "message",
  role: "assistant",
  model: "m",
  content: [{ type: "text", text: "42" }],
  stop_reason: "end_turn",
  usage: { input_tokens: 3, output_tokens: 1 },
};

async function sent(
  request: Partial<ChatRequest>,
  provider: Pick<typeof claude, "chat"> = claude,
): Promise<{ [field: string]: unknown }> {
  server.answer(json(answer));
  await provider.chat({ messages: HELLO, ...request }, context());
  return server.bodies[0] as { [field: string]: unknown };
}

const streaming = (events: readonly unknown[]) => (response: import("node:http").ServerResponse) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(events.map((event) => `event: x\ndata: ${JSON.stringify(event)}\n\n`).join(""));
};

describe("the Anthropic wire (recorded shapes, loopback server)", () => {
  it("writes system, turns, tools and results in its own form", async () => {
    const call = (id: string) => ({ id, type: "function" as const, function: { name: "f", arguments: '{"a":1}' } });
    const messages: Message[] = [
      { role: "system", content: "A" },
      { role: "user", content: "hi" },
      { role: "assistant", content: "calling", tool_calls: [call("t1"), call("t2")] },
      { role: "tool", tool_call_id: "t1", content: "one" },
      { role: "tool", tool_call_id: "t2", content: [{ type: "text", text: "two" }] },
      {
        role: "user",
        content: [
          { type: "text", text: "and this" },
          { type: "image_url", image_url: { url: "data:image/png;base64,QUJD" } },
          { type: "image_url", image_url: { url: "https://example.com/a.png" } },
        ],
      },
      { role: "developer", content: "B" },
    ];
    const parameters = { type: "object", properties: { a: { type: "number" } } };
    const body = await sent({
      messages,
      tools: [
        { type: "function", function: { name: "f", description: "does", parameters, strict: true } },
        { type: "function", function: { name: "g" } },
      ],
      tool_choice: { type: "function", function: { name: "f" } },
      parallel_tool_calls: false,
      stop: "END",
      temperature: 0.5,
      max_tokens: 100,
      user: "u-1",
      seed: 7,
      n: 1,
    });
    expect(body).toEqual({
      model: "m",
      max_tokens: 100,
      system: "A\n\nB",
      messages: [
        { role: "user", content: [{ type: "text", text: "hi" }] },
        {
          role: "assistant",
          content: [
            { type: "text", text: "calling" },
            { type: "tool_use", id: "t1", name: "f", input: { a: 1 } },
            { type: "tool_use", id: "t2", name: "f", input: { a: 1 } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "t1", content: "one" },
            { type: "tool_result", tool_use_id: "t2", content: "two" },
            { type: "text", text: "and this" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "QUJD" } },
            { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
          ],
        },
      ],
      tools: [
        { name: "f", description: "does", input_schema: parameters, strict: true },
        { name: "g", input_schema: { type: "object", properties: {} } },
      ],
      tool_choice: { type: "tool", name: "f", disable_parallel_tool_use: true },
      stop_sequences: ["END"],
      temperature: 0.5,
      metadata: { user_id: "u-1" },
    });
  });

  it("never sends a system role, a null or a limit of 1,000 (what the seed did)", async () => {
    const body = await sent({ tools: null, tool_choice: null, messages: [{ role: "system", content: "A" }, ...HELLO] });
    expect(Object.keys(body).sort()).toEqual(["max_tokens", "messages", "model", "system"]);
    expect(body.max_tokens).toBe(8_000);
    const kimiBody = await sent(
      {},
      kimi({ apiKey: "k", baseURL: server.url, wire: "anthropic", chatUpstream: "whole" }),
    );
    expect(kimiBody.max_tokens).toBe(32_768);
  });

  it("tool choices and thinking in its own words", async () => {
    const tools = [{ type: "function" as const, function: { name: "f" } }];
    expect((await sent({ tools, tool_choice: "required" })).tool_choice).toEqual({ type: "any" });
    expect((await sent({ tools, tool_choice: "none" })).tool_choice).toEqual({ type: "none" });
    expect(await sent({ reasoning_effort: "low", temperature: 0.3 })).toMatchObject({
      thinking: { type: "enabled", budget_tokens: 2_048 },
    });
    expect(await sent({ reasoning_effort: "low", temperature: 0.3 })).not.toHaveProperty("temperature");
    expect((await sent({ reasoning_effort: "max", max_tokens: 4_000 })).thinking).toEqual({
      type: "enabled",
      budget_tokens: 2_000,
    });
    expect(await sent({ reasoning_effort: "max", max_tokens: 1_000 })).not.toHaveProperty("thinking");
    const at = { apiKey: "k", baseURL: server.url, wire: "anthropic" as const, chatUpstream: "whole" as const };
    expect((await sent({ model: "MiniMax-M3", reasoning_effort: "none" }, minimax(at))).thinking).toEqual({
      type: "disabled",
    });
    expect((await sent({ model: "glm-4.7", reasoning_effort: "high" }, glm(at))).thinking).toEqual({ type: "enabled" });
  });

  it("holds the temperature in this wire's range, and tells no change of what it says in its own form", async () => {
    const warned: string[] = [];
    const warn = (_code: string, message: string) => void warned.push(message);
    const tools = [{ type: "function" as const, function: { name: "f" } }];
    server.answer(json(answer));
    const request = { messages: HELLO, tools, temperature: 1.5, user: "u-1", parallel_tool_calls: false };
    await claude.chat(request, context({ warn }));
    expect(server.bodies[0]).toMatchObject({
      temperature: 1,
      metadata: { user_id: "u-1" },
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
    });
    expect(warned).toEqual(["m takes temperature from 0 to 1: it is held there"]);
  });

  it("gives up the wish to think where the endpoint would refuse it: a forced tool, a loop someone else began", async () => {
    const tools = [{ type: "function" as const, function: { name: "f" } }];
    const wish = { tools, reasoning_effort: "low" as const };
    expect(await sent(wish)).toHaveProperty("thinking");
    expect(await sent({ ...wish, tool_choice: "required", temperature: 0.3 })).toMatchObject({ temperature: 0.3 });
    expect(await sent({ ...wish, tool_choice: "required" })).not.toHaveProperty("thinking");
    const named = { type: "function" as const, function: { name: "f" } };
    expect(await sent({ ...wish, tool_choice: named })).not.toHaveProperty("thinking");
    const call = { id: "c1", type: "function" as const, function: { name: "f", arguments: "{}" } };
    const loop = (state?: object): Message[] => [
      ...HELLO,
      { role: "assistant", content: null, tool_calls: [call], ...state },
      { role: "tool", tool_call_id: "c1", content: "1" },
    ];
    expect(await sent({ ...wish, messages: loop() })).not.toHaveProperty("thinking");
    const blocks = [
      { type: "thinking", thinking: "hm", signature: "s" },
      { type: "tool_use", id: "c1", name: "f", input: {} },
    ];
    const own = { provider_state: { issuer: "claude", data: { wire: "anthropic", blocks } } };
    expect(await sent({ ...wish, messages: loop(own) })).toHaveProperty("thinking");
    const closed: Message[] = [...loop(), { role: "assistant", content: "done" }, ...HELLO];
    expect(await sent({ ...wish, messages: closed })).toHaveProperty("thinking");
  });

  it("asks for JSON in the prompt, for this wire has no mode", async () => {
    const body = await sent({
      response_format: { type: "json_schema", json_schema: { name: "x", schema: { type: "object" } } },
    });
    expect(body.system).toContain('{"type":"object"}');
    expect(body).not.toHaveProperty("response_format");
  });

  it("refuses what it has no form for, before anything is sent", async () => {
    const messages: Message[] = [
      { role: "user", content: [{ type: "input_audio", input_audio: { data: "", format: "wav" } }] },
    ];
    expect(await failureOf(claude.chat({ messages }, context()))).toMatchObject({
      kind: "unsupported",
      path: "messages[0].content[0]",
    });
    expect(server.seen).toHaveLength(0);
  });

  it("reads text, thinking and calls, whole and streamed, with every block kept (what the seed lost)", async () => {
    const blocks = [
      block("thinking", ["t", "1"], "s1"),
      block("text", ["first "]),
      block("thinking", ["t2"], "s2"),
      block("tool_use", ['{"a"', ":1}"]),
      block("text", ["second"]),
    ];
    server.answer(streaming(messageEvents(blocks)));
    const assembler = createAssembler();
    for (const one of await drain(claude.stream({ messages: HELLO }, context()))) assembler.push(one);
    const { message, finish_reason } = assembler.reply().choices[0];
    expect(finish_reason).toBe("tool_calls");
    expect(message).toMatchObject({
      content: "first second",
      reasoning_content: "t1t2",
      tool_calls: [{ id: "toolu_3", function: { name: "f", arguments: '{"a":1}' } }],
    });
    expect(message.provider_state?.data).toEqual({
      wire: "anthropic",
      blocks: [
        { type: "thinking", thinking: "t1", signature: "s1" },
        { type: "text", text: "first " },
        { type: "thinking", thinking: "t2", signature: "s2" },
        { type: "tool_use", id: "toolu_3", name: "f", input: { a: 1 } },
        { type: "text", text: "second" },
      ],
    });
  });

  it.each([
    ["end_turn", "stop"],
    ["max_tokens", "length"],
    ["stop_sequence", "stop"],
    ["pause_turn", "stop"],
    ["refusal", "content_filter"],
    ["model_context_window_exceeded", "length"],
  ])("stop reason %s is %s", async (stop_reason, wanted) => {
    server.answer(json({ ...answer, stop_reason }));
    expect((await claude.chat({ messages: HELLO }, context())).choices[0].finish_reason).toBe(wanted);
  });

  it("tells errors in the stream, in the body, and a stream that ends early", async () => {
    const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    server.answer(streaming([...messageEvents([block("text", ["a"])]).slice(0, 4), error]));
    expect((await failureOf(drain(claude.stream({ messages: HELLO }, context())))).kind).toBe("overloaded");
    server.answer(json(error, 529));
    expect(await failureOf(claude.chat({ messages: HELLO }, context()))).toMatchObject({
      kind: "overloaded",
      status: 529,
    });
    server.answer(json({ error: { code: "1302", message: "并发" } }, 429));
    const zai = glm({ apiKey: "k", baseURL: server.url, wire: "anthropic" });
    expect(await failureOf(zai.chat({ messages: HELLO }, context()))).toMatchObject({
      kind: "rate_limit",
      vendorCode: "1302",
    });
    server.answer(streaming(messageEvents([block("text", ["a"])]).slice(0, 4)));
    expect(await failureOf(drain(claude.stream({ messages: HELLO }, context())))).toMatchObject({
      kind: "stream_interrupted",
      detail: "truncated",
    });
    const mini = minimax({ apiKey: "k", baseURL: server.url, wire: "anthropic", chatUpstream: "whole" });
    server.answer(json({ ...answer, content: [], base_resp: { status_code: 1002, status_msg: "rate limit" } }));
    expect((await failureOf(mini.chat({ messages: HELLO }, context()))).kind).toBe("rate_limit");
    server.answer(json({ ...answer, base_resp: { status_code: 0, status_msg: "" } }));
    expect((await mini.chat({ messages: HELLO }, context())).choices[0].message.content).toBe("42");
    server.answer(json({ ...answer, content: null }));
    expect((await failureOf(claude.chat({ messages: HELLO }, context()))).kind).toBe("malformed_response");
  });

  it("a JSON answer to a streamed request is a stream of one", async () => {
    server.answer(json(answer));
    const chunks = await drain(claude.stream({ messages: HELLO }, context()));
    expect(chunks.map((one) => one.choices[0]?.delta.content ?? "").join("")).toBe("42");
  });

  it("calls without arguments, and with an empty id, are whole calls", async () => {
    const events = messageEvents([block("tool_use", [])]) as { content_block?: { id?: string } }[];
    for (const event of events) if (event.content_block) event.content_block.id = "";
    server.answer(streaming(events));
    const assembler = createAssembler();
    for (const one of await drain(claude.stream({ messages: HELLO }, context()))) assembler.push(one);
    const [call] = assembler.reply().choices[0].message.tool_calls ?? [];
    expect(functionOf(call)?.arguments).toBe("{}");
    expect(call?.id).toMatch(/^toolu_/);
    expect(messageStream([])).toContain("message_stop");
  });
});
