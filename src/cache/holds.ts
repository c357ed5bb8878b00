/** A hold on an entry while someone reads it. */
export interface Hold {
  readonly slot: number;
  readers: number;
  /** Taken out of the policy's order, because its turn to leave had come. */
  parked: boolean;
}

/** Which slots are held, and how many bytes that keeps from eviction at most. */
export class Holds {
  readonly #bySlot = new Map<number, Hold>();
  bytes = 0;

  get size(): number {
    return this.#bySlot.size;
  }

  get(slot: number): Hold | undefined {
    return this.#bySlot.size === 0 ? undefined : this.#bySlot.get(slot);
  }

  has(slot: number): boolean {
    return this.get(slot) !== undefined;
  }

  parked(slot: number): boolean {
    return this.get(slot)?.parked === true;
  }

  /** One more reader of a slot that takes `bytes`. */
  open(slot: number, bytes: number): Hold {
    const hold = this.#bySlot.get(slot) ?? { slot, readers: 0, parked: false };
    if (hold.readers++ === 0) {
      this.#bySlot.set(slot, hold);
      this.bytes += bytes;
    }
    return hold;
  }

  /** One reader less; whether that was the last and the entry is still there. */
  close(hold: Hold): boolean {
    return --hold.readers === 0 && this.#bySlot.get(hold.slot) === hold;
  }

  /** Forgets a slot that takes `bytes`: let go, or its entry left in another way. */
  drop(slot: number, bytes: number): void {
    if (this.#bySlot.delete(slot)) this.bytes -= bytes;
  }

  clear(): void {
    this.#bySlot.clear();
    this.bytes = 0;
  }
}
