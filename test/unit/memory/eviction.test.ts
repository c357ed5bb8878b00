import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/core/random.js";
import { createCache } from "../../../src/memory/cache.js";
import { ageing } from "../../../src/memory/policies/ageing.js";
import { Ghosts, hashKey } from "../../../src/memory/policies/ghosts.js";
import { lru } from "../../../src/memory/policies/lru.js";
import type { EvictionPolicy } from "../../../src/memory/policies/policy.js";
import { s3Fifo } from "../../../src/memory/policies/s3-fifo.js";

function hitRatio(policy: EvictionPolicy, keys: readonly number[], capacity: number): number {
  const cache = createCache({ maxEntries: capacity, policy });
  for (const key of keys) if (cache.get(`k${key}`) === undefined) cache.set(`k${key}`, 1);
  return cache.stats().hitRate;
}

describe.each([ageing(), s3Fifo()])("$name", (policy) => {
  it.each([
    [200, 200],
    [200, 2_000],
    [2_000, 200],
  ])("keeps a key with 1,000 hits through a one-shot scan of ten times the capacity (%i and %i bytes)", (hot, cold) => {
    const cache = createCache({ maxBytes: 100 * (cold + 150), policy });
    cache.set("hot", "h".repeat(hot));
    for (let n = 0; n < 1_000; n++) cache.get("hot");
    for (let n = 0; n < 1_000; n++) cache.set(`scan${n}`, "x".repeat(cold));
    expect(cache.stats().removed.evicted).toBeGreaterThan(850);
    expect(cache.get("hot")).toBe("h".repeat(hot));
  });
});

describe("ageing", () => {
  it("lets a key go that was hot long ago", () => {
    const cache = createCache({ maxEntries: 100 });
    cache.set("yesterday", 1);
    for (let n = 0; n < 20; n++) cache.get("yesterday");
    for (let n = 0; n < 5_000; n++) cache.set(`scan${n}`, n);
    expect(cache.has("yesterday")).toBe(false);
  });

  it("keeps what is dear before what is cheap, and small before large at the same cost", () => {
    const cache = createCache({ maxBytes: 400_000 });
    for (let n = 0; n < 1_000; n++) {
      cache.set(`dear${n}`, "x".repeat(1_000), { cost: 0.1 });
      cache.set(`cheap${n}`, "x".repeat(1_000), { cost: 0.001 });
    }
    let dear = 0;
    let cheap = 0;
    cache.deleteWhere(({ key }) => {
      if (key.startsWith("dear")) dear++;
      else cheap++;
      return true;
    });
    expect(dear).toBeGreaterThan(5 * cheap);
  });

  it("remembers what came back a little too late: a loop larger than the cache still hits", () => {
    const keys = Array.from({ length: 40_000 }, (_, n) => (n % 2 === 0 ? n % 500 : 10_000 + n));
    expect(hitRatio(lru(), keys, 400)).toBe(0);
    expect(hitRatio(ageing(), keys, 400)).toBeGreaterThan(0.2);
  });

  it("gains most of what S3-FIFO gains over LRU on skewed draws with scans between", () => {
    const random = seededRandom(5);
    const keys: number[] = [];
    for (let n = 0; n < 60_000; n++) {
      if (n % 20_000 < 2_000) keys.push(1_000_000 + n);
      else keys.push(Math.floor(5_000 * random() ** 3));
    }
    const [old, best] = [hitRatio(lru(), keys, 500), hitRatio(s3Fifo(), keys, 500)];
    expect(hitRatio(ageing(), keys, 500)).toBeGreaterThan(old + 0.7 * (best - old));
  });

  it("takes a policy of the user's own", () => {
    const newestFirst: EvictionPolicy = {
      name: "newest-first",
      start() {
        const stack: number[] = [];
        return {
          add: (slot) => void stack.push(slot),
          hit() {},
          update() {},
          remove: (slot) => void stack.splice(stack.indexOf(slot), 1),
          victim: () => stack.at(-1) ?? -1,
        };
      },
    };
    const cache = createCache({ maxEntries: 3, policy: newestFirst });
    for (let n = 0; n < 10; n++) cache.set(`k${n}`, n);
    expect(["k0", "k1", "k9"].map((key) => cache.has(key))).toEqual([true, true, true]);
  });
});

