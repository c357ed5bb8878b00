import type { ErrorKind } from "../errors/kinds.js";
import { cancelledBy, SignalboxError } from "../errors/signalbox-error.js";
import type { Flight, Flights, HasReply } from "./flight.js";
import { type Passenger, Seat } from "./seat.js";
import type { StreamReader } from "./stream/stream-flight.js";

/** Failures that say something about the request itself: equal requests would fail alike. */
const OF_THE_REQUEST: ReadonlySet<ErrorKind> = new Set([
  "invalid_request",
  "unsupported",
  "context_length",
  "content_filter",
]);
/** The same in HTTP, thrown by a provider whose errors nobody has classified yet. */
const STATUSES: ReadonlySet<unknown> = new Set([400, 413, 422]);

/** One request that may share another's answer, and what it makes of it. */
export interface Sharer<A extends HasReply, F extends Flight<A>, Result> extends Passenger {
  /** Flights of equal requests that it joins at most, one after another; then the last failure is its own. */
  readonly mostJoins: number;
  /** Whether a flight of an equal request will do. */
  mayJoin(flight: F): boolean;
  /** Starts a flight of its own. @throws where it cannot */
  start(): F;
  /** Leaves a flight that has failed for another. */
  movesOn?(from: Seat<F>): void;
  answered(seat: Seat<F>, answer: A): Result | Promise<Result>;
  /** What is thrown where nothing came of it. */
  failed(seat: Seat<F>, thrown: unknown): unknown;
}

/**
 * One reader's way to an answer: a flight of its own, or an equal request's. A failure is shared only if it is the
 * request's own. After any other the readers go on to one new flight, which the first of them starts, as long as nothing
 * of the answer was handed out.
 */
export class FlightReader<A extends HasReply, F extends Flight<A>, Result> {
  readonly #flights: Flights<F>;
  readonly #sharer: Sharer<A, F, Result>;
  #joins = 0;
  /** A piece of the answer is with the reader: what fails now is the reader's to know. */
  #delivered = false;
  /** Why no other flight could be had after the one that failed. */
  #stranded: { readonly thrown: unknown } | undefined = undefined;
  seat: Seat<F>;

  /** @throws what `start` threw, or `cancelled` */
  constructor(flights: Flights<F>, sharer: Sharer<A, F, Result>) {
    this.#flights = flights;
    this.#sharer = sharer;
    this.seat = this.#sit();
  }

  /** Waits for the answer; to be called once. */
  async reply(): Promise<Result> {
    const sharer = this.#sharer;
    for (;;) {
      const { seat } = this;
      // A reader that wants the whole answer must not wait for the stream's other readers.
      if (seat.joined && seat.flight.stream && !sharer.streamed) void drain(seat.read());
      try {
        const answer = await seat.wait(seat.flight.answer);
        seat.done();
        return sharer.answered(seat, answer);
      } catch (thrown) {
        seat.done();
        if (this.#moved(seat, thrown)) continue;
        const told = sharer.failed(seat, this.#errorOf(thrown));
        seat.cede();
        throw told;
      }
    }
  }

  /** The answer in pieces. @param delivers whether they are handed out, and not only pulled along */
  read(delivers = true): StreamReader {
    let { seat } = this;
    let reader = seat.read();
    // A flight of one's own is the last.
    if (!seat.joined) return reader;
    const current = (): StreamReader => {
      if (seat !== this.seat) {
        seat = this.seat;
        reader = seat.read();
      }
      return reader;
    };
    return {
      poll: () => {
        try {
          const chunk = current().poll();
          if (chunk && delivers) this.#delivered = true;
          return chunk;
        } catch (thrown) {
          if (this.#moved(seat, thrown)) return undefined;
          throw this.#errorOf(thrown);
        }
      },
      next: async () => {
        for (;;) {
          try {
            const chunk = await current().next();
            if (chunk && delivers) this.#delivered = true;
            return chunk;
          } catch (thrown) {
            if (!this.#moved(seat, thrown)) throw this.#errorOf(thrown);
          }
        }
      },
    };
  }

  /** Whether the reader is at another flight than `from`, now that this one has failed with `thrown`. */
  #moved(from: Seat<F>, thrown: unknown): boolean {
    if (this.seat !== from) return true;
    if (!from.joined || from.gone || this.#delivered || this.#stranded) return false;
    if (isOfTheRequest(thrown) || this.#joins >= this.#sharer.mostJoins) return false;
    // A flight has the time of its most patient reader: where that is up, no reader has time for another flight.
    if (from.flight.deadline.remainingMs() < 1) return false;
    from.done();
    this.#sharer.movesOn?.(from);
    try {
      this.seat = this.#sit();
      return true;
    } catch (thrown) {
      this.#stranded = { thrown };
      return false;
    }
  }

  #errorOf(thrown: unknown): unknown {
    return this.#stranded ? this.#stranded.thrown : thrown;
  }

  #sit(): Seat<F> {
    const flights = this.#flights;
    const sharer = this.#sharer;
    const { key, signal, requestId } = sharer;
    if (signal?.aborted) throw cancelledBy(signal, requestId);
    const found = key !== undefined ? flights.get(key) : undefined;
    if (found && sharer.mayJoin(found)) {
      this.#joins += 1;
      return new Seat(found, true, sharer, flights);
    }
    const flight = sharer.start();
    if (key !== undefined && !found) flights.add(key, flight);
    return new Seat(flight, false, sharer, flights);
  }
}

function isOfTheRequest(thrown: unknown): boolean {
  if (SignalboxError.isInstance(thrown)) return OF_THE_REQUEST.has(thrown.kind);
  return typeof thrown === "object" && thrown !== null && "status" in thrown && STATUSES.has(thrown.status);
}

/** Pulls a stream to its end. */
export async function drain(reader: StreamReader): Promise<void> {
  try {
    while (reader.poll() ?? (await reader.next())) {
      // The flight keeps what its readers have not taken.
    }
  } catch {
    // Whoever waits on the reply is told.
  }
}
