import { describe, expect, it, test } from "vitest";
import { ageing } from "../../../src/memory/policies/ageing.js";
import { lru } from "../../../src/memory/policies/lru.js";
import type { CacheRoom, EvictionOrder, EvictionPolicy } from "../../../src/memory/policies/policy.js";
import { s3Fifo } from "../../../src/memory/policies/s3-fifo.js";
import { evictionConformance, runEvictionConformance } from "../../../src/testing/conformance/eviction.js";

/** First in, first out; its queue can be spoilt. */
function fifo(queue = new Set<number>()): EvictionOrder {
  return {
    add: (slot) => void queue.add(slot),
    hit() {},
    update() {},
    remove: (slot) => void queue.delete(slot),
    victim: () => queue.values().next().value ?? -1,
  };
}

describe.each([ageing, lru, s3Fifo, () => ({ name: "fifo", start: () => fifo() })])("conformance: $name", (setUp) => {
  runEvictionConformance({ test }, { setUp });
});

/** Makes a bad order of a good one. */
type Spoil = (good: EvictionOrder, queue: Set<number>, room: CacheRoom | undefined) => Partial<EvictionOrder>;

const shared = new Set<number>();

/** Faults that authors make, and the case that tells each. */
const FAULTS: { readonly [name: string]: { readonly [fault: string]: Spoil } } = {
  "names nobody where nobody is": {
    "the first place": (good) => ({ victim: () => Math.max(0, good.victim()) }),
    nothing: (_good, queue) => ({ victim: () => queue.values().next().value as number }),
    "whom it named last": (good) => {
      let last = -1;
      return {
        victim() {
          const named = good.victim();
          if (named >= 0) last = named;
          return last;
        },
        add(slot, ...entry) {
          last = slot;
          good.add(slot, ...entry);
        },
      };
    },
  },
  "names somebody while anybody is left, each of them once": {
    "loses who is read": (good) => ({ hit: (slot) => good.remove(slot, "", false) }),
    "spares the last": (good, queue) => ({ victim: () => (queue.size < 2 ? -1 : good.victim()) }),
    "a promise": (good) => ({ victim: (async () => good.victim()) as never }),
  },
  "names who may stay all the same": {
    "takes out whom it names": (good, queue) => ({
      victim() {
        const named = good.victim();
        queue.delete(named);
        return named;
      },
    }),
  },
  "names nobody who has gone": {
    "forgets the evicted alone": (good) => ({
      remove: (slot, key, evicted) => evicted && good.remove(slot, key, evicted),
    }),
    "forgets the deleted alone": (good) => ({
      remove: (slot, key, evicted) => evicted || good.remove(slot, key, evicted),
    }),
  },
  "knows a slot that is taken anew as another entry": {
    "keeps what it has seen out": (good) => {
      const seen = new Set<number>();
      return {
        add(slot, ...entry) {
          if (!seen.has(slot)) good.add(slot, ...entry);
          seen.add(slot);
        },
      };
    },
  },
  "takes an entry written anew, of another size and cost": {
    "queues it twice": () => {
      const list: number[] = [];
      return {
        add: (slot) => void list.push(slot),
        update: (slot) => void list.push(slot),
        remove: (slot) => void list.splice(list.indexOf(slot), 1),
        victim: () => list[0] ?? -1,
      };
    },
    "takes it out": (good) => ({ update: (slot) => good.remove(slot, "", false) }),
  },
  "takes any size, cost and key": {
    "a shelf for each power of ten": (good) => ({
      add: (slot, key, bytes, cost) => Math.log10(cost) > -20 && good.add(slot, key, bytes, cost),
    }),
    "no key of none": (good) => ({
      add(slot, key, bytes, cost) {
        if (!key) throw new Error("a key is wanted");
        good.add(slot, key, bytes, cost);
      },
    }),
    "sizes in 32 bits": (good) => ({
      add: (slot, key, bytes, cost) => (bytes | 0) > 0 && good.add(slot, key, bytes, cost),
    }),
  },
  "takes any room, or none told": {
    "wants to be told": (good, _queue, room) => {
      const { maxEntries } = room as CacheRoom;
      return { add: (slot, ...entry) => slot < maxEntries && good.add(slot, ...entry) };
    },
    "a place for each entry": (_good, _queue, room) => {
      const places = new Int32Array((room ?? { maxEntries: 1_000 }).maxEntries);
      return { hit: (slot) => void places.fill(1, slot, slot + 1) };
    },
  },
  "keeps the books of each cache apart": {
    "one queue for all": () => {
      return fifo(shared);
    },
  },
  "stands 20,000 steps of a busy cache": {
    "256 places": () => {
      const places = new Uint8Array(256);
      return {
        add: (slot) => void places.fill(1, slot, slot + 1),
        remove: (slot) => void places.fill(0, slot, slot + 1),
        victim: () => places.indexOf(1),
      };
    },
    "a tenth of a percent lost": (good) => {
      let count = 0;
      return { add: (slot, ...entry) => ++count % 1_001 > 0 && good.add(slot, ...entry) };
    },
  },
};

function casesOf(spoil: Spoil) {
  const setUp = (): EvictionPolicy => ({
    name: "spoilt",
    start(room) {
      const queue = new Set<number>();
      const good = fifo(queue);
      return { ...good, ...spoil(good, queue, room) };
    },
  });
  return evictionConformance({ setUp });
}

describe("the eviction suite has teeth", () => {
  const faults = Object.entries(FAULTS).flatMap(([name, some]) =>
    Object.entries(some).map(([fault, spoil]) => [name, fault, spoil] as const),
  );

  it.each(faults)("%s: %s", async (name, _fault, spoil) => {
    shared.clear();
    const found = casesOf(spoil).find((one) => one.name === name);
    await expect(found?.run()).rejects.toThrow();
  });

  it("in every case", () => {
    expect(Object.keys(FAULTS)).toEqual(casesOf(() => ({})).map(({ name }) => name));
  });
});
