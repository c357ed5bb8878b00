import { describe, expect, it } from "vitest";
import { createCache } from "../../../src/memory/cache.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

/** What the system this project grew from got wrong in its cache manager; each line was observed there. */
describe("mistakes of the seed's cache", () => {
  const full = (maxBytes: number) => createCache({ maxBytes });

  it("evicted hot before cold", () => {
    const cache = full(20_000);
    cache.set("hot", "x".repeat(100));
    for (let n = 0; n < 30; n++) cache.set(`cold${n}`, "x".repeat(100));
    for (let n = 0; n < 1_000; n++) cache.get("hot");
    for (let n = 0; n < 300; n++) cache.set(`more${n}`, "x".repeat(100));
    expect(cache.has("hot")).toBe(true);
    expect(cache.has("cold0")).toBe(false);
  });

  it("evicted small before large and new before old", () => {
    const cache = full(100_000);
    for (let n = 0; n < 200; n++) {
      cache.set(`small${n}`, "x".repeat(100));
      cache.set(`large${n}`, "x".repeat(2_000));
    }
    let [small, large] = [0, 0];
    for (let n = 0; n < 200; n++) {
      if (cache.has(`small${n}`)) small++;
      if (cache.has(`large${n}`)) large++;
    }
    expect(small).toBeGreaterThan(large);
    expect(cache.has("small199")).toBe(true);
    expect(cache.has("large0")).toBe(false);
  });

  it("evicted what had long to live before what would soon be gone anyway", async () => {
    const clock = createVirtualClock();
    const cache = createCache({ maxBytes: 20_000, clock });
    for (let n = 0; n < 40; n++) cache.set(`soon${n}`, "x".repeat(100), { ttlMs: 10 });
    for (let n = 0; n < 40; n++) cache.set(`long${n}`, "x".repeat(100));
    await clock.advance(10);
    cache.prune();
    const evicted = cache.stats().removed.evicted;
    for (let n = 0; n < 30; n++) cache.set(`new${n}`, "x".repeat(100));
    expect(cache.stats().removed.evicted).toBe(evicted);
    for (let n = 0; n < 40; n++) expect(cache.has(`long${n}`)).toBe(true);
  });

  it("lost a key with 1,000 hits after three one-shot inserts at capacity three", () => {
    const cache = createCache({ maxEntries: 3 });
    for (const key of ["hot", "b", "c"]) cache.set(key, 1);
    for (let n = 0; n < 1_000; n++) cache.get("hot");
    for (const key of ["d", "e", "f"]) cache.set(key, 1);
    expect(cache.has("hot")).toBe(true);
  });

  it("broke its sweep on the first expired key, kept its tags and swept nothing after", async () => {
    const clock = createVirtualClock();
    const cache = createCache({ ttlMs: 10, clock });
    for (let n = 0; n < 50; n++) cache.set(`k${n}`, n, { tags: [`t${n}`, "all"] });
    await clock.advance(10);
    expect(cache.prune()).toBe(50);
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0, tags: 0 });
  });

  it("emptied itself for an entry larger than the budget, and stored it anyway", () => {
    const cache = createCache({ maxBytes: 1_000_000 });
    for (let n = 0; n < 50; n++) cache.set(`k${n}`, n);
    expect(cache.set("huge", "x".repeat(3_100_000))).toBe(false);
    expect(cache.stats()).toMatchObject({ entries: 50, removed: { evicted: 0 } });
    expect(cache.stats().bytes).toBeLessThanOrEqual(1_000_000);
  });

  it("evicted an unrelated key when one was overwritten at capacity", () => {
    const cache = createCache({ maxEntries: 3 });
    for (const key of ["a", "b", "c"]) cache.set(key, 1, { tags: [key] });
    cache.set("c", 2, { tags: ["new"] });
    expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual([1, 1, 2]);
    expect(cache.deleteByTag("c")).toBe(0);
    expect(cache.deleteByTag("new")).toBe(1);
  });

  it("summed all sizes on every write", () => {
    const perWrite = (entries: number): number => {
      const cache = createCache({ maxBytes: entries * 150 });
      for (let n = 0; n < entries; n++) cache.set(`k${n}`, n);
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 5; round++) {
        const began = performance.now();
        for (let n = 0; n < 2_000; n++) cache.set(`round${round}-${n}`, n);
        best = Math.min(best, performance.now() - began);
      }
      return best;
    };
    perWrite(1_000);
    // A hundred times the entries; a sum would take a hundred times as long. Slow memory alone makes it about twice.
    expect(perWrite(100_000)).toBeLessThan(20 * perWrite(1_000));
  });

  it("answered statistics with a task instead of numbers", () => {
    expect(createCache().stats()).toEqual({
      entries: 0,
      bytes: 0,
      budgetBytes: 67_108_864,
      maxBytes: 67_108_864,
      hits: 0,
      misses: 0,
      hitRate: 0,
      inserted: 0,
      removed: { evicted: 0, expired: 0, deleted: 0, replaced: 0 },
      refused: 0,
      tags: 0,
      pinned: 0,
    });
  });
});
