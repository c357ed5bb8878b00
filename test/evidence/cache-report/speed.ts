import QuickLRU from "quick-lru";
import { createCache } from "../../../src/cache/cache.js";
import { ageing } from "../../../src/cache/policies/ageing.js";
import { lru } from "../../../src/cache/policies/lru.js";
import type { EvictionPolicy } from "../../../src/cache/policies/policy.js";
import { s3Fifo } from "../../../src/cache/policies/s3-fifo.js";
import { table } from "./table.js";

const OPERATIONS = 50_000;
const ROUNDS = 7;

interface Subject {
  readonly name: string;
  create(entries: number): { get(key: string): unknown; set(key: string, value: number): unknown };
}

const ours = (policy: EvictionPolicy): Subject => ({
  name: `createCache, ${policy.name}`,
  create: (entries) => createCache({ maxEntries: entries, maxBytes: 2 ** 32, policy }),
});
const SUBJECTS: readonly Subject[] = [
  ours(ageing()),
  ours(lru()),
  ours(s3Fifo()),
  {
    name: "quick-lru (no bytes, no lifetimes)",
    create: (entries) => new QuickLRU<string, number>({ maxSize: entries }),
  },
  { name: "Map (no eviction at all)", create: () => new Map<string, number>() },
];

function best(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    work();
    least = Math.min(least, performance.now() - began);
  }
  return (least / OPERATIONS) * 1e6;
}

/** Nanoseconds per read of a random kept key, and per write of a new key into a full cache. */
export function reportSpeed(print: (line: string) => void, progress: (what: string) => void): void {
  const rows: string[][] = [];
  for (const { name, create } of SUBJECTS) {
    const row = [name];
    for (const entries of [1_000, 10_000, 100_000]) {
      progress(`${name}, ${entries} entries`);
      const cache = create(entries);
      const keys = Array.from({ length: entries }, (_, n) => `${"k".repeat(40)}${n}`);
      for (const key of keys) cache.set(key, 1);
      let at = 1;
      const get = best(() => {
        for (let n = 0; n < OPERATIONS; n++) {
          at = (Math.imul(at, 1_664_525) + 1_013_904_223) >>> 0;
          cache.get(keys[at % entries] as string);
        }
      });
      let fresh = 0;
      const set = best(() => {
        for (let n = 0; n < OPERATIONS; n++) cache.set(`${"n".repeat(40)}${fresh++}`, n);
      });
      row.push(`${get.toFixed(0)} / ${set.toFixed(0)}`);
    }
    rows.push(row);
  }
  print(
    "Nanoseconds per get of a random key / per set of a new key into a full cache (best of 7; the keys cool the CPU's cache)",
  );
  for (const line of table(["", "1,000 entries", "10,000", "100,000"], rows)) print(`  ${line}`);
  print("");
}
