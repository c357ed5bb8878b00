import { describe, expect, it } from "vitest";
import { createCache } from "../../../src/memory/cache.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

describe("memory pressure", () => {
  it("shrinks the budget while the heap is too full and lets it recover", async () => {
    const clock = createVirtualClock();
    let heap = 100;
    const pressure = { heapBytes: 1_000, checkMs: 100, floor: 0.2, readHeapBytes: () => heap };
    const cache = createCache({ maxBytes: 100_000, clock, pressure });
    for (let n = 0; n < 1_000; n++) cache.set(`k${n}`, "x".repeat(200));
    const full = cache.stats();
    expect(full.budgetBytes).toBe(100_000);

    heap = 2_000;
    await clock.advance(100);
    cache.set("next", 1);
    expect(cache.stats().budgetBytes).toBe(Math.floor(full.bytes * 0.75));
    expect(cache.stats().bytes).toBeLessThanOrEqual(cache.stats().budgetBytes);
    cache.set("again", 1); // not before the next look
    expect(cache.stats().budgetBytes).toBe(Math.floor(full.bytes * 0.75));
    for (let n = 0; n < 50; n++) {
      await clock.advance(100);
      for (let look = 0; look < 256; look++) cache.get("nobody"); // reads look at the heap as well
    }
    expect(cache.stats().budgetBytes).toBe(20_000);
    expect(cache.stats().bytes).toBeLessThanOrEqual(20_000);

    heap = 950; // between calm and the mark: neither way
    await clock.advance(100);
    cache.set("calm", 1);
    expect(cache.stats().budgetBytes).toBe(20_000);

    heap = 100;
    for (let n = 0; n < 20; n++) {
      await clock.advance(100);
      cache.set("grow", n);
    }
    expect(cache.stats().budgetBytes).toBe(100_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it("is not upset by a heap that cannot be read", async () => {
    const clock = createVirtualClock();
    const readHeapBytes = () => {
      throw new Error("no");
    };
    const cache = createCache({ clock, pressure: { heapBytes: 1, readHeapBytes } });
    expect(cache.set("a", 1)).toBe(true);
    expect(cache.get("a")).toBe(1);
  });

  it("reads the process's own heap by default", () => {
    const cache = createCache({ maxBytes: 1_000_000, pressure: { heapBytes: 1 } });
    expect(cache.set("a", "x".repeat(1_000))).toBe(true);
    expect(cache.stats().budgetBytes).toBeLessThan(1_000_000);
  });
});
