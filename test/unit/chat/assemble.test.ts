import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAssembler, hasContent } from "../../../src/chat/assemble.js";
import type { ChatChunk, Delta, ToolCallDelta } from "../../../src/chat/chunk.js";
import { chunksOf } from "../../../src/chat/chunks.js";
import { functionOf } from "../../../src/chat/message.js";
import type { ChatReply, FinishReason } from "../../../src/chat/reply.js";

const chunk = (delta: Delta, more: Partial<ChatChunk> = {}, finish: FinishReason | null = null): ChatChunk => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 7,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
});
const assembled = (...chunks: ChatChunk[]) => {
  const assembler = createAssembler();
  for (const one of chunks) assembler.push(one);
  return assembler;
};
const calls = (...pieces: Partial<ToolCallDelta>[]) =>
  assembled(...pieces.map((piece) => chunk({ tool_calls: [piece as ToolCallDelta] }))).reply().choices[0].message
    .tool_calls;

describe("createAssembler", () => {
  it("puts text, thinking, refusal, usage and the end together", () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const assembler = assembled(
      chunk({ role: "assistant", content: "" }),
      chunk({ reasoning_content: "h" }),
      chunk({ reasoning_content: "m" }),
      chunk({ content: "4" }),
      chunk({ content: "2" }),
      chunk({ provider_state: { issuer: "p", data: [1] } }, {}, "stop"),
      chunk({}, { choices: [], usage, system_fingerprint: "fp" }),
    );
    expect(assembler.text).toBe("42");
    expect(assembler.reasoning).toBe("hm");
    expect(assembler.finishReason).toBe("stop");
    expect(assembler.usage).toEqual(usage);
    expect(assembler.reply()).toEqual({
      id: "c1",
      object: "chat.completion",
      created: 7,
      model: "m",
      system_fingerprint: "fp",
      usage,
      choices: [
        {
          index: 0,
          finish_reason: "stop",
          logprobs: null,
          message: {
            role: "assistant",
            content: "42",
            refusal: null,
            reasoning_content: "hm",
            provider_state: { issuer: "p", data: [1] },
          },
        },
      ],
    });
  });

  it("begins with nothing and says so", () => {
    const assembler = createAssembler();
    expect(assembler.hasContent).toBe(false);
    expect(assembler.finishReason).toBeNull();
    assembler.push(chunk({ role: "assistant", content: "" }));
    assembler.push(chunk({}, { choices: [] }));
    expect(assembler.hasContent).toBe(false);
    assembler.push(chunk({ reasoning_content: "h" }));
    expect(assembler.hasContent).toBe(true);
  });

  it("joins a call by index where only its first piece has an id and a name", () => {
    expect(
      calls(
        { index: 0, id: "a", function: { name: "f", arguments: '{"x"' } },
        { index: 1, id: "b", function: { name: "g", arguments: "" } },
        { index: 0, function: { arguments: ":1}" } },
        { index: 1, function: { arguments: "{}" } },
      ),
    ).toEqual([
      { id: "a", type: "function", function: { name: "f", arguments: '{"x":1}' } },
      { id: "b", type: "function", function: { name: "g", arguments: "{}" } },
    ]);
  });

  it("keeps apart two calls that a vendor both numbers 0", () => {
    const found = calls(
      { index: 0, id: "a", function: { name: "f", arguments: "{}" } },
      { index: 0, id: "b", function: { name: "f", arguments: '{"y"' } },
      { index: 0, function: { arguments: ":2}" } },
    );
    expect(found?.map((call) => [call.id, functionOf(call)?.arguments])).toEqual([
      ["a", "{}"],
      ["b", '{"y":2}'],
    ]);
  });

  it("joins by id where the index is missing, and takes the call in hand where both are", () => {
    const found = calls(
      { id: "a", function: { name: "f", arguments: "1" } },
      { id: "b", function: { name: "g", arguments: "2" } },
      { id: "a", function: { arguments: "1" } },
      { function: { arguments: "1" } },
    );
    expect(found?.map((call) => functionOf(call)?.arguments)).toEqual(["111", "2"]);
  });

  it("never lets an empty or repeated id or name replace one that is there", () => {
    expect(
      calls(
        { index: 0, id: "a", function: { name: "f", arguments: "" } },
        { index: 0, id: "", function: { name: "", arguments: "{" } },
        { index: 0, id: "a", function: { name: "f", arguments: "}" } },
      ),
    ).toEqual([{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }]);
  });

  it("takes a fresh id on every piece of one index for the same call", () => {
    const found = calls(
      { index: 0, id: "a", function: { name: "f", arguments: "{" } },
      { index: 0, id: "b", function: { arguments: "}" } },
    );
    expect(found).toEqual([{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }]);
  });

  it("gives a call without an id one of its own, the same every time it is asked", () => {
    const assembler = assembled(
      chunk({ tool_calls: [{ index: 0, id: "", function: { name: "f", arguments: "{}" } }] }),
      chunk({ tool_calls: [{ index: 1, function: { name: "f", arguments: "{}" } }] }),
    );
    const ids = assembler.reply().choices[0].message.tool_calls?.map((call) => call.id);
    expect(new Set(ids).size).toBe(2);
    expect(ids?.every((id) => id.length > 5)).toBe(true);
    expect(assembler.reply().choices[0].message.tool_calls?.map((call) => call.id)).toEqual(ids);
  });

  it("forgets what came before a reset", () => {
    const assembler = assembled(
      chunk({ content: "wrong", reasoning_content: "x", tool_calls: [{ index: 0, id: "a", function: { name: "f" } }] }),
      chunk({}, { id: "c2", choices: [], signalbox: { reset: true } }),
      chunk({ content: "right" }, { id: "c2", model: "m2" }, "stop"),
    );
    expect(assembler.text).toBe("right");
    expect(assembler.toolCalls).toBe(0);
    expect(assembler.reply()).toMatchObject({ id: "c2", choices: [{ message: { content: "right", refusal: null } }] });
  });

  it("joins logprobs", () => {
    const token = (name: string) => ({ token: name, bytes: null, logprob: -1, top_logprobs: [] });
    const one = chunk({ content: "a" });
    const two = chunk({ content: "b" });
    if (one.choices[0]) one.choices[0].logprobs = { content: [token("a")], refusal: null };
    if (two.choices[0]) two.choices[0].logprobs = { content: [token("b")], refusal: null };
    expect(
      assembled(one, two)
        .reply()
        .choices[0].logprobs?.content?.map((t) => t.token),
    ).toEqual(["a", "b"]);
  });

  it("costs the same per chunk however long the answer is", () => {
    const timed = (count: number) => {
      const assembler = createAssembler();
      const piece = chunk({ content: "token " });
      const start = performance.now();
      for (let i = 0; i < count; i++) assembler.push(piece);
      expect(assembler.text).toHaveLength(count * 6);
      return (performance.now() - start) / count;
    };
    timed(20_000);
    const short = Math.min(timed(1_000), timed(1_000), timed(1_000));
    expect(timed(100_000)).toBeLessThan(Math.max(short, 0.0005) * 20);
  });
});

