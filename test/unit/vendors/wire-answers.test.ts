import { describe, expect, it } from "vitest";
import { createAssembler } from "../../../src/chat/assemble.js";
import type { Message } from "../../../src/chat/message.js";
import type { ChatReply } from "../../../src/chat/reply.js";
import type { ChatRequest } from "../../../src/chat/request.js";
import { anthropicCompatible } from "../../../src/vendors/anthropic-compatible.js";
import type { HttpProvider } from "../../../src/vendors/http-provider.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { chunk, context, failureOf, HELLO, json, MODEL, sse, startLoopback, whole } from "./loopback.js";

const server = await startLoopback();
const model = { ...MODEL, capabilities: { ...MODEL.capabilities, audio: true, files: true } };
const open = (id = "m") =>
  openaiCompatible({ id: "p", baseURL: `${server.url}/v1`, models: [{ ...model, id }], chatUpstream: "whole" });
const claude = (id = "m") =>
  anthropicCompatible({ id: "c", baseURL: server.url, models: [{ ...model, id }], chatUpstream: "whole" });

const ask = async (provider: HttpProvider, request: ChatRequest = { messages: HELLO }) =>
  provider.chat(request, context());
const streamed = async (provider: HttpProvider, request: ChatRequest = { messages: HELLO }): Promise<ChatReply> => {
  const assembler = createAssembler();
  for await (const one of provider.stream(request, context())) assembler.push(one);
  return assembler.reply();
};
const message = (content: unknown, more = {}) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "m",
  content,
  stop_reason: "end_turn",
  usage: { input_tokens: 5, output_tokens: 3 },
  ...more,
});
const events = (list: readonly { type: string }[]) =>
  sse(
    list.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
    { done: false },
  );
/** What the second request says as the first answer's turn. */
async function sentBack(provider: HttpProvider, { message: said }: ChatReply["choices"][0], next: Message) {
  await ask(provider, { messages: [...HELLO, said, next] }).catch(() => {});
  return (server.bodies.at(-1)?.messages as { [field: string]: unknown }[] | undefined)?.[1];
}
const NEXT: Message = { role: "user", content: "go on" };

