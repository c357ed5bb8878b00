import { describe, expect, it } from "vitest";
import { createAssembler } from "../../../src/chat/assemble.js";
import { extractJson } from "../../../src/chat/json-output.js";
import { functionOf } from "../../../src/chat/message.js";
import { anthropicCompatible } from "../../../src/vendors/anthropic-compatible.js";
import { glm } from "../../../src/vendors/glm.js";
import { kimi } from "../../../src/vendors/kimi.js";
import { minimax } from "../../../src/vendors/minimax.js";
import { openaiCompatible } from "../../../src/vendors/openai-compatible.js";
import { chunk, context, drain, failureOf, HELLO, json, MODEL, sse, startLoopback, whole } from "./loopback.js";

const server = await startLoopback();
const baseURL = `${server.url}/v1`;
const plain = openaiCompatible({ id: "plain", baseURL, models: [MODEL] });
const mini = minimax({ apiKey: "test-key", baseURL });
const zai = glm({ apiKey: "test-key", baseURL });
const moon = kimi({ apiKey: "test-key", baseURL });

async function assembled(events: readonly unknown[], provider = plain, options: { done?: boolean } = {}) {
  server.answer(sse(events, options));
  const assembler = createAssembler();
  for (const one of await drain(provider.stream({ messages: HELLO }, context()))) assembler.push(one);
  return assembler.reply();
}

