import QuickLRU from "quick-lru";
import type { EvictionPolicy } from "../../../src/memory/policies/policy.js";
import type { Trace } from "./trace.js";

export interface Replayed {
  /** Hits by access; of prefix blocks, those that no miss of the same request precedes. */
  readonly hits: number;
  /** The same, by bytes. */
  readonly byteHits: number;
}

/** Goes through the trace once; `access` says whether the key was there, and puts it there. */
function walk(trace: Trace, access: (key: number) => boolean): Replayed {
  const { keys, starts, sizes } = trace;
  let [hits, bytes, hitBytes] = [0, 0, 0];
  let open = true;
  let request = 0;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as number;
    if (starts !== undefined && index === starts[request]) {
      request++;
      open = true;
    }
    const size = sizes?.[key] ?? 1;
    const there = access(key);
    bytes += size;
    if (!there && starts !== undefined) open = false;
    if (!there || !open) continue;
    hits++;
    hitBytes += size;
  }
  return { hits: hits / keys.length, byteHits: hitBytes / bytes };
}

/** A cache of `capacity` units (entries, or bytes where the trace has sizes) under a policy. */
export function replay(trace: Trace, policy: EvictionPolicy, capacity: number): Replayed {
  const order = policy.start({ maxBytes: capacity, maxEntries: Number.POSITIVE_INFINITY });
  const slotOf = new Int32Array(trace.unique).fill(-1);
  const keyOf: number[] = [];
  const free: number[] = [];
  const size = (key: number): number => trace.sizes?.[key] ?? 1;
  let used = 0;
  return walk(trace, (key) => {
    const slot = slotOf[key] as number;
    if (slot >= 0) {
      order.hit(slot);
      return true;
    }
    const bytes = size(key);
    if (bytes > capacity) return false;
    while (used + bytes > capacity) {
      const victim = order.victim();
      const leaving = keyOf[victim] as number;
      order.remove(victim, String(leaving), true);
      slotOf[leaving] = -1;
      used -= size(leaving);
      free.push(victim);
    }
    const taken = free.pop() ?? keyOf.length;
    keyOf[taken] = key;
    slotOf[key] = taken;
    used += bytes;
    order.add(taken, String(key), bytes, 0);
    return false;
  });
}

/** The library quick-lru, which holds up to twice its `maxSize`. */
export function replayQuickLru(trace: Trace, maxSize: number): Replayed {
  const cache = new QuickLRU<number, true>({ maxSize });
  return walk(trace, (key) => {
    if (cache.get(key) === true) return true;
    cache.set(key, true);
    return false;
  });
}

/** Belady's optimum for entries of one size: keeps what is needed soonest, and does not keep what is needed last of all. */
export function replayOptimal(trace: Trace, capacity: number): Replayed {
  const { keys } = trace;
  const next = new Int32Array(keys.length);
  const seen = new Int32Array(trace.unique).fill(keys.length);
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index] as number;
    next[index] = seen[key] as number;
    seen[key] = index;
  }
  const needed = new Int32Array(trace.unique).fill(-1); // when a kept key is needed next; -1: not kept
  const heap: [at: number, key: number][] = [];
  let index = -1;
  let kept = 0;
  return walk(trace, (key) => {
    index++;
    const at = next[index] as number;
    const there = (needed[key] as number) >= 0;
    if (!there) kept++;
    needed[key] = at;
    push(heap, [at, key]);
    while (kept > capacity) {
      const [last, leaving] = pop(heap);
      if (needed[leaving] !== last) continue; // was needed and kept anew since
      needed[leaving] = -1;
      kept--;
    }
    return there;
  });
}

function push(heap: [number, number][], item: [number, number]): void {
  let at = heap.push(item) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as [number, number];
    if (above[0] >= item[0]) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = item;
}

function pop(heap: [number, number][]): [number, number] {
  const top = heap[0] as [number, number];
  const item = heap.pop() as [number, number];
  if (heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as [number, number])[0] > (heap[child] as [number, number])[0])
      child++;
    if ((heap[child] as [number, number])[0] <= item[0]) break;
    heap[at] = heap[child] as [number, number];
    at = child;
  }
  heap[at] = item;
  return top;
}
