import { describe, expect, it } from "vitest";
import { createCache } from "../../../src/memory/cache.js";
import type { WarmEntry } from "../../../src/memory/types.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

const NEVER = Number.POSITIVE_INFINITY;

describe("lifetimes", () => {
  it("ends exactly at the boundary, by the injected clock", async () => {
    const clock = createVirtualClock();
    const cache = createCache({ ttlMs: 1_000, clock });
    cache.set("default", 1);
    cache.set("own", 2, { ttlMs: 10 });
    cache.set("never", 3, { ttlMs: NEVER });
    cache.set("nothing", 4, { ttlMs: 0 });
    expect(cache.get("nothing")).toBeUndefined();
    await clock.advance(9);
    expect(cache.get("own")).toBe(2);
    await clock.advance(1);
    expect(cache.get("own")).toBeUndefined();
    await clock.advance(989);
    expect(cache.get("default")).toBe(1);
    await clock.advance(1);
    expect(cache.get("default")).toBeUndefined();
    await clock.advance(1e12);
    expect(cache.get("never")).toBe(3);
  });

  it("does not notice when the wall clock is set", () => {
    const clock = createVirtualClock();
    const cache = createCache({ ttlMs: 1_000, clock });
    cache.set("a", 1);
    clock.jumpWall(30 * 86_400_000);
    expect(cache.get("a")).toBe(1);
  });

  it("keeps 0, Infinity and the default apart as options, too", async () => {
    const clock = createVirtualClock();
    const none = createCache({ ttlMs: 0, clock });
    none.set("a", 1);
    none.set("b", 1, { ttlMs: 5 });
    expect(none.get("a")).toBeUndefined();
    expect(none.get("b")).toBe(1);
    const always = createCache({ ttlMs: NEVER, clock });
    always.set("a", 1);
    await clock.advance(1e13);
    expect(always.get("a")).toBe(1);
  });

  it("drops what stood there when written with no lifetime", () => {
    const cache = createCache();
    cache.set("a", 1);
    expect(cache.set("a", 2, { ttlMs: 0 })).toBe(true);
    expect(cache.get("a")).toBeUndefined();
    expect(cache.stats().removed).toEqual({ evicted: 0, expired: 1, deleted: 0, replaced: 1 });
  });

  it("sweeps expired entries little by little on writes, without a timer", async () => {
    const clock = createVirtualClock();
    const cache = createCache({ ttlMs: 10, clock });
    for (let n = 0; n < 100; n++) cache.set(`old${n}`, n, { tags: [`tag${n}`] });
    await clock.advance(10);
    expect(clock.pendingTimers).toBe(0);
    for (let n = 0; n < 60; n++) cache.set("new", n, { ttlMs: NEVER });
    expect(cache.stats()).toMatchObject({ entries: 1, tags: 0, removed: { expired: 100 } });
  });

  it("does not hand out what expires while it is pinned, and does not trip over letting it go", async () => {
    const clock = createVirtualClock();
    const cache = createCache({ ttlMs: 10, clock });
    cache.set("a", 1);
    const pin = cache.pin("a");
    await clock.advance(10);
    expect(cache.get("a")).toBeUndefined();
    cache.set("b", 2);
    pin?.release();
    expect(cache.get("b")).toBe(2);
    expect(cache.stats().pinned).toBe(0);
  });
});

describe("the byte budget", () => {
  it("refuses an entry over the budget and evicts nothing for it", () => {
    const cache = createCache({ maxBytes: 20_000 });
    for (let n = 0; n < 50; n++) cache.set(`k${n}`, "x".repeat(50));
    expect(cache.stats().entries).toBe(50);
    expect(cache.set("big", "x".repeat(30_000))).toBe(false);
    expect(cache.set("k1", "x".repeat(30_000))).toBe(false);
    expect(cache.get("k1")).toBe("x".repeat(50));
    expect(cache.stats()).toMatchObject({ entries: 50, refused: 2, removed: { evicted: 0 } });
  });

  it("counts Chinese text at two bytes a character, and one such character makes the whole text wide", () => {
    const latin = createCache();
    const chinese = createCache();
    const mixed = createCache();
    latin.set("k", "a".repeat(10_000));
    chinese.set("k", "缓".repeat(10_000));
    mixed.set("k", `${"a".repeat(9_999)}缓`);
    expect(chinese.stats().bytes - latin.stats().bytes).toBe(10_000);
    expect(mixed.stats().bytes).toBe(chinese.stats().bytes);
  });

  it("overwrites in place: nobody else leaves, old tags go, recency is new", () => {
    const cache = createCache({ maxBytes: 4_000 });
    let n = 0;
    while (cache.stats().removed.evicted === 0) cache.set(`k${n++}`, "x".repeat(100), { tags: ["old"] });
    const before = cache.stats();
    cache.set(`k${n - 1}`, "y".repeat(100), { tags: ["old"] });
    expect(cache.stats()).toMatchObject({ entries: before.entries, removed: { evicted: 1, replaced: 1 } });
    cache.set(`k${n - 1}`, "y".repeat(100));
    expect(cache.deleteByTag("old")).toBe(before.entries - 1);
    expect(cache.get(`k${n - 1}`)).toBe("y".repeat(100));
  });

  it("holds maxEntries whatever the size", () => {
    const cache = createCache({ maxEntries: 3 });
    for (let n = 0; n < 10; n++) cache.set(`k${n}`, n);
    expect(cache.stats()).toMatchObject({ entries: 3, removed: { evicted: 7 } });
  });
});