describe("answers as vendors really write them (recorded shapes, loopback server)", () => {
  it("1: think tags in the content, split over chunks, also unclosed", async () => {
    const reply = await assembled([
      chunk({ content: "<thi" }),
      chunk({ content: "nk>\nhm</thi" }),
      chunk({ content: "nk>\n\n42 <think> is text" }, { finish_reason: "stop" }),
    ]);
    expect(reply.choices[0].message).toMatchObject({ content: "42 <think> is text", reasoning_content: "\nhm" });
    const cut = await assembled([chunk({ content: "<think>still at it" }, { finish_reason: "length" })]);
    expect(cut.choices[0]).toMatchObject({
      finish_reason: "length",
      message: { content: null, reasoning_content: "still at it" },
    });
  });

  it("2: thinking in three fields, two at once, counted once; details kept for their issuer", async () => {
    const details = [{ type: "reasoning.text", id: "d1", format: "MiniMax-response-v1", index: 0, text: "hm" }];
    server.answer(json(whole({ content: "42", reasoning_content: "hm", reasoning_details: details })));
    const reply = await mini.chat({ messages: HELLO, model: "MiniMax-M3", max_tokens: 100 }, context());
    expect(reply.choices[0].message.reasoning_content).toBe("hm");
    expect(reply.choices[0].message.provider_state).toEqual({ issuer: "minimax", data: { wire: "openai", details } });
    for (const field of ["reasoning", "reasoning_content"]) {
      const one = await assembled([
        chunk({ [field]: "h" }),
        chunk({ [field]: "m" }),
        chunk({ content: "42" }, { finish_reason: "stop" }),
      ]);
      expect(one.choices[0].message).toMatchObject({ content: "42", reasoning_content: "hm" });
    }
    const streamed = await assembled([
      chunk({ reasoning_content: "h", reasoning_details: [{ ...details[0], text: "h" }] }),
      chunk({ reasoning_content: "m", reasoning_details: [{ ...details[0], text: "m" }] }),
      chunk({ content: "42" }, { finish_reason: "stop" }),
    ]);
    expect(streamed.choices[0].message).toMatchObject({
      reasoning_content: "hm",
      provider_state: { data: { details } },
    });
  });

  it("2: thinking in a field and in tags as well counts once", async () => {
    const said = { content: "<think>\nhm\n</think>\n\n42", reasoning_content: "hm" };
    server.answer(json(whole(said)));
    const reply = await plain.chat({ messages: HELLO }, context());
    expect(reply.choices[0].message).toMatchObject({ content: "42", reasoning_content: "hm" });
    const streamed = await assembled([
      chunk({ reasoning_content: "h", content: "<think>h" }),
      chunk({ reasoning_content: "m", content: "m</th" }),
      chunk({ content: "ink>42" }, { finish_reason: "stop" }),
    ]);
    expect(streamed.choices[0].message).toMatchObject({ content: "42", reasoning_content: "hm" });
  });

  it("6: the retired form of one tool call, whole and in pieces", async () => {
    const call = { name: "f", arguments: '{"a":1}' };
    const expected = {
      finish_reason: "tool_calls",
      message: {
        content: null,
        tool_calls: [{ id: expect.stringMatching(/^call_/), type: "function", function: call }],
      },
    };
    for (const tool_calls of [undefined, null, []]) {
      const message = { role: "assistant", content: null, function_call: call, tool_calls };
      server.answer(json(whole(message, { finish_reason: "function_call" })));
      expect((await plain.chat({ messages: HELLO }, context())).choices[0]).toMatchObject(expected);
    }
    const streamed = await assembled([
      chunk({ role: "assistant", content: null, function_call: { name: "f", arguments: "" } }),
      chunk({ function_call: { arguments: '{"a"' } }),
      chunk({ function_call: { arguments: ":1}" } }),
      chunk({}, { finish_reason: "function_call" }),
    ]);
    expect(streamed.choices[0]).toMatchObject(expected);
  });

  it("one choice is read, whatever its number and place", async () => {
    const choice = (index: unknown, content: string, finish_reason: string | null = "stop") => ({
      index,
      finish_reason,
      message: { role: "assistant", content },
    });
    const asked = async (...choices: unknown[]) => {
      server.answer(json({ ...whole({}), choices }));
      return (await plain.chat({ messages: HELLO }, context())).choices;
    };
    for (const index of [1, null, undefined, "0"]) {
      expect(await asked(choice(index, "42"))).toMatchObject([{ index: 0, message: { content: "42" } }]);
    }
    expect(await asked(choice(1, "other"), choice(0, "42"))).toMatchObject([{ message: { content: "42" } }]);
    expect(await asked(choice(2, "42"), choice(1, "other"))).toMatchObject([{ message: { content: "42" } }]);

    const said = (index: number, content: string, finish_reason: string | null = null) => ({
      ...(chunk({}) as object),
      choices: [{ index, delta: { content }, finish_reason }],
    });
    const mixed = await assembled([
      said(1, "4"),
      said(0, "no"),
      said(1, "2"),
      said(0, "", "length"),
      said(1, "", "stop"),
    ]);
    expect(mixed.choices).toMatchObject([{ index: 0, finish_reason: "stop", message: { content: "42" } }]);
  });

  it("10: blanks after [DONE] do not matter", async () => {
    const reply = await assembled([chunk({ content: "42" }), "data: [DONE] \n\n"], plain, { done: false });
    expect(reply.choices[0].message.content).toBe("42");
  });

  it("5: an empty role", async () => {
    server.answer(
      sse([chunk({ role: "", content: "a" }), chunk({ role: "", content: "b" }, { finish_reason: "stop" })]),
    );
    const chunks = await drain(plain.stream({ messages: HELLO }, context()));
    expect(chunks.map((one) => one.choices[0]?.delta.role)).toEqual(["assistant", undefined]);
  });

  it("6: tool calls in pieces, without ids, in one chunk, all at index 0", async () => {
    const args = (index: number, text: string) => ({ index, function: { arguments: text } });
    const pieces = await assembled([
      chunk({ tool_calls: [{ index: 0, id: "", function: { name: "f", arguments: '{"a"' } }] }),
      chunk({ tool_calls: [args(0, ":1}")] }),
      chunk({ tool_calls: [{ index: 1, id: "b", type: "function", function: { name: "g", arguments: "" } }] }),
      chunk({ tool_calls: [args(1, "{}")] }, { finish_reason: "tool_calls" }),
    ]);
    const calls = pieces.choices[0].message.tool_calls;
    expect(calls?.map(functionOf)).toEqual([
      { name: "f", arguments: '{"a":1}' },
      { name: "g", arguments: "{}" },
    ]);
    expect(calls?.[0]?.id).toMatch(/^call_/);
    expect(calls?.[1]?.id).toBe("b");

    const sameIndex = await assembled([
      chunk({ tool_calls: [{ index: 0, id: "x", function: { name: "f", arguments: "{}" } }] }),
      chunk(
        { tool_calls: [{ index: 0, id: "y", function: { name: "f", arguments: '{"b":2}' } }] },
        { finish_reason: "tool_calls" },
      ),
    ]);
    expect(sameIndex.choices[0].message.tool_calls?.map((call) => [call.id, functionOf(call)?.arguments])).toEqual([
      ["x", "{}"],
      ["y", '{"b":2}'],
    ]);

    const objects = await assembled([
      chunk(
        {
          tool_calls: [
            { function: { name: "f", arguments: { a: 1 } } },
            { function: { name: "f", arguments: { a: 2 } } },
          ],
        },
        { finish_reason: "stop" },
      ),
    ]);
    expect(objects.choices[0].finish_reason).toBe("tool_calls");
    expect(objects.choices[0].message.tool_calls?.map((call) => functionOf(call)?.arguments)).toEqual([
      '{"a":1}',
      '{"a":2}',
    ]);
  });

  it("7: arguments that are no JSON come out as they are", async () => {
    const bad = '{"q": "a"" }';
    server.answer(
      json(
        whole({ content: null, tool_calls: [{ id: "t", type: "function", function: { name: "f", arguments: bad } }] }),
      ),
    );
    const reply = await plain.chat({ messages: HELLO }, context());
    expect(functionOf(reply.choices[0].message.tool_calls?.[0])?.arguments).toBe(bad);
  });

  it.each([
    ["at the top level of usage", { usage: { prompt_tokens: 900, completion_tokens: 5, cached_tokens: 768 } }, 768, 0],
    [
      "in the details",
      { usage: { prompt_tokens: 900, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 768 } } },
      768,
      0,
    ],
    [
      "under Anthropic's names in the details",
      {
        usage: {
          prompt_tokens: 900,
          completion_tokens: 5,
          prompt_tokens_details: { cache_read_input_tokens: 622, cache_creation_input_tokens: 100 },
        },
      },
      622,
      100,
    ],
    ["under x_groq", { usage: undefined, x_groq: { usage: { prompt_tokens: 900, completion_tokens: 5 } } }, 0, 0],
  ])("8: usage %s", async (_where, more, cached, written) => {
    server.answer(json(whole({ content: "42" }, more)));
    const { usage } = await plain.chat({ messages: HELLO }, context());
    expect(usage).toMatchObject({ prompt_tokens: 900, completion_tokens: 5, total_tokens: 905 });
    expect(usage?.prompt_tokens_details?.cached_tokens ?? 0).toBe(cached);
    expect(usage?.prompt_tokens_details?.cache_write_tokens ?? 0).toBe(written);
  });

  it("8: usage in the choice of the last event", async () => {
    const last = {
      id: "c1",
      choices: [
        {
          index: 0,
          delta: {},
          finish_reason: "stop",
          usage: { prompt_tokens: 900, completion_tokens: 5, cached_tokens: 768 },
        },
      ],
    };
    const reply = await assembled([chunk({ content: "42" }), last], moon);
    expect(reply.usage).toEqual({
      prompt_tokens: 900,
      completion_tokens: 5,
      total_tokens: 905,
      prompt_tokens_details: { cached_tokens: 768 },
    });
  });

  it("9: usage that is missing or zero is estimated, and says so", async () => {
    const zero = { usage: { total_tokens: 0, total_characters: 0 } };
    server.answer(sse([chunk({ content: "forty-two" }, zero), chunk({}, { finish_reason: "stop", ...zero })]));
    const reply = await mini.chat({ messages: HELLO }, context());
    expect(reply.usage).toMatchObject({ estimated: true });
    expect(reply.usage?.prompt_tokens).toBeGreaterThan(40);
  });

  it("10: a last chunk with usage and no choices", async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    const reply = await assembled([
      chunk({ content: "42" }, { finish_reason: "stop" }),
      { id: "c1", choices: [], usage },
    ]);
    expect(reply.usage).toEqual(usage);
  });

  it("15: odd finish reasons", async () => {
    const sensitive = await assembled([chunk({ content: "4" }, { finish_reason: "sensitive" })], zai);
    expect(sensitive.choices[0].finish_reason).toBe("content_filter");
    const window = await assembled([chunk({ content: "4" }, { finish_reason: "model_context_window_exceeded" })], zai);
    expect(window.choices[0].finish_reason).toBe("length");
    server.answer(sse([chunk({}, { finish_reason: "model_context_window_exceeded" })]));
    expect((await failureOf(drain(zai.stream({ messages: HELLO }, context())))).kind).toBe("context_length");
    server.answer(sse([chunk({ content: "4" }, { finish_reason: "network_error" })]));
    expect((await failureOf(drain(zai.stream({ messages: HELLO }, context())))).kind).toBe("server");
  });

  it("15: a finish reason that says the answer broke off is a failure, whole and streamed", async () => {
    for (const [reason, kind] of [
      ["error", "server"],
      ["abort", "server"],
      ["insufficient_system_resource", "overloaded"],
    ]) {
      server.answer(sse([chunk({ content: "4" }), chunk({}, { finish_reason: reason })]));
      expect((await failureOf(drain(plain.stream({ messages: HELLO }, context())))).kind).toBe(kind);
      server.answer(json(whole({ content: "4" }, { finish_reason: reason })));
      expect((await failureOf(plain.chat({ messages: HELLO }, context()))).kind).toBe(kind);
    }
    const error = { code: 429, message: "slow down" };
    const choice = { index: 0, delta: { content: "" }, message: { content: "" }, finish_reason: "error", error };
    server.answer(sse([chunk({ content: "4" }), { id: "c1", choices: [choice] }]));
    expect((await failureOf(drain(plain.stream({ messages: HELLO }, context())))).kind).toBe("rate_limit");
    server.answer(json({ id: "r1", choices: [choice] }));
    expect((await failureOf(plain.chat({ messages: HELLO }, context()))).kind).toBe("rate_limit");
  });

  it("15: finish reasons of the user's own table are failures; case does not matter to the usual ones", async () => {
    const codes = { finishReasons: { gave_up: { kind: "overloaded" } } } as const;
    const own = openaiCompatible({ id: "own", baseURL, models: [MODEL], codes });
    server.answer(json(whole({ content: "4" }, { finish_reason: "gave_up" })));
    expect((await failureOf(own.chat({ messages: HELLO }, context()))).kind).toBe("overloaded");
    const claude = anthropicCompatible({ id: "claude", baseURL: server.url, models: [MODEL], codes });
    const body = { type: "message", content: [{ type: "text", text: "4" }], stop_reason: "gave_up" };
    server.answer(json(body));
    expect((await failureOf(claude.chat({ messages: HELLO }, context()))).kind).toBe("overloaded");
    expect((await assembled([chunk({ content: "4" }, { finish_reason: "MAX_TOKENS" })])).choices[0].finish_reason).toBe(
      "length",
    );
  });

  it("16: an empty answer is no answer", async () => {
    server.answer(json(whole({ content: "" })));
    expect((await failureOf(plain.chat({ messages: HELLO }, context()))).kind).toBe("empty_response");
    server.answer(sse([chunk({ content: "" }, { finish_reason: "stop" })]));
    expect((await failureOf(mini.chat({ messages: HELLO }, context()))).kind).toBe("empty_response");
  });

  it("16: an empty answer that used its whole allowance, on hidden thinking perhaps, is one", async () => {
    server.answer(json(whole({ content: "" }, { finish_reason: "length" })));
    const reply = await plain.chat({ messages: HELLO, max_tokens: 16 }, context());
    expect(reply.choices[0]).toMatchObject({ finish_reason: "length" });
  });

  it("16: a filter's silence is told from an empty answer", async () => {
    server.answer(
      json(whole({ content: "" }, { output_sensitive: true, base_resp: { status_code: 0, status_msg: "" } })),
    );
    const failure = await failureOf(mini.chat({ messages: HELLO, model: "MiniMax-M3", max_tokens: 9 }, context()));
    expect(failure.kind).toBe("content_filter");
  });

  it("27: JSON with fences and a note is found", async () => {
    server.answer(json(whole({ content: '```json\n{"a": 1}\n```\nNote: done.' })));
    const reply = await plain.chat({ messages: HELLO }, context());
    expect(extractJson(reply.choices[0].message.content ?? "")?.value).toEqual({ a: 1 });
  });

  it("an answer that lies whole in the thinking is the answer, at MiniMax alone", async () => {
    const events = [chunk({ reasoning_content: "It is 42." }), chunk({}, { finish_reason: "stop" })];
    expect((await assembled(events, mini)).choices[0].message.content).toBe("It is 42.");
    expect((await assembled(events, plain)).choices[0].message.content).toBeNull();
  });

  it("content as a list of text and thinking", async () => {
    const parts = [
      { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      { type: "text", text: "42" },
    ];
    server.answer(json(whole({ content: parts })));
    const reply = await plain.chat({ messages: HELLO }, context());
    expect(reply.choices[0].message).toMatchObject({ content: "42", reasoning_content: "hm" });
  });
});
