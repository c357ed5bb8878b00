import { type Clock, setBackgroundTimeout } from "../core/clock.js";

/** Looks this often, at least, whether the store may be used again, milliseconds. */
const RECHECK_MS = 1_000;

/** Writes made at once. */
const WIDTH = 8;

/** Makes one write; whether it succeeded. Never rejects. */
export type QueuedWrite = () => Promise<boolean>;

/** Writes behind: bounded, in the background, the last one per key. A failed write is not repeated. */
export class WriteQueue {
  readonly #clock: Clock;
  readonly #limit: number;
  /** Milliseconds to leave the store alone; 0 when it may be used. */
  readonly #waitMs: () => number;
  #waiting = new Map<string, QueuedWrite>();
  #inHand = 0;
  #pumping: Promise<void> | null = null;
  #closed = false;
  dropped = 0;

  constructor(clock: Clock, limit: number, waitMs: () => number) {
    this.#clock = clock;
    this.#limit = limit;
    this.#waitMs = waitMs;
  }

  get size(): number {
    return this.#waiting.size + this.#inHand;
  }

  has(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** @param must has a place even where the queue is full. */
  push(key: string, write: QueuedWrite, must = false): void {
    if (this.#closed) return;
    if (!this.#waiting.delete(key) && this.size >= this.#limit && !must) {
      this.dropped++;
      return;
    }
    this.#waiting.set(key, write);
    this.#pumping ??= this.#pump();
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.#pumping !== null) await this.#pumping;
  }

  /** Forgets what has not begun and takes no more. */
  close(): void {
    this.#closed = true;
    this.dropped += this.#waiting.size;
    this.#waiting = new Map();
  }

  async #pump(): Promise<void> {
    await null; // whoever pushed goes on first
    while (this.#waiting.size > 0) {
      await this.#ready();
      // Taken as a whole: deleting a Map's entries one by one from its head is slow in V8.
      const batch = [...this.#waiting.values()];
      this.#waiting = new Map();
      for (let at = 0; at < batch.length && !this.#closed; at += WIDTH) {
        this.#inHand = batch.length - at;
        await this.#ready();
        await Promise.all(batch.slice(at, at + WIDTH).map((write) => write()));
      }
      this.#inHand = 0;
    }
    this.#pumping = null;
  }

  /** Waits until the store may be used; nobody's process is kept alive for it. */
  async #ready(): Promise<void> {
    for (let waitMs = this.#waitMs(); waitMs > 0 && !this.#closed; waitMs = this.#waitMs()) {
      const delayMs = Math.min(waitMs, RECHECK_MS);
      await new Promise<void>((resolve) => setBackgroundTimeout(this.#clock, resolve, delayMs));
    }
  }
}
