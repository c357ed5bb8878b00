import { grown } from "./policies/slot-list.js";

/** The columns of the entry table: a slot is a row, and is taken again once it is free. */
export class Slots {
  readonly keys: (string | undefined)[] = [];
  readonly values: unknown[] = [];
  readonly #free: number[] = [];
  /** Monotonic milliseconds; `Infinity` never. */
  expires = new Float64Array(16);
  bytes = new Uint32Array(16);

  /** Rows, free ones included. */
  get length(): number {
    return this.keys.length;
  }

  taken(slot: number): boolean {
    return this.keys[slot] !== undefined;
  }

  /** A free slot; it is taken by `fill`. */
  next(): number {
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    this.keys.push(undefined);
    this.values.push(undefined);
    const last = this.keys.length - 1;
    if (last >= this.bytes.length) {
      this.expires = grown(this.expires, last);
      this.bytes = grown(this.bytes, last);
    }
    return last;
  }

  fill(slot: number, key: string, value: unknown, bytes: number, expires: number): void {
    this.keys[slot] = key;
    this.values[slot] = value;
    this.bytes[slot] = bytes;
    this.expires[slot] = expires;
  }

  free(slot: number): void {
    this.keys[slot] = undefined;
    this.values[slot] = undefined;
    this.#free.push(slot);
  }

  clear(): void {
    this.keys.length = 0;
    this.values.length = 0;
    this.#free.length = 0;
  }
}
