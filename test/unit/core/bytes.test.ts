import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countUtf8, decodeBase64, encodeBase64, fromBase64, toBase64, toBase64Url } from "../../../src/core/bytes.js";

describe("bytes without Node", () => {
  it("counts the UTF-8 of any text as Node does, half pairs included", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(20), (text, cut) => {
        expect(countUtf8(text)).toBe(Buffer.byteLength(text));
        expect(countUtf8(text.slice(cut))).toBe(Buffer.byteLength(text.slice(cut)));
      }),
    );
    expect(countUtf8("\ud83d\ude00\ud83d")).toBe(7);
  });

  it("writes and reads base64 as Node does", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(encodeBase64(bytes)).toBe(text);
        expect(toBase64(bytes)).toBe(text);
        expect([...decodeBase64(text)]).toEqual([...bytes]);
        expect([...decodeBase64(toBase64Url(bytes))]).toEqual([...bytes]);
        expect([...fromBase64(toBase64Url(bytes))]).toEqual([...bytes]);
      }),
    );
  });

  it("encodes more bytes than a call may have arguments", () => {
    const bytes = new Uint8Array(300_000).fill(7);
    expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
  });

  it("reads nothing from what is not base64", () => {
    expect(decodeBase64("%%%")).toHaveLength(0);
  });
});