describe("answers that are not errors (recorded shapes, loopback server)", () => {
  it("reads the message beside an empty delta, and the delta beside the text so far", async () => {
    const choice = {
      index: 0,
      message: { role: "assistant", content: "Paris" },
      delta: { role: "assistant", content: "" },
    };
    server.answer(json({ ...whole({}), choices: [{ ...choice, finish_reason: "stop" }] }));
    expect((await ask(open())).choices[0].message.content).toBe("Paris");
    const soFar = (content: string, delta: string, finish_reason: string | null) => ({
      id: "c1",
      choices: [{ index: 0, delta: { content: delta }, message: { content }, finish_reason }],
    });
    server.answer(sse([soFar("Pa", "Pa", null), soFar("Paris", "ris", null), soFar("Paris", "", "stop")]));
    expect((await streamed(open())).choices[0].message.content).toBe("Paris");
  });

  it("an empty function_call is none", async () => {
    server.answer(json(whole({ content: "x", function_call: { name: "", arguments: "" }, tool_calls: [] })));
    const { message: said, finish_reason } = (await ask(open())).choices[0];
    expect([said.content, said.tool_calls, finish_reason]).toEqual(["x", undefined, "stop"]);
  });

  it.each([
    ["SAFETY", "content_filter"],
    ["a_new_safety_word", "content_filter"],
    ["guardrail_intervened", "content_filter"],
    ["MAX_TOKENS", "length"],
    ["COMPLETE", "stop"],
    ["some_new_word", "stop"],
  ])("finish reason %s is %s", async (word, wanted) => {
    server.answer(json(whole({ content: "x" }, { finish_reason: word })));
    expect((await ask(open())).choices[0].finish_reason).toBe(wanted);
  });

  it("a turn that ends with nothing to say is an answer on the wire that says so", async () => {
    server.answer(json(message([])));
    const reply = await ask(claude());
    expect(reply.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "" } });
    expect(server.seen).toHaveLength(1);
  });

  it("a pause means that the turn goes on when it is sent back, block by block", async () => {
    const block = { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "q" } };
    server.answer(json(message([block], { stop_reason: "pause_turn" })));
    const reply = await ask(claude());
    expect(reply.choices[0].finish_reason).toBe("stop");
    expect(reply.extensions).toMatchObject({ c: { stop_reason: "pause_turn" } });
    expect(await sentBack(claude(), reply.choices[0], NEXT)).toEqual({ role: "assistant", content: [block] });
  });

  it("sound, pictures and calls of custom tools come back as the vendor writes them", async () => {
    const audio = { id: "audio_1", data: "AAAA", transcript: "beep", expires_at: 9 };
    server.answer(json(whole({ content: null, audio })));
    const heard = await ask(open(), { messages: HELLO, modalities: ["text", "audio"], audio: { voice: "alloy" } });
    expect(heard.choices[0].message).toMatchObject({ content: null, audio });
    const pieces = [{ audio: { id: "audio_1", data: "AA" } }, { audio: { data: "AA", transcript: "beep" } }];
    server.answer(
      sse([...pieces.map((piece) => chunk(piece)), chunk({ audio: { expires_at: 9 } }, { finish_reason: "stop" })]),
    );
    expect((await streamed(open())).choices[0].message.audio).toEqual(audio);
    const images = [{ type: "image_url", image_url: { url: "data:image/png;base64,AA" } }];
    server.answer(json(whole({ content: "", images })));
    const seen = (await ask(open())).choices[0];
    expect(seen.message.images).toEqual(images);
    expect((await sentBack(open(), seen, NEXT))?.images).toEqual(images);
    const call = { id: "call_1", type: "custom", custom: { name: "math", input: "4 + 4" } };
    server.answer(json(whole({ content: null, tool_calls: [call] }, { finish_reason: "tool_calls" })));
    const tools = [{ type: "custom" as const, custom: { name: "math" } }];
    expect((await ask(open(), { messages: HELLO, tools })).choices[0].message.tool_calls).toEqual([call]);
  });

  it("what a wire could not answer with is refused before it is sent", async () => {
    const wants = ask(claude(), { messages: HELLO, modalities: ["text", "audio"] });
    expect(await failureOf(wants)).toMatchObject({ kind: "unsupported", path: "modalities" });
    const custom = ask(claude(), { messages: HELLO, tools: [{ type: "custom", custom: { name: "c" } }] });
    expect(await failureOf(custom)).toMatchObject({ kind: "unsupported", path: "tools" });
    expect(server.seen).toHaveLength(0);
  });
});

