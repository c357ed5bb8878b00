import OpenAI, { APIError, BadRequestError } from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createReply } from "../../../../src/chat/create-reply.js";
import type { FunctionToolCall } from "../../../../src/chat/message.js";
import { SignalboxError } from "../../../../src/errors/signalbox-error.js";
import { createFetch, type FetchOptions, type Target } from "../../../../src/integrations/openai/index.js";
import { createRouter } from "../../../../src/preset/create-router.js";
import { deltaChunk, modelInfo, says, scripted } from "../support.js";

const clientFor = (target: Target, options?: FetchOptions): OpenAI =>
  new OpenAI({ apiKey: "unused", baseURL: "http://router.invalid/v1", fetch: createFetch(target, options) });

const weather: FunctionToolCall = {
  id: "call_1",
  type: "function",
  function: { name: "weather", arguments: '{"city":"Bern"}' },
};
const weatherTool = {
  type: "function" as const,
  name: "weather",
  description: "The weather",
  parameters: { type: "object", properties: { city: { type: "string" } } },
  strict: true,
};
const state = { issuer: "double", data: { wire: "openai", signature: "s1" } };

async function eventsOf(target: Target, body: object): Promise<{ [field: string]: unknown }[]> {
  const response = await createFetch(target)("http://x/v1/responses", {
    method: "POST",
    body: JSON.stringify({ model: "auto", stream: true, ...body }),
  });
  const text = await response.text();
  return text
    .split("\n\n")
    .filter((part) => part.startsWith("event:"))
    .map((part) => {
      const [name, data] = part.split("\n") as [string, string];
      const event = JSON.parse(data.slice(6)) as { [field: string]: unknown };
      expect(name).toBe(`event: ${String(event.type)}`);
      return event;
    });
}

