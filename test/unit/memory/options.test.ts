import { describe, expect, it } from "vitest";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import { createCache } from "../../../src/memory/cache.js";
import type { CacheOptions } from "../../../src/memory/types.js";

const NEVER = Number.POSITIVE_INFINITY;

describe("wrong options", () => {
  it.each<[string, unknown]>([
    ["cache.maxBytes", { maxBytes: 0 }],
    ["cache.maxBytes", { maxBytes: -5 }],
    ["cache.maxBytes", { maxBytes: Number.NaN }],
    ["cache.maxBytes", { maxBytes: NEVER }],
    ["cache.maxBytes", { maxBytes: 1.5 }],
    ["cache.maxBytes", { maxBytes: 2 ** 50 }],
    ["cache.maxBytes", { maxBytes: "64MB" }],
    ["cache.ttlMs", { ttlMs: -1 }],
    ["cache.ttlMs", { ttlMs: Number.NaN }],
    ["cache.ttlMs", { ttlMs: 1e300 }],
    ["cache.ttlMs", { ttlMs: "1h" }],
    ["cache.maxEntries", { maxEntries: 0 }],
    ["cache.maxEntries", { maxEntries: 2 ** 30 }],
    ["cache.policy", { policy: "lru" }],
    ["cache.policy", { policy: {} }],
    ["cache.store", { store: { get: async () => 1 } }],
    ["cache.storeTimeoutMs", { storeTimeoutMs: 0 }],
    ["cache.storeTimeoutMs", { storeTimeoutMs: NEVER }],
    ["cache.storeQueue", { storeQueue: -1 }],
    ["cache.pressure", { pressure: true }],
    ["cache.pressure.heapBytes", { pressure: {} }],
    ["cache.pressure.floor", { pressure: { heapBytes: 1, floor: 2 } }],
    ["cache.pressure.checkMs", { pressure: { heapBytes: 1, checkMs: 0 } }],
    ["cache.pressure.readHeapBytes", { pressure: { heapBytes: 1, readHeapBytes: 5 } }],
    ["cache.clock", { clock: { now: 5 } }],
    ["cache.maxSize", { maxSize: 5 }],
    ["cache", null],
    ["cache", 7],
  ])("names %s", (path, options) => {
    let error: unknown;
    try {
      createCache(options as CacheOptions);
    } catch (thrown) {
      error = thrown;
    }
    expect(SignalboxError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ kind: "invalid_options", path, message: expect.stringContaining(path) });
  });

  it("has a default for everything", () => {
    expect(createCache().stats()).toMatchObject({ maxBytes: 64 * 1024 * 1024, entries: 0 });
    expect(createCache({ maxBytes: undefined, ttlMs: undefined }).stats().maxBytes).toBe(64 * 1024 * 1024);
  });
});
