import { type ConformanceCase, eventually, pause } from "./case.js";
import { ensureHas, isNothing, storeCase } from "./store-harness.js";
import type { StoreConformanceOptions } from "./store-options.js";

const SHORT_MS = 40;
/** Longer than a timer can wait, and below zero in 32 bits. */
const THIRTY_DAYS_MS = 30 * 86_400_000;

/** How long a store keeps an entry. */
export function storeLifetimeCases(options: StoreConformanceOptions): ConformanceCase[] {
  const pass = async (ms: number): Promise<void> => void (await (options.pass ?? pause)(ms));
  const kept = [
    storeCase(options, "keeps entries as long as they live", async ({ store }) => {
      const lives = { minute: 60_000, long: THIRTY_DAYS_MS, century: 100 * 366 * 86_400_000, always: undefined };
      for (const [key, ttlMs] of Object.entries(lives)) await store.set(key, { ttlMs: ttlMs ?? null }, ttlMs);
      await pass(20);
      for (const [key, ttlMs] of Object.entries(lives))
        await ensureHas(store, key, { ttlMs: ttlMs ?? null }, "20 ms after set");
    }),
    storeCase(options, "counts the lifetime of the last value set", async ({ store }) => {
      for (const key of ["minute", "always"]) await store.set(key, { n: 1 }, SHORT_MS);
      await store.set("minute", { n: 2 }, 60_000);
      await store.set("always", { n: 2 });
      await pass(SHORT_MS * 2);
      for (const key of ["minute", "always"])
        await ensureHas(store, key, { n: 2 }, "after the lifetime of the value before");
    }),
  ];
  if (options.without?.includes("lifetimes")) return kept;
  return [
    ...kept,
    storeCase(options, "lets entries go when their lifetime is over", async ({ store }) => {
      await store.set("short", { n: 1 }, SHORT_MS);
      await store.set("long", { n: 1 }, 60_000);
      await pass(SHORT_MS + 1);
      const gone = async (): Promise<boolean> => {
        await pass(1);
        return isNothing(await store.get("short"));
      };
      await eventually(gone, `an entry of ${SHORT_MS} ms stays`, options.patienceMs ?? 5_000);
      await ensureHas(store, "long", { n: 1 }, "after another's lifetime");
    }),
  ];
}
