/** Listens to callers' signals, once per signal however many calls share it. */
export interface SignalListeners {
  /** Calls `listener` when `signal` aborts; returns the way to leave. The signal must not have aborted yet. */
  listen(signal: AbortSignal, listener: () => void): () => void;
}

/**
 * An app that hands one shutdown signal to a thousand calls at once is right to do so, yet Node warns of a leak from the
 * eleventh listener on. So each signal gets a single listener, which goes when nobody is left.
 */
export function createSignalListeners(): SignalListeners {
  const bySignal = new WeakMap<AbortSignal, { readonly listeners: Set<() => void>; readonly onAbort: () => void }>();
  return {
    listen(signal, listener) {
      let entry = bySignal.get(signal);
      if (!entry) {
        const listeners = new Set<() => void>();
        const onAbort = (): void => {
          bySignal.delete(signal);
          for (const tell of listeners) tell();
        };
        entry = { listeners, onAbort };
        bySignal.set(signal, entry);
        signal.addEventListener("abort", onAbort, { once: true });
      }
      const { listeners, onAbort } = entry;
      listeners.add(listener);
      return () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        bySignal.delete(signal);
        signal.removeEventListener("abort", onAbort);
      };
    },
  };
}
