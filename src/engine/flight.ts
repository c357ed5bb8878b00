import type { ChatReply } from "../chat/reply.js";
import type { Clock } from "../core/clock.js";
import type { MovingDeadline } from "../resilience/moving-deadline.js";
import type { AbortSource } from "./abort-source.js";
import { createSignalListeners, type SignalListeners } from "./signal-listeners.js";
import type { StreamFlight } from "./stream/stream-flight.js";

/** An answer, whole. */
export interface HasReply {
  readonly reply: ChatReply;
}

/** One upstream answer under way, and those who wait for it. Its budget and deadline are its own. */
export interface Flight<A extends HasReply = HasReply> {
  /** Ends the upstream call; the last reader to leave does so. */
  readonly abort: AbortSource;
  /** When its time is up: that of the most patient who ever waited for it. */
  readonly deadline: MovingDeadline;
  readonly answer: Promise<A>;
  /** The answer in pieces; `undefined` where it comes whole. */
  readonly stream: Pick<StreamFlight<never>, "read"> | undefined;
  /** Whose calls these are: who started it; once that one has left, the next who gets the answer. */
  leader: object | undefined;
  /** Whose time is the flight's, and needs no watching until someone comes with more; the last of them. */
  patient: Patient | undefined;
  readers: number;
}

export interface Patient {
  readonly before: Patient | undefined;
  /** The flight will not end with this reader's time any more. */
  keepTime(): void;
}

/** Equal requests in flight, by key. Bounded: past `max` a request is sent on its own. */
export interface Flights<F extends Flight> {
  readonly clock: Clock;
  /** Hears a caller's signal, which has not aborted yet; returns the way to leave. */
  readonly signals: SignalListeners;
  /** A flight to join. */
  get(key: string): F | undefined;
  /** Lets others join until the answer is there. */
  add(key: string, flight: F): void;
}

/** Readers of one flight; those past it send a request of their own. */
const MOST_READERS = 100;

export function createFlights<F extends Flight>(clock: Clock, max = 10_000): Flights<F> {
  const flights = new Map<string, F>();
  return {
    clock,
    signals: createSignalListeners(),
    get(key) {
      const flight = flights.get(key);
      return flight && flight.readers > 0 && flight.readers < MOST_READERS && !flight.abort.reason ? flight : undefined;
    },
    add(key, flight) {
      if (flights.size >= max) return;
      flights.set(key, flight);
      const forget = (): void => {
        if (flights.get(key) === flight) flights.delete(key);
      };
      flight.answer.then(forget, forget);
    },
  };
}
