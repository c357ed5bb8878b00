import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonical } from "../../../src/chat/canonical.js";
import { fingerprint, fingerprintWithChain, prefixChain } from "../../../src/chat/fingerprint.js";
import { createSha256, sha256 } from "../../../src/chat/hash.js";
import type { ChatRequest } from "../../../src/chat/request.js";

const scope = { namespace: "v1" };
const key = (request: unknown, more: object = {}) => fingerprint(request as ChatRequest, { ...scope, ...more });
const plain: ChatRequest = {
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Why is the sky blue?" },
  ],
};

/** The same JSON with every object's keys in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(value).reverse()) copy[name] = shuffled((value as Record<string, unknown>)[name]);
  return copy;
}

describe("fingerprint", () => {
  it("is a full sha256 and the canonical length", () => {
    expect(key(plain)).toMatch(/^[\w-]{43}\.\d+$/);
    expect(key(plain)).toBe(key(structuredClone(plain)));
  });

  it("differs when any one field differs, unknown fields included", () => {
    const variants: object[] = [
      {},
      { tools: [{ type: "function", function: { name: "f" } }] },
      { tools: [{ type: "function", function: { name: "g" } }] },
      { max_tokens: 10 },
      { max_completion_tokens: 10 },
      { response_format: { type: "json_object" } },
      { temperature: 0 },
      { temperature: 1 },
      { top_p: 0.5 },
      { seed: 1 },
      { stop: "x" },
      { stop: ["x"] },
      { model: "glm/glm-5.3" },
      { models: ["a", "b"] },
      { models: ["b", "a"] },
      { reasoning_effort: "high" },
      { reasoning_effort: "low" },
      { providerOptions: { glm: { thinking: { type: "disabled" } } } },
      { providerOptions: { kimi: { thinking: { type: "disabled" } } } },
      { user: "a" },
      { some_future_field: 1 },
      { some_future_field: "1" },
      { some_future_field: true },
      { some_future_field: null },
      { some_future_field: [] },
      { some_future_field: {} },
      { messages: [...plain.messages, { role: "assistant", content: "" }] },
      { messages: [plain.messages[1], plain.messages[0]] },
      {
        messages: [
          { role: "system", content: "Be brief." },
          { role: "developer", content: "Why is the sky blue?" },
        ],
      },
      {
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Why is the sky blue?", name: "x" },
        ],
      },
      {
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: [{ type: "text", text: "Why is the sky blue?" }] },
        ],
      },
    ];
    const keys = variants.map((variant) => key({ ...plain, ...variant }));
    expect(new Set(keys).size).toBe(variants.length);
  });

  it("leaves out what cannot change the answer, and what JSON leaves out", () => {
    const same = [
      { stream: true },
      { stream_options: { include_usage: true } },
      { metadata: { a: "b" } },
      { store: true },
      { service_tier: "flex" },
      { temperature: undefined },
      { callback: () => 1 },
      { mark: Symbol("x") },
    ];
    for (const extra of same) expect(key({ ...plain, ...extra })).toBe(key(plain));
  });

  it("keeps tenants, namespaces and forms of key apart", () => {
    const keys = [
      key(plain),
      key(plain, { tenant: "a" }),
      key(plain, { tenant: "" }),
      key(plain, { namespace: "v2" }),
      key(plain, { namespace: "v", tenant: "1" }),
      key(plain, { normalize: true }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("with normalize, letter case and outer blanks of the user's words do not count, and nothing else", () => {
    const say = (content: string, role = "user") => key({ messages: [{ role, content }] }, { normalize: true });
    expect(say("  Why Me? \n")).toBe(say("why me?"));
    expect(say("C++")).not.toBe(say("C#"));
    expect(say("a b")).not.toBe(say("a  b"));
    expect(say("Be Brief", "system")).not.toBe(say("be brief", "system"));
    const part = (text: string) =>
      key({ messages: [{ role: "user", content: [{ type: "text", text }] }] }, { normalize: true });
    expect(part("Why")).toBe(part("why "));
    const image = (url: string) =>
      key({ messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }] }, { normalize: true });
    expect(image("https://x/A.png")).not.toBe(image("https://x/a.png"));
  });

  it("does not depend on the order of object keys, at any depth (property)", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (extra) => {
        const request = { ...plain, ...extra, messages: plain.messages };
        expect(key(shuffled(request))).toBe(key(request));
      }),
    );
  });

  it("is equal exactly where the JSON is equal (property)", () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(canonical(a, false) === canonical(b, false)).toBe(same);
      }),
      { numRuns: 500 },
    );
  });

  it("cannot be made to collide by moving text between fields (property)", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 2, unit: "binary" }), fc.nat(), (text, at) => {
        const cut = 1 + (at % (text.length - 1));
        const two = (a: string, b: string) => ({
          messages: [
            { role: "user", content: a },
            { role: "user", content: b },
          ],
        });
        expect(key(two(text.slice(0, cut), text.slice(cut)))).not.toBe(key(two(text, "")));
        expect(key(two(text, ""))).not.toBe(key({ messages: [{ role: "user", content: text }] }));
        expect(key({ ...plain, a: text.slice(0, cut), b: text.slice(cut) })).not.toBe(
          key({ ...plain, a: text, b: "" }),
        );
      }),
    );
  });

  it("sorts wide objects too", () => {
    const names = Array.from({ length: 60 }, (_, i) => `field${i}`);
    const wide = (order: string[]) => key({ ...plain, wide: Object.fromEntries(order.map((name) => [name, name])) });
    expect(wide(names)).toBe(wide([...names].reverse()));
  });

  it("cannot be forged by text that looks like the canonical form", () => {
    const inner = canonical({ role: "user", content: "x" }, false);
    const one = key({ messages: [{ role: "user", content: `a${inner}` }] });
    const two = key({
      messages: [
        { role: "user", content: "a" },
        { role: "user", content: "x" },
      ],
    });
    expect(one).not.toBe(two);
  });

  it("tells lone surrogates apart, which UTF-8 cannot", () => {
    const keys = ["\ud800", "\ud801", "\udc00", "\ufffd", "\ud800\udc00", '"\\ud800"', "\\ud800"].map((content) =>
      key({ messages: [{ role: "user", content }] }),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("takes own fields alone, a field called __proto__ included, and leaves prototypes be", () => {
    const bare = key(JSON.parse('{"messages":[{"role":"user","content":"x"}]}'));
    const polluting = JSON.parse('{"messages":[{"role":"user","content":"x"}],"__proto__":{"temperature":1}}');
    expect(key(polluting)).not.toBe(bare);
    expect(({} as { temperature?: unknown }).temperature).toBeUndefined();
    const inherited = Object.create({ temperature: 1 });
    inherited.messages = [{ role: "user", content: "x" }];
    expect(key(inherited)).toBe(bare);
    expect(key({ messages: [{ role: "user", content: "x" }], constructor: 1 })).not.toBe(bare);
  });

  it("reads dates as JSON does, and refuses circles", () => {
    const when = new Date(0);
    expect(key({ ...plain, when })).toBe(key({ ...plain, when: when.toJSON() }));
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(() => key({ ...plain, circle })).toThrow(RangeError);
  });

  it("takes a 1 MiB prompt, and time in proportion to length", () => {
    const timed = (chars: number) => {
      const request = { messages: [{ role: "user", content: "x".repeat(chars) }] };
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 5; i++) {
        const start = performance.now();
        key(request);
        best = Math.min(best, performance.now() - start);
      }
      return best;
    };
    timed(1 << 16);
    // 16 times the text; a quadratic key would take 256 times as long.
    expect(timed(1 << 20)).toBeLessThan(Math.max(0.5, timed(1 << 16)) * 80);
  });
});

describe("prefixChain", () => {
  const turns = (...words: string[]): ChatRequest => ({
    messages: words.map((content) => ({ role: "user", content })),
  });

  it("agrees as far as the messages agree, and no further", () => {
    const a = prefixChain(turns("a", "b", "c"), "salt");
    const b = prefixChain(turns("a", "b", "d"), "salt");
    expect(a).toHaveLength(3);
    expect(a.slice(0, 2)).toEqual(b.slice(0, 2));
    expect(a[2]).not.toBe(b[2]);
    // Chained: the same last message after another beginning is another prefix.
    expect(prefixChain(turns("x", "b"), "salt")[1]).not.toBe(a[1]);
  });

  it("covers the tools and the salt, not the sampling", () => {
    const [bare] = prefixChain(turns("a"), "salt");
    expect(prefixChain(turns("a"), "pepper")[0]).not.toBe(bare);
    const tools = [{ type: "function" as const, function: { name: "f" } }];
    expect(prefixChain({ ...turns("a"), tools }, "salt")[0]).not.toBe(bare);
    expect(prefixChain({ ...turns("a"), temperature: 1, max_tokens: 5 }, "salt")[0]).toBe(bare);
  });

  it("comes with the key in one call", () => {
    const both = fingerprintWithChain(plain, { ...scope, tenant: "t" }, "salt");
    expect(both.key).toBe(key(plain, { tenant: "t" }));
    expect(both.chain).toEqual(prefixChain(plain, "salt"));
    // What is sent is what a vendor caches: the chain never folds letter case.
    expect(fingerprintWithChain(plain, { ...scope, tenant: "t", normalize: true }, "salt").chain).toEqual(both.chain);
  });
});

describe("sha256", () => {
  it.each([
    ["there is no one-shot hash", createSha256({ createHash })],
    ["there is no node:crypto", createSha256(undefined)],
  ])("is the same where %s", (_, plain) => {
    for (const text of ["", "abc", "中文 😀", "\ud800"]) expect(plain(text)).toBe(sha256(text));
    expect(plain("abc")).toBe("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? 0 : value;
  const entries = Object.keys(value)
    .sort()
    .map((name) => [name, sorted((value as Record<string, unknown>)[name])]);
  return { entries };
}
