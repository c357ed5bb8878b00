import { describe, expect, it } from "vitest";
import { classify, toSignalboxError } from "../../../src/errors/classify.js";
import type { Failure, FailureContext } from "../../../src/errors/failure.js";
import type { ErrorKind } from "../../../src/errors/kinds.js";
import { createRedactor } from "../../../src/errors/redact.js";
import type { VendorCodes } from "../../../src/errors/vendor-codes.js";

const NOW = Date.parse("2026-05-15T14:00:00Z");
const KEY = "sb-key-0123456789abcdef";
const CODES: VendorCodes = {
  codes: {
    "1002": { kind: "rate_limit" },
    "1113": { kind: "quota" },
    "1302": { kind: "rate_limit" },
    "1305": { kind: "overloaded" },
    "2013": {
      kind: "invalid_request",
      refine: [
        { pattern: /context window exceeds limit/, kind: "context_length" },
        { pattern: /unknown model/, kind: "model_not_found" },
      ],
    },
    "2056": { kind: "quota" },
    engine_overloaded_error: { kind: "overloaded" },
  },
  patterns: [{ pattern: /suspended due to/, kind: "quota" }],
  finishReasons: { network_error: { kind: "server" } },
};
const about: FailureContext = {
  provider: "acme",
  model: "m-1",
  codes: CODES,
  secrets: createRedactor(() => [KEY]),
  nowWallMs: NOW,
};
const headers = (values: { [name: string]: string }) => ({ get: (name: string) => values[name] ?? null });
const error = (fields: { [name: string]: unknown }) => ({ error: fields });
const kindOf = (failure: Failure, context = about) => {
  const { kind, detail } = classify(failure, context);
  return detail === undefined ? kind : `${kind}/${detail}`;
};

describe("the HTTP status alone", () => {
  const expected: { [status: number]: string } = {
    101: "malformed_response/http",
    103: "malformed_response/http",
    300: "network/redirect",
    301: "network/redirect",
    302: "network/redirect",
    304: "network/redirect",
    307: "network/redirect",
    308: "network/redirect",
    400: "invalid_request",
    401: "auth",
    402: "quota",
    403: "permission",
    404: "model_not_found",
    405: "invalid_request",
    407: "network/connect",
    408: "timeout/upstream",
    409: "server/conflict",
    410: "model_not_found",
    413: "context_length/payload",
    415: "invalid_request",
    418: "invalid_request",
    422: "invalid_request",
    425: "server/conflict",
    429: "rate_limit",
    451: "permission",
    499: "server",
    500: "server",
    502: "server",
    503: "overloaded",
    504: "server",
    520: "server",
    524: "server",
    529: "overloaded",
    599: "server",
    600: "malformed_response/http",
    999: "malformed_response/http",
  };
  it.each(Object.entries(expected))("%s is %s", (status, kind) => {
    expect(kindOf({ status: Number(status), body: "" })).toBe(kind);
    expect(kindOf({ status: Number(status), body: "<html>busy</html>" })).toBe(kind);
  });

  it.each([
    ["", "malformed_response/empty_body"],
    [undefined, "malformed_response/empty_body"],
    ["   ", "malformed_response/empty_body"],
    ['{"choices":[{"mess', "malformed_response/json"],
    ["\ufeff <!DOCTYPE html><title>Log in</title>", "malformed_response/html"],
    [{ hello: "world" }, "malformed_response/shape"],
    [{ choices: null, base_resp: { status_code: 0 } }, "malformed_response/shape"],
    [[], "malformed_response/shape"],
    [7, "malformed_response/shape"],
    [{ error: {} }, "server"],
    [{ error: { message: "something broke" } }, "server"],
    [{ error: "boom" }, "server"],
    [{ type: "error" }, "server"],
    [{ error: null, choices: [] }, "malformed_response/shape"],
  ])("a 200 with %j is %s", (body, kind) => expect(kindOf({ status: 200, body })).toBe(kind));

  it("is named with the status, and a 200 login page is not quoted", () => {
    const failure = classify({ status: 200, body: "<html>SECRET PAGE</html>" }, about);
    expect(failure.message).toBe("acme/m-1: the answer breaks the protocol (HTTP 200)");
    expect(failure).toMatchObject({ status: 200, provider: "acme", model: "m-1", retryable: true });
  });
});

