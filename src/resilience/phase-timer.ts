import { type Clock, holdProcess, MAX_TIMER_MS, type TimerHandle } from "../core/clock.js";
import type { MovingDeadline } from "./moving-deadline.js";

/** The deadlines an upstream call runs under, one after the other; `total` runs beside them all. */
export type TimeoutPhase = "headers" | "first_token" | "idle_content" | "idle_bytes" | "total";

/** A timer that fires this late means the process slept: nobody upstream is to blame. */
const SUSPEND_MS = 1_000;

/** Timers count whole milliseconds, so one may fire a fraction before its time; waiting for that would cost another two. */
const EARLY_MS = 1;

/** Deadlines of one upstream call on a single timer: moving one later costs no timer call. */
export interface PhaseTimer {
  /**
   * Takes the place of the current phase; it expires in `ms` unless replaced or paused first.
   *
   * @param silentMs how long nothing at all may be heard meanwhile, as `idle_bytes`.
   */
  enter(phase: Exclude<TimeoutPhase, "total" | "idle_bytes">, ms: number, silentMs?: number): void;
  /** Bytes came, whatever they say: only the time is noted. */
  heard(): void;
  /** Milliseconds that the current phase still has. */
  leftMs(): number;
  /** No phase runs (the consumer is not asking for more); `total` goes on, and does not keep the process alive. */
  pause(): void;
  /** Whether the process slept while this ran: a timer was late, or is. What was measured meanwhile means nothing. */
  slept(nowMs: number): boolean;
  /** Ends everything; the timer is gone. */
  clear(): void;
}

/**
 * @param total when the whole request is over. It may move later, and is looked at anew when its time has come.
 * @param onExpire called at most once, with the phase that ran out.
 */
export function createPhaseTimer(
  clock: Clock,
  total: Pick<MovingDeadline, "atMs">,
  onExpire: (phase: TimeoutPhase) => void,
): PhaseTimer {
  let phase: TimeoutPhase = "total";
  let phaseMs = 0;
  let phaseAtMs = Number.POSITIVE_INFINITY;
  let silentMs = Number.POSITIVE_INFINITY;
  let heardAtMs = 0;
  let firesAtMs = Number.POSITIVE_INFINITY;
  let handle: TimerHandle;
  let over = false;
  let slept = false;
  let paused = false;

  const arm = (nowMs: number): void => {
    const dueMs = Math.min(phaseAtMs, heardAtMs + silentMs, total.atMs());
    if (dueMs >= firesAtMs) return;
    if (firesAtMs !== Number.POSITIVE_INFINITY) clock.clearTimeout(handle);
    const delayMs = Math.min(Math.max(0, dueMs - nowMs), MAX_TIMER_MS);
    firesAtMs = nowMs + delayMs;
    handle = clock.setTimeout(fire, delayMs);
    if (paused) holdProcess(handle, false);
  };
  const fire = (): void => {
    if (over) return;
    const nowMs = clock.now();
    const totalAtMs = total.atMs();
    const lateMs = nowMs - firesAtMs;
    firesAtMs = Number.POSITIVE_INFINITY;
    if (lateMs > SUSPEND_MS) {
      slept = true;
      // The phase begins anew: how much of it had passed awake, nobody knows.
      if (phaseAtMs < totalAtMs) phaseAtMs = nowMs + phaseMs;
      heardAtMs = nowMs;
    }
    const dueMs = nowMs + EARLY_MS;
    if (totalAtMs < dueMs) expire("total");
    else if (heardAtMs + silentMs < dueMs) expire("idle_bytes");
    else if (phaseAtMs < dueMs) expire(phase);
    else arm(nowMs);
  };
  const expire = (ended: TimeoutPhase): void => {
    over = true;
    onExpire(ended);
  };

  return {
    enter(next, ms, maxSilentMs = Number.POSITIVE_INFINITY) {
      if (over) return;
      const nowMs = clock.now();
      if (paused) {
        paused = false;
        holdProcess(handle, true);
      }
      phase = next;
      phaseMs = ms;
      phaseAtMs = nowMs + ms;
      silentMs = maxSilentMs;
      heardAtMs = nowMs;
      arm(nowMs);
    },
    heard() {
      heardAtMs = clock.now();
    },
    leftMs: () => Math.max(0, phaseAtMs - clock.now()),
    pause() {
      phaseAtMs = Number.POSITIVE_INFINITY;
      silentMs = Number.POSITIVE_INFINITY;
      paused = true;
      holdProcess(handle, false);
    },
    slept: (nowMs) => slept || nowMs - firesAtMs > SUSPEND_MS,
    clear() {
      over = true;
      if (firesAtMs !== Number.POSITIVE_INFINITY) clock.clearTimeout(handle);
      firesAtMs = Number.POSITIVE_INFINITY;
    },
  };
}