describe("hasContent", () => {
  it("is true for text, refusal, thinking and tool calls alone", () => {
    expect(hasContent(chunk({ content: "x" }))).toBe(true);
    expect(hasContent(chunk({ refusal: "x" }))).toBe(true);
    expect(hasContent(chunk({ reasoning_content: "x" }))).toBe(true);
    expect(hasContent(chunk({ tool_calls: [{ index: 0, function: { name: "f" } }] }))).toBe(true);
    expect(hasContent(chunk({ role: "assistant", content: "" }))).toBe(false);
    expect(hasContent(chunk({ tool_calls: [] }))).toBe(false);
    expect(hasContent(chunk({}, {}, "stop"))).toBe(false);
    expect(hasContent(chunk({}, { choices: [] }))).toBe(false);
  });
});

describe("chunksOf", () => {
  const text = fc.oneof(fc.constant(null), fc.string({ unit: "binary" }));
  const call = fc.record({
    id: fc.string({ minLength: 1 }),
    type: fc.constant("function" as const),
    function: fc.record({ name: fc.string({ minLength: 1 }), arguments: fc.string() }),
  });
  const message = fc.record(
    {
      role: fc.constant("assistant" as const),
      content: text,
      refusal: text,
      tool_calls: fc.uniqueArray(call, { minLength: 1, maxLength: 4, selector: (one) => one.id }),
      reasoning_content: fc.string({ unit: "binary" }),
      provider_state: fc.record({ issuer: fc.string(), data: fc.jsonValue() }),
    },
    { requiredKeys: ["role", "content", "refusal"] },
  );
  const usage = fc.record({ prompt_tokens: fc.nat(), completion_tokens: fc.nat(), total_tokens: fc.nat() });
  const reply = fc.record(
    {
      id: fc.string({ minLength: 1 }),
      object: fc.constant("chat.completion" as const),
      created: fc.nat(),
      model: fc.string(),
      choices: fc
        .record({
          index: fc.constant(0),
          finish_reason: fc.constantFrom("stop" as const, "length" as const, "tool_calls" as const),
          logprobs: fc.constantFrom(null, { content: [], refusal: null }),
          message,
        })
        .map((choice) => [choice]),
      usage,
      system_fingerprint: fc.string({ minLength: 1 }),
    },
    { requiredKeys: ["id", "object", "created", "model", "choices"] },
  ) as fc.Arbitrary<ChatReply>;

  it("gives the reply back when assembled (property)", () => {
    fc.assert(
      fc.property(reply, (one) => {
        expect(assembled(...chunksOf(one)).reply()).toEqual(one);
      }),
      { numRuns: 300 },
    );
  });

  it("puts thinking before text, usage last with no choices, and the role first", () => {
    const chunks = chunksOf({
      id: "r",
      object: "chat.completion",
      created: 1,
      model: "m",
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      choices: [
        {
          index: 0,
          finish_reason: "stop",
          logprobs: null,
          message: { role: "assistant", content: "x", refusal: null, reasoning_content: "h" },
        },
      ],
    });
    expect(chunks.map((one) => one.choices[0]?.delta ?? one.usage)).toEqual([
      { role: "assistant", reasoning_content: "h" },
      { content: "x" },
      {},
      { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    ]);
    expect(chunks.at(-1)?.choices).toEqual([]);
  });

  it("does not share tool calls with the reply", () => {
    const call = { id: "a", type: "function" as const, function: { name: "f", arguments: "{}" } };
    const source = { id: "r", object: "chat.completion" as const, created: 1, model: "m" };
    const choice = { index: 0, finish_reason: "tool_calls" as const, logprobs: null };
    const one: ChatReply = {
      ...source,
      choices: [{ ...choice, message: { role: "assistant", content: null, refusal: null, tool_calls: [call] } }],
    };
    const piece = chunksOf(one).flatMap((c) => c.choices[0]?.delta.tool_calls ?? [])[0];
    if (piece?.function) piece.function.arguments = "changed";
    expect(call.function.arguments).toBe("{}");
  });
});
