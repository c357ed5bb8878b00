import { describe, expect, it } from "vitest";
import { classify } from "../../../src/errors/classify.js";

const told = (status: number, message: string, error: object = {}, headers?: { [name: string]: string }) =>
  classify(
    { status, body: { error: { message, ...error } }, headers: { get: (name) => headers?.[name] ?? null } },
    { provider: "p", nowWallMs: Date.parse("2026-11-01T00:00:00Z") },
  );

describe("a prompt that does not fit, in the words of", () => {
  it.each([
    [
      "OpenAI",
      400,
      "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.",
    ],
    ["Anthropic", 400, "input length and `max_tokens` exceed context limit: 190000 + 21333 > 200000"],
    ["Gemini", 400, "The input token count (1300000) exceeds the maximum number of tokens allowed (1048576)."],
    ["xAI", 400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."],
    ["vLLM", 400, "The decoder prompt (length 5000) is longer than the maximum model length of 4096."],
    ["SGLang", 400, "The input (5000 tokens) is longer than the model's context length (4096 tokens)."],
    ["llama.cpp", 400, "the request exceeds the available context size, try increasing it"],
    ["TGI", 422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000"],
    ["Ollama", 400, "prompt too long; exceeded max context length by 5 tokens"],
    ["LM Studio", 400, "Trying to keep the first 5000 tokens when context the overflows."],
    ["Qwen", 400, "Range of input length should be [1, 129024]"],
    ["Mistral", 400, "Prompt contains 40000 tokens, too large for model with 32768 maximum context length"],
  ])("%s", (_name, status, message) => {
    expect(told(status, message).kind).toBe("context_length");
    expect(told(200, message).kind).toBe("context_length");
  });

  it("a request above a limit of tokens per minute is no rate limit to wait for", () => {
    const message =
      "Request too large for gpt-4 in organization org-1 on tokens per min (TPM): Limit 10000, Requested 12000.";
    // Groq's models have dots in their names.
    const groq = message.replace("gpt-4", "`llama-3.1-8b-instant`").replace("per min", "per minute");
    for (const [status, words] of [413, 429].flatMap((code) => [message, groq].map((each) => [code, each] as const))) {
      const error = told(status, words, { type: "tokens", code: "rate_limit_exceeded" });
      expect(error).toMatchObject({ kind: "context_length", detail: "tokens_per_minute", retryable: false });
    }
  });
});

it("a phrase outranks a word that is said of anything, where the status leaves room for it", () => {
  const words = "input length exceeds maximum context length";
  expect(told(400, words, { type: "api_error" }).kind).toBe("context_length");
  expect(told(500, words, { code: "internal_error" }).kind).toBe("context_length");
  expect(told(400, "it broke", { type: "api_error" }).kind).toBe("server");
  expect(told(401, words, { type: "api_error" }).kind).toBe("auth");
});

it("a clear status outranks a generic word", () => {
  expect(told(401, "no", { type: "server_error" }).kind).toBe("auth");
  expect(told(500, "no", { type: "server_error" }).kind).toBe("server");
});

it("resets: Anthropic's headers, and a text", () => {
  const headers = {
    "anthropic-ratelimit-input-tokens-remaining": "0",
    "anthropic-ratelimit-input-tokens-reset": "2026-11-01T00:00:30Z",
  };
  expect(told(429, "slow down", { type: "rate_limit_error" }, headers).retryAfterMs).toBe(30_000);
  expect(told(429, "Your quota will reset after 2m 13s.", { type: "rate_limit_error" }).retryAfterMs).toBe(133_000);
});