describe("tool calls (recorded shapes, loopback server)", () => {
  const piece = (index: number, more: object) => ({ index, ...more });
  const named = (name: string, args: string, id?: string) => ({
    id,
    type: "function",
    function: { name, arguments: args },
  });
  const callsOf = async (deltas: readonly object[], tools?: ChatRequest["tools"]) => {
    server.answer(
      sse([...deltas.map((delta) => chunk({ tool_calls: [delta] })), chunk({}, { finish_reason: "tool_calls" })]),
    );
    const reply = await streamed(open(), { messages: HELLO, tools: tools ?? null });
    return reply.choices[0].message.tool_calls?.map((call) =>
      call.type === "function" ? [call.id, call.function.name, call.function.arguments] : call,
    );
  };

  it("parallel calls that share an id are two, and their results find them", async () => {
    const deltas = [piece(0, named("f", '{"a":1}', "f:0")), piece(1, named("f", '{"a":2}', "f:0"))];
    expect(await callsOf(deltas)).toEqual([
      ["f:0", "f", '{"a":1}'],
      ["f:0_2", "f", '{"a":2}'],
    ]);
    const uses = [1, 2].map((a) => ({ type: "tool_use", id: "f:0", name: "f", input: { a } }));
    server.answer(json(message(uses, { stop_reason: "tool_use" })));
    const { message: said } = (await ask(claude())).choices[0];
    const results = (said.tool_calls ?? []).map(
      ({ id }, i): Message => ({ role: "tool", tool_call_id: id, content: `${i}` }),
    );
    await ask(claude(), { messages: [...HELLO, said, ...results] });
    const last = server.bodies.at(-1) as { messages: { content: { [field: string]: unknown }[] }[] };
    const [, turn, answers] = last.messages;
    const ids = turn?.content.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    expect(answers?.content.map(({ tool_use_id }) => tool_use_id)).toEqual(ids);
  });

  it("a name in two pieces, arguments at a drifting index, an empty piece", async () => {
    const tools = [{ type: "function" as const, function: { name: "get_weather" } }];
    const split = [
      piece(0, named("get_", "", "a")),
      piece(0, named("weather", "")),
      piece(0, { function: { arguments: "{}" } }),
    ];
    expect(await callsOf(split, tools)).toEqual([["a", "get_weather", "{}"]]);
    const drift = [
      piece(0, named("f", "", "a")),
      piece(1, { function: { arguments: '{"x":' } }),
      piece(2, { function: { arguments: "1}" } }),
    ];
    expect(await callsOf(drift)).toEqual([["a", "f", '{"x":1}']]);
    expect(await callsOf([piece(0, named("f", "{}", "a")), piece(1, named("", "", ""))])).toEqual([["a", "f", "{}"]]);
  });

  it("members of a call go back to their issuer and to nobody else", async () => {
    const call = { ...named("f", "{}", "call_1"), extra_content: { google: { thought_signature: "SIG" } } };
    server.answer(json(whole({ content: null, tool_calls: [call] }, { finish_reason: "tool_calls" })));
    const { choices } = await ask(open("gemini-3-pro"));
    const result: Message = { role: "tool", tool_call_id: "call_1", content: "20" };
    expect((await sentBack(open("gemini-3-pro"), choices[0], result))?.tool_calls).toEqual([call]);
    const other = openaiCompatible({
      id: "other",
      baseURL: `${server.url}/v1`,
      models: [model],
      chatUpstream: "whole",
    });
    expect((await sentBack(other, choices[0], result))?.tool_calls).toEqual([named("f", "{}", "call_1")]);
    // A call that somebody else made has Google's word for that.
    const elsewhere = {
      ...choices[0],
      message: { ...choices[0].message, tool_calls: [named("f", "{}", "call_1")] as never, provider_state: null },
    };
    expect((await sentBack(open("gemini-3-pro"), elsewhere, result))?.tool_calls).toEqual([
      {
        ...named("f", "{}", "call_1"),
        extra_content: { google: { thought_signature: "skip_thought_signature_validator" } },
      },
    ]);
  });
});

describe("what users read of an answer (recorded shapes, loopback server)", () => {
  it("sources, tier, fields of the vendor's own and counts, whole and streamed", async () => {
    const annotations = [
      { type: "url_citation", url_citation: { url: "https://a", title: "t", start_index: 0, end_index: 1 } },
    ];
    const usage = {
      prompt_tokens: 5,
      completion_tokens: 7,
      total_tokens: 12,
      cost: 0.01,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 0, accepted_prediction_tokens: 1 },
    };
    const top = { citations: ["https://a"], service_tier: "flex", usage };
    server.answer(json(whole({ content: "x", annotations }, top)));
    const asked = await ask(open());
    server.answer(sse([chunk({ content: "x", annotations }, top), chunk({}, { finish_reason: "stop", ...top })]));
    for (const reply of [asked, await streamed(open())]) {
      expect(reply.choices[0].message.annotations).toEqual(annotations);
      expect(reply.service_tier).toBe("flex");
      expect(reply.extensions).toMatchObject({ p: { citations: ["https://a"], usage: { cost: 0.01 } } });
      expect(reply.usage).toEqual({
        prompt_tokens: 5,
        completion_tokens: 7,
        total_tokens: 12,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 0, accepted_prediction_tokens: 1 },
      });
    }
  });

  it("the head comes from the first event that has it", async () => {
    const prelude = {
      choices: [],
      id: "",
      created: 0,
      model: "",
      object: "",
      prompt_filter_results: [{ prompt_index: 0 }],
    };
    const head = { id: "chatcmpl-9", created: 17, model: "gpt-5-mini", system_fingerprint: "fp_1" };
    server.answer(sse([prelude, chunk({ content: "hi" }, head), chunk({}, { ...head, finish_reason: "stop" })]));
    const reply = await streamed(open());
    expect(reply).toMatchObject(head);
    expect(reply.extensions).toEqual({ p: { prompt_filter_results: [{ prompt_index: 0 }] } });
  });

  it.each([
    ["a total above the sum", { prompt_tokens: 10, completion_tokens: 5, total_tokens: 40 }, [10, 30, 25]],
    [
      "Mistral's cached count",
      { prompt_tokens: 64, completion_tokens: 6, total_tokens: 70, num_cached_tokens: 32 },
      [64, 6, undefined],
    ],
  ])("counts: %s", async (_name, usage, [prompt, completion, reasoning]) => {
    server.answer(json(whole({ content: "x" }, { usage })));
    const told = (await ask(open())).usage;
    expect([told?.prompt_tokens, told?.completion_tokens]).toEqual([prompt, completion]);
    expect(told?.completion_tokens_details?.reasoning_tokens).toBe(reasoning);
  });

  it("a compaction's tokens count, and Claude's thinking is told", async () => {
    const iterations = [
      { type: "compaction", input_tokens: 100, output_tokens: 80, cache_read_input_tokens: 50 },
      { type: "message", input_tokens: 20, output_tokens: 8 },
    ];
    const usage = { input_tokens: 20, output_tokens: 8, output_tokens_details: { thinking_tokens: 4 }, iterations };
    server.answer(json(message([{ type: "text", text: "x" }], { usage })));
    expect((await ask(claude())).usage).toMatchObject({
      prompt_tokens: 170,
      completion_tokens: 88,
      prompt_tokens_details: { cached_tokens: 50 },
      completion_tokens_details: { reasoning_tokens: 4 },
    });
  });
});

