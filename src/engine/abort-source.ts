import type { SignalboxError } from "../errors/signalbox-error.js";

type Listener = (reason: SignalboxError) => void;

/** Like an AbortSignal without the cost: a reason, and listeners told once. */
export interface AbortSource {
  readonly reason: SignalboxError | undefined;
  abort(reason: SignalboxError): void;
  /** Calls `listener` once on abort, at once if it already happened; returns the way to leave. */
  listen(listener: Listener): () => void;
}

export function createAbortSource(): AbortSource {
  return new Source();
}

class Source implements AbortSource {
  reason: SignalboxError | undefined = undefined;
  /** Nearly every source has one listener; a set is made for the second. */
  #first: Listener | undefined = undefined;
  #others: Set<Listener> | undefined = undefined;

  abort(reason: SignalboxError): void {
    if (this.reason) return;
    this.reason = reason;
    const first = this.#first;
    const others = this.#others;
    this.#first = this.#others = undefined;
    first?.(reason);
    if (others) for (const listener of others) listener(reason);
  }

  listen(listener: Listener): () => void {
    if (this.reason) {
      listener(this.reason);
      return nothing;
    }
    if (this.#first === undefined) this.#first = listener;
    else {
      this.#others ??= new Set();
      this.#others.add(listener);
    }
    return () => {
      if (this.#first === listener) this.#first = undefined;
      else this.#others?.delete(listener);
    };
  }
}

const nothing = (): void => {};
