import type { TimerHandle } from "../core/clock.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Answer } from "./attempt-chat.js";
import type { Call } from "./call.js";
import { createSignalListeners, type SignalListeners } from "./signal-listeners.js";
import type { StreamFlight } from "./stream-flight.js";

/** One upstream answer under way, and those who wait for it. Its budget and deadline are its own. */
export interface Flight {
  readonly call: Call;
  /** Never an unhandled rejection. */
  readonly answer: Promise<Answer>;
  /** `undefined` where the answer comes whole. */
  readonly stream: StreamFlight | undefined;
  /** What `answer` settled with; `undefined` before. */
  settled: Answer | undefined;
  /** How many wait for it; the last to leave ends the upstream call. */
  readers: number;
}

/** Equal requests in flight, by key. Bounded: past `max` a request is sent on its own. */
export interface Flights {
  /** A flight to join. */
  get(key: string): Flight | undefined;
  /** Lets others join until the answer is there. */
  add(key: string, flight: Flight): void;
  subscribe(flight: Flight, reader: Reader): Subscription;
  /** Hears a caller's signal, which has not aborted yet; returns the way to leave. */
  readonly signals: SignalListeners;
}

/** Readers of one flight; those past it send a request of their own. */
const MOST_READERS = 100;

export function createFlights(max = 10_000): Flights {
  const flights = new Map<string, Flight>();
  const signals = createSignalListeners();
  return {
    signals,
    subscribe: (flight, reader) => new FlightSubscription(flight, reader, signals),
    get(key) {
      const flight = flights.get(key);
      return flight && flight.readers > 0 && flight.readers < MOST_READERS && !flight.call.abort.reason
        ? flight
        : undefined;
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

/** One reader of a flight: leaving it hurts no other. */
export interface Subscription {
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

/** Who waits for a flight. */
export interface Reader {
  /** Its abort ends the wait at once. */
  readonly signal: AbortSignal | undefined;
  /** Whether it may leave by itself, as the reader of a stream may. */
  readonly mayLeave: boolean;
  /** When its own time is up, on the clock's scale; the flight of an equal request may take longer. */
  readonly deadlineAtMs: number;
}

class FlightSubscription implements Subscription {
  gone: SignalboxError | undefined = undefined;
  readonly #flight: Flight;
  readonly #timed: boolean;
  /** Something besides the flight may end the wait: its own time, its signal, or the reader itself. */
  readonly #watched: boolean;
  readonly #mayEndAlone: boolean;
  #over = false;
  #timer: TimerHandle = undefined;
  #stopListening: (() => void) | undefined = undefined;
  /** Where one reader waits for several things, each is told. */
  #rejectWaiting: ((reason: SignalboxError) => void)[] | undefined = undefined;

  constructor(flight: Flight, { signal, mayLeave, deadlineAtMs }: Reader, signals: SignalListeners) {
    const { call } = flight;
    this.#flight = flight;
    this.#timed = deadlineAtMs < call.deadlineAtMs;
    this.#mayEndAlone = this.#timed || signal !== undefined;
    this.#watched = this.#mayEndAlone || mayLeave;
    flight.readers += 1;
    if (this.#timed) {
      const { clock } = call.services;
      const inMs = Math.max(0, deadlineAtMs - clock.now());
      this.#timer = clock.setTimeout(() => this.leave(timeUp(call.requestId)), inMs);
    }
    if (signal) {
      const onAbort = (): void => this.leave(cancelledBy(signal, call.requestId));
      if (signal.aborted) onAbort();
      else this.#stopListening = signals.listen(signal, onAbort);
    }
  }

  get bound(): boolean {
    return !this.#mayEndAlone && this.#flight.readers === 1;
  }

  leave(reason: SignalboxError): void {
    if (this.#over) return;
    this.#free();
    this.gone = reason;
    const waiting = this.#rejectWaiting;
    this.#rejectWaiting = undefined;
    if (this.#flight.readers === 0) this.#flight.call.abort.abort(reason);
    if (waiting) for (const reject of waiting) reject(reason);
  }

  done(): void {
    if (!this.#over) this.#free();
  }

  wait<T>(work: Promise<T>): Promise<T> {
    if (!this.#watched && !this.gone) return work;
    return new Promise<T>((resolve, reject) => {
      if (this.gone) reject(this.gone);
      else {
        this.#rejectWaiting ??= [];
        this.#rejectWaiting.push(reject);
      }
      const settle = (): void => {
        const at = this.#rejectWaiting?.indexOf(reject) ?? -1;
        if (at >= 0) this.#rejectWaiting?.splice(at, 1);
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
  }

  #free(): void {
    this.#over = true;
    this.#stopListening?.();
    if (this.#timed) this.#flight.call.services.clock.clearTimeout(this.#timer);
    this.#flight.readers -= 1;
  }
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
