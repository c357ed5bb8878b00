import type { LanguageModelV3CallOptions, LanguageModelV3Content, LanguageModelV3StreamPart } from "@ai-sdk/provider";
import { generateText, streamText, wrapLanguageModel } from "ai";
import { convertArrayToReadableStream, MockLanguageModelV3 } from "ai/test";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cacheKey } from "../../../../src/integrations/ai-sdk/cache-key.js";
import { type CacheMiddlewareOptions, cacheMiddleware } from "../../../../src/integrations/ai-sdk/index.js";
import { STOP, V3_USAGE } from "./support.js";

const text = (words: string): LanguageModelV3Content[] => [
  { type: "reasoning", text: "Hm", providerMetadata: { a: { signature: "s" } } },
  { type: "text", text: words },
];

const PARTS: LanguageModelV3StreamPart[] = [
  { type: "stream-start", warnings: [] },
  { type: "response-metadata", id: "r1", modelId: "m1" },
  { type: "text-start", id: "1" },
  { type: "text-delta", id: "1", delta: "Bl" },
  { type: "text-delta", id: "1", delta: "ue" },
  { type: "text-end", id: "1" },
  { type: "finish", finishReason: STOP, usage: V3_USAGE },
];

function setUp(
  options: Partial<CacheMiddlewareOptions> = {},
  content = text("Blue"),
  finishReason = STOP,
  parts = PARTS,
) {
  const entries = new Map<string, unknown>();
  const model = new MockLanguageModelV3({
    doGenerate: async () => ({ content, finishReason, usage: V3_USAGE, warnings: [], response: { id: "r1" } }),
    doStream: async () => ({ stream: convertArrayToReadableStream(parts) }),
  });
  const cache = {
    get: (key: string) => entries.get(key),
    set: (key: string, value: unknown) => entries.set(key, value),
  };
  const wrapped = wrapLanguageModel({ model, middleware: cacheMiddleware({ cache, nowMs: () => 1_000, ...options }) });
  const calls = (): number => model.doGenerateCalls.length + model.doStreamCalls.length;
  return { entries, wrapped, calls };
}

