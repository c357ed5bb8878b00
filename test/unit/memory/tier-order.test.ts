import { describe, expect, it } from "vitest";
import type { Store } from "../../../src/contract/store.js";
import { createCache } from "../../../src/memory/cache.js";
import { createResponseCache } from "../../../src/memory/response-cache.js";
import type { CacheOptions } from "../../../src/memory/types.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

/** A store whose every call takes as long as told, or hangs. */
function rig(options: CacheOptions = {}, data = new Map<string, string>()) {
  const clock = createVirtualClock();
  const slow = { set: 0, clear: 0, fails: false, hangs: false };
  const after = async (ms: number): Promise<void> => {
    if (slow.hangs) return new Promise(() => {});
    if (ms > 0) await new Promise<void>((resolve) => void clock.setTimeout(resolve, ms));
    if (slow.fails) throw new Error("down");
  };
  const store: Store = {
    async get(key) {
      await after(0);
      const text = data.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    async set(key, value) {
      await after(slow.set);
      data.set(key, JSON.stringify(value));
    },
    async delete(key) {
      await after(0);
      data.delete(key);
    },
    async clear() {
      await after(slow.clear);
      data.clear();
    },
  };
  return { clock, slow, data, cache: createCache({ clock, store, ...options }) };
}

describe("what the second tier has is never older than what was written", () => {
  it("while the newer value is on its way", async () => {
    const { cache, clock, slow } = rig({ maxEntries: 1 });
    cache.set("k", "old");
    await cache.flush();
    slow.set = 20;
    cache.set("k", "new");
    cache.set("other", 1);
    expect(await cache.get("k")).toBeUndefined();
    await clock.advance(20);
    expect(await cache.get("k")).toBe("new");
  });

  it("where the newer value never got there", async () => {
    const { cache, slow } = rig({ maxEntries: 1 });
    cache.set("k", "old");
    await cache.flush();
    slow.fails = true;
    cache.set("k", "new");
    await cache.flush();
    slow.fails = false;
    cache.set("other", 1);
    expect(await cache.get("k")).toBeUndefined();
  });
});

describe("drops reach the store", () => {
  it("by predicate: what memory held at once, the rest as it is found", async () => {
    const { cache, data } = rig({ maxEntries: 1 });
    for (const key of ["a1", "a2", "b"]) cache.set(key, key);
    cache.set("a2", "a2");
    await cache.flush();
    cache.deleteWhere(({ key }) => key.startsWith("a"));
    await cache.flush();
    expect([...data.keys()]).toEqual(["a1", "b", "signalbox:invalidations"]);
    expect(await cache.get("a1")).toBeUndefined();
    await cache.flush();
    const restarted = rig({}, data).cache;
    expect([await restarted.get("a1"), await restarted.get("a2"), await restarted.get("b")]).toEqual([
      undefined,
      undefined,
      "b",
    ]);
  });

  it("by clearing: before what is set after it, and told to others, however long it takes", async () => {
    const { cache, clock, slow, data } = rig();
    cache.set("x", 1);
    await cache.flush();
    slow.clear = 50;
    cache.clear();
    cache.set("y", 2);
    const flushed = cache.flush();
    await clock.advance(100);
    await flushed;
    expect([...data.keys()].sort()).toEqual(["signalbox:invalidations", "y"]);
    expect(await rig({}, data).cache.get("y")).toBe(2);
  });

  it("by tag, though the queue of writes is full", async () => {
    const { cache, data } = rig({ storeQueue: 1 });
    cache.set("k", 1, { tags: ["t"] });
    await cache.flush();
    cache.set("other", 1);
    cache.deleteByTag("t");
    await cache.flush();
    expect(await rig({}, data).cache.get("k")).toBeUndefined();
  });
});

it("another process hears of a drop though memory answers all its look-ups", async () => {
  const data = new Map<string, string>();
  const [one, two] = [rig({}, data), rig({}, data)];
  one.cache.set("k", 1, { tags: ["t"] });
  await one.cache.flush();
  expect(await two.cache.get("k")).toBe(1);
  one.cache.deleteByTag("t");
  await one.cache.flush();
  await two.clock.advance(5_000);
  expect(two.cache.get("k")).toBe(1);
  await two.clock.settle();
  expect(two.cache.peek("k")).toBeUndefined();
});

it("a store that hung from the first is used once it answers", async () => {
  const { cache, clock, slow, data } = rig();
  const other = rig({}, data).cache;
  other.set("k", 1);
  await other.flush();
  slow.hangs = true;
  const first = cache.get("k");
  await clock.advance(50);
  expect(await first).toBeUndefined();
  slow.hangs = false;
  await clock.advance(5_000);
  expect(await cache.get("k")).toBe(1);
});

const HEAD = '[2,"a/m",1,0,1,0,1,"id",1,';
it.each([
  ["a cut answer", `${HEAD}"length",null,""]\ncut`],
  ["an answer cut off in the store", `${HEAD}0,null,""]\n`],
  ["half a usage", `${HEAD}0,{"prompt_tokens":5},""]\nhello`],
  ["logprobs that are none", `${HEAD}0,null,"",{"logprobs":5}]\nhello`],
  ["a call without arguments", `${HEAD}"tool_calls",null,"",{"toolCalls":[{"id":"x","function":{"name":"f"}}]}]\n`],
  ["another version", '[0,"a/m"]\nhello'],
  ["a number", 5],
])("%s in the store is no answer, and counted", async (_name, value) => {
  const data = new Map([["k", JSON.stringify({ v: 1, key: "k", at: 1e15, expires: null, value })]]);
  const { cache } = rig({}, data);
  const responses = createResponseCache(cache);
  expect(await responses.load("k")).toBeUndefined();
  expect(cache.stats().store?.corrupt).toBe(1);
  await cache.flush();
  expect(data.has("k")).toBe(false);
});
