import { expect, test } from "vitest";
import { createCache } from "../../../src/memory/cache.js";
import { settledHeap } from "../../evidence/cache-report/policy-bytes.js";

// Much of it: what else the process keeps meanwhile must not count.
const ENTRIES = 100_000;

test.each([
  ["small objects", (n: number) => ({ id: n, name: `item ${n}`, score: n / 7, list: [n, "x"] })],
  ["small objects in Chinese", (n: number) => ({ id: n, name: `缓存命中率取决于请求 ${n}`, list: [n] })],
  ["objects in fragments", (n: number) => ({ id: n, name: ["缓存", "cache"].join(`${n}`).repeat(20) })],
])("%s are accounted within a tenth of the heap they take", (_, make) => {
  const fill = () => {
    const cache = createCache({ maxBytes: 20_000_000 });
    for (let n = 0; n < ENTRIES; n++) cache.set(`key:${n}`, make(n));
    return cache;
  };
  fill(); // compiles what is measured next
  const before = settledHeap();
  const cache = fill();
  const heap = settledHeap() - before;

  expect(cache.stats().bytes / heap).toBeGreaterThan(0.9);
  expect(cache.stats().bytes / heap).toBeLessThan(1.1);
});
