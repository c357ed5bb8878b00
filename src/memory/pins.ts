/** An entry that someone reads, and that may not be evicted meanwhile. */
export interface PinnedSlot {
  readonly slot: number;
  readers: number;
  /** Taken out of the policy's order, because its turn to leave had come. */
  parked: boolean;
}

/** Which slots are pinned, and how many bytes that keeps from eviction at most. */
export class Pins {
  readonly #bySlot = new Map<number, PinnedSlot>();
  bytes = 0;

  get size(): number {
    return this.#bySlot.size;
  }

  get(slot: number): PinnedSlot | undefined {
    return this.#bySlot.size === 0 ? undefined : this.#bySlot.get(slot);
  }

  has(slot: number): boolean {
    return this.get(slot) !== undefined;
  }

  parked(slot: number): boolean {
    return this.get(slot)?.parked === true;
  }

  /** One more reader of a slot that takes `bytes`. */
  open(slot: number, bytes: number): PinnedSlot {
    const pinned = this.#bySlot.get(slot) ?? { slot, readers: 0, parked: false };
    if (pinned.readers++ === 0) {
      this.#bySlot.set(slot, pinned);
      this.bytes += bytes;
    }
    return pinned;
  }

  /** One reader less; whether that was the last and the entry is still there. */
  close(pinned: PinnedSlot): boolean {
    return --pinned.readers === 0 && this.#bySlot.get(pinned.slot) === pinned;
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
