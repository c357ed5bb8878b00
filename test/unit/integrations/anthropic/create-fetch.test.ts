import Anthropic, { BadRequestError, NotFoundError, RateLimitError } from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { createReply } from "../../../../src/chat/create-reply.js";
import { SignalboxError } from "../../../../src/errors/signalbox-error.js";
import { createFetch, type FetchOptions, type Target } from "../../../../src/integrations/anthropic/index.js";
import { deltaChunk, modelInfo, says, scripted, USAGE } from "../support.js";

const messages = [{ role: "user" as const, content: "Hello" }];
const params = { model: "auto", max_tokens: 100, messages };

/** Older models take these; the SDK's types no longer know them. */
const SAMPLING = { temperature: 0.5, top_p: 0.9, top_k: 5 };

const clientFor = (target: Target, options?: FetchOptions): Anthropic =>
  new Anthropic({ apiKey: "unused", fetch: createFetch(target, options) });

const call = (id: string, name: string, args: string) => ({
  id,
  type: "function" as const,
  function: { name, arguments: args },
});

describe("the Anthropic SDK over createFetch", () => {
  it("creates a message", async () => {
    const provider = scripted(() => says("Hi there"));
    const { data, response, request_id } = await clientFor(provider)
      .messages.create({ ...params, ...SAMPLING, stop_sequences: ["END"], metadata: { user_id: "u1" } })
      .withResponse();
    expect(data).toMatchObject({
      type: "message",
      role: "assistant",
      model: "m1",
      content: [{ type: "text", text: "Hi there" }],
      stop_reason: "end_turn",
      stop_sequence: null,
    });
    expect(data.usage).toMatchObject({ input_tokens: 8, cache_read_input_tokens: 4, output_tokens: 5 });
    expect(data.usage.output_tokens_details).toEqual({ thinking_tokens: 2 });
    expect(provider.seen.requests[0]).toMatchObject({
      model: "m1",
      messages,
      max_tokens: 100,
      ...SAMPLING,
      stop: ["END"],
      user: "u1",
    });
    expect(response.headers.get("x-signalbox-provider")).toBe("double");
    expect(request_id).toBe(response.headers.get("x-signalbox-request-id"));
  });

  it("takes everything that a turn can hold", async () => {
    const provider = scripted(() => says("ok"));
    const mark = { type: "ephemeral" as const };
    const png = { type: "base64" as const, media_type: "image/png" as const, data: "AAAA" };
    await clientFor(provider).messages.create({
      ...params,
      system: [{ type: "text", text: "Be brief.", cache_control: mark }],
      tools: [
        { name: "look", description: "Looks", input_schema: { type: "object" }, strict: true, cache_control: mark },
      ],
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      thinking: { type: "enabled", budget_tokens: 10_000 },
      output_config: { format: { type: "json_schema", schema: { type: "object" } } },
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "See", cache_control: mark },
            { type: "image", source: png },
            { type: "image", source: { type: "url", url: "https://a.b/c.png" } },
            { type: "document", source: { type: "base64", media_type: "application/pdf", data: "BBBB" }, title: "A" },
            { type: "document", source: { type: "text", media_type: "text/plain", data: "words" }, title: "T" },
          ],
        },
        { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "look", input: { at: 1 } }] },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "t1", is_error: true, content: [{ type: "image", source: png }] },
            { type: "text", text: "And?" },
          ],
        },
      ],
    });
    expect(provider.seen.requests[0]).toEqual({
      model: "m1",
      max_tokens: 100,
      reasoning_effort: "medium",
      parallel_tool_calls: false,
      tool_choice: "required",
      tools: [
        {
          type: "function",
          function: { name: "look", description: "Looks", parameters: { type: "object" }, strict: true },
          cache_control: mark,
        },
      ],
      response_format: {
        type: "json_schema",
        json_schema: { name: "output", schema: { type: "object" }, strict: true },
      },
      messages: [
        { role: "system", content: [{ type: "text", text: "Be brief.", cache_control: mark }] },
        {
          role: "user",
          content: [
            { type: "text", text: "See", cache_control: mark },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
            { type: "image_url", image_url: { url: "https://a.b/c.png" } },
            { type: "file", file: { file_data: "data:application/pdf;base64,BBBB", filename: "A" } },
            { type: "text", text: "T\nwords" },
          ],
        },
        { role: "assistant", content: null, tool_calls: [call("t1", "look", '{"at":1}')] },
        {
          role: "tool",
          tool_call_id: "t1",
          is_error: true,
          content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }],
        },
        { role: "user", content: "And?" },
      ],
    });
  });

  it("streams in Anthropic's order, the blocks one after another", async () => {
    const chunks = () => [
      deltaChunk({ role: "assistant", reasoning_content: "hm" }),
      deltaChunk({ content: "Let me " }),
      deltaChunk({ content: "see." }),
      deltaChunk({
        tool_calls: [{ index: 0, id: "t1", type: "function", function: { name: "a", arguments: '{"x":' } }],
      }),
      deltaChunk({ tool_calls: [{ index: 1, id: "t2", type: "function", function: { name: "b", arguments: "{}" } }] }),
      deltaChunk({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }),
      deltaChunk({}, "tool_calls"),
      { ...deltaChunk({}), choices: [], usage: USAGE },
    ];
    const client = clientFor(scripted(() => says(""), { chunks }));
    const raw = await client.messages.create({ ...params, stream: true }).asResponse();
    const text = await raw.text();
    expect([...text.matchAll(/^event: (.+)$/gm)].map(([, name]) => name)).toEqual([
      "message_start",
      "ping",
      ...["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"],
      ...["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"],
      ...["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"],
      ...["content_block_start", "content_block_delta", "content_block_stop"],
      "message_delta",
      "message_stop",
    ]);
    const indexes = [...text.matchAll(/"type":"content_block_start","index":(\d)/g)].map(([, index]) => index);
    expect(indexes).toEqual(["0", "1", "2", "3"]);

    const message = await client.messages.stream(params).finalMessage();
    expect(message.content).toMatchObject([
      { type: "thinking", thinking: "hm", signature: "signalbox/double/" },
      { type: "text", text: "Let me see." },
      { type: "tool_use", id: "t1", name: "a", input: { x: 1 } },
      { type: "tool_use", id: "t2", name: "b", input: {} },
    ]);
    expect(message.stop_reason).toBe("tool_use");
    expect(message.usage).toMatchObject({ input_tokens: 8, output_tokens: 5, cache_read_input_tokens: 4 });
  });

  it("a whole answer and a streamed one are the same message", async () => {
    const reply = createReply({
      id: "msg_1",
      model: "m1",
      text: "Looking.",
      reasoning: "hm",
      toolCalls: [call("t1", "look", '{"at":1}'), call("t2", "look", "{}")],
      usage: USAGE,
    });
    const client = clientFor(scripted(() => reply));
    const whole = await client.messages.create(params);
    const streamed = await client.messages.stream(params).finalMessage();
    // The SDK's own helper adds a field.
    expect({ ...JSON.parse(JSON.stringify(streamed)), parsed_output: undefined }).toEqual(
      JSON.parse(JSON.stringify(whole)),
    );
  });

  it.each([
    ["length", "max_tokens"],
    ["content_filter", "refusal"],
    ["tool_calls", "tool_use"],
    ["stop", "end_turn"],
  ] as const)("finish %s is stop_reason %s", async (finishReason, stop_reason) => {
    const provider = scripted(() => createReply({ text: "x", finishReason, usage: USAGE }));
    expect(await clientFor(provider).messages.create(params)).toMatchObject({ stop_reason });
  });

  it("arguments that are no JSON object come and go as INVALID_JSON", async () => {
    const provider = scripted(() => createReply({ toolCalls: [call("t1", "look", '{"at":')], usage: USAGE }));
    const message = await clientFor(provider).messages.create(params);
    expect(message.content[0]).toMatchObject({ type: "tool_use", input: { INVALID_JSON: '{"at":' } });
    const results = [{ type: "tool_result" as const, tool_use_id: "t1", content: "bad JSON", is_error: true }];
    await clientFor(provider).messages.create({
      ...params,
      messages: [...messages, { role: "assistant", content: message.content }, { role: "user", content: results }],
    });
    expect(provider.seen.requests[1]?.messages[1]).toMatchObject({ tool_calls: [call("t1", "look", '{"at":')] });
  });

  it("counts tokens without asking anybody, and says that it estimates", async () => {
    const provider = scripted(() => says("x"));
    const { input_tokens, ...rest } = await clientFor(provider).messages.countTokens({ model: "auto", messages });
    expect(input_tokens).toBeGreaterThan(1);
    expect(rest).toEqual({ estimated: true });
    expect(provider.seen.requests.length).toBe(0);
  });

  it("lists models, by pages too, and one by name", async () => {
    const client = clientFor(scripted(() => says("x")));
    const ids: string[] = [];
    for await (const model of client.models.list({ limit: 2 })) ids.push(model.id);
    expect(ids).toEqual(["auto", "m1", "m2"]);
    expect(await client.models.retrieve("m2")).toMatchObject({
      type: "model",
      id: "m2",
      created_at: "2026-01-01T00:00:00.000Z",
      max_input_tokens: 100_000,
    });
    await expect(client.models.retrieve("m9")).rejects.toBeInstanceOf(NotFoundError);
  });

  it("fails in Anthropic's shape, asked once", async () => {
    const init = { retryAfterMs: 1_500, provider: "double", requestId: "r1" };
    const provider = scripted(() => new SignalboxError("rate_limit", "Slow down", init));
    const failure = await clientFor(provider)
      .messages.create(params)
      .catch((error: unknown) => error as RateLimitError);
    expect(failure).toBeInstanceOf(RateLimitError);
    expect(failure).toMatchObject({ type: "rate_limit_error", requestID: "r1", apiMessage: "Slow down" });
    expect((failure as RateLimitError).headers?.get("x-should-retry")).toBe("false");
    expect((failure as RateLimitError).headers?.get("retry-after")).toBe("2");
    expect(provider.seen.requests.length).toBe(1);
    await expect(clientFor(provider).messages.create({ ...params, model: "m9" })).rejects.toMatchObject({
      status: 404,
      type: "not_found_error",
    });
  });

  it("a failure amid a stream is an error event", async () => {
    const chunks = () => [deltaChunk({ content: "Hi" }), new SignalboxError("overloaded", "Busy")];
    const stream = clientFor(scripted(() => says(""), { chunks })).messages.stream(params);
    await expect(stream.finalMessage()).rejects.toMatchObject({ type: "overloaded_error" });
  });

  it("a restart cannot be taken back, and is an error event", async () => {
    const chunks = () => [deltaChunk({ content: "Hi" }), { ...deltaChunk({}), signalbox: { reset: true as const } }];
    const provider = scripted(() => says(""), { chunks });
    await expect(clientFor(provider).messages.stream(params).finalMessage()).rejects.toMatchObject({
      type: "api_error",
    });
    expect(provider.seen.left).toBe(1);
  });

  it.each<[path: string, body: object]>([
    ["messages", {}],
    ["messages[0].role", { messages: [{ role: "robot", content: "x" }] }],
    ["messages[0].content", { messages: [{ role: "user", content: 5 }] }],
    ["messages[0].content[0]", { messages: [{ role: "user", content: [{ text: "x" }] }] }],
    ["messages[0].content[0].tool_use_id", { messages: [{ role: "user", content: [{ type: "tool_result" }] }] }],
    ["messages[0].content[0].source", { messages: [{ role: "user", content: [{ type: "image", source: {} }] }] }],
    ["messages[0].content[0]", { messages: [{ role: "user", content: [{ type: "container_upload" }] }] }],
    ["tools", { messages, tools: 5 }],
    ["tools[0].name", { messages, tools: [{}] }],
    ["tool_choice.type", { messages, tools: [{ name: "a" }], tool_choice: {} }],
    ["mcp_servers", { messages, mcp_servers: [{ url: "https://a.b" }] }],
    ["inference_geo", { messages, inference_geo: "eu" }],
    ["max_tokens", { messages, max_tokens: "many" }],
  ])("says what is wrong at %s", async (path, body) => {
    const provider = scripted(() => says("x"));
    const init = { method: "POST", body: JSON.stringify(body) };
    const response = await createFetch(provider)("http://router.invalid/v1/messages", init);
    expect(response.status).toBe(400);
    const { error } = await response.json();
    expect(error).toMatchObject({ type: "invalid_request_error", signalbox: { path } });
    expect(provider.seen.requests.length).toBe(0);
  });

  it("beta headers and hints change nothing", async () => {
    const provider = scripted(() => says("x"));
    const edits = [{ type: "clear_tool_uses_20250919" as const }];
    await clientFor(provider).beta.messages.create({
      ...params,
      betas: ["context-management-2025-06-27", "some-other-2030-01-01"],
      context_management: { edits },
    });
    expect(provider.seen.requests[0]).toEqual({ model: "m1", messages, max_tokens: 100 });
  });

  it("a path that is not served says what is, and what to type", async () => {
    const response = await createFetch(scripted(() => says("x")))("http://router.invalid/v1/files");
    expect(response.status).toBe(404);
    const { error } = await response.json();
    expect(error).toMatchObject({ type: "not_found_error" });
    expect(error.message).toMatch(/GET \/v1\/files is not served.*\/v1\/messages.*otherwise/);
  });

  it("who asks may be refused", async () => {
    const callOptions = () => {
      throw new SignalboxError("auth", "Who are you?");
    };
    const failed = clientFor(
      scripted(() => says("x")),
      { callOptions },
    ).messages.create(params);
    await expect(failed).rejects.toMatchObject({ status: 401, type: "authentication_error" });
  });

  it("silence is filled with pings", async () => {
    const slow = {
      id: "slow",
      models: [modelInfo("m1")],
      async *stream() {
        await new Promise((resolve) => setTimeout(resolve, 120));
        yield deltaChunk({ content: "Hi" }, "stop");
      },
    };
    const client = clientFor(slow, { heartbeatMs: 20 });
    const text = await (await client.messages.create({ ...params, stream: true }).asResponse()).text();
    expect(text).toMatch(/^event: ping\ndata: \{"type":"ping"\}\n\n/);
    expect(await client.messages.stream(params).finalText()).toBe("Hi");
  });

  it("a thread that continues is refused as the SDK understands it", async () => {
    const provider = scripted(() => says("x"));
    const failure = await clientFor(provider)
      .beta.messages.create({ ...params, thread: { type: "continue", previous_message_id: "msg_1" } })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BadRequestError);
    expect(failure).toMatchObject({
      errorCode: "thread_unsupported_request",
      details: { error_code: "thread_unsupported_request", unsupported: ["thread"] },
    });
    expect(provider.seen.requests.length).toBe(0);
  });
});
