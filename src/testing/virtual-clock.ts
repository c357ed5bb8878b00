import { type Clock, clampDelayMs } from "../core/clock.js";
import { checkOptions } from "../errors/check-options.js";

/** A clock that stands still until it is told to move. */
export interface VirtualClock extends Clock {
  /**
   * Moves time forward by `ms` milliseconds. Timers fire in the order in which they are due (in the order in which they
   * were set where due together), each at its own moment, and promise chains run to their end between two of them, so
   * timers that such a chain sets inside the window fire as well.
   */
  advance(ms: number): Promise<void>;
  /**
   * What a suspended process or a blocked event loop sees: `ms` milliseconds pass in which no timer fires; those that
   * were due then fire late, all at the new time.
   */
  suspend(ms: number): Promise<void>;
  /** Sets the wall clock forward or back by `ms`, as an operator or NTP does; `now()` and timers do not notice. */
  jumpWall(ms: number): void;
  /** Lets promise chains (and I/O that is ready) run without moving time. */
  settle(): Promise<void>;
  /** Timers that are set and have not fired: what a leak test counts. */
  readonly pendingTimers: number;
}

/** Options of {@link createVirtualClock}. */
export interface VirtualClockOptions {
  /** Where `now()` starts, milliseconds. @default 0 */
  readonly startMs?: number | undefined;
  /** Where `wallNow()` starts, milliseconds since 1970. @default 1767225600000 (2026-01-01T00:00:00Z) */
  readonly startWallMs?: number | undefined;
}

interface Timer {
  readonly dueAtMs: number;
  readonly callback: () => void;
  unref(): void;
}

// Taken at load, so that a test which fakes the global timers does not freeze this clock too.
const nextTurn = globalThis.setImmediate;

/**
 * A clock for tests: hand it to `createRouter({ clock })` and waits, breakers and TTLs take no time at all.
 *
 * @example
 * const clock = createVirtualClock();
 * const router = createRouter({ providers, clock });
 * const answer = router.chat({ messages });
 * await clock.advance(30_000); // every timer of the next 30 seconds has fired
 */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  checkOptions(options, "createVirtualClock", ["startMs", "startWallMs"]);
  let nowMs = options.startMs ?? 0;
  let wallOffsetMs = (options.startWallMs ?? 1_767_225_600_000) - nowMs;
  const timers = new Set<Timer>();
  const settle = () => new Promise<void>((resolve) => nextTurn(resolve));

  function nextDue(untilMs: number): Timer | undefined {
    let first: Timer | undefined;
    // A Set keeps insertion order, so the strict comparison leaves ties to the one set first.
    for (const timer of timers) {
      if (timer.dueAtMs <= untilMs && (first === undefined || timer.dueAtMs < first.dueAtMs)) first = timer;
    }
    return first;
  }

  async function fire(untilMs: number): Promise<void> {
    for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
      timers.delete(timer);
      nowMs = Math.max(nowMs, timer.dueAtMs);
      timer.callback();
      await settle();
    }
  }

  return {
    now: () => nowMs,
    wallNow: () => nowMs + wallOffsetMs,
    setTimeout(callback, delayMs) {
      const timer: Timer = { dueAtMs: nowMs + clampDelayMs(delayMs), callback, unref() {} };
      timers.add(timer);
      return timer;
    },
    clearTimeout(handle) {
      timers.delete(handle as Timer);
    },
    async advance(ms) {
      const untilMs = nowMs + Math.max(0, ms);
      await settle();
      await fire(untilMs);
      nowMs = Math.max(nowMs, untilMs);
      await settle();
    },
    async suspend(ms) {
      nowMs += Math.max(0, ms);
      await fire(nowMs);
    },
    jumpWall(ms) {
      wallOffsetMs += ms;
    },
    settle,
    get pendingTimers() {
      return timers.size;
    },
  };
}
