import { type Clock, clampDelayMs } from "./clock.js";

/**
 * Waits `ms` milliseconds (clamped to what a timer holds) and never less, or rejects with the signal's reason as soon as
 * it aborts. Leaves no timer and no listener behind, however it ends.
 */
export function sleep(ms: number, options: { clock: Clock; signal?: AbortSignal | undefined }): Promise<void> {
  const { clock, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const delayMs = clampDelayMs(ms);
    const dueAtMs = clock.now() + delayMs;
    let early = true;
    const onAbort = () => {
      clock.clearTimeout(timer);
      reject(signal?.reason);
    };
    const wake = () => {
      // Node's timers count whole milliseconds, so one may fire a fraction before its time; at most once.
      const leftMs = dueAtMs - clock.now();
      if (early && leftMs > 0) {
        early = false;
        timer = clock.setTimeout(wake, leftMs);
        return;
      }
      signal?.removeEventListener("abort", onAbort);
      resolve();
    };
    let timer = clock.setTimeout(wake, delayMs);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
