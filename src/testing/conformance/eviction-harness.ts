import { seededRandom } from "../../core/random.js";
import type { CacheRoom, EvictionOrder, EvictionPolicy } from "../../memory/policies/policy.js";
import { type ConformanceCase, ensure } from "./case.js";
import type { EvictionConformanceOptions } from "./eviction-options.js";

/** A case with a policy of its own. */
export function evictionCase(
  { setUp }: EvictionConformanceOptions,
  name: string,
  run: (policy: EvictionPolicy) => void,
): ConformanceCase {
  return {
    name,
    async run() {
      run(await setUp());
    },
  };
}

/** A cache as a policy sees it: told of every entry as a cache tells it, and asked who leaves. */
export class Shelf {
  readonly #order: EvictionOrder;
  /** Keys by the slots that are taken. */
  readonly held = new Map<number, string>();
  readonly #free: number[] = [];
  #slots = 0;

  constructor(policy: EvictionPolicy, room?: CacheRoom) {
    this.#order = policy.start(room);
  }

  /** The slot it took: one that is free again, or the next. */
  add(key: string, bytes = 200, cost = 0): number {
    const slot = this.#free.pop() ?? this.#slots++;
    this.held.set(slot, key);
    this.#order.add(slot, key, bytes, cost);
    return slot;
  }

  hit(slot: number): void {
    this.#order.hit(slot);
  }

  update(slot: number, bytes: number, cost: number): void {
    this.#order.update(slot, bytes, cost);
  }

  /** The entry leaves; `evicted` for want of room. */
  remove(slot: number, evicted = false): void {
    const key = this.held.get(slot) as string;
    this.held.delete(slot);
    this.#free.push(slot);
    this.#order.remove(slot, key, evicted);
  }

  /** Whom the policy names, checked: one of those it holds, or -1 where there are none. */
  victim(when: string): number {
    const named: unknown = this.#order.victim();
    if (this.held.size === 0) ensure(named === -1, `${when}: victim() has to give -1, it gave ${String(named)}`);
    else {
      const known = typeof named === "number" && this.held.has(named);
      ensure(known, `${when}: victim() gave ${String(named)}, which is the slot of no entry it holds`);
    }
    return named as number;
  }

  /** Evicts all there are, checked one by one. */
  drain(when: string): void {
    while (this.held.size > 0) this.remove(this.victim(when), true);
    this.victim(`${when}, emptied`);
  }
}

/** So many steps of a cache that holds at most `room` entries, drawn from a seed, with keys that come back. */
export function play(shelf: Shelf, seed: number, steps: number, room: number, when: string): void {
  const random = seededRandom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const anyone = (): number => [...shelf.held.keys()][below(shelf.held.size)] as number;
  let fresh = 0;
  for (let step = 0; step < steps; step++) {
    const draw = random();
    if (draw < 0.5 || shelf.held.size === 0) {
      while (shelf.held.size >= room) shelf.remove(shelf.victim(when), true);
      // Of the last keys some come back, once they have left.
      const known = `key-${Math.max(0, fresh - below(4 * room))}`;
      const key = [...shelf.held.values()].includes(known) ? `key-${++fresh}` : known;
      shelf.add(key, 120 + below(10_000), below(3) * random());
    } else if (draw < 0.8) shelf.hit(anyone());
    else if (draw < 0.9) shelf.update(anyone(), 120 + below(10_000), random());
    else shelf.remove(anyone());
  }
}