describe("what goes back over the Anthropic wire (recorded shapes, loopback server)", () => {
  const blocks = [
    { type: "compaction", content: "SUMMARY" },
    { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "shannon" } },
    { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] },
    { type: "text", text: "S", citations: [{ type: "web_search_result_location", url: "https://a", title: "A" }] },
    { type: "tool_use", id: "toolu_1", name: "f", input: { a: 1 }, caller: { type: "direct" } },
  ];

  it("server tools, citations, compaction and callers, streamed as whole", async () => {
    const deltas: { [type: string]: readonly object[] } = {
      compaction: [
        { type: "compaction_delta", content: "SUMM" },
        { type: "compaction_delta", content: "ARY" },
      ],
      server_tool_use: [
        { type: "input_json_delta", partial_json: '{"query":"sh' },
        { type: "input_json_delta", partial_json: 'annon"}' },
      ],
      text: [
        { type: "citations_delta", citation: blocks[3]?.citations?.[0] },
        { type: "text_delta", text: "S" },
      ],
      tool_use: [{ type: "input_json_delta", partial_json: '{"a":1}' }],
    };
    const empty: { [type: string]: object } = {
      compaction: { content: null },
      server_tool_use: { input: {} },
      text: { text: "", citations: [] },
      tool_use: { input: {} },
    };
    const list: { type: string }[] = [
      { type: "message_start", message: message([], { stop_reason: null }) } as { type: string },
    ];
    blocks.forEach((block, index) => {
      list.push({ type: "content_block_start", index, content_block: { ...block, ...empty[block.type] } } as {
        type: string;
      });
      for (const delta of deltas[block.type] ?? [])
        list.push({ type: "content_block_delta", index, delta } as { type: string });
      list.push({ type: "content_block_stop", index } as { type: string });
    });
    list.push({ type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 9 } } as {
      type: string;
    });
    list.push({ type: "message_stop" });
    const result: Message = { role: "tool", tool_call_id: "toolu_1", content: "1" };
    server.answer(events(list));
    const flowing = await streamed(claude());
    expect(flowing.choices[0].message.annotations).toEqual([
      { type: "url_citation", url_citation: { url: "https://a", title: "A", start_index: 0, end_index: 1 } },
    ]);
    expect(await sentBack(claude(), flowing.choices[0], result)).toEqual({ role: "assistant", content: blocks });
    server.answer(json(message(blocks, { stop_reason: "tool_use" })));
    const asked = await ask(claude());
    expect(await sentBack(claude(), asked.choices[0], result)).toEqual({ role: "assistant", content: blocks });
  });

  it("a plain answer carries no state", async () => {
    server.answer(json(message([{ type: "text", text: "x" }])));
    expect((await ask(claude())).choices[0].message).not.toHaveProperty("provider_state");
  });
});

