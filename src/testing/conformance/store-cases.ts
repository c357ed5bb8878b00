import { type ConformanceCase, ensure } from "./case.js";
import { ensureAbsent, ensureHas, storeCase } from "./store-harness.js";
import type { StoreConformanceOptions } from "./store-options.js";

const nested = (depth: number): unknown => (depth === 0 ? "core" : { in: [nested(depth - 1)] });

/** Values that a store gives back changed where it is careless with encodings, lengths or falsy values. */
const VALUES: readonly unknown[] = [
  { v: 1, at: 1_790_000_000_000.125, expires: null, value: { text: "answer" }, tags: ["a", "b"] },
  { text: "Wörld 🚂 缓存 العربية e\u0301 \u2028 \" ' \\ \r\n\t" },
  { long: "A long answer, 200 times over. ".repeat(8_000) },
  nested(40),
  { list: Array.from({ length: 2_000 }, (_, index) => ({ index, half: index / 2 })) },
  {},
  [],
  { empty: "", none: null, list: [], object: {} },
  "",
  0,
  false,
  "null",
  "{}",
  ":base64:AAAA",
  [1e21, -1.5e-7, Number.MAX_SAFE_INTEGER],
];

/** What a store keeps, and what it gives up. */
export function storeCases(options: StoreConformanceOptions): ConformanceCase[] {
  return [
    storeCase(options, "gives back what was set, the last value for each key", async ({ store }) => {
      await store.set("key", { n: 1 });
      await ensureHas(store, "key", { n: 1 }, "after set");
      await store.set("key", { n: 2 });
      await ensureHas(store, "key", { n: 2 }, "after a second set");
    }),
    storeCase(options, "gives nothing for what was never set", async ({ store }) => {
      await ensureAbsent(store, "key", "in an empty store");
      await store.set("key", { n: 1 });
      for (const key of ["ke", "key1", "KEY", "key ", "toString", "constructor", "__proto__"])
        await ensureAbsent(store, key, 'with "key" alone set');
    }),
    storeCase(options, "gives values back equal", async ({ store }) => {
      for (const [index, value] of VALUES.entries()) {
        await store.set(`value-${index}`, value, 60_000);
        await ensureHas(store, `value-${index}`, value, "after set");
      }
    }),
    storeCase(options, "keeps values of its own", async ({ store }) => {
      const value = { list: [1] };
      await store.set("key", value);
      value.list.push(2);
      await ensureHas(store, "key", { list: [1] }, "after the caller changed what it had set");
      const found = (await store.get("key")) as typeof value;
      found.list.push(3);
      await ensureHas(store, "key", { list: [1] }, "after a reader changed what it had got");
    }),
    storeCase(options, "deletes an entry and no other", async ({ store }) => {
      for (const key of ["key", "key-2", "ke"]) await store.set(key, { key });
      await store.delete("key");
      await store.delete("never set");
      await ensureAbsent(store, "key", "after delete");
      for (const key of ["key-2", "ke"]) await ensureHas(store, key, { key }, "after another was deleted");
      await store.set("key", { again: true });
      await ensureHas(store, "key", { again: true }, "set after delete");
    }),
    storeCase(options, "clears all that is its own", async ({ store, neighbour }) => {
      if (store.clear === undefined) return;
      for (const key of ["a", "b"]) await store.set(key, { key });
      await neighbour?.set("a", { key: "next door" });
      await store.clear();
      for (const key of ["a", "b"]) await ensureAbsent(store, key, "after clear");
      await store.set("a", { again: true });
      await ensureHas(store, "a", { again: true }, "set after clear");
      if (neighbour) await ensureHas(neighbour, "a", { key: "next door" }, "after clear next door");
    }),
    storeCase(options, "keeps out of its neighbour's entries", async ({ store, neighbour }) => {
      if (neighbour === undefined) return;
      await neighbour.set("key", { next: "door" });
      await ensureAbsent(store, "key", "with the neighbour's set");
      await store.set("key", { mine: true });
      await store.delete("key");
      await ensureHas(neighbour, "key", { next: "door" }, "after delete next door");
    }),
    storeCase(options, "does 100 operations at once", async ({ store }) => {
      const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`);
      await Promise.all(keys.map((key, index) => store.set(key, { index }, 60_000)));
      await Promise.all(keys.map((key, index) => ensureHas(store, key, { index }, "of 100 at once")));
      await Promise.all(keys.map((key, index) => (index % 2 ? store.delete(key) : store.set(key, { again: index }))));
      for (const [index, key] of keys.entries()) {
        if (index % 2) await ensureAbsent(store, key, "of 100 at once, after delete");
        else await ensureHas(store, key, { again: index }, "of 100 at once, after set");
      }
      await Promise.all(keys.map((_, index) => store.set("one", { index })));
      const last = (await store.get("one")) as { index?: unknown } | undefined;
      ensure(typeof last?.index === "number", "one key set 100 times at once has no value afterwards");
    }),
  ];
}
