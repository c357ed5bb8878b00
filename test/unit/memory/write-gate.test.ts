import { describe, expect, it } from "vitest";
import { createReply } from "../../../src/chat/create-reply.js";
import type { ChatReply } from "../../../src/chat/reply.js";
import type { ChatRequest } from "../../../src/chat/request.js";
import { refusal, storable } from "../../../src/memory/write-gate.js";

const request: ChatRequest = { messages: [{ role: "user", content: "hi" }] };
const answer = createReply({ text: "hello" });
const calls = (args: string, finishReason: "tool_calls" | "stop" | "length" = "tool_calls"): ChatReply =>
  createReply({
    text: null,
    finishReason,
    toolCalls: [{ id: "1", type: "function", function: { name: "f", arguments: args } }],
  });

describe("the write gate", () => {
  it("lets a complete plain answer through", () => {
    expect(refusal(request, answer)).toBeNull();
    expect(refusal({ ...request, temperature: 0, n: 1 }, answer)).toBeNull();
    expect(refusal({ ...request, temperature: null, n: null, tools: [] }, answer)).toBeNull();
  });

  it.each<[string, Partial<ChatRequest>]>([
    ["temperature", { temperature: 0.7 }],
    ["temperature", { temperature: -1 }],
    ["choices", { n: 2 }],
    ["audio", { modalities: ["text", "audio"] }],
  ])("refuses for %s before the call", (reason, fields) => {
    expect(storable({ ...request, ...fields })).toBe(false);
    expect(refusal({ ...request, ...fields }, answer)).toBe(reason);
  });

  it.each<[string, ChatReply]>([
    ["finish_reason", createReply({ text: "cut", finishReason: "length" })],
    ["finish_reason", createReply({ text: "filtered", finishReason: "content_filter" })],
    ["empty", createReply({ text: "" })],
    ["empty", createReply({ text: " \n" })],
    ["empty", createReply({ text: null })],
    ["tool_calls", calls("{}")],
    ["tool_calls", calls("{}", "stop")],
    ["choices", { ...answer, choices: [answer.choices[0], answer.choices[0]] }],
    [
      "refusal",
      {
        ...answer,
        choices: [{ ...answer.choices[0], message: { ...answer.choices[0].message, refusal: "I cannot" } }],
      },
    ],
  ])("refuses for %s after it", (reason, reply) => {
    expect(refusal(request, reply)).toBe(reason);
  });

  it("is widened by its two options and by nothing else", () => {
    expect(storable({ ...request, temperature: 1 }, { temperature: "any" })).toBe(true);
    expect(refusal({ ...request, temperature: 1 }, answer, { temperature: "any" })).toBeNull();
    expect(refusal(request, calls('{"a":1}'), { toolCalls: true })).toBeNull();
    expect(refusal(request, calls("", "stop"), { toolCalls: true })).toBeNull();
    expect(refusal(request, calls('{"a":'), { toolCalls: true })).toBe("tool_arguments");
    expect(refusal(request, calls("{}", "length"), { toolCalls: true })).toBe("finish_reason");
    expect(
      refusal(request, createReply({ text: "cut", finishReason: "length" }), { temperature: "any", toolCalls: true }),
    ).toBe("finish_reason");
  });
});
