import { describe, expect, it } from "vitest";
import { classify } from "../../../src/errors/classify.js";
import { ERROR_KINDS, type ErrorKind } from "../../../src/errors/kinds.js";
import { mayAskAgain, POLICIES, policyOf } from "../../../src/errors/policy.js";
import { withContext } from "../../../src/errors/signalbox-error.js";

const said = (body: unknown, status = 400) => {
  const { kind, vendorCode, requestId, message } = classify({ status, body }, { provider: "p", nowWallMs: 0 });
  const words = /^p: [^(]*\([^)]*\)(?:: (.*))?$/s.exec(message)?.[1] ?? "";
  return [kind, vendorCode, requestId, words];
};
const whole = { message: "prompt is too long", request_id: "r-1" };

describe("what a body says", () => {
  it.each<[string, unknown, ReturnType<typeof said>]>([
    ["OpenAI's shape", { error: { code: "c", type: "t", message: "m" } }, ["invalid_request", "c", undefined, "m"]],
    ["a type where there is no code", { error: { type: "t", message: "m" } }, ["invalid_request", "t", undefined, "m"]],
    [
      "Google's status",
      [{ error: { status: "RESOURCE_EXHAUSTED" } }],
      ["rate_limit", "RESOURCE_EXHAUSTED", undefined, ""],
    ],
    ["words alone", { message: "m" }, ["invalid_request", undefined, undefined, "m"]],
    [
      "words alone that say what",
      { message: "Input is too long for this model" },
      ["context_length", undefined, undefined, "Input is too long for this model"],
    ],
    ["a proxy's empty purse", { error: { type: "budget_exceeded", code: "400" } }, ["quota", "400", undefined, ""]],
    ["msg for message", { error: { code: "c", msg: "m" } }, ["invalid_request", "c", undefined, "m"]],
    ["a code beside the error", { code: "c", error: { message: "m" } }, ["invalid_request", "c", undefined, "m"]],
    ["the inner code first", { code: "outer", error: { code: "c" } }, ["invalid_request", "c", undefined, ""]],
    [
      "an error in an error",
      { error: { error: { code: "c" }, code: "outer" } },
      ["invalid_request", "c", undefined, ""],
    ],
    ["words as inner error", { error: { error: "x", message: "m" } }, ["invalid_request", undefined, undefined, "m"]],
    ["an error of words", { error: "m", code: "c" }, ["invalid_request", "c", undefined, "m"]],
    ["MiniMax's shape", { base_resp: { status_code: 1, status_msg: "m" } }, ["invalid_request", "1", undefined, "m"]],
    ["MiniMax without words", { base_resp: { status_code: 1 } }, ["invalid_request", "1", undefined, ""]],
    [
      "MiniMax's success beside an error",
      { base_resp: { status_code: 0 }, error: "m" },
      ["invalid_request", undefined, undefined, "m"],
    ],
    ["code and message", { code: "c", message: "m" }, ["invalid_request", "c", undefined, "m"]],
    ["code and msg", { code: 7, msg: "m" }, ["invalid_request", "7", undefined, "m"]],
    ["no success", { success: false, message: "m" }, ["invalid_request", undefined, undefined, "m"]],
    ["an event that is an error", { type: "error", message: "m" }, ["invalid_request", undefined, undefined, "m"]],
    ["an event without words", { type: "error" }, ["invalid_request", undefined, undefined, ""]],
    ["a list of nothing known", { errors: [{}] }, ["invalid_request", undefined, undefined, ""]],
    ["a detail", { detail: "m" }, ["invalid_request", undefined, undefined, "m"]],
    ["a list of details", { detail: [{ msg: "m" }, { msg: "n" }] }, ["invalid_request", undefined, undefined, "m"]],
    ["a list of errors", { errors: [{ code: "c", message: "m" }] }, ["invalid_request", "c", undefined, "m"]],
    ["a list of words", { errors: ["m", "n"] }, ["invalid_request", undefined, undefined, "m"]],
    ["plain text", "  m \n", ["invalid_request", undefined, undefined, "m"]],
    ["a page", "<html>m</html>", ["invalid_request", undefined, undefined, ""]],
    ["nothing", null, ["invalid_request", undefined, undefined, ""]],
    ["an id beside the error", { request_id: "r", error: "m" }, ["invalid_request", undefined, "r", "m"]],
    ["an id in camel case", { requestId: "r", error: { message: "m" } }, ["invalid_request", undefined, "r", "m"]],
    ["an id in the error", { error: { request_id: "r", message: "m" } }, ["invalid_request", undefined, "r", "m"]],
    ["the outer id first", { request_id: "r", error: { request_id: "s" } }, ["invalid_request", undefined, "r", ""]],
    ["an id beside loose words", { ...whole, code: "c" }, ["context_length", "c", "r-1", "prompt is too long"]],
    ["an id beside MiniMax's", { request_id: "r", base_resp: { status_code: 1 } }, ["invalid_request", "1", "r", ""]],
  ])("reads %s", (_name, body, wanted) => expect(said(body)).toEqual(wanted));

  it.each<[string, unknown]>([
    ["a good answer", { choices: [], message: "m", code: "c" }],
    ["a good answer that says it failed", { choices: [], message: "m", success: false }],
    ["a good answer with detail", { choices: [], detail: "m" }],
    ["a good answer with errors", { content: [], errors: ["m"] }],
    ["code 0", { code: 0, message: "m" }],
    ["code 200", { code: 200, message: "m" }],
    ["words without a code", { message: "m" }],
    ["a code without words", { code: "c" }],
    ["success without words", { success: false }],
    ["an empty error", { error: "" }],
    ["an empty list of errors", { errors: [] }],
    ["an empty list", []],
    ["MiniMax's success", { base_resp: { status_code: 0, status_msg: "success" } }],
    ["MiniMax's success as text", { base_resp: { status_code: "0" } }],
    ["a code that is no number", { code: Number.NaN, message: "m" }],
  ])("takes %s for no error", (_name, body) => expect(said(body, 200)[0]).toBe("malformed_response"));

  it.each<[string, unknown]>([
    ["an error of nothing known", { error: {} }],
    ["an error list in a 200", { errors: [{}] }],
    ["an event", { type: "error" }],
    ["detail", { detail: "m" }],
    ["no success", { success: false, message: "m" }],
    ["a code", { code: "1", message: "m" }],
    ["MiniMax's code", { base_resp: { status_code: 1 } }],
  ])("takes %s for an error, on a 200 too", (_name, body) => expect(said(body, 200)[0]).toBe("server"));

  it.each([
    "<!DOCTYPE html>",
    "<HTML>",
    "<head>",
    "<body>",
    '<?xml version="1.0"?>',
    "<center>",
    "<h1>Bad Gateway",
    " \n\ufeff<html>",
  ])("knows the page %j", (body) => {
    expect(classify({ status: 200, body }, { provider: "p", nowWallMs: 0 }).detail).toBe("html");
  });

  describe("of another router", () => {
    const told = (status: number | undefined, signalbox: unknown, code = "insufficient_quota") => {
      const body = { error: { code, signalbox } };
      const { kind, detail } = classify({ status, body }, { provider: "p", nowWallMs: 0 });
      return detail === undefined ? kind : `${kind}/${detail}`;
    };

    it("keeps the kind where the status agrees, and its detail where it is a plain word", () => {
      expect(told(504, { kind: "timeout", detail: "headers" })).toBe("timeout/headers");
      expect(told(502, { kind: "network" })).toBe("network");
      expect(told(502, { kind: "network", detail: "two words" })).toBe("network");
      expect(told(503, { kind: "saturated" })).toBe("saturated");
      expect(told(400, { kind: "no_candidate" })).toBe("no_candidate");
      for (const open of [200, undefined])
        expect(told(open, { kind: "unavailable", detail: "x" })).toBe("unavailable/x");
      for (const none of [{ kind: "from_the_future" }, { detail: "headers" }, {}, null, "timeout"]) {
        expect(told(503, none)).toBe("quota");
      }
    });

    it("is not believed against its status", () => {
      expect(told(401, { kind: "saturated" }, "x")).toBe("auth/unclassified");
      expect(told(500, { kind: "no_candidate" }, "x")).toBe("server/unclassified");
      expect(told(500, { kind: "content_filter" }, "x")).toBe("server/unclassified");
      expect(told(503, { kind: "invalid_request" }, "x")).toBe("overloaded/unclassified");
      expect(told(429, { kind: "unavailable" }, "x")).toBe("rate_limit/unclassified");
    });

    it("is never this caller's doing, and ends nothing here", () => {
      for (const status of [200, 400, 404, 429, 499, 500, 502, 503, 504, undefined]) {
        for (const kind of ERROR_KINDS) {
          const details = Object.keys(POLICIES).flatMap((key) => key.split("/")[1] ?? []);
          for (const detail of [undefined, ...details]) {
            const given = told(status, { kind, detail }, "x");
            const alone = told(status, undefined, "x");
            const { nextCandidate, breaker } = policyOf(...(given.split("/") as [ErrorKind, string?]));
            const without = policyOf(...(alone.split("/") as [ErrorKind, string?]));
            expect(given).not.toMatch(
              /^(?:cancelled|invalid_options)|(?:auth|quota|limit)\/one_key|auth\/key|network\/stale|timeout\/total/,
            );
            if (without.nextCandidate) expect(nextCandidate, `${status} ${kind} ${detail}`).toBe(true);
            if (without.breaker !== "disable") expect(breaker, `${status} ${kind} ${detail}`).not.toBe("disable");
          }
        }
      }
    });

    it("its empty purse is that of one provider", () => {
      expect(told(429, { kind: "budget_exceeded", detail: "tenant" })).toBe("budget_exceeded/provider");
    });

    it("may be asked later where it says so, but not again for this request", () => {
      const headers = new Headers({ "x-should-retry": "false" });
      const met = (signalbox: unknown) =>
        classify({ status: 503, headers, body: { error: { signalbox } } }, { provider: "p", nowWallMs: 0 });
      const later = met({ kind: "overloaded", retryable: true });
      expect(later.retryable).toBe(true);
      expect(mayAskAgain(later)).toBe(false);
      expect(mayAskAgain(withContext(later, { model: "m" }))).toBe(false);
      expect(JSON.stringify(later)).not.toContain("final");
      for (const never of [{ kind: "unavailable", retryable: false }, { kind: "overloaded" }, undefined]) {
        expect(met(never).retryable).toBe(false);
      }
    });
  });

  it("takes null for nothing", () => {
    expect(classify({ status: 200, body: null }, { provider: "p", nowWallMs: 0 }).detail).toBe("empty_body");
  });

  it("takes text with a tag in it for text", () => {
    for (const body of ["see <html>", "<think>hm</think>", `${" ".repeat(65)}<html>`]) {
      expect(classify({ status: 200, body }, { provider: "p", nowWallMs: 0 }).detail).toBe("json");
    }
  });

  it("reads fields of a function, and passes over those that throw", () => {
    expect(said(Object.assign(() => {}, { error: { code: "c" } }))[1]).toBe("c");
    const trap = {
      get error() {
        throw new Error("no");
      },
      code: "c",
      message: "m",
    };
    expect(said(trap)).toEqual(["invalid_request", "c", undefined, "m"]);
  });

  it("keeps 8 KiB of each end of a text", () => {
    expect(said(`${"x".repeat(8_192)}prompt is too long${"x".repeat(8_192)}`)[0]).toBe("invalid_request");
    expect(said(`${"x".repeat(8_174)}prompt is too long${"x".repeat(8_192)}`)[0]).toBe("context_length");
    expect(said(`${"x".repeat(8_180)} prompt is too long${"x".repeat(8_185)}`)[0]).toBe("context_length");
  });
});