describe("cacheMiddleware", () => {
  it("answers an equal call, thinking and usage included, and says so", async () => {
    const { wrapped, calls } = setUp();
    await generateText({ model: wrapped, prompt: "Why?" });
    const hit = await generateText({ model: wrapped, prompt: "Why?" });
    expect(calls()).toBe(1);
    expect(hit.text).toBe("Blue");
    expect(hit.reasoning).toMatchObject([{ text: "Hm", providerMetadata: { a: { signature: "s" } } }]);
    expect(hit.usage.totalTokens).toBe(17);
    expect(hit.providerMetadata?.signalbox).toEqual({ cache: { status: "hit", ageMs: 0 } });
  });

  it("replays a stream, also what was generated, and the other way round", async () => {
    const { wrapped, calls } = setUp();
    for (const prompt of ["first streamed", "first generated"]) {
      const generated = prompt === "first generated" ? await generateText({ model: wrapped, prompt }) : undefined;
      for (let i = 0; i < 2; i++) {
        const result = streamText({ model: wrapped, prompt });
        expect(await result.text).toBe("Blue");
        expect((await result.usage).totalTokens).toBe(17);
        if (i === 1 || generated)
          expect((await result.providerMetadata)?.signalbox).toMatchObject({ cache: { status: "hit" } });
      }
    }
    expect((await generateText({ model: wrapped, prompt: "first streamed" })).text).toBe("Blue");
    expect(calls()).toBe(2);
  });

  it.each([
    ["temperature above 0", { temperature: 0.7 }],
    ["another system prompt", { system: "Other" }],
    ["another seed", { seed: 2 }],
    ["other provider options", { providerOptions: { x: { y: 1 } } }],
  ])("asks anew for %s", async (_name, more) => {
    const { wrapped, calls } = setUp();
    await generateText({ model: wrapped, prompt: "Why?" });
    await generateText({ model: wrapped, prompt: "Why?", ...more });
    expect(calls()).toBe(2);
  });

  it("keeps tenants apart", async () => {
    const { wrapped, calls } = setUp({ tenant: (call) => call.headers?.["x-tenant"] });
    for (const tenant of ["a", "b", "a"]) {
      await generateText({ model: wrapped, prompt: "Why?", headers: { "x-tenant": tenant } });
    }
    expect(calls()).toBe(2);
  });

  it.each([
    ["cut", text("Blu"), { unified: "length" as const, raw: "length" }],
    ["filtered", text("no"), { unified: "content-filter" as const, raw: "x" }],
    ["empty", text(""), STOP],
    ["a file", [{ type: "file" as const, mediaType: "image/png", data: new Uint8Array(1) }], STOP],
    ["a tool call", [{ type: "tool-call" as const, toolCallId: "c", toolName: "f", input: "{}" }], STOP],
  ])("keeps no answer that is %s", async (_name, content, finish) => {
    const { wrapped, entries } = setUp({}, content as LanguageModelV3Content[], finish as typeof STOP);
    await generateText({ model: wrapped, prompt: "Why?" });
    expect(entries.size).toBe(0);
  });

  it("keeps no stream that failed or was cut", async () => {
    for (const parts of [
      PARTS.slice(0, 5),
      [...PARTS.slice(0, 5), { type: "error" as const, error: new Error("x") }, PARTS[6]!],
    ]) {
      const { wrapped, entries } = setUp({}, [], STOP, parts);
      await streamText({ model: wrapped, prompt: "Why?", onError: () => {} }).consumeStream();
      expect(entries.size).toBe(0);
    }
  });

  it("keeps tool calls where that was asked for", async () => {
    const content: LanguageModelV3Content[] = [{ type: "tool-call", toolCallId: "c", toolName: "f", input: '{"a":1}' }];
    const finish = { unified: "tool-calls" as const, raw: "x" };
    const { wrapped, calls } = setUp({ toolCalls: true }, content, finish as never);
    const asked: LanguageModelV3CallOptions = { prompt: [{ role: "user", content: [{ type: "text", text: "x" }] }] };
    await wrapped.doGenerate(asked);
    const { stream } = await wrapped.doStream(asked);
    const parts: LanguageModelV3StreamPart[] = [];
    for await (const part of stream as unknown as AsyncIterable<LanguageModelV3StreamPart>) parts.push(part);
    expect(parts).toContainEqual(content[0]);
    expect(parts.at(-1)).toMatchObject({ type: "finish", finishReason: finish });
    expect(calls()).toBe(1);
  });

  it("a cache that fails or holds rubbish counts as empty", async () => {
    const broken = {
      get: () => {
        throw new Error("down");
      },
      set: () => Promise.reject(new Error("down")),
    };
    const { wrapped, calls } = setUp({ cache: broken });
    expect((await generateText({ model: wrapped, prompt: "Why?" })).text).toBe("Blue");
    const rubbish = setUp({ cache: { get: () => ({ content: "x" }), set: () => false } });
    expect((await generateText({ model: rubbish.wrapped, prompt: "Why?" })).text).toBe("Blue");
    expect(calls() + rubbish.calls()).toBe(2);
    expect(() => cacheMiddleware({ cache: {} as never })).toThrow(/cache/);
  });
});

describe("the key", () => {
  const scope = { provider: "p", modelId: "m", tenant: undefined };
  const asking = (content: unknown, more: object = {}): LanguageModelV3CallOptions =>
    ({ prompt: [{ role: "user", content }], ...more }) as LanguageModelV3CallOptions;

  it("is the same for the same call and another for another", () => {
    const bytes = (_name: string, value: unknown) => (value instanceof Uint8Array ? [...value] : value);
    const part = fc.oneof(
      fc.record({ type: fc.constant("text"), text: fc.string() }),
      fc.record({ type: fc.constant("file"), mediaType: fc.string(), data: fc.uint8Array() }),
    );
    fc.assert(
      fc.property(fc.array(part), fc.array(part), (a, b) => {
        const same = JSON.stringify(a, bytes) === JSON.stringify(b, bytes);
        expect(cacheKey(asking(a), scope) === cacheKey(asking(b), scope)).toBe(same);
      }),
    );
  });

  it("covers URLs, bytes, model and tenant, not signal and headers", () => {
    const keys = [
      cacheKey(asking([{ data: new URL("https://a.example/") }]), scope),
      cacheKey(asking([{ data: new URL("https://b.example/") }]), scope),
      cacheKey(asking([{ data: new Uint8Array([1]) }]), scope),
      cacheKey(asking("x"), scope),
      cacheKey(asking("x"), { ...scope, modelId: "n" }),
      cacheKey(asking("x"), { ...scope, tenant: "t" }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    const more = { abortSignal: new AbortController().signal, headers: { a: "b" } };
    expect(cacheKey(asking("x", more), scope)).toBe(keys[3]);
  });
});
