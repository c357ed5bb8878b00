/** Neighbours of slots, shared by several lists of one policy: a slot stands in at most one list at a time. */
export class SlotLinks {
  prev = new Int32Array(16);
  next = new Int32Array(16);

  /** Makes room for a slot; grown by an eighth, so little stands empty. */
  reach(slot: number): void {
    if (slot < this.prev.length) return;
    this.prev = grown(this.prev, slot);
    this.next = grown(this.next, slot);
  }
}

/** A copy long enough for `index`, an eighth longer than needed. */
export function grown<T extends Int32Array | Uint32Array | Float32Array | Float64Array | Uint8Array | Uint16Array>(
  array: T,
  index: number,
): T {
  const longer = new (array.constructor as new (length: number) => T)(Math.ceil((index + 1) * 1.125) + 16);
  longer.set(array);
  return longer;
}

/** A doubly linked list of slots; the head leaves first. All operations take constant time and allocate nothing. */
export class SlotList {
  readonly #links: SlotLinks;
  head = -1;
  tail = -1;
  size = 0;

  constructor(links: SlotLinks) {
    this.#links = links;
  }

  push(slot: number): void {
    const { prev, next } = this.#links;
    prev[slot] = this.tail;
    next[slot] = -1;
    if (this.tail < 0) this.head = slot;
    else next[this.tail] = slot;
    this.tail = slot;
    this.size++;
  }

  drop(slot: number): void {
    const { prev, next } = this.#links;
    const before = prev[slot] as number;
    const after = next[slot] as number;
    if (before < 0) this.head = after;
    else next[before] = after;
    if (after < 0) this.tail = before;
    else prev[after] = before;
    this.size--;
  }

  toTail(slot: number): void {
    if (this.tail === slot) return;
    this.drop(slot);
    this.push(slot);
  }
}
