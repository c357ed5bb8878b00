import { SignalboxError } from "../errors/signalbox-error.js";
import type { Answer } from "./attempt-chat.js";
import type { Call } from "./call.js";
import { createSignalEars, type SignalEars } from "./signal-ears.js";
import type { StreamFlight } from "./stream-flight.js";

/** One upstream answer under way, and those who wait for it. Its budget and deadline are its own. */
export interface Flight {
  readonly call: Call;
  /** Never an unhandled rejection. */
  readonly answer: Promise<Answer>;
  /** `undefined` where the answer comes whole. */
  readonly stream: StreamFlight | undefined;
  /** Readers on board; the last to leave ends the upstream call. */
  seats: number;
}

/** Equal requests in flight, by key. Bounded: past `max` a request flies alone. */
export interface Flights {
  /** A flight to join. */
  get(key: string): Flight | undefined;
  /** Lets others join until the answer is there. */
  add(key: string, flight: Flight): void;
  /** A place on a flight. @param signal the reader's own; its abort frees the seat at once. */
  seat(flight: Flight, signal: AbortSignal | undefined): Seat;
}

/** Readers on one flight; more than this fly on their own. */
const MOST_SEATS = 100;

export function createFlights(max = 10_000): Flights {
  const flights = new Map<string, Flight>();
  const ears = createSignalEars();
  return {
    seat: (flight, signal) => takeSeat(flight, signal, ears),
    get(key) {
      const flight = flights.get(key);
      return flight && flight.seats > 0 && flight.seats < MOST_SEATS && !flight.call.abort.reason ? flight : undefined;
    },
    add(key, flight) {
      if (flights.size >= max) return;
      flights.set(key, flight);
      const land = (): void => {
        if (flights.get(key) === flight) flights.delete(key);
      };
      flight.answer.then(land, land);
    },
  };
}

/** One reader's place on a flight: leaving it hurts nobody else. */
export interface Seat {
  /** The promise's outcome, or a rejection as soon as this reader is gone. */
  wait<T>(work: Promise<T>): Promise<T>;
  /** Why the reader is gone. */
  readonly gone: SignalboxError | undefined;
  leave(reason: SignalboxError): void;
  /** The reader has what it came for. */
  done(): void;
}

function takeSeat(flight: Flight, signal: AbortSignal | undefined, ears: SignalEars): Seat {
  let gone: SignalboxError | undefined;
  let over = false;
  let rejectWaiting: ((reason: SignalboxError) => void) | undefined;
  let deafen: (() => void) | undefined;
  flight.seats += 1;

  const leave = (reason: SignalboxError): void => {
    if (over) return;
    over = true;
    gone = reason;
    deafen?.();
    flight.seats -= 1;
    if (flight.seats === 0) flight.call.abort.abort(reason);
    rejectWaiting?.(reason);
  };
  if (signal) {
    const onAbort = (): void => leave(cancelledBy(signal, flight.call.requestId));
    if (signal.aborted) onAbort();
    else deafen = ears.listen(signal, onAbort);
  }

  return {
    get gone() {
      return gone;
    },
    leave,
    done() {
      if (over) return;
      over = true;
      deafen?.();
      flight.seats -= 1;
    },
    wait(work) {
      // Nothing but the flight itself can end the wait of a reader without a signal.
      if (!signal && !gone) return work;
      return new Promise((resolve, reject) => {
        if (gone) reject(gone);
        rejectWaiting = reject;
        work.then(resolve, reject);
      });
    },
  };
}

/** A caller's abort as the error it gets: kind `cancelled`, its reason as the cause. */
export function cancelledBy(signal: AbortSignal, requestId?: string): SignalboxError {
  const reason: unknown = signal.reason;
  if (SignalboxError.isInstance(reason)) return reason;
  return new SignalboxError("cancelled", "The caller aborted the request", { requestId, cause: reason });
}
