import type { TimerHandle } from "../core/clock.js";
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
  /** The answer, once it is whole. */
  landed: Answer | undefined;
  /** Readers on board; the last to leave ends the upstream call. */
  seats: number;
}

/** Equal requests in flight, by key. Bounded: past `max` a request flies alone. */
export interface Flights {
  /** A flight to join. */
  get(key: string): Flight | undefined;
  /** Lets others join until the answer is there. */
  add(key: string, flight: Flight): void;
  /** A place on a flight. */
  seat(flight: Flight, passenger: Passenger): Seat;
  /** Hears a caller's signal, which has not aborted yet; returns the way to leave. */
  readonly ears: SignalEars;
}

/** Readers on one flight; more than this fly on their own. */
const MOST_SEATS = 100;

export function createFlights(max = 10_000): Flights {
  const flights = new Map<string, Flight>();
  const ears = createSignalEars();
  return {
    ears,
    seat: (flight, passenger) => takeSeat(flight, passenger, ears),
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
  /** Whether nothing but the flight itself can end this reader's wait: its promises need no watching. */
  readonly bound: boolean;
  /** Why the reader is gone. */
  readonly gone: SignalboxError | undefined;
  leave(reason: SignalboxError): void;
  /** The reader has what it came for. */
  done(): void;
}

/** Who takes a seat. */
export interface Passenger {
  /** Its abort frees the seat at once. */
  readonly signal: AbortSignal | undefined;
  /** Whether it may leave by itself, as the reader of a stream may. */
  readonly mayLeave: boolean;
  /** When its own time is up, on the clock's scale; a flight of another's may take longer. */
  readonly deadlineAtMs: number;
}

function takeSeat(flight: Flight, { signal, mayLeave, deadlineAtMs }: Passenger, ears: SignalEars): Seat {
  const { call } = flight;
  const { clock } = call.services;
  let gone: SignalboxError | undefined;
  let over = false;
  let timer: TimerHandle;
  let deafen: (() => void) | undefined;
  const timed = deadlineAtMs < call.deadlineAtMs;
  /** Where one reader waits for several things, each is told. */
  let rejectWaiting: ((reason: SignalboxError) => void)[] = [];
  flight.seats += 1;

  const free = (): void => {
    over = true;
    deafen?.();
    if (timed) clock.clearTimeout(timer);
    flight.seats -= 1;
  };
  const leave = (reason: SignalboxError): void => {
    if (over) return;
    free();
    gone = reason;
    if (flight.seats === 0) call.abort.abort(reason);
    for (const reject of rejectWaiting) reject(reason);
    rejectWaiting = [];
  };
  if (timed) timer = clock.setTimeout(() => leave(timeUp(call.requestId)), Math.max(0, deadlineAtMs - clock.now()));
  if (signal) {
    const onAbort = (): void => leave(cancelledBy(signal, call.requestId));
    if (signal.aborted) onAbort();
    else deafen = ears.listen(signal, onAbort);
  }

  return {
    get bound() {
      return !signal && !timed && flight.seats === 1;
    },
    get gone() {
      return gone;
    },
    leave,
    done() {
      if (!over) free();
    },
    wait(work) {
      if (!signal && !timed && !mayLeave && !gone) return work;
      return new Promise((resolve, reject) => {
        if (gone) reject(gone);
        else rejectWaiting.push(reject);
        const settle = (): void => {
          const at = rejectWaiting.indexOf(reject);
          if (at >= 0) rejectWaiting.splice(at, 1);
        };
        work.then(
          (value) => {
            settle();
            resolve(value);
          },
          (thrown) => {
            settle();
            reject(thrown);
          },
        );
      });
    },
  };
}

function timeUp(requestId: string): SignalboxError {
  return new SignalboxError("timeout", "The request's deadline has passed", { detail: "total", requestId });
}

/** A caller's abort as the error it gets: kind `cancelled`, its reason as the cause. */
export function cancelledBy(signal: AbortSignal, requestId?: string): SignalboxError {
  const reason: unknown = signal.reason;
  if (SignalboxError.isInstance(reason)) return reason;
  return new SignalboxError("cancelled", "The caller aborted the request", { requestId, cause: reason });
}
