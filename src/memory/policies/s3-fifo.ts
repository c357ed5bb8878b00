import { Ghosts, hashKey } from "./ghosts.js";
import type { EvictionPolicy } from "./policy.js";
import { grown, SlotLinks, SlotList } from "./slot-list.js";

/** The share of the bytes that newcomers may hold. */
const SMALL = 0.1;

/**
 * S3-FIFO (Yang et al., SOSP 2023): newcomers wait in a small queue, those used more than once move to the main queue,
 * keys evicted from the small queue are remembered and enter the main queue at once. Knows neither size nor cost.
 */
export function s3Fifo(): EvictionPolicy {
  return { name: "s3-fifo", start: () => new S3FifoOrder() };
}

class S3FifoOrder {
  readonly #links = new SlotLinks();
  readonly #small = new SlotList(this.#links);
  readonly #main = new SlotList(this.#links);
  readonly #ghosts = new Ghosts();
  #inMain = new Uint8Array(16);
  #uses = new Uint8Array(16);
  #bytes = new Uint32Array(16);
  #smallBytes = 0;
  #allBytes = 0;

  add(slot: number, key: string, bytes: number): void {
    this.#reach(slot);
    this.#uses[slot] = 0;
    this.#bytes[slot] = bytes;
    this.#allBytes += bytes;
    this.#ghosts.reach(this.#small.size + this.#main.size);
    const known = this.#ghosts.take(hashKey(key)) >= 0;
    this.#inMain[slot] = known ? 1 : 0;
    if (known) this.#main.push(slot);
    else {
      this.#small.push(slot);
      this.#smallBytes += bytes;
    }
  }

  hit(slot: number): void {
    const uses = this.#uses[slot] as number;
    if (uses < 3) this.#uses[slot] = uses + 1;
  }

  update(slot: number, bytes: number): void {
    const more = bytes - (this.#bytes[slot] as number);
    this.#bytes[slot] = bytes;
    this.#allBytes += more;
    if (this.#inMain[slot] === 0) this.#smallBytes += more;
    this.hit(slot);
  }

  remove(slot: number, key: string, evicted: boolean): void {
    const bytes = this.#bytes[slot] as number;
    this.#allBytes -= bytes;
    if (this.#inMain[slot] === 1) {
      this.#main.drop(slot);
      return;
    }
    this.#small.drop(slot);
    this.#smallBytes -= bytes;
    if (evicted) this.#ghosts.put(hashKey(key), 0);
  }

  victim(): number {
    while (this.#small.size + this.#main.size > 0) {
      const fromSmall = this.#small.size > 0 && (this.#main.size === 0 || this.#smallBytes > SMALL * this.#allBytes);
      const slot = fromSmall ? this.#small.head : this.#main.head;
      const uses = this.#uses[slot] as number;
      if (fromSmall ? uses <= 1 : uses === 0) return slot;
      if (!fromSmall) {
        this.#uses[slot] = uses - 1;
        this.#main.toTail(slot);
        continue;
      }
      this.#small.drop(slot);
      this.#smallBytes -= this.#bytes[slot] as number;
      this.#uses[slot] = 0;
      this.#inMain[slot] = 1;
      this.#main.push(slot);
    }
    return -1;
  }

  #reach(slot: number): void {
    this.#links.reach(slot);
    if (slot < this.#inMain.length) return;
    this.#inMain = grown(this.#inMain, slot);
    this.#uses = grown(this.#uses, slot);
    this.#bytes = grown(this.#bytes, slot);
  }
}
