import { describe, expect, it } from "vitest";
import { classify } from "../../../src/errors/classify.js";

const kindOf = (status: number | undefined, message: string) => {
  const { kind, detail } = classify({ status, body: { error: { message } } }, { provider: "p", nowWallMs: 0 });
  return detail === undefined ? kind : `${kind}/${detail}`;
};

/** What vendors write, and the statuses that leave room for it. */
const PHRASES: readonly (readonly [kind: string, statuses: readonly number[], phrases: readonly string[]])[] = [
  [
    "context_length",
    [400, 413, 422, 500],
    [
      "This model's maximum context length is 8192 tokens",
      "the context length was exceeded",
      "context_window is exceeded",
      "context-length exceeded",
      "contextlength exceeded",
      "the input exceeds the model's context window",
      "exceeds the limit of this model's context_length",
      "tokens exceed its context-length",
      "Your request exceeded model token limit: 262144",
      "prompt is too long: 250000 tokens",
      "input length too long",
      "Input token length is too long",
      "Input is too long for requested model",
      "too many tokens in the request",
      "too many input tokens",
      "Please reduce the length of the messages",
      "Please reduce the length of the prompt",
    ],
  ],
  [
    "context_length/payload",
    [400, 413, 422],
    [
      "total message size exceeds limit 2097152",
      "request too large",
      "Request is too large",
      "Payload Too Large",
      "request entity too large",
      "body is too large",
      "request entity is too large",
    ],
  ],
  [
    "content_filter",
    [400, 403, 422],
    [
      "triggered the content filter",
      "blocked by content_policy",
      "contentfilter",
      "content-policy violation",
      "Azure OpenAI's content management policy",
      "it was considered high risk",
      "high-risk input",
      "contains sensitive content",
      "sensitive words were found",
      "sensitive information",
      "rejected by our safety system",
      "输入敏感",
      "内容违规",
    ],
  ],
  [
    "quota",
    [400, 403, 429, 500],
    [
      "insufficient balance",
      "Insufficient_quota",
      "insufficient credit",
      "insufficient credits",
      "insufficient funds",
      "You exceeded your current quota",
      "quota exceeded",
      "your quota has been exceeded",
      "quota exhausted",
      "daily usage limit",
      "billing limit reached",
      "Billing hard limit has been reached",
      "Your credit balance is too low",
      "your account is in arrears",
      "account in arrears",
      "余额不足",
      "您已欠费",
    ],
  ],
  [
    "overloaded",
    [429, 500, 502],
    [
      "The engine is overloaded",
      "that model is at capacity",
      "the server is currently over capacity",
      "service overloaded",
      "We are currently overloaded",
      "receiving too many requests at the moment",
      "temporarily overloaded",
      "该模型当前访问量过大",
    ],
  ],
  [
    "rate_limit",
    [400, 403, 500, 503],
    [
      "Rate limit reached",
      "rate-limit exceeded",
      "you are ratelimited",
      "rate limited",
      "too many requests",
      "too many concurrent requests",
      "20 requests per minute",
      "requests per second",
      "requests per day",
      "reached max concurrency",
      "max organization concurrency: 3",
      "请求过于频繁",
    ],
  ],
  [
    "auth",
    [400, 403],
    [
      "invalid api key",
      "Incorrect API key provided",
      "missing your API-key",
      "expired apikey",
      "invalid api_key",
      "API key not valid. Please pass a valid one",
      "api_key is invalid",
      "your API key expired",
    ],
  ],
  [
    "model_not_found",
    [400, 422],
    [
      "unknown model 'x'",
      "no such model",
      "Invalid model name",
      "nonexistent model",
      "non-existent model",
      "The model `x` does not exist",
      "model x not found",
      "model x: not exist",
      "the model x is not available in your region",
      "model x is not supported on this endpoint",
      "模型不存在",
    ],
  ],
  [
    "unsupported/parameter",
    [400, 404, 415, 422],
    [
      "this model does not support tools",
      "x doesn't support tool use",
      "we do not support function calling",
      "does not support image input",
      "does not support vision",
      "does not support audio",
      "does not support response_format",
      "does not support json mode",
      "does not support streaming",
      "does not support reasoning",
      "does not support thinking",
      "Unsupported parameter: 'x'",
      "unknown argument x",
      "Unrecognized field x",
      "unsupported image url",
      "invalid temperature: only 1 is allowed for this model",
    ],
  ],
];

describe.each(PHRASES)("%s is read", (kind, statuses, phrases) => {
  it.each(phrases)("from %j, whatever the case, where the status leaves room", (phrase) => {
    for (const status of [...statuses, 200, 299, undefined]) {
      expect(kindOf(status, `x ${phrase} y`), String(status)).toBe(kind);
      expect(kindOf(status, phrase.toUpperCase()), String(status)).toBe(kind);
    }
    // Clear by themselves.
    for (const status of [401, 402, 408, 529]) expect(kindOf(status, phrase)).toBe(kindOf(status, "x"));
  });
});

it("nothing is read from half a phrase, from one over two sentences, or from what only looks like one", () => {
  for (const words of [
    "context length is 15000",
    "maximum length",
    "context window. It was exceeded",
    `context length ${"x".repeat(41)} exceeded`,
    `exceeds ${"x".repeat(61)} context length`,
    "the filter of this content",
    "sensitive",
    "quota",
    "the engine. It is at capacity",
    "rate limits apply",
    "requests per page",
    "api key",
    `invalid ${"x".repeat(21)} api key`,
    "invalid models",
    `model ${"x".repeat(81)} not found`,
    "the model answered. The page was not found",
    "does not support colours",
    "only one of the two is allowed for this model",
  ]) {
    expect(kindOf(400, words), words).toBe("invalid_request");
  }
});
