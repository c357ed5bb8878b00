import type { Clock, TimerHandle } from "../core/clock.js";
import { type Priority, type Waiting, WaitQueue } from "./wait-queue.js";

const MOST_WAITING = 2_000;
const MOST_BYTES = 64 * 1024 * 1024;
const TURN_MS = 100;
const CREDITS_PER_SUCCESS = 2;
const MOST_CREDITS = 32;

/** A request that waits because every candidate is set aside for now. */
export interface Waiter {
  readonly priority: Priority;
  readonly tenant: string | undefined;
  readonly bytes: number;
  /** The candidates it waits for. Requests that wait for the same candidates share one list. */
  readonly among: readonly Awaited[];
  /** When its patience ends, on the clock's monotonic scale. */
  readonly giveUpAtMs: number;
  /** Its turn has come. It starts its call before it returns, so that the next request sees what is left. */
  go(): void;
  giveUp(): void;
}

/** A candidate that requests wait for. */
interface Awaited {
  readonly gate: AwaitedGate;
}

interface AwaitedGate {
  blocked(nowMs: number): unknown;
  onTrial(nowMs: number): boolean;
  retryAtMs(nowMs: number): number;
}

/** How many requests may go to one candidate: one at first, two more for each success, one more after `TURN_MS` at the latest. */
interface Turns {
  credits: number;
  nextAtMs: number;
}

interface Ticket extends Waiting {
  readonly waiter: Waiter;
  timer: TimerHandle;
}

/**
 * Requests of one router that wait for the first candidate to be back. Each goes in its turn (by priority, tenants
 * taking turns), as soon as one of those it waits for may be asked; not all at once, but at a pace that grows with success.
 * Bounded.
 */
export class WaitRoom {
  readonly #clock: Clock;
  readonly #queue = new WaitQueue<Ticket>(MOST_WAITING, MOST_BYTES);
  #wake: TimerHandle;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #looking = false;
  /** The turns of each candidate, kept while requests wait. */
  readonly #turns = new Map<AwaitedGate, Turns>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#queue.size;
  }

  /** Waits. Returns a function that leaves the room, `undefined` if the room is full. */
  enter(waiter: Waiter): (() => void) | undefined {
    const { priority, tenant, bytes, giveUpAtMs } = waiter;
    if (!this.#queue.fits(bytes)) return undefined;
    const ticket: Ticket = {
      waiter,
      priority,
      tenant,
      bytes,
      prev: undefined,
      next: undefined,
      queued: false,
      timer: undefined,
    };
    this.#queue.push(ticket);
    if (giveUpAtMs < Number.POSITIVE_INFINITY) {
      ticket.timer = this.#clock.setTimeout(
        () => this.#leave(ticket) && waiter.giveUp(),
        Math.max(0, giveUpAtMs - this.#clock.now()),
      );
    }
    this.look();
    return () => void this.#leave(ticket);
  }

  /** A call to this candidate has succeeded: two more may go there. */
  succeeded(gate: AwaitedGate): void {
    if (this.#queue.size === 0) return;
    const turns = this.#turns.get(gate);
    if (turns) turns.credits = Math.min(MOST_CREDITS, turns.credits + CREDITS_PER_SUCCESS);
    this.look();
  }

  /** Something may have changed: a call has ended, a verdict was lifted. */
  look(): void {
    if (this.#queue.size === 0 || this.#looking) return;
    this.#looking = true;
    try {
      this.#serve();
    } finally {
      this.#looking = false;
    }
  }

  #serve(): void {
    let soonestMs = Number.POSITIVE_INFINITY;
    while (this.#queue.size > 0) {
      const nowMs = this.#clock.now();
      const seen = new Set<Waiter["among"]>();
      let ready: AwaitedGate | undefined;
      soonestMs = Number.POSITIVE_INFINITY;
      const ticket = this.#queue.first(false, ({ waiter: { among } }) => {
        if (seen.has(among)) return false;
        seen.add(among);
        for (const { gate } of among) {
          const atMs = Math.max(readyAtMs(gate, nowMs), this.#turnAtMs(gate));
          if (atMs <= nowMs) {
            ready = gate;
            return true;
          }
          soonestMs = Math.min(soonestMs, atMs);
        }
        return false;
      });
      if (!ticket || !ready) break;
      this.#take(ready, nowMs);
      this.#queue.served(ticket);
      this.#clock.clearTimeout(ticket.timer);
      ticket.waiter.go();
    }
    if (this.#queue.size > 0) this.#wakeAt(soonestMs);
    else this.#rest();
  }

  #turnAtMs(gate: AwaitedGate): number {
    const turns = this.#turns.get(gate);
    return turns && turns.credits < 1 ? turns.nextAtMs : Number.NEGATIVE_INFINITY;
  }

  #take(gate: AwaitedGate, nowMs: number): void {
    const turns = this.#turns.get(gate) ?? { credits: 1, nextAtMs: 0 };
    turns.credits = Math.max(0, turns.credits - 1);
    turns.nextAtMs = nowMs + TURN_MS;
    this.#turns.set(gate, turns);
  }

  #rest(): void {
    this.#turns.clear();
    this.#wakeAt(Number.POSITIVE_INFINITY);
  }

  #wakeAt(atMs: number): void {
    if (atMs === this.#wakeAtMs) return;
    this.#clock.clearTimeout(this.#wake);
    this.#wakeAtMs = atMs;
    if (atMs === Number.POSITIVE_INFINITY) return;
    this.#wake = this.#clock.setTimeout(
      () => {
        this.#wakeAtMs = Number.POSITIVE_INFINITY;
        this.look();
      },
      Math.max(0, Math.ceil(atMs - this.#clock.now())),
    );
  }

  #leave(ticket: Ticket): boolean {
    if (!this.#queue.remove(ticket)) return false;
    this.#clock.clearTimeout(ticket.timer);
    if (this.#queue.size === 0) this.#rest();
    return true;
  }
}

/** When the first of them may be asked; `Infinity` for never. */
export function soonestOf(among: Waiter["among"], nowMs: number): number {
  let soonestMs = Number.POSITIVE_INFINITY;
  for (const { gate } of among) soonestMs = Math.min(soonestMs, readyAtMs(gate, nowMs));
  return soonestMs;
}

function readyAtMs(gate: AwaitedGate, nowMs: number): number {
  if (gate.blocked(nowMs) === null) return nowMs;
  // The trial's end is looked at when it comes, and some time after in any case.
  return gate.onTrial(nowMs) ? nowMs + TURN_MS : Math.max(nowMs + 1, gate.retryAtMs(nowMs));
}