describe("values", () => {
  it("come in and go out as copies", () => {
    const cache = createCache();
    const value = { list: [1, 2], deep: { text: "a" } };
    cache.set("k", value);
    value.list.push(3);
    value.deep.text = "b";
    const first = cache.get<typeof value>("k");
    expect(first).toEqual({ list: [1, 2], deep: { text: "a" } });
    first?.list.push(4);
    expect(cache.get("k")).toEqual({ list: [1, 2], deep: { text: "a" } });
  });

  it.each([
    ["text", "hällo 缓存 🚂"],
    ["lone surrogate", "a\ud800b".repeat(9)],
    ["zero", 0],
    ["empty", ""],
    ["false", false],
    ["null", null],
    ["fraction", 0.1],
    ["big", 2 ** 40],
    ["list", [1, [2]]],
  ])("keeps %s as it is", (_name, value) => {
    const cache = createCache();
    expect(cache.set("k", value)).toBe(true);
    expect(cache.get("k")).toEqual(value);
  });

  it("refuses what is not JSON and never throws", () => {
    const cache = createCache();
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const trap = {
      get bad() {
        throw new Error("no");
      },
    };
    for (const value of [undefined, () => 1, Symbol("s"), 1n, Number.NaN, NEVER, cycle, trap, { big: 1n }]) {
      expect(cache.set("k", value)).toBe(false);
    }
    expect(cache.stats()).toMatchObject({ entries: 0, refused: 9, inserted: 0 });
  });

  it("refuses absurd lifetimes, tags and keys", () => {
    const cache = createCache();
    for (const ttlMs of [-1, Number.NaN, -NEVER, 1e300]) expect(cache.set("k", 1, { ttlMs })).toBe(false);
    expect(cache.set("k", 1, { tags: [7 as unknown as string] })).toBe(false);
    expect(cache.set("k", 1, { tags: ["x".repeat(2_000)] })).toBe(false);
    expect(cache.set("k", 1, { tags: Array.from({ length: 65 }, (_, n) => `${n}`) })).toBe(false);
    expect(cache.set(7 as unknown as string, 1)).toBe(false);
    expect(cache.stats()).toMatchObject({ entries: 0, refused: 8 });
  });

  it("gives __proto__ back as the plain key it was and touches no prototype", () => {
    const cache = createCache();
    cache.set("__proto__", JSON.parse('{"__proto__":{"polluted":true}}'), { tags: ["__proto__", "constructor"] });
    expect(JSON.stringify(cache.get("__proto__"))).toBe('{"__proto__":{"polluted":true}}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(cache.deleteByTag("__proto__")).toBe(1);
  });
});

describe("tags and predicates", () => {
  it("clears one tag and leaves the others whole", () => {
    const cache = createCache();
    cache.set("a", 1, { tags: ["glm", "eu"] });
    cache.set("b", 2, { tags: ["kimi", "eu"] });
    cache.set("c", 3, { tags: ["kimi"] });
    cache.set("d", 4);
    expect(cache.deleteByTag("glm")).toBe(1);
    expect([cache.get("a"), cache.get("b"), cache.get("c"), cache.get("d")]).toEqual([undefined, 2, 3, 4]);
    expect(cache.deleteByTag("eu")).toBe(1);
    expect(cache.deleteByTag("nobody")).toBe(0);
    expect(cache.stats().tags).toBe(1);
  });

  it("shows predicates the tags and a copy of the value, and keeps an entry where the predicate throws", () => {
    const cache = createCache();
    cache.set("a", { n: 1 }, { tags: ["t2", "t1", "t1"] });
    cache.set("b", { n: 2 });
    const seen: unknown[] = [];
    const dropped = cache.deleteWhere((entry) => {
      seen.push([entry.key, entry.value, entry.tags]);
      if (entry.key === "b") throw new Error("no");
      return true;
    });
    expect(seen).toEqual([
      ["a", { n: 1 }, ["t1", "t2"]],
      ["b", { n: 2 }, []],
    ]);
    expect(dropped).toBe(1);
    expect(cache.has("b")).toBe(true);
  });

  it("survives a predicate that changes the cache", () => {
    const cache = createCache();
    for (let n = 0; n < 20; n++) cache.set(`k${n}`, n, { tags: ["t"] });
    cache.deleteWhere((entry) => {
      cache.delete("k5");
      cache.set(`new-${entry.key.slice(0, 3)}`, 1);
      return entry.key.startsWith("k1");
    });
    expect(cache.has("k1")).toBe(false);
    expect(cache.has("k12")).toBe(false);
    expect(cache.has("k5")).toBe(false);
    expect(cache.has("k2")).toBe(true);
  });

  it("is not confused by tags that look like a list of tags", () => {
    const cache = createCache();
    cache.set("a", 1, { tags: ["x", "y"] });
    cache.set("b", 2, { tags: ["\u00001:x1:y"] });
    expect(cache.deleteByTag("x")).toBe(1);
    expect(cache.get("b")).toBe(2);
  });
});

describe("pinning", () => {
  it("keeps an entry while it is read, whatever is written meanwhile", () => {
    const cache = createCache({ maxBytes: 5_000 });
    cache.set("held", "h".repeat(500), { tags: ["t"] });
    const pin = cache.pin("held");
    for (let n = 0; n < 500; n++) cache.set(`k${n}`, "x".repeat(500));
    expect(cache.get("held")).toBe("h".repeat(500));
    expect(pin?.value).toBe("h".repeat(500));
    pin?.release();
    pin?.release();
    for (let n = 0; n < 500; n++) cache.set(`k${n}`, "x".repeat(500));
    expect(cache.has("held")).toBe(false);
    expect(cache.stats().pinned).toBe(0);
  });

  it("refuses what would need a pinned entry to leave, and then evicts nothing", () => {
    const cache = createCache({ maxBytes: 5_000 });
    cache.set("held", "h".repeat(3_000));
    cache.set("other", "o");
    const pin = cache.pin("held");
    expect(cache.set("big", "x".repeat(3_000))).toBe(false);
    expect(cache.has("other")).toBe(true);
    pin?.release();
    expect(cache.set("big", "x".repeat(3_000))).toBe(true);
    expect(cache.pin("nobody")).toBeUndefined();
  });

  it("may be deleted under the reader, who keeps the value", () => {
    const cache = createCache();
    cache.set("a", { n: 1 });
    const first = cache.pin("a");
    const second = cache.pin("a");
    cache.delete("a");
    cache.set("a", { n: 2 });
    const third = cache.pin("a");
    first?.release();
    second?.release();
    expect(first?.value).toEqual({ n: 1 });
    expect(cache.stats().pinned).toBe(1);
    third?.release();
    expect(cache.stats().pinned).toBe(0);
  });
});

describe("warming from pairs", () => {
  it("fills free room, leaves what is there, and evicts nothing", async () => {
    const cache = createCache({ maxBytes: 3_000 });
    cache.set("hot", "mine");
    async function* pairs(): AsyncGenerator<[string, unknown]> {
      yield ["hot", "other"];
      for (let n = 0; n < 50; n++) yield [`k${n}`, "x".repeat(100)];
      yield ["bad", undefined];
    }
    const result = await cache.warm(pairs());
    expect(cache.get("hot")).toBe("mine");
    expect(result.present).toBe(1);
    expect(result.stored).toBe(cache.stats().entries - 1);
    expect(result.stored + result.refused).toBe(51);
    expect(cache.stats().removed.evicted).toBe(0);
  });

  it("takes the room of what is past its time", async () => {
    const clock = createVirtualClock();
    const cache = createCache({ clock, ttlMs: 10, maxEntries: 50 });
    for (let n = 0; n < 50; n++) cache.set(`old${n}`, n);
    await clock.advance(10);
    const pairs = Array.from({ length: 50 }, (_, n) => [`new${n}`, n] as const);
    expect(await cache.warm(pairs)).toEqual({ stored: 50, refused: 0, present: 0 });
  });

  it("stops when told to", async () => {
    const cache = createCache();
    const controller = new AbortController();
    function* pairs(): Generator<[string, unknown]> {
      for (let n = 0; n < 10; n++) {
        if (n === 4) controller.abort();
        yield [`k${n}`, n];
      }
    }
    await expect(cache.warm(pairs(), { signal: controller.signal })).resolves.toEqual({
      stored: 4,
      refused: 0,
      present: 0,
    });
  });

  it("refuses what is no entry, and says so where there is no list", async () => {
    const cache = createCache();
    const rubbish = [["a"], null, 5, ["b", () => 1], [7, 1], { key: "c" }, ["d", 1]] as unknown as WarmEntry[];
    expect(await cache.warm(rubbish)).toEqual({ stored: 1, refused: 6, present: 0 });
    for (const none of [undefined, null, 5, {}]) {
      const warming = cache.warm(none as unknown as WarmEntry[]);
      await expect(warming).rejects.toMatchObject({ kind: "invalid_request", path: "entries" });
    }
  });

  it("takes lifetimes and tags along", async () => {
    const cache = createCache();
    await cache.warm([["a", 1, { tags: ["t"] }]]);
    expect(cache.deleteByTag("t")).toBe(1);
  });
});

it("keeps two caches apart", () => {
  const one = createCache();
  const two = createCache();
  one.set("a", 1);
  expect(two.get("a")).toBeUndefined();
  expect(two.stats().misses).toBe(1);
  expect(one.stats()).toMatchObject({ hits: 0, misses: 0, hitRate: 0 });
});