describe("vendor code before status", () => {
  it.each<[string, Failure, string]>([
    ["a code as text", { status: 429, body: error({ code: "1113", message: "no money" }) }, "quota"],
    ["a code as a number", { status: 429, body: error({ code: 1302, message: "slow down" }) }, "rate_limit"],
    ["a type", { status: 429, body: error({ type: "engine_overloaded_error", message: "x" }) }, "overloaded"],
    [
      "a code on a 200",
      { status: 200, body: { base_resp: { status_code: 1002, status_msg: "rate limit" }, choices: null } },
      "rate_limit",
    ],
    ["a code on a 500", { status: 500, body: error({ code: 1113 }) }, "quota"],
    [
      "a code at the end of the message",
      {
        status: 400,
        body: {
          type: "error",
          error: {
            type: "bad_request_error",
            message: "invalid params, context window exceeds limit (2013)",
            http_code: "400",
          },
        },
      },
      "context_length",
    ],
    [
      "one code, several meanings",
      { status: 400, body: error({ message: "unknown model 'x' (2013)" }) },
      "model_not_found",
    ],
    ["the rest of that code", { status: 400, body: error({ message: "bad chat setting (2013)" }) }, "invalid_request"],
    ["a code at the top", { status: 200, body: { code: 1305, msg: "busy", success: false } }, "overloaded"],
    ["a code in an array", { status: 200, body: [error({ code: "1113" })] }, "quota"],
    ["a code in a wrapped error", { status: 500, body: error({ error: { code: "1113", message: "x" } }) }, "quota"],
    ["a vendor's phrase", { status: 429, body: error({ type: "x", message: "account suspended due to" }) }, "quota"],
    [
      "a generic code",
      { status: 429, body: error({ code: "insufficient_quota", type: "insufficient_quota" }) },
      "quota",
    ],
    [
      "a generic type",
      { status: 200, body: { type: "error", error: { type: "Overloaded_Error", message: "Overloaded" } } },
      "overloaded",
    ],
    [
      "a Google status",
      { status: 400, body: [error({ code: 400, status: "RESOURCE_EXHAUSTED", message: "x" })] },
      "rate_limit",
    ],
    [
      "the key's code over the type",
      { status: 401, body: error({ type: "invalid_request_error", code: "invalid_api_key" }) },
      "auth",
    ],
    [
      "a weak type gives way to the status",
      { status: 404, body: error({ type: "invalid_request_error", message: "x" }) },
      "model_not_found",
    ],
    [
      "a weak type on a 200",
      { status: 200, body: error({ type: "invalid_request_error", message: "x" }) },
      "invalid_request",
    ],
    [
      "a status as code on a 200",
      { status: 200, body: error({ code: 502, message: "Provider returned error" }) },
      "server",
    ],
    ["a code at the very end", { status: 400, body: error({ message: "thing (1305)" }) }, "overloaded"],
    ["a limit as code on a 200", { status: 200, body: error({ code: 429 }) }, "rate_limit"],
    ["a weak code on a 200", { status: 200, body: error({ code: "invalid_request_error" }) }, "invalid_request"],
    ["a number that only looks like a status", { status: 200, body: error({ code: "4290" }) }, "server/unclassified"],
    ["another one", { status: 200, body: error({ code: "1429" }) }, "server/unclassified"],
    ["a code at the end, and blanks", { status: 400, body: error({ message: "window gone (2056)  " }) }, "quota"],
    [
      "no code in the middle",
      { status: 400, body: error({ message: "see note (2056) in the manual" }) },
      "invalid_request",
    ],
    ["no code before other words", { status: 400, body: error({ message: "failed (2056) xyz" }) }, "invalid_request"],
    ["a status that is no whole number", { status: 429.5, body: error({ message: "x" }) }, "server"],
    ["a status as code beside another status", { status: 429, body: error({ code: "500" }) }, "rate_limit"],
  ])("%s", (_name, failure, kind) => expect(kindOf(failure)).toBe(kind));

  it("reads the same words in an error event of a stream", () => {
    expect(kindOf({ body: error({ message: "overloaded", type: "engine_overloaded_error" }) })).toBe("overloaded");
    expect(kindOf({ body: error({ message: "nothing known" }) })).toBe("server");
  });

  it("falls to the status with a code no table knows, and flags it", () => {
    expect(classify({ status: 429, body: error({ code: "9999" }) }, about)).toMatchObject({
      kind: "rate_limit",
      detail: "unclassified",
      vendorCode: "9999",
    });
    expect(kindOf({ status: 200, body: error({ code: "9999" }) })).toBe("server/unclassified");
    expect(kindOf({ status: 429, body: error({ code: "429" }) })).toBe("rate_limit");
    expect(kindOf({ status: 400, body: error({ code: "invalid_request_error" }) })).toBe("invalid_request");
    expect(kindOf({ status: 400, body: error({ code: null }) })).toBe("invalid_request");
  });

  it("passes over a pattern of a user's table that throws or keeps state", () => {
    const broken = Object.assign(/bad/, {
      test: () => {
        throw new Error("a bug");
      },
    });
    const patterns = [
      { pattern: broken, kind: "quota" as const },
      { pattern: /suspended/g, kind: "quota" as const },
    ];
    const own = { ...about, codes: { patterns, codes: { "7": { kind: "server" as const, refine: patterns } } } };
    for (let n = 0; n < 3; n++) {
      expect(kindOf({ status: 400, body: error({ message: "bad" }) }, own)).toBe("invalid_request");
      expect(kindOf({ status: 429, body: error({ message: "suspended" }) }, own)).toBe("quota");
      expect(kindOf({ status: 429, body: error({ code: 7, message: "suspended" }) }, own)).toBe("quota");
    }
  });

  it("does not take a key of Object.prototype for a code", () => {
    for (const code of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      expect(kindOf({ status: 429, body: error({ code, type: code }) })).toBe("rate_limit/unclassified");
      expect(kindOf({ status: 429, finishReason: code })).toBe("rate_limit");
    }
  });
});

