import Keyv from "keyv";
import { createCache, type Store } from "signalbox";
import { keyvStore } from "signalbox/keyv";
import { describe, expect, it } from "vitest";

/** A Keyv adapter over a map that can be told to fail in the ways adapters do. */
function adapter() {
  const data = new Map<string, unknown>();
  const listeners: ((error: unknown) => void)[] = [];
  const state = { mode: "ok" as "ok" | "emit" | "throw" };
  const step = <T>(work: () => T, nothing: T): T => {
    if (state.mode === "throw") throw new Error("adapter down");
    if (state.mode === "ok") return work();
    for (const listener of listeners) listener(new Error("connection lost"));
    return nothing;
  };
  const store = {
    opts: { dialect: "map", url: "map" },
    on: (_event: string, listener: (error: unknown) => void) => void listeners.push(listener),
    get: async (key: string) => step(() => data.get(key), undefined),
    set: async (key: string, value: unknown) => step(() => void data.set(key, value), undefined),
    delete: async (key: string) => step(() => data.delete(key), false),
    clear: async () => step(() => data.clear(), undefined),
    disconnect: async () => {},
  };
  return { data, state, store };
}

describe("keyvStore", () => {
  it("shares entries between two caches on one in-memory Keyv", async () => {
    const data = new Map<string, unknown>();
    const one = createCache({ store: keyvStore(new Keyv({ store: data, namespace: "answers" })) });
    const two = createCache({ store: keyvStore(new Keyv({ store: data, namespace: "answers" })) });
    one.set("k", { text: "缓存" }, { tags: ["t"], ttlMs: 60_000 });
    await one.flush();
    expect(await two.get("k")).toEqual({ text: "缓存" });
    one.delete("k");
    await one.flush();
    two.delete("other");
    expect(
      await createCache({ store: keyvStore(new Keyv({ store: data, namespace: "answers" })) }).get("k"),
    ).toBeUndefined();
    await one.close();
  });

  it("hands lifetimes and clearing on", async () => {
    const { store } = adapter();
    const keyv = new Keyv({ store, namespace: "answers" });
    const tier = keyvStore(keyv);
    await tier.set("short", 1, 5);
    await tier.set("long", 1);
    await new Promise((resolve) => setTimeout(resolve, 15));
    expect(await tier.get("short")).toBeUndefined();
    expect(await tier.get("long")).toBe(1);
    await tier.clear?.();
    expect(await tier.get("long")).toBeUndefined();
  });

  it("turns errors that Keyv only emits into failures", async () => {
    const { state, store } = adapter();
    const tier: Store = keyvStore(new Keyv({ store }));
    await tier.set("k", 1);
    state.mode = "emit";
    await expect(tier.get("k")).rejects.toThrow("connection lost");
    await expect(tier.set("k", 2)).rejects.toThrow("connection lost");
    await expect(tier.delete("k")).rejects.toThrow("connection lost");
    await expect(tier.clear?.()).rejects.toThrow("connection lost");
    state.mode = "ok";
    expect(await tier.get("k")).toBe(1);
    await tier.delete("nobody");
    await tier.close?.();
  });

  it("never fails the cache in front of it", async () => {
    const { state, store } = adapter();
    state.mode = "throw";
    const cache = createCache({ store: keyvStore(new Keyv({ store, throwOnErrors: true })) });
    for (let n = 0; n < 10; n++) {
      expect(cache.set(`k${n}`, n)).toBe(true);
      expect(await cache.get(`k${n}`)).toBe(n);
      expect(await cache.get(`other${n}`)).toBeUndefined();
    }
    expect(cache.stats().store?.circuit).toBe("open");
  });
});
