import { describe, expect, it } from "vitest";
import { createReply } from "../../../src/chat/create-reply.js";
import { createCache } from "../../../src/memory/cache.js";
import { createResponseCache, type Invalidation, type PutOptions } from "../../../src/memory/response-cache.js";
import { packReply, type StoredReply, unpackReply } from "../../../src/memory/stored-reply.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

function entry(provider: string, model: string, text = "hello", costUsd: number | null = 0.5): StoredReply {
  const about = { provider, candidate: `${provider}/${model}`, storedAtWallMs: 1_000, costUsd };
  return packReply(createReply({ text, model }), about);
}

function create() {
  const clock = createVirtualClock();
  const cache = createCache({ clock, ttlMs: 1_000 });
  return { clock, cache, responses: createResponseCache(cache) };
}

describe("the response cache", () => {
  it("gives back what was put", () => {
    const { responses } = create();
    expect(responses.peek("k")).toBeUndefined();
    expect(responses.put("k", entry("glm", "glm-5"))).toBe(true);
    const stored = responses.peek("k");
    expect(stored).toMatchObject({ provider: "glm", model: "glm-5", candidate: "glm/glm-5", costUsd: 0.5 });
    expect(stored && unpackReply(stored).choices[0].message.content).toBe("hello");
    responses.delete("k");
    expect(responses.peek("k")).toBeUndefined();
    expect(responses.load("k")).toBeUndefined();
  });

  it("keeps back what does not serve", () => {
    const { responses } = create();
    responses.put("k", entry("glm", "glm-5"));
    expect(responses.peek("k", ({ provider }) => provider !== "glm")).toBeUndefined();
    expect(responses.peek("k", ({ provider }) => provider === "glm")).toBeDefined();
  });

  it("keeps an answer as long as told, by default as long as the cache does", async () => {
    const { clock, responses } = create();
    responses.put("default", entry("glm", "m"));
    responses.put("own", entry("glm", "m"), { ttlMs: 10 });
    await clock.advance(10);
    expect(responses.peek("own")).toBeUndefined();
    expect(responses.peek("default")).toBeDefined();
    await clock.advance(990);
    expect(responses.peek("default")).toBeUndefined();
  });

  it("drops what is not one of its entries", () => {
    const { cache, responses } = create();
    for (const bad of ["text", { object: 1 }, '[9,"glm/m"]\nold version']) {
      cache.set("k", bad);
      expect(responses.peek("k")).toBeUndefined();
      expect(cache.has("k")).toBe(false);
    }
  });

  it("refuses an answer larger than the whole budget", () => {
    const clock = createVirtualClock();
    const responses = createResponseCache(createCache({ maxBytes: 1_000, clock }));
    expect(responses.put("k", entry("glm", "m", "x".repeat(2_000)))).toBe(false);
  });
});

describe("dropping answers", () => {
  it.each([undefined, null, "glm", [], {}, { tenant: undefined }])("by %j is a mistake of the caller's", (which) => {
    const drop = () => create().responses.invalidate(which as unknown as Invalidation);
    expect(drop).toThrow(expect.objectContaining({ kind: "invalid_request", path: "which" }));
  });
  it.each([
    [{ foo: 1 }, "which.foo"],
    [{ provider: "glm", Tag: "x" }, "which.Tag"],
    [{ tag: ["faq"] }, "which.tag"],
    [{ tenant: null }, "which.tenant"],
    [{ where: "glm" }, "which.where"],
  ])("by %j is no condition", (which, path) => {
    const drop = () => create().responses.invalidate(which as unknown as Invalidation);
    expect(drop).toThrow(expect.objectContaining({ kind: "invalid_options", path }));
  });

  const all: [string, StoredReply, PutOptions][] = [
    ["a", entry("glm", "glm-5"), { tenant: "acme", conversationId: "1", tags: ["faq"] }],
    ["b", entry("glm", "glm-5-air"), { tenant: "acme", conversationId: "2" }],
    ["c", entry("kimi", "k2"), { tenant: "beta", conversationId: "1" }],
    ["d", entry("kimi", "k2"), { tags: ["faq", "glm"] }],
    ["e", entry("minimax", "glm"), { conversationId: "1" }],
  ];
  it.each([
    ["a provider", { provider: "glm" }, "cde"],
    ["a model", { model: "glm" }, "abcd"],
    ["a tenant", { tenant: "acme" }, "cde"],
    ["a tenant's conversation", { tenant: "acme", conversationId: "1" }, "bcde"],
    ["a conversation of nobody's", { conversationId: "1" }, "abcd"],
    ["a tag", { tag: "glm" }, "abce"],
    ["a tag of one provider", { tag: "faq", provider: "kimi" }, "abce"],
    ["a predicate", { where: (stored: StoredReply) => stored.model.startsWith("glm-5") }, "cde"],
    ["a predicate within a tenant", { tenant: "beta", where: () => true }, "abde"],
  ])("by %s leaves the others whole", (_name, which, left) => {
    const { responses, cache } = create();
    for (const [key, stored, options] of all) responses.put(key, stored, options);
    expect(responses.invalidate(which)).toBe(5 - left.length);
    expect(
      "abcde"
        .split("")
        .filter((key) => cache.has(key))
        .join(""),
    ).toBe(left);
  });
});
