import { type Clock, clampDelayMs } from "./clock.js";

/**
 * Waits `ms` milliseconds (clamped to what a timer holds), or rejects with the signal's reason as soon as it aborts.
 * Leaves no timer and no listener behind, however it ends.
 */
export function sleep(ms: number, options: { clock: Clock; signal?: AbortSignal | undefined }): Promise<void> {
  const { clock, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clock.clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, clampDelayMs(ms));
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
