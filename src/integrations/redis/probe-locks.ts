import { type Clock, setBackgroundTimeout, type TimerHandle } from "../../core/clock.js";
import type { Link } from "./link.js";
import { UNLOCK } from "./scripts.js";

/** How long a process may probe before another may, milliseconds; longer than most answers take. */
const LOCK_MS = 30_000;
/** A lock that another holds is asked for again after this, milliseconds. */
const ASK_AGAIN_MS = 100;
/** The lock is asked for this long before an open time ends, so that the answer is there when it does. */
const AHEAD_MS = 50;

interface Lock {
  heldUntilMs: number;
  nextAskMs: number;
  asking: boolean;
  ahead: TimerHandle;
}

/** One half-open probe per candidate in the whole fleet: answers at once from what it holds, asks in the background. */
export class ProbeLocks {
  readonly #locks = new Map<string, Lock>();
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #keyOf: (candidate: string) => string;
  readonly #own: string;

  constructor(
    link: Link,
    clock: Clock,
    own: string,
    keyOf: (candidate: string) => string,
    candidates: readonly string[],
  ) {
    this.#link = link;
    this.#clock = clock;
    this.#own = own;
    this.#keyOf = keyOf;
    for (const candidate of candidates) {
      this.#locks.set(candidate, { heldUntilMs: 0, nextAskMs: 0, asking: false, ahead: undefined });
    }
  }

  /** Where nobody can be asked, every process looks after itself. */
  mayProbe(candidate: string): boolean {
    const lock = this.#locks.get(candidate);
    if (!lock || !this.#link.up) return true;
    const now = this.#clock.now();
    if (now < lock.heldUntilMs) return true;
    if (now >= lock.nextAskMs) void this.#ask(candidate, lock);
    return false;
  }

  /** Whether the probe is this process's to send, or under way. */
  holds(candidate: string): boolean {
    return this.#clock.now() < (this.#locks.get(candidate)?.heldUntilMs ?? 0);
  }

  /** A breaker opened, here or elsewhere: its probe will be wanted when that time is over. */
  opened(candidate: string, openForMs: number): void {
    const lock = this.#locks.get(candidate);
    if (!lock) return;
    this.#clock.clearTimeout(lock.ahead);
    lock.ahead = setBackgroundTimeout(
      this.#clock,
      () => void this.#ask(candidate, lock),
      Math.max(0, openForMs - AHEAD_MS),
    );
  }

  /** The probes here are over, well or badly. */
  async release(candidate: string): Promise<void> {
    const lock = this.#locks.get(candidate);
    if (!lock || lock.heldUntilMs === 0) return;
    lock.heldUntilMs = 0;
    await this.#link.run(UNLOCK, [this.#keyOf(candidate)], [this.#own]).catch(() => {});
  }

  async close(): Promise<void> {
    for (const lock of this.#locks.values()) this.#clock.clearTimeout(lock.ahead);
    await Promise.all([...this.#locks.keys()].map((candidate) => this.release(candidate)));
  }

  async #ask(candidate: string, lock: Lock): Promise<void> {
    if (lock.asking || this.#clock.now() < lock.heldUntilMs) return;
    lock.asking = true;
    const askedMs = this.#clock.now();
    try {
      const set = ["SET", this.#keyOf(candidate), this.#own, "NX", "PX", String(LOCK_MS)];
      const answer = await this.#link.command(this.#keyOf(candidate), set);
      if (answer === "OK") lock.heldUntilMs = askedMs + LOCK_MS;
      else lock.nextAskMs = this.#clock.now() + ASK_AGAIN_MS;
    } catch {
      lock.nextAskMs = this.#clock.now() + ASK_AGAIN_MS;
    } finally {
      lock.asking = false;
    }
  }
}