describe("phrases", () => {
  it.each<[number | undefined, string, string]>([
    [400, "This model's maximum context length is 8192 tokens", "context_length"],
    [400, "Invalid request: Your request exceeded model token limit: 262144", "context_length"],
    [400, "prompt is too long: 250000 tokens > 200000 maximum", "context_length"],
    [400, "Input token length too long", "context_length"],
    [400, "total message size exceeds limit", "context_length/payload"],
    [400, "total message size 5000000 exceeds limit 4194304", "context_length/payload"],
    [413, "input is too long for this model", "context_length"],
    [400, "The request was rejected because it was considered high risk", "content_filter"],
    [400, "输入内容包含敏感信息", "content_filter"],
    [429, "You exceeded your current quota, please check your plan", "quota"],
    [403, "insufficient balance", "quota"],
    [429, "余额不足或无可用资源包,请充值", "quota"],
    [429, "The engine is currently overloaded, please try again later", "overloaded"],
    [500, "The model is overloaded", "overloaded"],
    [403, "rate limit reached for requests", "rate_limit"],
    [400, "API key not valid. Please pass a valid API key.", "auth"],
    [400, "unknown model 'gpt-9'", "model_not_found"],
    [400, "The model `gpt-9` does not exist or you do not have access to it", "model_not_found"],
    [400, "invalid temperature: only 1 is allowed for this model", "unsupported/parameter"],
    [400, "this model does not support tools", "unsupported/parameter"],
    [422, "Unsupported parameter: 'response_format'", "unsupported/parameter"],
    [200, "rate limit exceeded", "rate_limit"],
    [undefined, "Too many requests", "rate_limit"],
  ])("%s %s", (status, message, kind) => {
    expect(kindOf({ status, body: error({ message }) })).toBe(kind);
  });

  it.each([
    [{ detail: "rate limit exceeded" }, "rate_limit"],
    [{ detail: [{ loc: ["body"], msg: "field required" }] }, "invalid_request"],
    [{ errors: [{ code: "1113", message: "x" }] }, "quota"],
    [{ error: "This model's maximum context length is 5" }, "context_length"],
    ["maximum context length is 5 tokens", "context_length"],
  ])("reads the loose form %j", (body, kind) => expect(kindOf({ status: 400, body })).toBe(kind));

  it("never overrides a status that is clear by itself", () => {
    expect(kindOf({ status: 401, body: error({ message: "rate limit exceeded, overloaded, quota exceeded" }) })).toBe(
      "auth",
    );
    expect(kindOf({ status: 404, body: error({ message: "too many requests" }) })).toBe("model_not_found");
  });

  it("looks at both ends of a long message", () => {
    expect(kindOf({ status: 400, body: `${"x".repeat(100_000)} maximum context length` })).toBe("context_length");
    expect(kindOf({ status: 400, body: `prompt is too long ${"x".repeat(100_000)}` })).toBe("context_length");
  });
});

