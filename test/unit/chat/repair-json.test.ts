import { jsonrepair } from "jsonrepair";
import { describe, expect, test } from "vitest";
import { repairedJson } from "../../../src/chat/repair-json.js";

const mended = (text: string): unknown => repairedJson(text, jsonrepair)?.value;

describe("nearly right JSON is mended", () => {
  test.each([
    ["a trailing comma", '{"a":1,"b":[1,2,],}', { a: 1, b: [1, 2] }],
    ["single quotes", "{'a':'x','b':'it\\'s'}", { a: "x", b: "it's" }],
    ["typographic quotes", "{“a”:“x”}", { a: "x" }],
    ["names without quotes", "{a:1,b_2:{c:'x'}}", { a: 1, b_2: { c: "x" } }],
    ["a word without quotes", "{a: red, b: dark blue}", { a: "red", b: "dark blue" }],
    ["comments", '{"a":1, // one\n "b":/* two */2}', { a: 1, b: 2 }],
    ["words of Python", "{'a': True, 'b': False, 'c': None}", { a: true, b: false, c: null }],
    ["a missing comma", '{"a":"x" "b":2}', { a: "x", b: 2 }],
    ["a line break inside a string", '{"a":"x\ny\tz"}', { a: "x\ny\tz" }],
    ["quotes inside a string", '{"a":"he said "hi" to me","b":1}', { a: 'he said "hi" to me', b: 1 }],
    ["escapes", String.raw`{'a':'\u00e9\n\\'}`, { a: "é\n\\" }],
    ["missing brackets at the end", '{"a":"x","b":[{"c":true}', { a: "x", b: [{ c: true }] }],
    ["a number before white space at the end", '{"a":12\n', { a: 12 }],
    ["escaped quotes", String.raw`{\"a\":\"x\"}`, { a: "x" }],
  ])("%s", (_, text, value) => {
    expect(mended(text)).toEqual(value);
  });
});

describe("what was cut off, or would be guessed, is refused", () => {
  test.each([
    ["a string", '{"a":"hello wor'],
    ["a string in single quotes", "{'a':'hello wor"],
    ["a string that ends in an escape", '{"a":"hello\\'],
    ["a string in the middle", '{"a":"x, "b":"y"}'],
    ["a number", '{"a":12'],
    ["a number in a list", "[1,2,3"],
    ["a number's fraction", '{"a":1.'],
    ["a number's exponent", '{"a":1e'],
    ["a sign", '{"a":-'],
    ["a literal", '{"a":tru'],
    ["a word without quotes", "{a: red"],
    ["a name", '{"a":1,"b'],
    ["a name without quotes", "{a:1,b"],
    ["a name without a value", '{"a":1,"b":'],
    ["a name with quotes and no more", '{"a":1,"b"'],
    ["a value that is left out", '{"a":,"b":2}'],
    ["a list after its comma", '[{"a":"x"},'],
    ["a list with dots", "[1,2,...]"],
    ["concatenation", '{"a":"x" + "y"}'],
  ])("%s", (_, text) => {
    expect(repairedJson(text, jsonrepair)).toBeNull();
  });

  test("a repair that throws, gives no text, no JSON, or other words", () => {
    const text = "{a:'x'}";
    const throwing = (): string => {
      throw new Error("no");
    };
    for (const repair of [
      throwing,
      () => 1 as unknown as string,
      () => "{",
      () => '{"a":"y"}',
      () => '{"a":"x","b":1}',
    ])
      expect(repairedJson(text, repair)).toBeNull();
    expect(repairedJson(text, () => '{"a":"x"}')).toEqual({ value: { a: "x" }, text: '{"a":"x"}' });
  });
});

test("no prefix of a document is mended to other strings or numbers than the document's", () => {
  const whole = { name: 'Anna, "the" cat', sizes: [10, 200, -3.5e3], nested: { ok: true, none: null, text: "é\n{[" } };
  const words = JSON.stringify(Object.values(whole).flat(3));
  for (const text of [JSON.stringify(whole), JSON.stringify(whole, null, 2)]) {
    for (let end = 1; end < text.length; end++) {
      const found = repairedJson(text.slice(0, end), jsonrepair)?.value as Partial<typeof whole> | undefined;
      if (found === undefined) continue;
      expect(whole, text.slice(0, end)).toMatchObject({ ...found, sizes: whole.sizes, nested: whole.nested });
      for (const size of found.sizes ?? []) expect(words).toContain(String(size));
      expect(whole.nested).toMatchObject(found.nested ?? {});
    }
  }
});
