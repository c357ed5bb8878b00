import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Upstreams } from "./upstream-process.js";

/** What keeps this process alive, by kind. */
export type Handles = { readonly [kind: string]: number };

export function handlesNow(): Handles {
  const counted: { [kind: string]: number } = {};
  for (const kind of process.getActiveResourcesInfo()) counted[kind] = (counted[kind] ?? 0) + 1;
  return counted;
}

/** What is there now beyond what was there at the start. */
export function beyond(start: Handles): string {
  return Object.entries(handlesNow())
    .filter(([kind, count]) => count > (start[kind] ?? 0))
    .map(([kind, count]) => `${kind} +${count - (start[kind] ?? 0)}`)
    .join(", ");
}

/** As `--expose-gc` does. */
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Used heap after several collections, bytes: what finalizers let go of is gone only after the next one. */
export async function settledHeap(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let times = 0; times < 5; times += 1) {
    collect();
    await turn();
    await turn();
    least = Math.min(least, process.memoryUsage().heapUsed);
  }
  return least;
}

/** Waits until idle connections have gone, on both sides. Returns what has not gone in time, `""` where all has. */
export async function quiet(start: Handles, upstreams: Upstreams, withinMs = 10_000): Promise<string> {
  const endsAtMs = performance.now() + withinMs;
  for (;;) {
    const { open } = await upstreams.counts();
    const left = [beyond(start), open > 0 ? `${open} connections upstream` : ""].filter(Boolean).join(", ");
    if (left === "" || performance.now() > endsAtMs) return left;
    await sleep(50);
  }
}
