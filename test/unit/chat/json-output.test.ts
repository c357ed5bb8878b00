import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extractJson } from "../../../src/chat/json-output.js";
import { cpuMs } from "../cpu-ms.js";

describe("extractJson", () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ["\ufeff [1, 2] \n", [1, 2]],
    ["42", 42],
    ["null", null],
    ['```json\n{"a":1}\n```\nNote: as you asked.', { a: 1 }],
    ['```\n{"a":"```"}\n```', { a: "```" }],
    ['Here you are: {"a":{"b":"}"}} - enjoy!', { a: { b: "}" } }],
    ['See [1] and {"a":2}.', { a: 2 }],
    ['Two: [{"a":1},{"a":2}] done', [{ a: 1 }, { a: 2 }]],
    ["The list is [1, 2, 3], in order.", [1, 2, 3]],
    ['Use {name} as in {"name":"x \\" y"}', { name: 'x " y' }],
    ['It is "quoted" here: {"a":"\\\\"} and "there"', { a: "\\" }],
    ['```python\nprint({})\n```\n```json\n{"ok":true}\n```', { ok: true }],
    ['{ broken {"inner": 1} ', { inner: 1 }],
  ])("finds it in %j", (text, value) => {
    expect(extractJson(text)).toEqual({ value });
  });

  it.each(["", "  ", "no json here", "{", "{'a': 1}", "[[[", "{}}".slice(1), "```json\n```"])(
    "finds none in %j",
    (text) => {
      expect(extractJson(text)).toBeNull();
    },
  );

  it("finds any object behind any fence or prose (property)", () => {
    const prose = fc.string().map((text) => text.replace(/[[\]{}`"]/g, ""));
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        prose,
        prose,
        fc.boolean(),
        (value, before, after, fenced) => {
          const json = JSON.stringify(value);
          const text = fenced ? `${before}\n\`\`\`json\n${json}\n\`\`\`\n${after}` : `${before} ${json} ${after}`;
          expect(extractJson(text)).toEqual({ value: JSON.parse(json) });
        },
      ),
    );
  });

  it("leaves prototypes be", () => {
    expect(extractJson('x {"__proto__":{"a":1}}')).not.toBeNull();
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  it.each(["{", "[", '{"', "{}[", '"', "```", "```\n{", "\\", '{"a":'])("takes 1 MiB of %j in linear time", (piece) => {
    const text = `x${piece.repeat((1 << 20) / piece.length)}`;
    expect(cpuMs(() => extractJson(text))).toBeLessThan(1_000);
  });
});
