import { Ghosts, hashKey } from "../../../src/memory/policies/ghosts.js";
import type { EvictionOrder, EvictionPolicy } from "../../../src/memory/policies/policy.js";
import { SlotLinks, SlotList } from "../../../src/memory/policies/slot-list.js";

/** First in, first out. */
export const fifo: EvictionPolicy = {
  name: "fifo",
  start() {
    const links = new SlotLinks();
    const order = new SlotList(links);
    return {
      add(slot) {
        links.reach(slot);
        order.push(slot);
      },
      hit() {},
      update() {},
      remove: (slot) => order.drop(slot),
      victim: () => order.head,
    };
  },
};

/** FIFO with a hand that passes over what was read since it last came by (Zhang et al., NSDI 2024). */
export const sieve: EvictionPolicy = {
  name: "sieve",
  start() {
    const links = new SlotLinks();
    const order = new SlotList(links);
    const read: boolean[] = [];
    let hand = -1;
    return {
      add(slot) {
        links.reach(slot);
        read[slot] = false;
        order.push(slot);
      },
      hit(slot) {
        read[slot] = true;
      },
      update() {},
      remove(slot) {
        if (hand === slot) hand = links.next[slot] as number;
        order.drop(slot);
      },
      victim() {
        if (hand < 0) hand = order.head;
        while (hand >= 0 && read[hand] === true) {
          read[hand] = false;
          hand = links.next[hand] as number;
          if (hand < 0) hand = order.head;
        }
        return hand;
      },
    };
  },
};

/** Adaptive replacement (Megiddo and Modha, FAST 2003), its ghosts by hash. */
export const arc: EvictionPolicy = {
  name: "arc",
  start() {
    const links = new SlotLinks();
    const once = new SlotList(links);
    const often = new SlotList(links);
    const onceGone = new Ghosts();
    const oftenGone = new Ghosts();
    const isOften: boolean[] = [];
    let share = 0;
    return {
      add(slot, key) {
        links.reach(slot);
        const size = once.size + often.size + 1;
        onceGone.reach(size);
        oftenGone.reach(size);
        const hash = hashKey(key);
        const wasOnce = onceGone.take(hash) >= 0;
        const wasOften = !wasOnce && oftenGone.take(hash) >= 0;
        if (wasOnce) share = Math.min(size, share + 1);
        if (wasOften) share = Math.max(0, share - 1);
        isOften[slot] = wasOnce || wasOften;
        (isOften[slot] ? often : once).push(slot);
      },
      hit(slot) {
        (isOften[slot] ? often : once).drop(slot);
        isOften[slot] = true;
        often.push(slot);
      },
      update() {},
      remove(slot, key, evicted) {
        (isOften[slot] ? often : once).drop(slot);
        if (evicted) (isOften[slot] ? oftenGone : onceGone).put(hashKey(key), 0);
      },
      victim: () => (once.size > 0 && (once.size > share || often.size === 0) ? once.head : often.head),
    };
  },
};

/** A binary heap of slots by priority, with each slot's place known. */
function priorityOrder(priority: (slot: number, floor: number) => number): Omit<
  EvictionOrder,
  "add" | "update" | "hit"
> & {
  put(slot: number): void;
  again(slot: number): void;
} {
  const heap: number[] = [];
  const place: number[] = [];
  const value: number[] = [];
  let floor = 0;
  const set = (at: number, slot: number): void => {
    heap[at] = slot;
    place[slot] = at;
  };
  const settle = (slot: number): void => {
    let at = place[slot] as number;
    while (at > 0 && (value[heap[(at - 1) >> 1] as number] as number) > (value[slot] as number)) {
      set(at, heap[(at - 1) >> 1] as number);
      at = (at - 1) >> 1;
    }
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && (value[right] as number) < (value[heap[child] as number] as number)) child++;
      if ((value[heap[child] as number] as number) >= (value[slot] as number)) break;
      set(at, heap[child] as number);
      at = child;
    }
    set(at, slot);
  };
  return {
    put(slot) {
      value[slot] = priority(slot, floor);
      set(heap.length, slot);
      settle(slot);
    },
    again(slot) {
      value[slot] = priority(slot, floor);
      settle(slot);
    },
    remove(slot) {
      if (heap[0] === slot) floor = value[slot] as number;
      const at = place[slot] as number;
      const last = heap.pop() as number;
      if (last === slot) return;
      set(at, last);
      settle(last);
    },
    victim: () => heap[0] ?? -1,
  };
}

function byPriority(name: string, priority: (uses: number, bytes: number, floor: number) => number): EvictionPolicy {
  return {
    name,
    start() {
      const uses: number[] = [];
      const sizes: number[] = [];
      const order = priorityOrder((slot, floor) => priority(uses[slot] as number, sizes[slot] as number, floor));
      return {
        ...order,
        add(slot, _key, bytes) {
          uses[slot] = 1;
          sizes[slot] = bytes;
          order.put(slot);
        },
        hit(slot) {
          uses[slot] = (uses[slot] as number) + 1;
          order.again(slot);
        },
        update() {},
      };
    },
  };
}

/** The least used leaves first; nothing ages. */
export const lfu = byPriority("lfu", (uses) => uses);

/** Greedy-dual size frequency (Cherkasova, 1998): with cost 1, with cost = bytes, and with cost = sqrt(bytes). */
export const gdsf = byPriority("gdsf", (uses, bytes, floor) => floor + uses / bytes);
export const gdsfBySize = byPriority("gdsf, cost = size", (uses, _bytes, floor) => floor + uses);
export const gdsfByRoot = byPriority("gdsf, cost = sqrt", (uses, bytes, floor) => floor + uses / Math.sqrt(bytes));
