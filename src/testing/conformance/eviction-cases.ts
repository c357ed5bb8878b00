import { type ConformanceCase, ensure } from "./case.js";
import { evictionCase, play, Shelf } from "./eviction-harness.js";
import type { EvictionConformanceOptions } from "./eviction-options.js";

const ROOM = { maxBytes: 1_048_576, maxEntries: 100 };

/** What a cache relies on, whoever its policy lets go. */
export function evictionCases(options: EvictionConformanceOptions): ConformanceCase[] {
  return [
    evictionCase(options, "names nobody where nobody is", (policy) => {
      const shelf = new Shelf(policy, ROOM);
      shelf.victim("in an empty cache");
      shelf.remove(shelf.add("a"));
      shelf.victim("with its one entry deleted");
      shelf.remove(shelf.add("b"), true);
      shelf.victim("with its one entry evicted");
    }),
    evictionCase(options, "names somebody while anybody is left, each of them once", (policy) => {
      const shelf = new Shelf(policy, ROOM);
      for (let n = 0; n < 100; n++) shelf.add(`key-${n}`);
      shelf.drain("with 100 entries");
      for (let n = 0; n < 100; n++) shelf.hit(shelf.add(`key-${n}`));
      shelf.drain("with 100 entries that were all read");
    }),
    evictionCase(options, "names who may stay all the same", (policy) => {
      const shelf = new Shelf(policy, ROOM);
      for (let n = 0; n < 10; n++) shelf.add(`key-${n}`);
      for (let n = 0; n < 50; n++) shelf.hit(shelf.victim("named, and read instead"));
      for (let n = 0; n < 50; n++) shelf.victim("named again and again");
      shelf.drain("after that");
    }),
    evictionCase(options, "names nobody who has gone", (policy) => {
      const shelf = new Shelf(policy, ROOM);
      const slots = Array.from({ length: 100 }, (_, n) => shelf.add(`key-${n}`));
      for (const slot of slots) if (slot % 3 === 0) shelf.hit(slot);
      for (const slot of slots) if (slot % 2 === 0) shelf.remove(slot);
      shelf.drain("with every other entry deleted");
    }),
    evictionCase(options, "knows a slot that is taken anew as another entry", (policy) => {
      const shelf = new Shelf(policy, ROOM);
      for (let n = 0; n < 1_000; n++) {
        const slot = shelf.add(`key-${n}`);
        ensure(shelf.victim("with one entry") === slot, "with one entry, victim() names another");
        shelf.remove(slot, n % 2 === 0);
      }
      for (let n = 0; n < 10; n++) shelf.add(`later-${n}`);
      shelf.drain("with ten entries in slots that were free");
    }),
    evictionCase(options, "takes an entry written anew, of another size and cost", (policy) => {
      const shelf = new Shelf(policy, ROOM);
      const slots = Array.from({ length: 20 }, (_, n) => shelf.add(`key-${n}`));
      for (const [n, slot] of slots.entries()) shelf.update(slot, 121 + 7_000 * n, n / 10);
      shelf.drain("with 20 entries written twice");
    }),
    evictionCase(options, "takes any size, cost and key", (policy) => {
      const shelf = new Shelf(policy, ROOM);
      for (const bytes of [1, 120, 2 ** 20, 2 ** 32 - 1]) {
        for (const cost of [0, Number.MIN_VALUE, 1e-9, 1, 1e9, Number.MAX_VALUE]) {
          for (const key of ["", "a", "__proto__", "缓存", "🚂", "k".repeat(10_000)]) {
            const slot = shelf.add(bytes + cost === 1 ? key : `${key}${bytes} ${cost}`, bytes, cost);
            if (key !== "a") shelf.hit(slot);
            shelf.update(slot, bytes, cost);
          }
        }
      }
      shelf.drain("with sizes and costs of all kinds");
    }),
    evictionCase(options, "takes any room, or none told", (policy) => {
      const rooms = [undefined, { maxBytes: 1, maxEntries: 1 }, { maxBytes: 2 ** 40, maxEntries: Infinity }];
      for (const room of rooms) {
        const shelf = new Shelf(policy, room);
        play(shelf, 3, 200, 20, "with another room");
        shelf.drain("with another room");
      }
    }),
    evictionCase(options, "keeps the books of each cache apart", (policy) => {
      const [one, other] = [new Shelf(policy, ROOM), new Shelf(policy, ROOM)];
      for (let n = 0; n < 10; n++) one.add(`key-${n}`);
      other.victim("in the empty one of two caches");
      for (let n = 0; n < 3; n++) other.add(`key-${n}`);
      one.drain("with another cache beside it");
      other.drain("with another cache emptied");
    }),
    evictionCase(options, "stands 20,000 steps of a busy cache", (policy) => {
      for (const [seed, room] of [
        [1, 3],
        [2, 50],
        [3, 400],
      ] as const) {
        const shelf = new Shelf(policy, { ...ROOM, maxEntries: room });
        play(shelf, seed, 20_000, room, `busy, ${room} entries`);
        shelf.drain(`busy, ${room} entries`);
      }
    }),
  ];
}