describe("POST /responses with the openai SDK", () => {
  it("answers a text", async () => {
    const provider = scripted(() => says("Hi there"));
    const response = await clientFor(provider).responses.create({
      model: "auto",
      instructions: "Be brief.",
      input: "Hello",
      max_output_tokens: 50,
      reasoning: { effort: "low", summary: "auto" },
      metadata: { a: "b" },
    });
    expect(response.output_text).toBe("Hi there");
    expect(response).toMatchObject({
      object: "response",
      status: "completed",
      model: "m1",
      instructions: "Be brief.",
      metadata: { a: "b" },
      store: false,
      usage: {
        input_tokens: 12,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 2 },
        total_tokens: 17,
      },
    });
    expect(response.id).toMatch(/^resp_/);
    const [request] = provider.seen.requests;
    expect(request).toEqual({
      model: "m1",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
      max_completion_tokens: 50,
      reasoning_effort: "low",
      reasoning_summary: "auto",
    });
  });

  it("reads every kind of item and part", async () => {
    const provider = scripted(() => says("ok"));
    await clientFor(provider).responses.create({
      model: "auto",
      input: [
        { role: "developer", content: "d" },
        {
          role: "user",
          content: [
            { type: "input_text", text: "look" },
            { type: "input_image", image_url: "data:image/png;base64,AA==", detail: "low" },
            { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" },
          ],
        },
        { type: "reasoning", id: "rs_x", summary: [{ type: "summary_text", text: "hm" }] },
        { role: "assistant", content: "I look." },
        { type: "function_call", call_id: "call_1", name: "weather", arguments: "{}" },
        { type: "custom_tool_call", call_id: "call_2", name: "sh", input: "ls" },
        { type: "function_call_output", call_id: "call_1", output: "7" },
        { type: "custom_tool_call_output", call_id: "call_2", output: [{ type: "input_text", text: "a b" }] },
      ],
      tools: [weatherTool, { type: "custom", name: "sh" }],
      tool_choice: { type: "function", name: "weather" },
      text: { format: { type: "json_schema", name: "n", schema: { type: "object" } }, verbosity: "low" },
    });
    expect(provider.seen.requests[0]).toEqual({
      model: "m1",
      messages: [
        { role: "developer", content: "d" },
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AA==", detail: "low" } },
            { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" } },
          ],
        },
        {
          role: "assistant",
          content: "I look.",
          reasoning_content: "hm",
          tool_calls: [
            { id: "call_1", type: "function", function: { name: "weather", arguments: "{}" } },
            { id: "call_2", type: "custom", custom: { name: "sh", input: "ls" } },
          ],
        },
        { role: "tool", tool_call_id: "call_1", content: "7" },
        { role: "tool", tool_call_id: "call_2", content: [{ type: "text", text: "a b" }] },
      ],
      tools: [
        {
          type: "function",
          function: {
            name: "weather",
            description: "The weather",
            parameters: weatherTool.parameters,
            strict: true,
          },
        },
        { type: "custom", custom: { name: "sh" } },
      ],
      tool_choice: { type: "function", function: { name: "weather" } },
      response_format: { type: "json_schema", json_schema: { name: "n", schema: { type: "object" } } },
      verbosity: "low",
    });
  });

  it.each([false, true])(
    "carries thinking and what its issuer needs back through a tool loop (stream: %s)",
    async (stream) => {
      const provider = scripted((request) =>
        request.messages.some(({ role }) => role === "tool")
          ? says("7 degrees")
          : createReply({ model: "m1", text: "I look.", reasoning: "hm", toolCalls: [weather], providerState: state }),
      );
      const client = clientFor(provider);
      const input: OpenAI.Responses.ResponseInput = [{ role: "user", content: "How warm?" }];
      const asked = { model: "auto", input, tools: [weatherTool] };
      const first = stream
        ? await client.responses.stream(asked).finalResponse()
        : await client.responses.create({ ...asked, include: ["reasoning.encrypted_content"] });
      expect(first.output.map(({ type }) => type).filter((type) => type !== "reasoning")).toEqual([
        "message",
        "function_call",
      ]);
      const call = first.output.find(({ type }) => type === "function_call");
      expect(call).toMatchObject({
        call_id: "call_1",
        name: "weather",
        arguments: '{"city":"Bern"}',
        status: "completed",
      });
      input.push(...(first.output as OpenAI.Responses.ResponseInput));
      input.push({ type: "function_call_output", call_id: "call_1", output: "7" });
      const second = await client.responses.create({ ...asked, input });
      expect(second.output_text).toBe("7 degrees");
      expect(provider.seen.requests[1]?.messages).toEqual([
        { role: "user", content: "How warm?" },
        {
          role: "assistant",
          content: "I look.",
          reasoning_content: "hm",
          tool_calls: [weather],
          provider_state: state,
        },
        { role: "tool", tool_call_id: "call_1", content: "7" },
      ]);
    },
  );

  it("parses structured output, whole and streamed", async () => {
    const Answer = z.object({ city: z.string() });
    const client = clientFor(scripted(() => says('{"city":"Bern"}')));
    const asked = { model: "auto", input: "x", text: { format: zodTextFormat(Answer, "answer") } };
    expect((await client.responses.parse(asked)).output_parsed).toEqual({ city: "Bern" });
    const stream = client.responses.stream(asked);
    const texts: string[] = [];
    stream.on("response.output_text.delta", ({ delta }) => texts.push(delta));
    expect((await stream.finalResponse()).output_parsed).toEqual({ city: "Bern" });
    expect(texts.join("")).toBe('{"city":"Bern"}');
  });

  it.each([
    ["length", "max_output_tokens"],
    ["content_filter", "content_filter"],
  ] as const)("an answer that ends by %s is incomplete", async (finishReason, reason) => {
    const client = clientFor(scripted(() => createReply({ model: "m1", text: "half", finishReason })));
    const expected = { status: "incomplete", incomplete_details: { reason } };
    expect(await client.responses.create({ model: "auto", input: "x" })).toMatchObject(expected);
    expect(await client.responses.stream({ model: "auto", input: "x" }).finalResponse()).toMatchObject(expected);
  });

  it("tells refusals as such", async () => {
    const reply = createReply({ model: "m1", text: null });
    reply.choices[0].message.refusal = "I must not.";
    const client = clientFor(scripted(() => reply));
    const content = [{ type: "refusal", refusal: "I must not." }];
    for (const response of [
      await client.responses.create({ model: "auto", input: "x" }),
      await client.responses.stream({ model: "auto", input: "x" }).finalResponse(),
    ]) {
      expect(response.output[0]).toMatchObject({ type: "message", content });
    }
  });
});