describe("ghosts", () => {
  it("remembers the last so many, in order, and forgets what is taken", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.record({ put: fc.integer({ min: 1, max: 40 }) }),
            fc.record({ take: fc.integer({ min: 1, max: 40 }) }),
          ),
        ),
        fc.integer({ min: 1, max: 25 }),
        (steps, size) => {
          const ghosts = new Ghosts();
          ghosts.reach(size);
          // The ring as a plain list: a taken place stays empty until its turn comes.
          let ring: { key: number; note: number }[] = [];
          for (const [note, step] of steps.entries()) {
            if ("put" in step) {
              if (ring.some((each) => each.key === step.put)) continue; // the policies never put what they did not take
              ghosts.put(step.put, note % 250);
              ring.push({ key: step.put, note: note % 250 });
              ring = ring.slice(-size);
            } else {
              const known = ring.find((each) => each.key === step.take);
              expect(ghosts.take(step.take)).toBe(known?.note ?? -1);
              if (known !== undefined) known.key = -1;
            }
          }
        },
      ),
    );
  });

  it("keeps what it remembers when it grows", () => {
    const ghosts = new Ghosts();
    ghosts.reach(10);
    for (let n = 1; n <= 14; n++) ghosts.put(hashKey(`k${n}`), n);
    ghosts.reach(500);
    for (let n = 1; n <= 4; n++) expect(ghosts.take(hashKey(`k${n}`))).toBe(-1);
    for (let n = 5; n <= 14; n++) expect(ghosts.take(hashKey(`k${n}`))).toBe(n);
  });
});

it.each([3, 100, 1_000])(
  "a large key with 1,000 hits survives a scan of ten times %i entries that are small",
  (max) => {
    for (const filled of [true, false]) {
      const cache = createCache({ maxEntries: max });
      if (filled) for (let n = 0; n < max; n++) cache.set(`first${n}`, n);
      cache.set("hot", "x".repeat(2_000), { cost: 1e-6 });
      for (let n = 0; n < 1_000; n++) cache.get("hot");
      for (let n = 0; n < 10 * max; n++) cache.set(`once${n}`, n, { cost: 1e-4 });
      expect(cache.has("hot")).toBe(true);
    }
  },
);

it.each([2, 5, 100])("a key with 1,000 hits survives that scan where all but one of %i entries are as hot", (max) => {
  const cache = createCache({ maxEntries: max });
  for (const key of ["cold", ...Array.from({ length: max - 1 }, (_, n) => `hot${n}`)]) {
    cache.set(key, "x".repeat(50));
    for (let n = 0; key !== "cold" && n < 1_000; n++) cache.get(key);
  }
  for (let n = 0; n < 10 * max; n++) cache.set(`once${n}`, "x", { cost: 1 });
  for (let n = 0; n < max - 1; n++) expect(cache.has(`hot${n}`)).toBe(true);
  // Not for ever: what nobody reads makes way in the end.
  for (let n = 0; n < 100 * max; n++) cache.set(`later${n}`, "x", { cost: 1 });
  for (let n = 0; n < max - 1; n++) expect(cache.has(`hot${n}`)).toBe(false);
});

it.each([0.6, 0.9])(
  "a key with 1,000 hits survives a scan of ten times the bytes while it takes %d of them",
  (share) => {
    const maxBytes = 20_000;
    const cache = createCache({ maxBytes });
    cache.set("hot", "x".repeat(share * maxBytes - 200));
    for (let n = 0; n < 1_000; n++) cache.get("hot");
    const { bytes } = cache.stats();
    cache.set("once", "x");
    const scan = (10 * maxBytes) / (cache.stats().bytes - bytes);
    for (let n = 0; n < scan; n++) cache.set(`o${n}`, "x");
    expect(cache.has("hot")).toBe(true);
    for (let n = 0; n < 10 * scan; n++) cache.set(`p${n}`, "x");
    expect(cache.has("hot")).toBe(false);
  },
);
