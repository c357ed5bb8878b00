import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../../src/wire/json.js";

const nested = (levels: number, pad = "") => `${"[".repeat(levels)}"${pad}"${"]".repeat(levels)}`;

describe("upstream JSON", () => {
  it("parses what is JSON and nothing else", () => {
    expect(parseJson('{"a":1}')).toEqual({ value: { a: 1 } });
    expect(parseJson("null")).toEqual({ value: null });
    for (const text of ["", "{", "<html>", "undefined", '{"a":1} tail']) expect(parseJson(text)).toBeUndefined();
  });

  it("refuses nesting that could hurt", () => {
    expect(parseJson(nested(10_000))).toBeUndefined();
    expect(parseJson(nested(100_000))).toBeUndefined();
    expect(parseJson(nested(64, "x".repeat(5_000)))).toBeDefined();
    expect(parseJson(nested(65, "x".repeat(5_000)))).toBeUndefined();
    expect(parseJson(`{"a":${nested(65, "x".repeat(5_000))}}`)).toBeUndefined();
  });

  it.each([
    '{"__proto__":{"polluted":1},"a":1}',
    '{"\\u005f_proto__":{"polluted":1},"a":1}',
    '{"\\u005F\\u005fproto__":{"polluted":1},"a":1}',
    '{"__pr\\u006fto__":{"polluted":1},"a":1}',
    '{"__\\u0070roto__":{"polluted":1},"a":1}',
  ])("leaves %s without its poison", (text) => {
    const value = parseJson(text)?.value as { a: number };
    expect(Object.keys(value)).toEqual(["a"]);
    const copy = Object.assign({}, value) as { polluted?: number };
    expect(copy.polluted).toBeUndefined();
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it("keeps the word in a text", () => {
    expect(parseJson('{"content":"use __proto__ or \\\\u005f"}')).toEqual({
      value: { content: "use __proto__ or \\u005f" },
    });
  });

  it("is JSON.parse for all ordinary values", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes("__proto__"));
        expect(parseJson(text)).toEqual({ value: JSON.parse(text) });
      }),
    );
  });
});