describe("the events of POST /responses", () => {
  it("come in OpenAI's order, numbered, one item after the other", async () => {
    const reply = createReply({ model: "m1", text: "Hi", reasoning: "hm", toolCalls: [weather] });
    const events = await eventsOf(
      scripted(() => reply),
      { input: "x" },
    );
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at));
    expect(events.map(({ type }) => String(type).slice(9))).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "reasoning_summary_part.added",
      "reasoning_summary_text.delta",
      "reasoning_summary_text.done",
      "reasoning_summary_part.done",
      "output_item.done",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "output_item.added",
      "function_call_arguments.delta",
      "function_call_arguments.done",
      "output_item.done",
      "completed",
    ]);
    const places = events.filter(({ type }) => String(type).includes("output_item")).map((event) => event.output_index);
    expect(places).toEqual([0, 0, 1, 1, 2, 2]);
    const last = events.at(-1)?.response as { output: unknown[] };
    expect(last.output).toEqual(
      events.filter(({ type }) => type === "response.output_item.done").map(({ item }) => item),
    );
  });

  it("keep calls apart whose pieces come mixed", async () => {
    const piece = (index: number, text: string, name?: string) => ({
      index,
      ...(name ? { id: `call_${index}`, type: "function" as const } : {}),
      function: { ...(name ? { name } : {}), arguments: text },
    });
    const pieces = [[piece(0, '{"a"', "f")], [piece(1, '{"b"', "g")], [piece(0, ":1}")], [piece(1, ":2}")]];
    const provider = scripted(() => says(""), {
      chunks: () => [...pieces.map((tool_calls) => deltaChunk({ tool_calls })), deltaChunk({}, "tool_calls")],
    });
    const response = await clientFor(provider).responses.stream({ model: "auto", input: "x" }).finalResponse();
    expect(response.output).toMatchObject([
      { type: "function_call", call_id: "call_0", name: "f", arguments: '{"a":1}' },
      { type: "function_call", call_id: "call_1", name: "g", arguments: '{"b":2}' },
    ]);
  });

  it("a state that is known with the thinking is sealed in its item; a later one comes last", async () => {
    const early = scripted(() => says(""), {
      chunks: () => [
        deltaChunk({ reasoning_content: "hm" }),
        deltaChunk({ provider_state: state }),
        deltaChunk({ content: "Hi" }),
        deltaChunk({}, "stop"),
      ],
    });
    const first = await clientFor(early).responses.stream({ model: "auto", input: "x" }).finalResponse();
    expect(first.output).toMatchObject([
      { type: "reasoning", encrypted_content: expect.any(String) },
      { type: "message" },
    ]);
    const late = scripted(() => createReply({ model: "m1", text: "Hi", reasoning: "hm", providerState: state }));
    const second = await clientFor(late).responses.stream({ model: "auto", input: "x" }).finalResponse();
    expect(second.output).toMatchObject([
      { type: "reasoning", summary: [{ text: "hm" }] },
      { type: "message" },
      { type: "reasoning", summary: [], encrypted_content: expect.any(String) },
    ]);
  });

  it("end with an error where the answer breaks off", async () => {
    const broken = new SignalboxError("stream_interrupted", "cut", { provider: "double" });
    const provider = scripted(() => says(""), { chunks: () => [deltaChunk({ content: "Hi" }), broken] });
    const events = await eventsOf(provider, { input: "x" });
    expect(events.at(-2)).toMatchObject({ type: "error", message: "cut", error: { message: "cut" } });
    expect(events.at(-1)).toMatchObject({
      type: "response.failed",
      response: { status: "failed", error: { message: "cut" } },
    });
    await expect(
      clientFor(provider).responses.stream({ model: "auto", input: "x" }).finalResponse(),
    ).rejects.toBeInstanceOf(APIError);
  });

  it("a failure before the first of them has its status", async () => {
    const provider = scripted(() => new SignalboxError("rate_limit", "slow down", { retryAfterMs: 2_000 }));
    const error = await clientFor(provider)
      .responses.create({ model: "auto", input: "x", stream: true })
      .catch((thrown: APIError) => thrown);
    expect(error).toMatchObject({ status: 429 });
  });
});

describe("what POST /responses refuses", () => {
  const client = clientFor(scripted(() => says("x")));
  it.each([
    [{ input: 7 }, "input"],
    [{ input: [{ role: "user", content: [{ type: "input_image", file_id: "f" }] }] }, "input[0].content[0]"],
    [{ input: [{ type: "function_call_output", output: "x" }] }, "input[0].call_id"],
    [{ input: "x", background: true }, "background"],
    [{ input: "x", conversation: "c" }, "conversation"],
    [{ input: "x", tools: [{ type: "function" }] }, "tools[0].name"],
    [{ input: "x", tools: [{ type: "web_search" }] }, "tools[0]"],
    [{ input: "x", tool_choice: { type: "function" } }, "tool_choice.name"],
    [{ input: "x", tool_choice: { type: "allowed_tools", tools: null } }, "tool_choice.tools"],
    [{ input: "x", max_output_tokens: 0 }, "max_output_tokens"],
    [{ input: "x", previous_response_id: "resp_1" }, "previous_response_id"],
    [{ input: [{ type: "item_reference", id: "msg_1" }] }, "input[0].id"],
  ])("%o", async (body, param) => {
    const error = await client.responses
      .create({ model: "auto", ...(body as object) } as never)
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, param });
  });

  it("what is not stored is not found, in OpenAI's shape", async () => {
    const error = await client.responses.retrieve("resp_1").catch((thrown: APIError) => thrown);
    expect(error).toMatchObject({ status: 404, type: "invalid_request_error" });
    await expect(client.responses.delete("resp_1")).rejects.toMatchObject({ status: 404 });
    await expect(client.embeddings.create({ model: "m", input: "x" })).rejects.toThrow(/\/responses.*otherwise/);
  });
});

