import type { EvictionOrder } from "./policy.js";

/** An order whose mistakes never reach the cache's callers: what throws is passed over, and the cache chooses itself. */
export function guarded(order: EvictionOrder): EvictionOrder {
  return {
    add(slot, key, bytes, cost) {
      try {
        order.add(slot, key, bytes, cost);
      } catch {}
    },
    hit(slot) {
      try {
        order.hit(slot);
      } catch {}
    },
    update(slot, bytes, cost) {
      try {
        order.update(slot, bytes, cost);
      } catch {}
    },
    remove(slot, key, evicted) {
      try {
        order.remove(slot, key, evicted);
      } catch {}
    },
    victim() {
      try {
        return order.victim();
      } catch {
        return -1;
      }
    },
  };
}