describe("regressions: classes that used to be read from digits and substrings", () => {
  const cases: [ErrorKind, boolean, Failure][] = [
    ["auth", false, { status: 401, body: error({ message: "401 Incorrect API key provided: sk-429abcdefgh ...429" }) }],
    [
      "context_length",
      false,
      { status: 400, body: error({ message: "400 This model's maximum context length is 15000 tokens" }) },
    ],
    [
      "quota",
      false,
      { status: 429, body: error({ code: "insufficient_quota", message: "429 You exceeded your current quota" }) },
    ],
    ["timeout", true, { status: 408, body: error({ message: "Request timeout" }) }],
    ["overloaded", true, { status: 529, body: error({ type: "overloaded_error", message: "Overloaded" }) }],
    ["invalid_request", false, { status: 400, body: error({ message: "400 - connection parameter is invalid" }) }],
  ];
  it.each(cases)("%s, retryable %s", (kind, retryable, failure) => {
    expect(classify(failure, about)).toMatchObject({ kind, retryable });
  });

  it("gives the same kind whatever digits stand in the message", () => {
    for (const digits of ["401", "408", "429", "500", "503", "15000", "1113 ", "1302 "]) {
      expect(kindOf({ status: 400, body: error({ message: `field x must be ${digits} or less` }) })).toBe(
        "invalid_request",
      );
      expect(kindOf({ status: 500, body: error({ message: `error ${digits} in worker` }) })).toBe("server");
    }
  });

  it("can reach every kind that an upstream can cause", () => {
    const reached = new Set<ErrorKind>();
    for (const status of [400, 401, 402, 403, 404, 408, 413, 429, 500, 503, 302, 200])
      reached.add(classify({ status }, about).kind);
    reached.add(classify({ status: 400, body: error({ code: "content_filter" }) }, about).kind);
    reached.add(classify({ status: 400, body: error({ message: "unsupported parameter" }) }, about).kind);
    expect([...reached].sort()).toEqual(
      [
        "auth",
        "content_filter",
        "context_length",
        "invalid_request",
        "malformed_response",
        "model_not_found",
        "network",
        "overloaded",
        "permission",
        "quota",
        "rate_limit",
        "server",
        "timeout",
        "unsupported",
      ].sort(),
    );
  });

  it.each([[new Error("x")], ["text"], [undefined], [null], [7], [{}], [Symbol("s")], [() => {}], [10n]])(
    "survives the ordinary thrown value %s",
    (thrown) => {
      const failure = toSignalboxError(thrown, about);
      expect(failure.kind).toBe("server");
      expect(failure.provider).toBe("acme");
    },
  );
});

describe("finish reasons", () => {
  it.each([
    ["network_error", "server"],
    ["sensitive", "content_filter"],
    ["content_filter", "content_filter"],
    ["model_context_window_exceeded", "context_length"],
  ])("%s is %s", (finishReason, kind) =>
    expect(kindOf({ status: 200, body: { choices: [{}] }, finishReason })).toBe(kind),
  );

  it("ignores those that are no failure", () => {
    expect(kindOf({ status: 200, body: {}, finishReason: "stop" })).toBe("malformed_response/shape");
  });
});

describe("x-should-retry", () => {
  const should = (value: string) => headers({ "x-should-retry": value });
  it("false forbids to repeat, whatever the kind", () => {
    expect(classify({ status: 500, headers: should("false") }, about).retryable).toBe(false);
    expect(classify({ status: 429, body: error({ code: "1302" }), headers: should("false") }, about).retryable).toBe(
      false,
    );
  });
  it("true lets a plain 400 be repeated, but not a code that says otherwise", () => {
    expect(classify({ status: 400, headers: should("true") }, about)).toMatchObject({
      kind: "server",
      detail: "conflict",
      retryable: true,
    });
    expect(classify({ status: 400, body: error({ code: "1113" }), headers: should("true") }, about).kind).toBe("quota");
    expect(classify({ status: 401, headers: should("true") }, about)).toMatchObject({ kind: "auth", retryable: false });
  });
  it("anything else says nothing", () => {
    expect(classify({ status: 500, headers: should("maybe") }, about).retryable).toBe(true);
  });
});

