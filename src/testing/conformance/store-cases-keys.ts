import type { ConformanceCase } from "./case.js";
import { ensureAbsent, ensureHas, storeCase } from "./store-harness.js";
import type { StoreConformanceOptions } from "./store-options.js";

const LONG = "k".repeat(1_000);

/** Keys that one store or another takes for the same, for a pattern, for a path or for a command. */
const KEYS: readonly string[] = [
  ...["a", "A", " a", "a ", "a:", ":a", "a:b", "a::b", "a/b", "../a", "a.b", "a\\b", "a|b", "a\tb", "a\nb", "a%3Ab"],
  ...["a%", "a_", "a*", "a?", "[a]", "{a}", "$a", "a'b", 'a"b', "a'; DROP TABLE entries; --"],
  ...["\u00e9", "e\u0301", "ß", "SS", "缓存", "🚂", "الخط", "\u200ba", "0", "00", "1e0", "1"],
  ...["toString", "constructor", "__proto__", "hasOwnProperty", "length", "undefined", "null", "NaN"],
  ...[`${LONG}a`, `${LONG}b`, LONG],
];

/** What a key may look like: whatever text it is, no two are one. */
export function storeKeyCases(options: StoreConformanceOptions): ConformanceCase[] {
  return [
    storeCase(options, "takes any key, and never gives another key's value", async ({ store }) => {
      for (const key of KEYS) await store.set(key, { key });
      for (const key of KEYS) await ensureHas(store, key, { key }, `with ${KEYS.length} like keys`);
    }),
    storeCase(options, "deletes by the key alone, whatever is in it", async ({ store }) => {
      const kept = KEYS.filter((_, index) => index % 2 === 0);
      for (const key of KEYS) await store.set(key, { key });
      for (const key of KEYS) if (!kept.includes(key)) await store.delete(key);
      for (const key of KEYS) {
        if (kept.includes(key)) await ensureHas(store, key, { key }, "after like keys were deleted");
        else await ensureAbsent(store, key, "after delete");
      }
    }),
  ];
}