describe("what goes out (loopback server)", () => {
  const body = async (
    provider: HttpProvider,
    request: Partial<ChatRequest>,
    warn?: (code: string, text: string) => void,
  ) => {
    server.answer(json({}));
    await provider.chat({ messages: HELLO, ...request }, context(warn ? { warn } : {})).catch(() => {});
    return server.bodies.at(-1) as { [field: string]: unknown };
  };

  it("Claude of this year thinks by effort, without budget or sampling; earlier ones by budget", async () => {
    const sent = await body(claude("claude-opus-4-8"), { reasoning_effort: "high", temperature: 0.3 });
    expect(sent).toMatchObject({ thinking: { type: "adaptive" }, output_config: { effort: "high" } });
    expect(sent).not.toHaveProperty("temperature");
    expect((await body(claude("claude-opus-4-6"), { reasoning_effort: "xhigh" })).output_config).toEqual({
      effort: "max",
    });
    const before = await body(claude("claude-sonnet-4-5"), { reasoning_effort: "low" });
    expect(before.thinking).toEqual({ type: "enabled", budget_tokens: 2_048 });
  });

  it("PDFs, texts and native blocks are documents; marks for the cache stand where they were", async () => {
    const cache_control = { type: "ephemeral" };
    const pdf = { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" };
    const native = { type: "document", source: { type: "text", media_type: "text/plain", data: "d" } };
    const content = [
      { type: "file", file: pdf },
      { ...native },
      { type: "input_image", image_url: "data:image/png;base64,AA", cache_control },
    ];
    const result = [
      { type: "text", text: "20", cache_control },
      { type: "image_url", image_url: { url: "https://a/b.png" } },
    ];
    const call = { id: "t1", type: "function" as const, function: { name: "f", arguments: "{}" } };
    const messages = [
      { role: "user", content },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "t1", content: result },
    ] as Message[];
    const sent = await body(claude(), {
      messages,
      tools: [{ type: "function", function: { name: "f" }, cache_control } as never],
    });
    expect(sent.messages).toEqual([
      {
        role: "user",
        content: [
          {
            type: "document",
            source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" },
            title: "a.pdf",
          },
          native,
          { type: "image", source: { type: "base64", media_type: "image/png", data: "AA" }, cache_control },
        ],
      },
      { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "f", input: {} }] },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "t1",
            content: [
              { type: "text", text: "20", cache_control },
              { type: "image", source: { type: "url", url: "https://a/b.png" } },
            ],
          },
        ],
      },
    ]);
    expect(sent.tools).toEqual([expect.objectContaining({ name: "f", cache_control })]);
  });

  it("over the OpenAI wire pictures of tool results follow in a user's message, other forms in its own", async () => {
    const call = { id: "t1", type: "function" as const, function: { name: "f", arguments: "{}" } };
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "AA" } };
    const messages = [
      ...HELLO,
      { role: "assistant", content: "{", prefix: true, tool_calls: [call] },
      { role: "tool", tool_call_id: "t1", content: [{ type: "text", text: "see" }, image] },
      { role: "user", content: [{ type: "input_text", text: "and?" }] },
    ] as Message[];
    const picture = { type: "image_url", image_url: { url: "data:image/png;base64,AA" } };
    expect(((await body(open(), { messages })).messages as unknown[]).slice(1)).toEqual([
      { role: "assistant", content: "{", prefix: true, tool_calls: [call] },
      { role: "tool", tool_call_id: "t1", content: "see" },
      { role: "user", content: [{ type: "text", text: "Pictures of the tool results above:" }, picture] },
      { role: "user", content: [{ type: "text", text: "and?" }] },
    ]);
  });

  it("OpenAI's reasoning models get max_completion_tokens; a dropped effort is told", async () => {
    expect(await body(open("gpt-5-mini"), { max_tokens: 9 })).toMatchObject({ max_completion_tokens: 9 });
    expect(await body(open("gpt-4o"), { max_tokens: 9 })).toMatchObject({ max_tokens: 9 });
    const told: string[] = [];
    const blind = { ...model, id: "dull", capabilities: { ...model.capabilities, thinking: "none" as const } };
    const dull = openaiCompatible({ id: "p", baseURL: `${server.url}/v1`, models: [blind], chatUpstream: "whole" });
    const sent = await body(dull, { reasoning_effort: "high" }, (_code, text) => told.push(text));
    expect(sent).not.toHaveProperty("reasoning_effort");
    expect(told).toEqual([expect.stringContaining("reasoning_effort")]);
  });
});
