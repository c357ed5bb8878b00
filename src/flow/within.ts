import type { TimerHandle } from "../core/clock.js";
import { overBy } from "./admission.js";
import type { Call } from "./call.js";

/** The work's outcome, or a rejection as soon as the request is over: functions of the app's own may hang. */
export function within<T>(call: Call, work: PromiseLike<T>): Promise<T> {
  const { clock } = call.services;
  const leftMs = call.deadline.remainingMs();
  let leave: (() => void) | undefined;
  let timer: TimerHandle;
  const ended = new Promise<T>((resolve, reject) => {
    leave = call.abort.listen(reject);
    if (Number.isFinite(leftMs)) timer = clock.setTimeout(() => reject(overBy(call)), leftMs);
    work.then(resolve, reject);
  });
  return ended.finally(() => {
    leave?.();
    clock.clearTimeout(timer);
  });
}
