import { overBy } from "./admission.js";
import type { Call } from "./call.js";

/** The work's outcome, or a rejection as soon as the request is over: functions of the app's own may hang. */
export function within<T>(call: Call, work: PromiseLike<T>): Promise<T> {
  const { clock } = call.services;
  return new Promise<T>((resolve, reject) => {
    const leave = call.abort.listen(reject);
    const leftMs = call.deadline.remainingMs();
    const timer = Number.isFinite(leftMs) ? clock.setTimeout(() => reject(overBy(call)), leftMs) : undefined;
    const end = (): void => {
      leave();
      if (timer !== undefined) clock.clearTimeout(timer);
    };
    Promise.resolve(work).finally(end).then(resolve, reject);
  });
}
