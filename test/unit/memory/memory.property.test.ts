import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCache } from "../../../src/memory/cache.js";
import { ageing } from "../../../src/memory/policies/ageing.js";
import { lru } from "../../../src/memory/policies/lru.js";
import type { EvictionPolicy } from "../../../src/memory/policies/policy.js";
import { s3Fifo } from "../../../src/memory/policies/s3-fifo.js";
import type { Pin } from "../../../src/memory/types.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

/** Names slots that are free, out of range, or the same one for ever, and throws now and then. */
const broken: EvictionPolicy = {
  name: "broken",
  start() {
    let calls = 0;
    return {
      add() {},
      hit() {
        throw new Error("hit");
      },
      update() {},
      remove() {},
      victim() {
        calls++;
        if (calls % 5 === 0) throw new Error("victim");
        return calls % 3 === 0 ? 0 : calls % 3 === 1 ? -7 : 1_000_000;
      },
    };
  },
};

const key = fc.integer({ min: 0, max: 11 }).map((n) => `key-${n}`);
const tags = fc.uniqueArray(fc.constantFrom("red", "green", "blue", "conversation:1"), { maxLength: 3 });
const value = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.integer(),
  fc.constant(null),
  fc.record({ text: fc.string({ unit: "grapheme", maxLength: 60 }), list: fc.array(fc.integer(), { maxLength: 5 }) }),
);
const ttl = fc.constantFrom(undefined, 0, 10, 100, Number.POSITIVE_INFINITY);

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant("set" as const),
      key,
      value,
      ttl,
      tags,
      cost: fc.constantFrom(undefined, 0.001, 2),
    }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("get" as const), key }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("delete" as const), key }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant("tag" as const), tag: fc.constantFrom("red", "green", "none") }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("where" as const), prefix: fc.constantFrom("key-1", "key-3") }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("advance" as const), ms: fc.constantFrom(1, 9, 10, 50, 100) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("prune" as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("pin" as const), key }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("release" as const), index: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("clear" as const) }) },
);

describe.each([ageing(), lru(), s3Fifo(), broken])("any sequence of operations under $name", (policy) => {
  it("keeps the budget, the balance of the counts, and never gives a stale or expired value", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 120 }),
        fc.constantFrom(700, 1_500, 6_000),
        fc.constantFrom(undefined, 4),
        async (commands, maxBytes, maxEntries) => {
          const clock = createVirtualClock();
          const cache = createCache({ maxBytes, maxEntries, ttlMs: 60, policy, clock });
          const model = new Map<string, { value: unknown; expires: number; tags: readonly string[] }>();
          const pins: { pin: Pin; value: unknown }[] = [];
          let lookups = 0;

          for (const step of commands) {
            if (step.op === "set") {
              const options = { ttlMs: step.ttl, tags: step.tags, cost: step.cost };
              if (cache.set(step.key, step.value, options)) {
                const expires = clock.now() + (step.ttl ?? 60);
                model.set(step.key, { value: step.value, expires, tags: step.tags });
              }
            } else if (step.op === "get") {
              lookups++;
              const found = cache.get(step.key);
              const known = model.get(step.key);
              const live = known !== undefined && clock.now() < known.expires;
              if (cache.stats().removed.evicted === 0) expect(found !== undefined).toBe(live);
              if (found !== undefined) {
                expect(known).toBeDefined();
                expect(clock.now()).toBeLessThan(known?.expires ?? 0);
                expect(found).toEqual(JSON.parse(JSON.stringify(known?.value)));
              }
            } else if (step.op === "delete") {
              cache.delete(step.key);
              model.delete(step.key);
            } else if (step.op === "tag") {
              cache.deleteByTag(step.tag);
              for (const [name, entry] of model) if (entry.tags.includes(step.tag)) model.delete(name);
            } else if (step.op === "where") {
              cache.deleteWhere((entry) => entry.key.startsWith(step.prefix));
              for (const name of model.keys()) if (name.startsWith(step.prefix)) model.delete(name);
            } else if (step.op === "advance") await clock.advance(step.ms);
            else if (step.op === "prune") cache.prune();
            else if (step.op === "pin") {
              const pin = cache.pin(step.key);
              if (pin !== undefined) {
                expect(pin.value).toEqual(JSON.parse(JSON.stringify(model.get(step.key)?.value)));
                pins.push({ pin, value: pin.value });
              }
            } else if (step.op === "release") pins[step.index]?.pin.release();
            else {
              cache.clear();
              model.clear();
            }

            const stats = cache.stats();
            const { evicted, expired, deleted, replaced } = stats.removed;
            expect(stats.bytes).toBeLessThanOrEqual(maxBytes);
            expect(stats.entries).toBeLessThanOrEqual(maxEntries ?? Number.POSITIVE_INFINITY);
            expect(stats.inserted - evicted - expired - deleted - replaced).toBe(stats.entries);
            expect(stats.hits + stats.misses).toBe(lookups);
            expect(stats.pinned).toBeLessThanOrEqual(stats.entries);
          }

          for (const { pin } of pins) pin.release();
          expect(cache.stats().pinned).toBe(0);
          cache.clear();
          expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0, tags: 0 });
        },
      ),
      { numRuns: 250 },
    );
  });

  it("leaves no expired entry and no tag behind after prune", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ key, ttl, tags }), { maxLength: 60 }), async (sets) => {
        const clock = createVirtualClock();
        const cache = createCache({ maxBytes: 4_000, ttlMs: 60, policy, clock });
        for (const step of sets) cache.set(step.key, "x", { ttlMs: step.ttl, tags: step.tags });
        await clock.advance(100);
        cache.prune();
        const left = cache.stats().entries;
        expect(cache.deleteWhere(() => true)).toBe(left);
        expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0, tags: 0 });
      }),
      { numRuns: 100 },
    );
  });
});
