import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReply, estimateUsage } from "../../../src/chat/create-reply.js";
import { isReplyProblem, normalizeReply } from "../../../src/chat/normalize-reply.js";

const call = { id: "a", type: "function" as const, function: { name: "f", arguments: "{}" } };
const messageOf = (value: unknown) => {
  const reply = normalizeReply(value, "m");
  if (isReplyProblem(reply)) throw new Error(reply.message);
  return reply.choices[0].message;
};
const problemOf = (value: unknown) => {
  const reply = normalizeReply(value, "m");
  return isReplyProblem(reply) ? reply.problem : undefined;
};

describe("createReply", () => {
  it("makes a whole reply of a text", () => {
    const reply = createReply({ text: "hi", model: "m" });
    expect(reply).toMatchObject({ object: "chat.completion", model: "m" });
    expect(reply.id).toMatch(/^chatcmpl-/);
    expect(reply.choices[0]).toEqual({
      index: 0,
      finish_reason: "stop",
      logprobs: null,
      message: { role: "assistant", content: "hi", refusal: null },
    });
    expect(Math.abs(reply.created - Date.now() / 1_000)).toBeLessThan(5);
  });

  it("says why it stopped where tools were called", () => {
    const reply = createReply({ toolCalls: [call], reasoning: "hm", providerState: { issuer: "p", data: 1 } });
    expect(reply.choices[0].finish_reason).toBe("tool_calls");
    expect(reply.choices[0].message).toEqual({
      role: "assistant",
      content: null,
      refusal: null,
      tool_calls: [call],
      reasoning_content: "hm",
      provider_state: { issuer: "p", data: 1 },
    });
  });

  it("makes replies that need no normalising", () => {
    for (const init of [
      { text: "x", model: "m" },
      { toolCalls: [call], model: "m" },
    ]) {
      const reply = createReply(init);
      expect(normalizeReply(reply, "other")).toBe(reply);
    }
  });
});

describe("normalizeReply", () => {
  it("fills in what a provider of one's own leaves out", () => {
    const reply = normalizeReply({ choices: [{ message: { content: "hi" } }] }, "m");
    expect(reply).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: "chat.completion",
      created: expect.any(Number),
      model: "m",
      choices: [
        {
          index: 0,
          finish_reason: "stop",
          logprobs: null,
          message: { role: "assistant", content: "hi", refusal: null },
        },
      ],
    });
  });

  it("keeps the fields a provider adds, and drops usage that is none", () => {
    const reply = normalizeReply(
      { choices: [{ message: { content: "hi", extra: 1 } }], usage: { total_characters: 0 }, more: 2 },
      "m",
    );
    expect(reply).toMatchObject({ more: 2, choices: [{ message: { extra: 1 } }] });
    expect(reply).not.toHaveProperty("usage");
  });

  it("reads parts, object arguments, missing ids and unknown finish reasons", () => {
    expect(
      messageOf({ choices: [{ message: { content: [{ type: "text", text: "a" }, { text: "b" }] } }] }).content,
    ).toBe("ab");
    const message = messageOf({
      choices: [{ message: { tool_calls: [{ function: { name: "f", arguments: { a: 1 } } }] } }],
    });
    expect(message.tool_calls).toEqual([
      { id: expect.stringMatching(/^call_/), type: "function", function: { name: "f", arguments: '{"a":1}' } },
    ]);
    expect(normalizeReply({ choices: [{ message: { content: "x" }, finish_reason: "eos" }] }, "m")).toMatchObject({
      choices: [{ finish_reason: "stop" }],
    });
  });

  it("reads the retired form of one tool call", () => {
    const message = { ...createReply({ model: "m" }).choices[0].message, function_call: call.function };
    for (const tool_calls of [undefined, null, []]) {
      const choices = [
        { index: 0, logprobs: null, finish_reason: "function_call", message: { ...message, tool_calls } },
      ];
      const reply = normalizeReply({ ...createReply({ model: "m" }), choices }, "m");
      if (isReplyProblem(reply)) throw new Error(reply.message);
      expect(reply.choices[0]).toMatchObject({
        finish_reason: "tool_calls",
        message: { tool_calls: [{ type: "function", id: expect.stringMatching(/^call_/), function: call.function }] },
      });
    }
  });

  it("calls malformed what is no answer", () => {
    const wrong = [null, "hi", [], {}, { choices: null }, { choices: [] }, { choices: [null] }, { choices: [{}] }];
    for (const value of wrong) expect(problemOf(value)).toBe("malformed");
    expect(problemOf({ choices: [{ message: { content: 5 } }] })).toBe("malformed");
    expect(problemOf({ choices: [{ message: { content: "x", tool_calls: "f" } }] })).toBe("malformed");
    expect(problemOf({ choices: [{ message: { tool_calls: [{ function: {} }] } }] })).toBe("malformed");
  });

  it("calls empty what says nothing, unless it says why", () => {
    const ending = (message: object, finish_reason: string) => problemOf({ choices: [{ message, finish_reason }] });
    expect(ending({ content: "" }, "stop")).toBe("empty");
    expect(ending({ content: null }, "stop")).toBe("empty");
    expect(ending({ content: "", reasoning_content: "hm" }, "stop")).toBe("empty");
    expect(ending({ content: "" }, "length")).toBeUndefined();
    expect(ending({ content: "", reasoning_content: "hm" }, "length")).toBeUndefined();
    expect(ending({ content: "" }, "content_filter")).toBeUndefined();
    expect(ending({ content: null, refusal: "no" }, "stop")).toBeUndefined();
    expect(problemOf(createReply({ text: "", model: "m" }))).toBe("empty");
  });

  it("never throws, and what it returns needs no second pass (property)", () => {
    const message = fc.anything({ maxDepth: 3 });
    fc.assert(
      fc.property(fc.anything(), message, fc.anything(), (value, inner, finish) => {
        normalizeReply(value, "m");
        const reply = normalizeReply({ choices: [{ message: inner, finish_reason: finish }] }, "m");
        if (!isReplyProblem(reply)) expect(normalizeReply(reply, "m")).toBe(reply);
      }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.dictionary(fc.string(), fc.jsonValue()), (content, rest) => {
        const reply = normalizeReply({ ...rest, choices: [{ ...rest, message: { ...rest, content } }] }, "m");
        if (!isReplyProblem(reply)) expect(normalizeReply(reply, "m")).toBe(reply);
      }),
    );
  });
});

describe("estimateUsage", () => {
  it("estimates both sides and says that it does", () => {
    const request = { messages: [{ role: "user" as const, content: "a".repeat(35) }] };
    expect(estimateUsage(request, "b".repeat(70))).toEqual({
      prompt_tokens: 54,
      completion_tokens: 20,
      total_tokens: 74,
      estimated: true,
    });
    const thought = estimateUsage(request, "b".repeat(70), [call], "c".repeat(35));
    expect(thought.completion_tokens_details?.reasoning_tokens).toBe(10);
    expect(thought.completion_tokens).toBeGreaterThan(30);
  });
});
