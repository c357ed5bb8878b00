import QuickLRU from "quick-lru";
import { createCache } from "../../../src/memory/cache.js";
import { ageing } from "../../../src/memory/policies/ageing.js";
import { lru } from "../../../src/memory/policies/lru.js";
import type { EvictionPolicy } from "../../../src/memory/policies/policy.js";
import { s3Fifo } from "../../../src/memory/policies/s3-fifo.js";
import { table } from "./table.js";

const OPERATIONS = 50_000;
const SIZES = [1_000, 10_000, 100_000];
const HOT = 1_000;
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

/** Nanoseconds per operation on this thread's CPU, best of some rounds: what other programs take meanwhile stays out. */
function best(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const began = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(began);
    least = Math.min(least, user + system);
  }
  return (least / OPERATIONS) * 1_000;
}

/** How long each operation takes with more and more entries, and how much longer at the end than at the beginning. */
export function reportSpeed(print: (line: string) => void, progress: (what: string) => void): void {
  const rows: string[][] = [];
  for (const { name, create } of SUBJECTS) {
    const times: number[][] = [];
    for (const entries of SIZES) {
      progress(`${name}, ${entries} entries`);
      times.push(measure(create(entries), entries));
    }
    const growth = [0, 1, 2].map((at) => (times.at(-1)?.[at] as number) / (times[0]?.[at] as number));
    rows.push([
      name,
      ...times.map((each) => each.map((ns) => ns.toFixed(0)).join(" / ")),
      growth.map((factor) => `x ${factor.toFixed(1)}`).join(" / "),
    ]);
  }
  print(
    `Nanoseconds per get of ${HOT.toLocaleString("en")} hot keys / get of any key / set of a new key into a full cache (CPU time, best of ${ROUNDS})`,
  );
  const sizes = SIZES.map((entries) => `${entries.toLocaleString("en")} entries`);
  for (const line of table(["", ...sizes, "growth"], rows)) print(`  ${line}`);
  print(
    "  Hot keys stay in the CPU's cache, so their time is the structure's own; any key of 100,000 comes from memory,",
  );
  print("  key text and all, as it does in a bare Map.");
  print("");
}

function measure(cache: ReturnType<Subject["create"]>, entries: number): number[] {
  const keys = Array.from({ length: entries }, (_, n) => `${"k".repeat(40)}${n}`);
  for (const key of keys) cache.set(key, 1);
  const hot = Array.from({ length: HOT }, (_, n) => keys[Math.floor((n * entries) / HOT)] as string);
  let at = 1;
  const reads = (from: readonly string[]) =>
    best(() => {
      for (let n = 0; n < OPERATIONS; n++) {
        at = (Math.imul(at, 1_664_525) + 1_013_904_223) >>> 0;
        cache.get(from[(at >>> 8) % from.length] as string);
      }
    });
  let fresh = 0;
  return [
    reads(hot),
    reads(keys),
    best(() => {
      for (let n = 0; n < OPERATIONS; n++) cache.set(`${"n".repeat(40)}${fresh++}`, n);
    }),
  ];
}
