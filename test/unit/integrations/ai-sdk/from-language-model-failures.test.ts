import { inspect } from "node:util";
import { APICallError, InvalidResponseDataError } from "@ai-sdk/provider";
import { convertArrayToReadableStream, MockLanguageModelV3 } from "ai/test";
import { describe, expect, it } from "vitest";
import type { ChatRequest } from "../../../../src/chat/request.js";
import type { Provider } from "../../../../src/contract/provider.js";
import { fromLanguageModel } from "../../../../src/integrations/ai-sdk/index.js";
import { contextOf, STOP, streamed, V3_USAGE } from "./support.js";

const request: ChatRequest = {
  messages: [{ role: "user", content: "a secret prompt" }],
  tools: [{ type: "function", function: { name: "f" } }],
  response_format: { type: "json_object" },
};

describe("failures", () => {
  const failing = (error: unknown): Provider =>
    fromLanguageModel(
      new MockLanguageModelV3({
        provider: "vendor",
        doGenerate: async () => {
          throw error;
        },
        doStream: async () => ({ stream: convertArrayToReadableStream([{ type: "error" as const, error }]) }),
      }),
    );
  const http = (statusCode: number, body: object, responseHeaders = {}): APICallError =>
    new APICallError({
      message: "failed",
      url: "https://vendor.example/v1",
      requestBodyValues: { prompt: "a secret prompt" },
      statusCode,
      responseHeaders,
      responseBody: JSON.stringify(body),
    });

  it.each([
    ["rate_limit", http(429, { error: { message: "slow down" } }, { "retry-after": "3" }), { retryAfterMs: 3_000 }],
    ["auth", http(401, { error: { message: "bad key" } }), {}],
    ["quota", http(429, { error: { code: "insufficient_quota", message: "no money" } }), {}],
    ["overloaded", http(503, {}), {}],
    ["context_length", http(400, { error: { code: "context_length_exceeded", message: "too long" } }), {}],
    ["malformed_response", new InvalidResponseDataError({ data: "a secret prompt" }), {}],
  ])("are typed: %s", async (kind, error, more) => {
    const provider = failing(error);
    for (const failed of [provider.chat(request, contextOf()), streamed(provider, request)]) {
      const thrown = await failed.catch((reason) => reason);
      expect(thrown).toMatchObject({ kind, provider: "vendor", ...more });
      expect(`${thrown.message} ${JSON.stringify(thrown)} ${String(thrown.cause)}`).not.toContain("secret prompt");
    }
  });

  it("quote no prompt, down to their causes", async () => {
    const provider = failing(new Error("rejected: a secret prompt", { cause: new Error("a secret prompt") }));
    for (const failed of [provider.chat(request, contextOf()), streamed(provider, request)]) {
      const thrown = await failed.catch((reason) => reason);
      expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain("secret prompt");
    }
  });

  it("an abort is cancelled", async () => {
    const controller = new AbortController();
    controller.abort();
    const failed = failing(controller.signal.reason).chat(request, contextOf(controller.signal));
    await expect(failed).rejects.toMatchObject({ kind: "cancelled" });
  });

  it("a dropped tool or format is a refusal, not an answer", async () => {
    const provider = fromLanguageModel(
      new MockLanguageModelV3({
        doGenerate: {
          content: [{ type: "text", text: "plain" }],
          finishReason: STOP,
          usage: V3_USAGE,
          warnings: [{ type: "unsupported", feature: "responseFormat" }],
        },
      }),
    );
    await expect(provider.chat(request, contextOf())).rejects.toMatchObject({
      kind: "unsupported",
      path: "response_format",
    });
    const plain = { messages: [{ role: "user" as const, content: "x" }] };
    await expect(provider.chat(plain, contextOf())).resolves.toMatchObject({ object: "chat.completion" });
  });

  it("a request that has no place is refused before it is sent", async () => {
    const file = { type: "file" as const, file: { file_id: "f1" } };
    const failed = failing(null).chat({ messages: [{ role: "user", content: [file] }] }, contextOf());
    await expect(failed).rejects.toMatchObject({ kind: "unsupported", path: "messages" });
  });
});

describe("options", () => {
  const model = new MockLanguageModelV3({ modelId: "a" });
  it("are checked", () => {
    expect(() => fromLanguageModel([])).toThrow(/model/);
    expect(() => fromLanguageModel("openai/gpt-5" as never)).toThrow(/model/);
    expect(() => fromLanguageModel([model, model])).toThrow(/same id/);
    expect(() => fromLanguageModel(model, { models: { b: {} } })).toThrow(/models/);
  });

  it("make careful models of what is known", () => {
    const other = new MockLanguageModelV3({ modelId: "b" });
    const { models } = fromLanguageModel([model, other], {
      id: "x",
      models: { b: { tier: 3, capabilities: { vision: "url" } } },
    });
    expect(models[0]).toMatchObject({
      id: "a",
      contextWindow: 128_000,
      usdPerMTok: null,
      capabilities: { vision: false },
    });
    expect(models[1]).toMatchObject({ id: "b", tier: 3, capabilities: { vision: "url", tools: true } });
  });
});
