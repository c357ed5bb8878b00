import fc from "fast-check";
import * as cl100k from "gpt-tokenizer/encoding/cl100k_base";
import * as o200k from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, it } from "vitest";
import type { ChatRequest } from "../../../src/chat/request.js";
import { estimateTextTokens } from "../../../src/chat/text-tokens.js";
import { estimateRequestTokens, requestChars, TOKENS_PER_IMAGE } from "../../../src/chat/tokens.js";
import { SAMPLES } from "../../evidence/token-samples.js";
import { cpuMs } from "../cpu-ms.js";

const ask = (content: unknown, more: object = {}) =>
  ({ messages: [{ role: "user", content }], ...more }) as ChatRequest;

describe("token estimate", () => {
  it("counts by kinds of characters", () => {
    expect(estimateTextTokens("")).toBe(0);
    expect(estimateTextTokens("a".repeat(3_500))).toBe(1_000);
    expect(estimateTextTokens("1".repeat(3_000))).toBe(1_000);
    expect(estimateTextTokens("中".repeat(1_000))).toBe(850);
    expect(estimateTextTokens("é".repeat(100))).toBe(100);
    expect(estimateTextTokens("я".repeat(1_000))).toBe(301);
    expect(estimateTextTokens("🙂".repeat(10))).toBe(19);
    expect(estimateTextTokens("a".repeat(35) + "中".repeat(20))).toBe(27);
  });

  it.each(SAMPLES)("is within a quarter of what two public tokenizers count: %s", (_, texts) => {
    expect(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)).toBeGreaterThanOrEqual(2_000);
    const sum = (measure: (text: string) => number) => texts.reduce((total, text) => total + measure(text), 0);
    const counts = [sum(cl100k.countTokens), sum(o200k.countTokens)];
    expect(sum(estimateTextTokens)).toBeGreaterThanOrEqual(0.75 * Math.min(...counts));
    expect(sum(estimateTextTokens)).toBeLessThanOrEqual(1.25 * Math.max(...counts));
  });

  it("adds 4 per message and 40 per request", () => {
    expect(estimateRequestTokens(ask("a".repeat(35)))).toBe(40 + 4 + 10);
  });

  it("counts a picture by rule, not by the length of its base64", () => {
    const url = `data:image/png;base64,${"A".repeat(400_000)}`;
    const tokens = estimateRequestTokens(
      ask([
        { type: "text", text: "What is it?" },
        { type: "image_url", image_url: { url } },
      ]),
    );
    expect(tokens).toBe(40 + 4 + estimateTextTokens("What is it?") + TOKENS_PER_IMAGE);
    expect(
      estimateRequestTokens(ask([{ type: "input_audio", input_audio: { data: "A".repeat(400_000), format: "wav" } }])),
    ).toBeLessThan(2_000);
  });

  it("counts tools, schemas, calls in the history and thinking", () => {
    const parameters = { type: "object", properties: { city: { type: "string", description: "x".repeat(300) } } };
    const tools = [{ type: "function" as const, function: { name: "weather", parameters } }];
    const withTools = estimateRequestTokens(ask("x", { tools })) - estimateRequestTokens(ask("x"));
    const real = JSON.stringify(tools).length / 3;
    expect(Math.abs(withTools - real) / real).toBeLessThan(0.1);
    const schema = { type: "json_schema", json_schema: { name: "x", schema: parameters } };
    expect(estimateRequestTokens(ask("x", { response_format: schema }))).toBeGreaterThan(
      estimateRequestTokens(ask("x")) + 100,
    );
    const call = { id: "a", type: "function" as const, function: { name: "f", arguments: "y".repeat(300) } };
    const history: ChatRequest = {
      messages: [{ role: "assistant", content: null, tool_calls: [call], reasoning_content: "z".repeat(350) }],
    };
    expect(estimateRequestTokens(history)).toBeGreaterThan(40 + 4 + 100 + 100);
  });

  it("never exceeds the cheap bound (property)", () => {
    const content = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.array(
        fc.oneof(
          fc.record({ type: fc.constant("text"), text: fc.string() }),
          fc.constant({ type: "image_url", image_url: { url: "x" } }),
        ),
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ role: fc.constant("user"), content })), fc.jsonValue(), (messages, tools) => {
        const request = { messages, tools: [tools] } as unknown as ChatRequest;
        expect(estimateRequestTokens(request)).toBeLessThanOrEqual(requestChars(request));
      }),
    );
  });

  it("grows with the text (property)", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(estimateTextTokens(a + b)).toBeGreaterThanOrEqual(estimateTextTokens(a));
      }),
    );
  });

  it("reads 1 MiB in milliseconds", () => {
    const text = "中a".repeat(1 << 19);
    estimateTextTokens(text);
    expect(cpuMs(() => estimateTextTokens(text))).toBeLessThan(50);
  });
});
