import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classify, toSignalboxError } from "../../../src/errors/classify.js";
import type { FailureContext } from "../../../src/errors/failure.js";
import { ERROR_KINDS } from "../../../src/errors/kinds.js";
import { createRedactor } from "../../../src/errors/redact.js";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";

const KEY = "sb-key-0123456789abcdef";
const about: FailureContext = { provider: "acme", model: "m-1", nowWallMs: 0, secrets: createRedactor(() => [KEY]) };
const coded = (code: string, more: object = {}) => Object.assign(new Error(`failed: ${code}`), { code, ...more });
const fetchFailed = (cause: unknown) => new TypeError("fetch failed", { cause });
const kindOf = (thrown: unknown) => {
  const { kind, detail } = toSignalboxError(thrown, about);
  return detail === undefined ? kind : `${kind}/${detail}`;
};

describe("transport errors", () => {
  it.each([
    ["ECONNREFUSED", "network/connect"],
    ["EHOSTUNREACH", "network/connect"],
    ["UND_ERR_CONNECT_TIMEOUT", "network/connect"],
    ["ENOTFOUND", "network/dns"],
    ["EAI_AGAIN", "network/dns"],
    ["ECONNRESET", "network/reset"],
    ["EPIPE", "network/reset"],
    ["UND_ERR_SOCKET", "network/reset"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "network/tls"],
    ["CERT_HAS_EXPIRED", "network/tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "network/tls"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "network/tls"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "network/tls"],
    ["EPROTO", "network/tls"],
    ["UND_ERR_HEADERS_TIMEOUT", "timeout/headers"],
    ["UND_ERR_BODY_TIMEOUT", "timeout/idle"],
    ["UND_ERR_HEADERS_OVERFLOW", "malformed_response/http"],
    ["HPE_INVALID_CONSTANT", "malformed_response/http"],
    ["Z_DATA_ERROR", "malformed_response/encoding"],
    ["ERR_BROTLI_DECODER_ERROR", "malformed_response/encoding"],
  ])("%s is %s, at any depth of the chain", (code, kind) => {
    expect(kindOf(coded(code))).toBe(kind);
    expect(kindOf(fetchFailed(coded(code)))).toBe(kind);
    let deep: unknown = coded(code);
    for (let depth = 0; depth < 9; depth++) deep = new Error("wrapper", { cause: deep });
    expect(kindOf(deep)).toBe(kind);
  });

  it("knows a parser's error by its name where it has no code, as on Node 24", () => {
    const nameless = Object.assign(new Error("Response does not match"), { name: "HTTPParserError", code: undefined });
    expect(kindOf(fetchFailed(nameless))).toBe("malformed_response/http");
    expect(kindOf(new TypeError("terminated", { cause: nameless }))).toBe("malformed_response/http");
  });

  it("follows ten causes and no more, and comes out of circles", () => {
    let deep: unknown = coded("ECONNREFUSED");
    for (let depth = 0; depth < 10; depth++) deep = new Error("wrapper", { cause: deep });
    expect(kindOf(deep)).toBe("server");
    const circle = new Error("a");
    circle.cause = new Error("b", { cause: circle });
    expect(kindOf(circle)).toBe("server");
  });

  it("reads the first of several addresses that failed", () => {
    expect(kindOf(fetchFailed(new AggregateError([coded("ECONNREFUSED"), coded("ENETUNREACH")])))).toBe(
      "network/connect",
    );
  });

  it("tells a refused connection from one that was lost", () => {
    expect(kindOf(coded("ETIMEDOUT", { syscall: "connect" }))).toBe("network/connect");
    expect(kindOf(coded("ETIMEDOUT", { syscall: "read" }))).toBe("network/reset");
    expect(kindOf(coded("ETIMEDOUT"))).toBe("network/connect");
    expect(kindOf(coded("ECONNREFUSED", { syscall: "read" }))).toBe("network/connect");
  });

  it.each([
    "fetch failed",
    "terminated",
    "Failed to fetch",
    "Load failed",
    "NetworkError when attempting to fetch resource.",
    "Network connection lost.",
  ])("knows a bare %j, also inside another error", (message) => {
    expect(kindOf(new TypeError(message))).toBe("network");
    expect(kindOf(new Error("wrapper", { cause: new TypeError(message) }))).toBe("network");
    expect(kindOf(new TypeError(message, { cause: new Error("inner") }))).toBe("network");
    expect(kindOf(new Error(message))).toBe("server");
  });

  it("names the code that told, and who failed", () => {
    const { message } = toSignalboxError(fetchFailed(coded("ECONNREFUSED")), about);
    expect(message).toBe("acme/m-1: network (connect): ECONNREFUSED");
    expect(toSignalboxError(new TypeError("terminated"), { provider: "acme", nowWallMs: 0 }).message).toBe(
      "acme: network",
    );
  });
});

describe("aborts and timeouts", () => {
  it("is cancelled where the caller left, whatever was thrown, and keeps the reason", () => {
    const reason = new Error("user pressed stop");
    const callerSignal = AbortSignal.abort(reason);
    for (const thrown of [reason, new TypeError("terminated"), coded("ECONNRESET"), undefined]) {
      const failure = classify({ thrown, status: 500 }, { ...about, callerSignal });
      expect(failure).toMatchObject({ kind: "cancelled", name: "AbortError", retryable: false });
      expect(failure).toMatchObject({ provider: "acme", model: "m-1", message: "The caller aborted the request" });
      expect(failure.cause).toBe(reason);
    }
  });

  it("is our own deadline where that aborted the call", () => {
    const deadline = new SignalboxError("timeout", "no first token in 30000 ms", { detail: "first_token" });
    const failure = classify(
      { thrown: new TypeError("terminated") },
      { ...about, callerSignal: AbortSignal.abort(deadline) },
    );
    expect(failure).toMatchObject({ kind: "timeout", detail: "first_token", provider: "acme", model: "m-1" });
  });

  it("is a timeout of the provider where neither of us aborted", () => {
    expect(kindOf(new DOMException("x", "TimeoutError"))).toBe("timeout");
    expect(toSignalboxError(new DOMException("x", "TimeoutError"), about).message).toBe(
      "acme/m-1: timeout: TimeoutError",
    );
    expect(kindOf(new DOMException("x", "AbortError"))).toBe("timeout");
    expect(
      classify(
        { thrown: new DOMException("x", "AbortError") },
        { ...about, callerSignal: new AbortController().signal },
      ).kind,
    ).toBe("timeout");
  });
});

describe("errors of this library", () => {
  it("pass through, also from another copy, and learn whose they are", () => {
    const mine = new SignalboxError("saturated", "full", { provider: "inner" });
    expect(toSignalboxError(mine, about)).toBe(mine);
    const bare = toSignalboxError(new SignalboxError("response_too_large", "big", { detail: "line" }), about);
    expect(bare).toMatchObject({ kind: "response_too_large", detail: "line", provider: "acme", model: "m-1" });
    const named = toSignalboxError(new SignalboxError("server", "down", { model: "inner-1" }), about);
    expect(named).toMatchObject({ provider: "acme", model: "inner-1" });
    const stranger = new SignalboxError("server", `no answer with ${KEY}`, {
      vendorCode: KEY,
      cause: Object.assign(new Error("inner"), { headers: { authorization: KEY } }),
    });
    const clean = toSignalboxError(stranger, about);
    expect(clean).toMatchObject({ kind: "server", message: "no answer with [redacted]", vendorCode: "[redacted]" });
    expect(inspect(clean, { depth: 9, showHidden: true })).not.toContain(KEY);
    const foreign = Object.assign(new Error("other copy"), { kind: "quota", provider: "inner" });
    Object.defineProperty(foreign, Symbol.for("signalbox.error.v1"), { value: true });
    expect(toSignalboxError(foreign, about)).toBe(foreign);
  });
});

describe("other people's errors", () => {
  it("reads the answer inside an SDK's error", () => {
    const openai = Object.assign(new Error("429 slow"), {
      status: 429,
      headers: new Headers({ "retry-after": "3", "x-request-id": "r-9" }),
      error: { code: "insufficient_quota", message: "no money" },
      request: { headers: { authorization: `Bearer ${KEY}` } },
    });
    const failure = toSignalboxError(openai, about);
    expect(failure).toMatchObject({ kind: "quota", status: 429, vendorCode: "insufficient_quota", requestId: "r-9" });
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain(KEY);

    const aiSdk = Object.assign(new Error("x"), {
      statusCode: 503,
      responseHeaders: { "retry-after": "3" },
      responseBody: '{"error":{"message":"busy"}}',
      requestBodyValues: { messages: ["a prompt"] },
    });
    expect(toSignalboxError(aiSdk, about)).toMatchObject({ kind: "overloaded", retryAfterMs: 3_000 });
    expect(inspect(toSignalboxError(aiSdk, about), { depth: 10, showHidden: true })).not.toContain("a prompt");
    expect(kindOf(Object.assign(new Error("x"), { statusCode: 400, responseBody: "prompt is too long" }))).toBe(
      "context_length",
    );
    expect(kindOf(Object.assign(new Error("Not found"), { status: 404 }))).toBe("model_not_found");
    expect(kindOf(Object.assign(new Error("x"), { status: 42 }))).toBe("server");
    const statuses = [99, 100, 599, 600].map(
      (status) => toSignalboxError(Object.assign(new Error("x"), { status }), about).status,
    );
    expect(statuses).toEqual([undefined, 100, 599, undefined]);
  });

  it.each<[string, object, string]>([
    ["a status below those of HTTP", { status: 99 }, "server"],
    ["the first status", { status: 100 }, "malformed_response/http"],
    ["the last status", { status: 599 }, "server"],
    ["a status above those of HTTP", { status: 600 }, "server"],
    ["half a status", { status: 429.5 }, "server"],
    ["a status as text", { status: "429" }, "server"],
    ["a body that is an error", { status: 400, error: { error: { code: "insufficient_quota" } } }, "quota"],
    ["data", { statusCode: 400, data: { error: { code: "insufficient_quota" } } }, "quota"],
    ["an error without a wrapper", { statusCode: 400, data: { code: "insufficient_quota" } }, "quota"],
    ["data of words", { statusCode: 400, data: { error: "prompt is too long" } }, "context_length"],
    ["the answer axios keeps", { response: { status: 400, data: { error: { code: "insufficient_quota" } } } }, "quota"],
    [
      "the answer got keeps",
      { response: { statusCode: 400, body: '{"error":{"code":"insufficient_quota"}}' } },
      "quota",
    ],
    ["an answer of words", { response: { status: 400, data: "prompt is too long" } }, "context_length"],
    ["the answer ky keeps", { response: new Response(null, { status: 404 }) }, "model_not_found"],
    ["its own code", { status: 400, code: "insufficient_quota" }, "quota"],
    ["its own type", { status: 400, type: "insufficient_quota" }, "quota"],
    ["its own words", { status: 400, message: "prompt is too long" }, "context_length"],
    ["words beside data that is none", { status: 400, data: null, message: "prompt is too long" }, "context_length"],
    [
      "a body before its reading",
      { statusCode: 400, responseBody: '{"error":{"code":"insufficient_quota"}}', data: { code: "invalid_api_key" } },
      "quota",
    ],
  ])("reads %s", (_name, fields, kind) => expect(kindOf(Object.assign(new Error("x"), fields))).toBe(kind));

  it("reads headers by method or by name", () => {
    const waitOf = (fields: object) => toSignalboxError(Object.assign(new Error("x"), fields), about).retryAfterMs;
    const plain = { "retry-after": "3" };
    expect(waitOf({ status: 429, headers: new Headers(plain) })).toBe(3_000);
    expect(waitOf({ status: 429, headers: new Map([["retry-after", "3"]]) })).toBe(3_000);
    expect(waitOf({ status: 429, headers: plain })).toBe(3_000);
    expect(waitOf({ statusCode: 429, responseHeaders: plain })).toBe(3_000);
    expect(waitOf({ status: 429, headers: { "Retry-After": "3" } })).toBe(3_000);
    expect(waitOf({ response: { status: 429, headers: plain } })).toBe(3_000);
    expect(waitOf({ response: new Response(null, { status: 429, headers: plain }) })).toBe(3_000);
    expect(waitOf({ status: 429 })).toBeUndefined();
  });

  it("takes a mistake in a program for one", () => {
    expect(kindOf(new TypeError("x is not a function"))).toBe("server/bug");
    expect(kindOf(new ReferenceError("y is not defined"))).toBe("server/bug");
    expect(kindOf(new SyntaxError("half JSON"))).toBe("server/bug");
    expect(kindOf(new RangeError("too deep"))).toBe("server/bug");
    expect(kindOf(new EvalError("x"))).toBe("server/bug");
    expect(toSignalboxError(new RangeError(`bad ${KEY}`), about).message).toBe(
      "acme/m-1: server (bug): RangeError: bad [redacted]",
    );
    expect(toSignalboxError(new TypeError("x is not a function"), about)).toMatchObject({ retryable: false });
  });

  it("reads code and words of a plain error", () => {
    expect(kindOf(new Error("rate limit exceeded"))).toBe("rate_limit");
    expect(kindOf(Object.assign(new Error("x"), { code: "insufficient_quota" }))).toBe("quota");
    expect(kindOf(Object.assign(new Error("x"), { type: "insufficient_quota" }))).toBe("quota");
    expect(kindOf("rate limit exceeded")).toBe("rate_limit");
    expect(kindOf(new Error("429"))).toBe("server");
    expect(toSignalboxError(new Error("boom"), about).message).toBe("acme/m-1: the vendor failed: boom");
    expect(toSignalboxError("boom", { provider: "acme", nowWallMs: 0 }).message).toBe("acme: the vendor failed: boom");
    for (const thrown of [7, null, { x: 1 }]) {
      expect(toSignalboxError(thrown, about).message).toBe("acme/m-1: the vendor failed");
    }
  });
});

describe("the cause", () => {
  it("is the thrown value where it is clean", () => {
    const thrown = coded("ECONNREFUSED", { errno: -111, syscall: "connect", address: "127.0.0.1", port: 1 });
    const outer = fetchFailed(thrown);
    expect(toSignalboxError(outer, about).cause).toBe(outer);
  });

  it("is a bare copy where it holds more, or a key", () => {
    const inner = Object.assign(new Error(`inner ${KEY}`), { config: { headers: { "x-api-key": KEY } } });
    const failure = toSignalboxError(
      Object.assign(new Error(`outer ${KEY}`, { cause: inner }), { code: "E_X" }),
      about,
    );
    const shown = inspect(failure, { depth: 10, showHidden: true });
    expect(shown).not.toContain(KEY);
    expect(shown).toContain("inner [redacted]");
    expect((failure.cause as Error).message).toBe("outer [redacted]");
    expect(failure.cause).toMatchObject({ name: "Error", code: "E_X" });
  });

  it("is not printed by JSON", () => {
    expect(JSON.stringify(toSignalboxError(new Error("inside"), about))).not.toContain("stack");
  });
});

describe("any failure", () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "rate limit exceeded",
      "(2013)",
      "sk-abcdefgh12345678",
      KEY,
      "429",
      "error",
      "AbortError",
      "<html>",
      "ECONNRESET",
    ),
  );
  const field = fc.constantFrom(
    ..."error code type message status statusCode headers cause errors name base_resp status_code detail choices body socket get __proto__ responseBody request_id".split(
      " ",
    ),
  );
  const leaf = fc.oneof(
    text,
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined, Number.NaN, 10n),
  );
  const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(field, tie("value"), { maxKeys: 6 }),
      fc
        .record({ message: text, more: fc.dictionary(field, tie("value"), { maxKeys: 4 }) })
        .map(({ message, more }) => {
          const error = new Error(message);
          for (const key of Object.keys(more))
            Object.defineProperty(error, key, { value: more[key], configurable: true });
          return error;
        }),
    ),
  }));
  const hostile = fc.constantFrom<() => unknown>(
    () =>
      new Proxy(
        {},
        {
          get: () => {
            throw new Error("trap");
          },
          ownKeys: () => {
            throw new Error("trap");
          },
        },
      ), // throws on every look
    () => Object.assign(Object.create(null), { error: { message: 1 } }),
    () => {
      const circle: { cause?: unknown } = new Error("c");
      circle.cause = circle;
      return circle;
    },
    () => ({
      get error() {
        throw new Error("getter");
      },
    }),
  );
  const failure = fc.record(
    {
      thrown: fc.oneof(
        anything,
        hostile.map((make) => make()),
      ),
      status: fc.oneof(fc.integer({ min: 90, max: 620 }), fc.constantFrom(Number.NaN, -1, 1e9, 200.5)),
      headers: fc
        .dictionary(fc.constantFrom("retry-after", "retry-after-ms", "date", "x-should-retry", "x-request-id"), text)
        .map((values) => ({ get: (name: string) => values[name] ?? null })),
      body: fc.oneof(
        anything,
        hostile.map((make) => make()),
        text,
      ),
      finishReason: text,
    },
    { requiredKeys: [] },
  );

  it("has one kind, gives the same answer twice, and holds no key", () => {
    fc.assert(
      fc.property(failure, fc.option(hostile), fc.option(hostile), (plain, makeThrown, makeBody) => {
        const input = { ...plain, ...(makeThrown && { thrown: makeThrown() }), ...(makeBody && { body: makeBody() }) };
        const first = classify(input, about);
        expect(ERROR_KINDS).toContain(first.kind);
        expect(first.provider === undefined).toBe(false);
        expect(first.message.length).toBeLessThan(1_000);
        if (first.retryAfterMs !== undefined)
          expect(first.retryAfterMs >= 0 && first.retryAfterMs <= 31 * 86_400_000).toBe(true);
        const again = classify(input, about);
        expect(JSON.stringify(again)).toBe(JSON.stringify(first));
        expect(JSON.stringify(first) + String(first.stack)).not.toContain(KEY);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is read in bounded time", () => {
    const startedAt = process.cpuUsage().user;
    for (const unit of [
      "context length ",
      "model ",
      "api key ",
      "try again ",
      "2026-05-15T",
      "engine",
      " ",
      "é",
      "Bearer ",
      "-eyJaaaaaaaa",
    ]) {
      classify({ status: 400, body: unit.repeat(1_000_000) }, about);
      toSignalboxError(new Error(unit.repeat(1_000_000)), about);
    }
    expect(process.cpuUsage().user - startedAt).toBeLessThan(5_000_000);
  });

  it("keeps no more than 16 KiB of what was thrown", () => {
    for (const thrown of [new Error("x".repeat(1_000_000)), new Error("short", { cause: "x".repeat(1_000_000) })]) {
      const { cause } = toSignalboxError(thrown, about);
      expect(inspect(cause, { maxStringLength: null }).length).toBeLessThan(60_000);
    }
    expect(String(toSignalboxError("x".repeat(1_000_000), about).cause).length).toBeLessThan(20_000);
  });

  it("a vendor that repeats itself against a long prompt costs no time", () => {
    const sent = "a".repeat(500_000);
    const startedAt = process.cpuUsage().user;
    for (let n = 0; n < 10; n++) classify({ status: 500, body: "aaaaaaaaab".repeat(2_000) }, { ...about, sent });
    expect(process.cpuUsage().user - startedAt).toBeLessThan(1_500_000);
  });
});
