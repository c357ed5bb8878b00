import { describe, expect, it } from "vitest";
import type { Store } from "../../../src/contract/store.js";
import { createCache } from "../../../src/memory/cache.js";
import type { Cache, CacheOptions } from "../../../src/memory/types.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

/** Where caches on one store tell each other of drops. */
const RECORD = "signalbox:invalidations";

/** A store in a map that can be slow, fail or hang; JSON goes through it as through a real one. */
function mapStore(data = new Map<string, string>()) {
  const state = { mode: "ok" as "ok" | "fail" | "hang" | "throw", calls: 0, closed: false };
  const through = <T>(work: () => T): Promise<T> => {
    state.calls++;
    if (state.mode === "throw") throw new Error("at once");
    if (state.mode === "fail") return Promise.reject(new Error("down"));
    if (state.mode === "hang") return new Promise(() => {});
    return Promise.resolve(work());
  };
  const store: Store = {
    get: (key) =>
      through(() => {
        const text = data.get(key);
        return text === undefined ? undefined : JSON.parse(text);
      }),
    set: (key, value) => through(() => void data.set(key, JSON.stringify(value))),
    delete: (key) => through(() => void data.delete(key)),
    clear: () => through(() => data.clear()),
    close: () =>
      through(() => {
        state.closed = true;
      }),
  };
  return { store, state, data };
}

function create(options: CacheOptions = {}, data?: Map<string, string>) {
  const clock = createVirtualClock();
  const { store, state, data: kept } = mapStore(data);
  return { clock, state, data: kept, cache: createCache({ clock, store, ...options }) };
}

describe("a second tier", () => {
  it("is told lifetimes in whole milliseconds: Redis takes no others", async () => {
    const told: unknown[] = [];
    const { store } = mapStore();
    const cache = createCache({
      store: {
        ...store,
        set(key, value, ttlMs) {
          told.push(ttlMs);
          return store.set(key, value);
        },
      },
    });
    cache.set("k", 1, { ttlMs: 1_000.25 });
    await cache.flush();
    expect(told).toEqual([1_001]);
  });

  it("is written behind and read through, tags, cost and lifetime included", async () => {
    const data = new Map<string, string>();
    const first = create({}, data);
    first.cache.set("k", { n: 1 }, { ttlMs: 1_000, tags: ["t"], cost: 2 });
    expect(data.size).toBe(0); // not in the caller's time
    await first.cache.flush();
    expect(data.size).toBe(1);

    const second = create({}, data);
    await second.clock.advance(400);
    expect(second.cache.peek("k")).toBeUndefined();
    expect(await second.cache.get("k")).toEqual({ n: 1 });
    expect(second.cache.peek("k")).toEqual({ n: 1 }); // memory has it now
    expect(second.cache.deleteByTag("t")).toBe(1);
    expect(second.cache.stats().store).toMatchObject({ hits: 1, misses: 0, circuit: "closed" });
  });

  it("ends an entry when its lifetime ends, on the way through the store, too", async () => {
    const data = new Map<string, string>();
    const first = create({}, data);
    first.cache.set("k", 1, { ttlMs: 1_000 });
    await first.cache.flush();
    const second = create({}, data);
    await second.clock.advance(999);
    expect(await second.cache.get("k")).toBe(1);
    await second.clock.advance(1);
    expect(await second.cache.get("k")).toBeUndefined();
  });

  it("gives each of many readers one store call and a copy of its own", async () => {
    const data = new Map<string, string>();
    const first = create({}, data);
    first.cache.set("k", { list: [1] });
    await first.cache.flush();
    const second = create({}, data);
    const found = await Promise.all(Array.from({ length: 50 }, () => second.cache.get<{ list: number[] }>("k")));
    found[0]?.list.push(2);
    expect(found[1]).toEqual({ list: [1] });
    expect(second.state.calls).toBeLessThanOrEqual(2); // the entry, and the record of what was dropped
  });

  it("writes the last of several values once, and a deletion after it", async () => {
    const { cache, state, data } = create();
    for (let n = 0; n < 20; n++) cache.set("k", n);
    await cache.flush();
    expect(state.calls).toBe(1);
    cache.set("k", 21);
    cache.delete("k");
    await cache.flush();
    expect([...data.keys()]).toEqual([RECORD]);
    expect(await cache.get("k")).toBeUndefined();
  });

  it("does not let a value that was deleted come back while the deletion is on its way", async () => {
    const { cache, state } = create();
    cache.set("k", 1);
    await cache.flush();
    state.mode = "fail";
    cache.delete("k");
    await cache.flush(10);
    state.mode = "ok";
    expect(await cache.get("k")).toBeUndefined();
    cache.set("k", 2);
    await cache.flush();
    cache.deleteWhere(() => false);
    expect(cache.peek("k")).toBe(2);
  });
});

