import type { EvictionPolicy } from "./policy.js";
import { SlotLinks, SlotList } from "./slot-list.js";

/** The least recently used leaves first. Knows neither frequency nor cost. */
export function lru(): EvictionPolicy {
  return {
    name: "lru",
    start() {
      const links = new SlotLinks();
      const order = new SlotList(links);
      return {
        add(slot) {
          links.reach(slot);
          order.push(slot);
        },
        hit: (slot) => order.toTail(slot),
        update: (slot) => order.toTail(slot),
        remove: (slot) => order.drop(slot),
        victim: () => order.head,
      };
    },
  };
}
