/** Listens to callers' signals, once per signal however many calls share it. */
export interface SignalEars {
  /** Calls `listener` when `signal` aborts; returns the way to leave. The signal must not have aborted yet. */
  listen(signal: AbortSignal, listener: () => void): () => void;
}

/**
 * An app that hands one shutdown signal to a thousand calls at once is right to do so, yet Node warns of a leak from the
 * eleventh listener on. So each signal gets a single listener, which goes when nobody is left.
 */
export function createSignalEars(): SignalEars {
  const heard = new WeakMap<AbortSignal, { readonly listeners: Set<() => void>; readonly onAbort: () => void }>();
  return {
    listen(signal, listener) {
      let ear = heard.get(signal);
      if (!ear) {
        const listeners = new Set<() => void>();
        const onAbort = (): void => {
          heard.delete(signal);
          for (const tell of listeners) tell();
        };
        ear = { listeners, onAbort };
        heard.set(signal, ear);
        signal.addEventListener("abort", onAbort, { once: true });
      }
      const { listeners, onAbort } = ear;
      listeners.add(listener);
      return () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        heard.delete(signal);
        signal.removeEventListener("abort", onAbort);
      };
    },
  };
}