describe("a bad second tier", () => {
  it.each(["fail", "throw"] as const)(
    "that answers with errors (%s) is as if absent, and soon left alone",
    async (mode) => {
      const { cache, state, clock } = create();
      state.mode = mode;
      for (let n = 0; n < 20; n++) await expect(cache.get(`k${n}`)).resolves.toBeUndefined();
      const calls = state.calls;
      expect(calls).toBeLessThan(10);
      expect(cache.stats().store).toMatchObject({ circuit: "open", hits: 0, misses: 0, skipped: 20 });
      state.mode = "ok";
      await clock.advance(1_000);
      expect(await cache.get("k")).toBeUndefined();
      expect(cache.stats().store).toMatchObject({ circuit: "closed", misses: 1 });
    },
  );

  it("that hangs costs the bounded wait, a few times, and then nothing", async () => {
    const { cache, state, clock } = create({ storeTimeoutMs: 50 });
    state.mode = "hang";
    for (let n = 0; n < 3; n++) {
      let answered = false;
      const looking = Promise.resolve(cache.get("k")).then((value) => {
        answered = true;
        return value;
      });
      await clock.advance(49);
      expect(answered).toBe(false);
      await clock.advance(1);
      await expect(looking).resolves.toBeUndefined();
    }
    const calls = state.calls;
    expect(await cache.get("k")).toBeUndefined(); // without waiting
    expect(state.calls).toBe(calls);
    await clock.advance(1_000);
    const trying = [cache.get("k"), cache.get("other")]; // one of them tries the store, the other does not wait
    await expect(trying[1]).resolves.toBeUndefined();
    await clock.advance(50);
    await expect(trying[0]).resolves.toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it("never fails or slows a write, and its queue is bounded", async () => {
    const { cache, state, clock } = create({ storeQueue: 10 });
    state.mode = "fail";
    for (let n = 0; n < 100; n++) expect(cache.set(`k${n}`, n)).toBe(true);
    for (let n = 0; n < 5; n++) await clock.settle();
    for (let n = 0; n < 100; n++) expect(cache.peek(`k${n}`)).toBe(n);
    const { queued, dropped } = cache.stats().store ?? { queued: 0, dropped: 0 };
    expect(queued).toBeLessThanOrEqual(10);
    expect(dropped).toBeGreaterThanOrEqual(80);
    state.mode = "ok";
    await clock.advance(60_000);
    expect(cache.stats().store?.queued).toBe(0);
  });

  it("does not hold up closing", async () => {
    const { cache, state, clock } = create();
    state.mode = "hang";
    cache.set("k", 1);
    const closing = cache.close();
    await clock.advance(60_000);
    await expect(closing).resolves.toBeUndefined();
    expect(cache.set("k", 2)).toBe(true);
    expect(await cache.get("other")).toBeUndefined();
  });

  it("is closed after the last write", async () => {
    const { cache, state, data } = create();
    cache.set("k", 1);
    await cache.close();
    expect(data.size).toBe(1);
    expect(state.closed).toBe(true);
  });

  it.each([
    ["text", '"text"'],
    ["a list", "[]"],
    ["another version", '{"v":99,"key":"k","at":1,"expires":null,"value":1}'],
    ["no value", '{"v":1,"key":"k","at":1,"expires":null}'],
    ["bad tags", '{"v":1,"key":"k","at":1,"expires":null,"value":1,"tags":[1]}'],
    ["a bad end", '{"v":1,"key":"k","at":1,"expires":"soon","value":1}'],
    ["nobody's value", '{"v":1,"at":1,"expires":null,"value":1}'],
    ["another key's value", '{"v":1,"key":"K","at":1,"expires":null,"value":1}'],
  ])("may hold %s: ignored and counted", async (_name, text) => {
    const { cache } = create({}, new Map([["k", text]]));
    expect(await cache.get("k")).toBeUndefined();
    expect(cache.stats().store).toMatchObject({ corrupt: 1, misses: 1 });
  });

  it("that takes two keys for one gives no wrong answer", async () => {
    const { store } = mapStore();
    const cut: Store = {
      get: (key) => store.get(key.slice(0, 40)),
      set: (key, value) => store.set(key.slice(0, 40), value),
      delete: (key) => store.delete(key.slice(0, 40)),
    };
    const first = createCache({ store: cut });
    const key = `signalbox:answers:of:tenant:${"x".repeat(40)}`;
    first.set(`${key}:1`, "one");
    await first.flush();
    first.set(`${key}:2`, "two");
    await first.flush();
    const second = createCache({ store: cut });
    expect([await second.get(`${key}:1`), await second.get(`${key}:2`)]).toEqual([undefined, "two"]);
    expect(second.stats().store).toMatchObject({ hits: 1, misses: 1, corrupt: 1 });
  });

  it.each([
    "7",
    "[]",
    '{"v":1,"floor":"x","tags":[]}',
    '{"v":1,"floor":0,"tags":[7,["a"],["b","c"]]}',
    '{"v":1,"floor":0,"tags":[],"combined":7}',
    '{"v":1,"floor":0,"tags":[],"combined":[7,[["a"],"b"],[[1,2],3],[[],9e15],["a",9e15]]}',
  ])("may hold a record of drops that cannot be read: %s", async (record) => {
    const data = new Map([["signalbox:invalidations", record]]);
    const { cache } = create({}, data);
    cache.set("k", 1, { tags: ["a"] });
    await cache.flush();
    const second = create({}, data);
    expect(await second.cache.get("k")).toBe(1);
  });
});

describe("drops", () => {
  it("by tag hold for what only the store has, for other processes, and after a restart", async () => {
    const data = new Map<string, string>();
    const one = create({ maxEntries: 1 }, data);
    const two = create({}, data);
    one.cache.set("a", 1, { tags: ["glm"] });
    one.cache.set("b", 2, { tags: ["kimi"] }); // "a" is only in the store now
    await one.cache.flush();
    expect(await two.cache.get("a")).toBe(1);
    expect(one.cache.deleteByTag("glm")).toBe(0);
    await one.cache.flush();
    expect(await one.cache.get("a")).toBeUndefined();
    expect(await one.cache.get("b")).toBe(2);

    const restarted = create({}, data);
    expect(await restarted.cache.get("a")).toBeUndefined();
    expect(await restarted.cache.get("b")).toBe(2);

    expect(two.cache.peek("a")).toBe(1); // until it hears of it, a few seconds later
    await two.clock.advance(5_000);
    await two.cache.get("nobody");
    await two.clock.settle();
    expect(two.cache.peek("a")).toBeUndefined();

    one.cache.set("a", 3, { tags: ["glm"] }); // written after the drop: good again
    await one.cache.flush();
    expect(await create({}, data).cache.get("a")).toBe(3);
  });

  it("by several tags at once reach what only another process holds, and nothing that carries fewer", async () => {
    const data = new Map<string, string>();
    const [one, two] = [create({ maxEntries: 1 }, data), create({}, data)];
    const entries = { both: ["glm", "acme"], more: ["acme", "eu", "glm"], glm: ["glm"], acme: ["acme"] };
    for (const [key, tags] of Object.entries(entries)) two.cache.set(key, key, { tags });
    await two.cache.flush();
    await one.clock.advance(1);
    expect(one.cache.deleteByTag("acme", "glm")).toBe(0);
    await one.cache.flush();
    for (const key of ["both", "more"]) expect(await one.cache.get(key)).toBeUndefined();
    expect(await create({}, data).cache.get("both")).toBeUndefined();
    await two.clock.advance(5_000);
    two.cache.peek("glm");
    await two.clock.settle();
    expect(Object.keys(entries).filter((key) => two.cache.has(key))).toEqual(["glm", "acme"]);
    two.cache.set("both", "anew", { tags: entries.both });
    await two.cache.flush();
    expect(await create({}, data).cache.get("both")).toBe("anew");
    expect(two.cache.deleteByTag("glm", "acme")).toBe(1);
  });

  it("by more combinations than are remembered lose no drop, and the record stays small", async () => {
    const data = new Map<string, string>();
    const [one, two] = [create({}, data), create({}, data)];
    for (const n of [0, 999]) two.cache.set(`k${n}`, n, { tags: ["t", `u${n}`] });
    await two.cache.flush();
    await one.clock.advance(1);
    for (let n = 0; n < 1_000; n++) one.cache.deleteByTag("t", `u${n}`);
    await one.cache.flush();
    expect(data.get(RECORD)?.length).toBeLessThan(30_000);
    await two.clock.advance(5_000);
    two.cache.peek("k0");
    await two.clock.settle();
    for (const n of [0, 999])
      expect([two.cache.has(`k${n}`), await one.cache.get(`k${n}`)]).toEqual([false, undefined]);
  });

  it.each([
    ["a key", (cache: Cache) => cache.delete("a"), ["b", "c"]],
    ["a predicate", (cache: Cache) => cache.deleteWhere(({ key }) => key < "c"), ["c"]],
    [
      "a predicate, as it is found in the store",
      async (_: Cache, holdsNone: Cache) => {
        holdsNone.deleteWhere(({ key }) => key === "a");
        expect(await holdsNone.get("a")).toBeUndefined();
        await holdsNone.flush();
      },
      ["b", "c"],
    ],
  ])("by %s reach what another process holds in memory, and nothing else", async (_name, drop, left) => {
    const data = new Map<string, string>();
    const one = create({}, data);
    const two = create({}, data);
    for (const key of ["a", "b", "c"]) one.cache.set(key, key);
    await one.cache.flush();
    for (const key of ["a", "b", "c"]) expect(await two.cache.get(key)).toBe(key);
    const third = create({}, data);
    await third.clock.advance(1);
    await drop(one.cache, third.cache);
    await one.cache.flush();
    await two.clock.advance(5_000);
    two.cache.peek("c");
    await two.clock.settle();
    expect(["a", "b", "c"].filter((key) => two.cache.has(key))).toEqual(left);
    expect(await two.cache.get("a")).toBe(left.includes("a") ? "a" : undefined);
    two.cache.set("a", "anew");
    await two.cache.flush();
    await one.clock.advance(5_000);
    one.cache.peek("c");
    await one.clock.settle();
    expect([await one.cache.get("a"), await create({}, data).cache.get("a")]).toEqual(["anew", "anew"]);
  });

  it("of more keys than are told one by one leave nothing old in another's memory, and the store whole", async () => {
    const data = new Map<string, string>();
    const one = create({}, data);
    const two = create({}, data);
    for (let n = 0; n < 1_000; n++) one.cache.set(`k${n}`, n);
    await one.cache.flush();
    for (let n = 0; n < 1_000; n++) expect(await two.cache.get(`k${n}`)).toBe(n);
    for (let n = 0; n < 800; n++) one.cache.delete(`k${n}`);
    await one.cache.flush();
    expect(data.get(RECORD)?.length).toBeLessThan(30_000);
    await two.clock.advance(5_000);
    two.cache.peek("k900");
    await two.clock.settle();
    for (const n of [0, 400, 799]) expect(two.cache.has(`k${n}`)).toBe(false);
    expect(await two.cache.get("k900")).toBe(900);
  });

  it("does not let an entry back that was read while its deletion was on its way", async () => {
    const data = new Map<string, string>();
    const one = create({}, data);
    const two = create({}, data);
    one.cache.set("k", 1);
    await one.cache.flush();
    const old = data.get("k") as string;
    one.cache.delete("k");
    await one.cache.flush();
    data.set("k", old);
    expect(await two.cache.get("k")).toBeUndefined();
  });

  it("by predicate hold for what comes back from the store", async () => {
    const { cache } = create({ maxEntries: 1 });
    cache.set("a1", 1);
    cache.set("a2", 2);
    cache.set("b1", 3);
    await cache.flush();
    cache.deleteWhere(({ key }) => key.startsWith("a"));
    expect(await cache.get("a1")).toBeUndefined();
    expect(await cache.get("b1")).toBe(3);
    for (let n = 0; n < 200; n++) cache.deleteWhere(() => n < 0);
    expect(await cache.get("a2")).toBeUndefined();
  });

  it("of everything empty the store, and hold even where that fails", async () => {
    const data = new Map<string, string>();
    const one = create({}, data);
    one.cache.set("a", 1);
    await one.cache.flush();
    one.state.mode = "fail";
    one.cache.clear();
    await one.clock.settle();
    one.state.mode = "ok";
    expect(await one.cache.get("a")).toBeUndefined();
    one.cache.clear();
    await one.clock.advance(60_000);
    expect([...data.keys()]).toEqual([RECORD]);
    expect(await create({}, data).cache.get("a")).toBeUndefined();
  });
});
