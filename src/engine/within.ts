import type { TimerHandle } from "../core/clock.js";
import { overBy } from "./admission.js";
import type { Call } from "./call.js";

/** The work's outcome, or a rejection as soon as the request is over: functions of the app's own may hang. */
export function within<T>(call: Call, work: PromiseLike<T>): Promise<T> {
  const { clock } = call.services;
  let leave: (() => void) | undefined;
  let timer: TimerHandle;
  const ended = new Promise<T>((resolve, reject) => {
    leave = call.abort.listen(reject);
    // The deadline may have moved when its time has come.
    const watch = (): void => {
      const leftMs = call.deadline.remainingMs();
      if (Number.isFinite(leftMs)) timer = clock.setTimeout(leftMs > 0 ? watch : () => reject(overBy(call)), leftMs);
    };
    watch();
    work.then(resolve, reject);
  });
  return ended.finally(() => {
    leave?.();
    clock.clearTimeout(timer);
  });
}
