import { describe, expect, it } from "vitest";
import { classify } from "../../../src/errors/classify.js";

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

  it("keeps the kind that another router names, and its detail where it is a plain word", () => {
    const told = (signalbox: unknown) => {
      const { kind, detail } = classify(
        { status: 503, body: { error: { code: "insufficient_quota", signalbox } } },
        { provider: "p", nowWallMs: 0 },
      );
      return [kind, detail];
    };
    expect(told({ kind: "timeout", detail: "headers" })).toEqual(["timeout", "headers"]);
    expect(told({ kind: "network" })).toEqual(["network", undefined]);
    expect(told({ kind: "network", detail: "two words" })).toEqual(["network", undefined]);
    for (const none of [{ kind: "from_the_future" }, { detail: "headers" }, {}, null, "timeout"]) {
      expect(told(none)).toEqual(["quota", undefined]);
    }
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
