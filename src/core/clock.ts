/** What a timer call hands back; only ever passed to `clearTimeout`. */
export type TimerHandle = unknown;

/**
 * Time as the library sees it: injected, so that tests turn it by hand.
 * Every deadline, breaker and TTL reads `now`, which never jumps when the wall clock is set.
 */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  /** Wall-clock milliseconds since 1970, for dates that leave the process and for `Retry-After` dates. */
  wallNow(): number;
  /** Runs `callback` once after `delayMs` (clamped to what a Node timer can hold). Keeps the process alive until then. */
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  /** Forgets a timer; unknown or spent handles are ignored. */
  clearTimeout(handle: TimerHandle): void;
}

/** The longest delay a Node timer holds; one millisecond more fires at once. */
export const MAX_TIMER_MS = 2_147_483_647;

/** A delay that a Node timer can hold: never negative, never past {@link MAX_TIMER_MS}, `NaN` becomes 0. */
export function clampDelayMs(delayMs: number): number {
  return delayMs > 0 ? Math.min(delayMs, MAX_TIMER_MS) : 0;
}

/** The real clock: `performance.now`, `Date.now` and Node's timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, clampDelayMs(delayMs)),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout | undefined),
};

/** Whether a timer keeps the process alive, where the clock's timers can tell. */
export function holdProcess(handle: TimerHandle, holds: boolean): void {
  const timer = handle as { ref?: () => void; unref?: () => void } | null | undefined;
  if (holds) timer?.ref?.();
  else timer?.unref?.();
}

/**
 * A timer that nobody waits for (a sweep, a flush): it never keeps the process alive.
 * Timers that a caller's promise hangs on use `clock.setTimeout` itself, and are cleared when it settles.
 */
export function setBackgroundTimeout(clock: Clock, callback: () => void, delayMs: number): TimerHandle {
  const handle = clock.setTimeout(callback, delayMs);
  holdProcess(handle, false);
  return handle;
}
