import type { SignalboxError } from "../errors/signalbox-error.js";

/** Like an AbortSignal without the cost: a reason, and listeners told once. */
export interface AbortSource {
  readonly reason: SignalboxError | undefined;
  abort(reason: SignalboxError): void;
  /** Calls `listener` once on abort, at once if it already happened; returns the way to leave. */
  listen(listener: (reason: SignalboxError) => void): () => void;
}

export function createAbortSource(): AbortSource {
  let reason: SignalboxError | undefined;
  let first: ((reason: SignalboxError) => void) | undefined;
  let others: Set<(reason: SignalboxError) => void> | undefined;
  return {
    get reason() {
      return reason;
    },
    abort(why) {
      if (reason) return;
      reason = why;
      first?.(why);
      if (others) for (const listener of others) listener(why);
      first = others = undefined;
    },
    listen(listener) {
      if (reason) {
        listener(reason);
        return () => {};
      }
      if (first === undefined) first = listener;
      else {
        others ??= new Set();
        others.add(listener);
      }
      return () => {
        if (first === listener) first = undefined;
        else others?.delete(listener);
      };
    },
  };
}