describe("hosted tools", () => {
  it("go to a candidate that has them, or to nobody", async () => {
    const plain = scripted(() => says("plain"), { id: "plain" });
    const hosting = scripted(() => says("found"), { id: "hosting" });
    Object.assign(hosting, {
      models: [modelInfo("m1", { capabilities: { ...modelInfo("m1").capabilities, hostedTools: true } })],
    });
    const asked = { model: "auto", input: "x", tools: [{ type: "web_search" as const }] };
    const client = clientFor(createRouter({ providers: [plain, hosting] }));
    expect((await client.responses.create(asked)).output_text).toBe("found");
    expect(hosting.seen.requests[0]?.tools).toEqual([{ type: "web_search" }]);
    const error = await clientFor(createRouter({ providers: [plain] }))
      .responses.create(asked)
      .catch((thrown: APIError) => thrown);
    expect(error).toMatchObject({ status: 400, param: "tools[0]", code: "unsupported" });
    expect(plain.seen.requests).toHaveLength(0);
  });

  it("show what they did, and it goes back", async () => {
    const search = { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "q" } };
    const own = { issuer: "double", data: { wire: "responses", items: [search] } };
    const provider = scripted(() => createReply({ model: "m1", text: "found", providerState: own }));
    const client = clientFor(provider);
    for (const response of [
      await client.responses.create({ model: "auto", input: "x" }),
      await client.responses.stream({ model: "auto", input: "x" }).finalResponse(),
    ]) {
      expect(response.output).toContainEqual(search);
      const input = [...response.output, { role: "user", content: "and?" }] as OpenAI.Responses.ResponseInput;
      await client.responses.create({ model: "auto", input }).catch(() => {});
    }
    const answers = provider.seen.requests.map(({ messages }) => messages[0]);
    for (const answer of answers.slice(2)) {
      expect(answer).toMatchObject({ role: "assistant", content: "found", provider_state: own });
    }
    expect(answers).toHaveLength(4);
  });
});

describe("previous_response_id over a router's conversations", () => {
  it("goes on from any earlier answer, without its instructions", async () => {
    const provider = scripted((request) => says(`answer to ${String(request.messages.at(-1)?.content)}`));
    const client = clientFor(createRouter({ providers: [provider] }));
    const first = await client.responses.create({ model: "auto", input: "one", instructions: "Be brief." });
    expect(first).toMatchObject({ store: true });
    const ask = (input: string, previous_response_id: string) =>
      client.responses.create({ model: "auto", input, previous_response_id });
    const second = await ask("two", first.id);
    await ask("three", second.id);
    await ask("other", first.id);
    const sent = provider.seen.requests.map(({ messages }) => messages.map(({ content }) => content));
    expect(sent).toEqual([
      ["Be brief.", "one"],
      ["one", "answer to one", "two"],
      ["one", "answer to one", "two", "answer to two", "three"],
      ["one", "answer to one", "other"],
    ]);
    const forgotten = await client.responses.create({ model: "auto", input: "x", store: false });
    await expect(ask("y", forgotten.id)).rejects.toMatchObject({ status: 400, param: "previous_response_id" });
  });

  it.each([false, true])("finds items by their ids (stream: %s)", async (stream) => {
    const provider = scripted(
      ({ messages }) =>
        messages.some(({ role }) => role === "tool")
          ? says("7 degrees")
          : createReply({ model: "m1", text: "I look.", reasoning: "hm", toolCalls: [weather], providerState: state }),
      { id: "double" },
    );
    const client = clientFor(createRouter({ providers: [provider] }));
    const asked = { model: "auto", input: "How warm?", tools: [weatherTool] };
    const first = stream ? await client.responses.stream(asked).finalResponse() : await client.responses.create(asked);
    const input: OpenAI.Responses.ResponseInput = [
      { role: "user", content: "How warm?" },
      ...first.output.map(({ id }) => ({ type: "item_reference" as const, id: String(id) })),
      { type: "function_call_output", call_id: "call_1", output: "7" },
    ];
    expect((await client.responses.create({ ...asked, input })).output_text).toBe("7 degrees");
    expect(provider.seen.requests[1]?.messages[1]).toEqual({
      role: "assistant",
      content: "I look.",
      reasoning_content: "hm",
      tool_calls: [weather],
      provider_state: state,
    });
  });

  it("belongs to its tenant", async () => {
    const router = createRouter({ providers: [scripted(() => says("x"))] });
    const of = (tenant: string) => clientFor(router, { callOptions: () => ({ tenant }) });
    const first = await of("a").responses.create({ model: "auto", input: "one" });
    const ask = { model: "auto", input: "two", previous_response_id: first.id };
    await expect(of("b").responses.create(ask)).rejects.toMatchObject({ status: 400 });
    expect((await of("a").responses.create(ask)).output_text).toBe("x");
  });
});