describe("how long to wait", () => {
  it("is read from the header, then from the text", () => {
    const body = error({ code: "1302", message: "please try again after 1 seconds" });
    expect(classify({ status: 429, body, headers: headers({ "retry-after": "7" }) }, about).retryAfterMs).toBe(7_000);
    expect(classify({ status: 429, body, headers: headers({ "retry-after": "abc" }) }, about).retryAfterMs).toBe(1_000);
    expect(classify({ status: 429, body }, about).retryAfterMs).toBe(1_000);
    expect(classify({ status: 503, headers: headers({ "retry-after": "2" }) }, about).retryAfterMs).toBe(2_000);
  });

  it("is read from a used-up limit where nothing better is said", () => {
    const limits = { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6s" };
    expect(classify({ status: 429, headers: headers(limits) }, about).retryAfterMs).toBe(6_000);
    expect(classify({ status: 429, headers: headers({ ...limits, "retry-after": "1" }) }, about).retryAfterMs).toBe(
      1_000,
    );
    expect(classify({ status: 503, headers: headers(limits) }, about).retryAfterMs).toBeUndefined();
  });

  it("makes a plan limit that names its reset worth another try, and no other", () => {
    const until = classify(
      { status: 429, body: error({ message: "usage limit, resets at 2026-05-15T15:00:00Z (2056)" }) },
      about,
    );
    expect(until).toMatchObject({ kind: "quota", retryAfterMs: 3_600_000, retryable: true });
    const never = { kind: "quota", retryable: false };
    const body = error({ code: "1113" });
    expect(classify({ status: 429, body }, about)).toMatchObject(never);
    expect(classify({ status: 429, body, headers: headers({ "retry-after": "0" }) }, about)).toMatchObject(never);
  });

  it("is not told where waiting does not help", () => {
    expect(classify({ status: 400, headers: headers({ "retry-after": "7" }) }, about).retryAfterMs).toBeUndefined();
    expect(classify({ status: 401, headers: headers({ "retry-after": "7" }) }, about).retryAfterMs).toBeUndefined();
  });
});

describe("tools that are broken themselves", () => {
  it("never stop a failure from being told", () => {
    const secrets = {
      scrub: () => {
        throw new Error("a bug");
      },
    };
    const told = classify({ status: 429, body: error({ message: KEY }) }, { ...about, secrets });
    expect(told).toMatchObject({ kind: "server", provider: "acme", model: "m-1" });
    expect(told.message).toBe("acme: failed in a way that cannot be read");
    const broken = {
      get: () => {
        throw new Error("a bug");
      },
    };
    expect(kindOf({ status: 401, headers: broken })).toBe("auth");
  });
});

describe("what is kept", () => {
  it("is scrubbed, on one line, and at most 300 characters of the vendor's words", () => {
    const message = `line one\n\tline two ${KEY} \u0007 ${"x".repeat(1_000)}`;
    const failure = classify({ status: 500, body: error({ message }) }, about);
    expect(failure.message).toMatch(
      /^acme\/m-1: the vendor failed \(HTTP 500\): line one line two \[redacted\] x+\.\.\.$/,
    );
    expect(failure.message.length).toBeLessThan(400);
  });

  it("holds no key that a 401 echoes, in any place", () => {
    const body = { request_id: KEY, error: { code: KEY, type: KEY, message: `Incorrect API key provided: ${KEY}` } };
    const failure = classify({ status: 401, body, headers: headers({ "x-request-id": KEY }) }, about);
    expect(JSON.stringify(failure) + String(failure.stack)).not.toContain(KEY);
    expect(failure.kind).toBe("auth");
  });

  it("takes a 429 for a rate limit where the body only says that something went wrong", () => {
    for (const type of ["api_error", "server_error", "internal_error"]) {
      expect(classify({ status: 429, body: error({ type }) }, about).kind).toBe("rate_limit");
      expect(classify({ status: 400, body: error({ type }) }, about).kind).toBe("server");
    }
    expect(classify({ status: 429, body: error({ type: "insufficient_quota" }) }, about).kind).toBe("quota");
  });

  it("holds no stretch of the prompt that a vendor echoes", () => {
    const sent = JSON.stringify({ messages: [{ role: "user", content: "the launch code is 0000, tell nobody" }] });
    const body = error({ message: "cannot parse 'the launch code is 0000, tell nobody'" });
    const failure = classify({ status: 400, body }, { ...about, sent });
    expect(failure.message).toContain("[echo removed]");
    expect(failure.message).not.toContain("launch code");
    expect(
      classify({ status: 400, body: error({ code: "content_filter", message: "the launch code" }) }, about).message,
    ).not.toContain("launch");
  });

  it("names the request, from header or body, where it is a plain id", () => {
    for (const name of ["x-request-id", "request-id", "x-trace-id", "trace-id", "minimax-request-id"]) {
      expect(classify({ status: 500, headers: headers({ [name]: "t-1" }) }, about).requestId).toBe("t-1");
    }
    expect(
      classify({ status: 500, headers: headers({ "x-request-id": "r-1", "trace-id": "t-1" }) }, about).requestId,
    ).toBe("r-1");
    expect(classify({ status: 500, body: { request_id: "b-1", error: {} } }, about).requestId).toBe("b-1");
    expect(classify({ status: 500, body: { request_id: "has spaces", error: {} } }, about).requestId).toBeUndefined();
    expect(
      classify({ status: 500, headers: headers({ "x-request-id": "x".repeat(129) }) }, about).requestId,
    ).toBeUndefined();
  });
});
