import { ageing } from "../../../src/memory/policies/ageing.js";
import { lru } from "../../../src/memory/policies/lru.js";
import type { EvictionPolicy } from "../../../src/memory/policies/policy.js";
import { s3Fifo } from "../../../src/memory/policies/s3-fifo.js";
import { policyBytes } from "./policy-bytes.js";
import { arc, fifo, gdsf, gdsfByRoot, gdsfBySize, lfu, sieve } from "./rivals.js";

/** Heap of an entry with a 2,000-character answer, the policy's notes aside: what the policies' notes are held against. */
export const ENTRY = 2_340;

export interface Contestant {
  readonly policy: EvictionPolicy;
  /** Heap of its notes for each entry, measured, bytes. */
  readonly bytes: number;
  /** How many entries it may hold where plain LRU holds one, at equal real memory. */
  readonly share: number;
}

/** The default policy first, then those it is measured against. */
export function contestants(sized: boolean): readonly Contestant[] {
  const rivals = sized ? [gdsf, gdsfByRoot, gdsfBySize] : [arc, gdsf, sieve, lfu, fifo];
  const policies = [ageing(), lru(), s3Fifo(), ...rivals];
  const measured = policies.map((policy) => ({ policy, bytes: policyBytes(policy) }));
  const plain = measured[1]?.bytes ?? 0;
  return measured.map((each) => ({ ...each, share: (ENTRY + plain) / (ENTRY + each.bytes) }));
}
