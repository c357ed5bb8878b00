import type { ChatChunk } from "../chat/chunk.js";
import type { ChatReply } from "../chat/reply.js";
import type { CallContext } from "../contract/provider.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { AbortSource } from "./abort-source.js";
import { cancelledBy } from "./flight.js";
import { leftEarly } from "./reader-stream.js";
import type { SignalListeners } from "./signal-listeners.js";
import type { StreamReader } from "./stream-flight.js";

/** One answer under way. The last one to leave ends it. */
export interface Shared {
  readonly abort: AbortSource;
  readonly answer: Promise<ChatReply>;
  read(joined: boolean): StreamReader;
  /** Once it was ended: settles when the provider's stream is closed. */
  closed(): Promise<unknown> | undefined;
  over: boolean;
  readers: number;
}

/** One reader's place at an answer. */
export class Seat {
  readonly shared: Shared;
  readonly joined: boolean;
  readonly #stopListening: () => void;
  #gone: SignalboxError | undefined;
  #reject: ((reason: SignalboxError) => void) | undefined;
  #left = false;

  constructor(shared: Shared, joined: boolean, { signal, requestId }: CallContext, signals: SignalListeners) {
    this.shared = shared;
    this.joined = joined;
    shared.readers += 1;
    this.#stopListening = signals.listen(signal, () => {
      this.#gone = cancelledBy(signal, requestId);
      this.#reject?.(this.#gone);
      void this.leave();
    });
  }

  /** Whether a failure was another's: nobody has left, and the answer was not this reader's own. */
  get mayAskAgain(): boolean {
    return this.joined && !this.#gone;
  }

  poll(reader: StreamReader): ChatChunk | undefined {
    if (this.#gone) throw this.#gone;
    return reader.poll();
  }

  /** The work's outcome, or a rejection as soon as the caller aborts. */
  wait<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#reject = reject;
      if (this.#gone) reject(this.#gone);
      work.then(resolve, reject);
    });
  }

  leave(): Promise<unknown> | undefined {
    const { shared } = this;
    if (this.#left) return undefined;
    this.#left = true;
    this.#stopListening();
    shared.readers -= 1;
    if (shared.readers > 0 || shared.over) return undefined;
    shared.over = true;
    shared.abort.abort(this.#gone ?? leftEarly());
    return shared.closed();
  }
}
