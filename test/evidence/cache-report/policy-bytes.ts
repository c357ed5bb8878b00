import v8 from "node:v8";
import vm from "node:vm";
import type { EvictionPolicy } from "../../../src/memory/policies/policy.js";

const ENTRIES = 40_000;

let collect: (() => void) | undefined;

/** Heap and buffers in use after a full collection, bytes. */
export function settledHeap(): number {
  if (collect === undefined) {
    v8.setFlagsFromString("--expose-gc");
    collect = vm.runInNewContext("gc") as () => void;
  }
  for (let round = 0; round < 5; round++) collect();
  const { heapUsed, external } = process.memoryUsage(); // `external` includes array buffers
  return heapUsed + external;
}

/** What a policy's own book-keeping takes for each entry of a full cache that has turned over once, bytes. Measured. */
export function policyBytes(policy: EvictionPolicy): number {
  measured(policy); // the first run also pays for compiled code
  return Math.max(0, Math.round(measured(policy)));
}

function measured(policy: EvictionPolicy): number {
  const before = settledHeap();
  const order = policy.start();
  for (let slot = 0; slot < ENTRIES; slot++) order.add(slot, `k${slot}`, 1, 0);
  for (let turn = 0; turn < ENTRIES; turn++) {
    const slot = order.victim();
    order.remove(slot, `k${turn}`, true);
    order.add(slot, `n${turn}`, 1, 0);
  }
  const bytes = (settledHeap() - before) / ENTRIES;
  order.hit(0); // still in use
  return bytes;
}
