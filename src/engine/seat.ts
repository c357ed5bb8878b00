import type { ChatChunk } from "../chat/chunk.js";
import { chunksOf } from "../chat/chunks.js";
import type { Clock } from "../core/clock.js";
import { cancelledBy, SignalboxError } from "../errors/signalbox-error.js";
import { lastsFor } from "../resilience/moving-deadline.js";
import type { Flight, Flights, Patient } from "./flight.js";
import type { StreamReader } from "./stream/stream-flight.js";

/** A reader that waits for a flight. */
export interface Passenger {
  /** What equal requests have in common; `undefined` for one that shares nothing. */
  readonly key: string | undefined;
  readonly requestId: string;
  /** Its abort ends the wait at once. */
  readonly signal: AbortSignal | undefined;
  /** Whether it reads a stream, and so may leave by itself. */
  readonly streamed: boolean;
  /** When its own time is up, on the clock's scale; the flight of an equal request may take longer. */
  readonly deadlineAtMs: number;
}

/** One reader's place at a flight: leaving it hurts no other, and the last one to leave ends the flight. */
export class Seat<F extends Flight> implements Patient {
  readonly flight: F;
  /** Whether an equal request had started the flight. */
  readonly joined: boolean;
  readonly #passenger: Passenger;
  readonly #clock: Clock;
  before: Patient | undefined = undefined;
  /** Why the reader is gone. */
  gone: SignalboxError | undefined = undefined;
  /** Something besides the flight may end the wait: its own time, or its signal. */
  readonly #mayEndAlone: boolean;
  /** The same, or the reader itself. */
  readonly #watched: boolean;
  #over = false;
  #stopClock: (() => void) | undefined = undefined;
  #stopListening: (() => void) | undefined = undefined;
  /** Where one reader waits for several things, each is told. */
  #rejectWaiting: ((reason: SignalboxError) => void)[] | undefined = undefined;

  constructor(flight: F, joined: boolean, passenger: Passenger, { clock, signals }: Flights<F>) {
    const { key, requestId, signal, streamed, deadlineAtMs } = passenger;
    this.flight = flight;
    this.joined = joined;
    this.#passenger = passenger;
    this.#clock = clock;
    // Who shares a flight may have less time than another who comes later.
    this.#mayEndAlone = signal !== undefined || (key !== undefined && deadlineAtMs < Number.POSITIVE_INFINITY);
    this.#watched = this.#mayEndAlone || streamed;
    flight.readers += 1;
    if (!joined) flight.leader = flight.patient = this;
    else this.#bringTime(deadlineAtMs - clock.now());
    if (signal) {
      const onAbort = (): void => this.leave(cancelledBy(signal, requestId));
      if (signal.aborted) onAbort();
      else this.#stopListening = signals.listen(signal, onAbort);
    }
  }

  #bringTime(ownMs: number): void {
    const { flight } = this;
    const leftMs = flight.deadline.remainingMs();
    if (!lastsFor(leftMs, ownMs)) {
      for (let each = flight.patient; each; each = each.before) each.keepTime();
      flight.deadline.extend(this.#passenger.deadlineAtMs);
      flight.patient = this;
    } else if (leftMs > ownMs) this.keepTime();
    else {
      this.before = flight.patient;
      flight.patient = this;
    }
  }

  keepTime(): void {
    if (this.#over) return;
    const clock = this.#clock;
    const { requestId, deadlineAtMs } = this.#passenger;
    const timer = clock.setTimeout(() => this.leave(timeUp(requestId)), Math.max(0, deadlineAtMs - clock.now()));
    this.#stopClock = () => clock.clearTimeout(timer);
  }

  /** Whether what the flight costs is this reader's. */
  leads(): boolean {
    this.flight.leader ??= this;
    return this.flight.leader === this;
  }

  /** The promise's outcome, or a rejection as soon as this reader is gone. */
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

  /** The answer in pieces, until this reader is gone. */
  read(): StreamReader {
    const { flight } = this;
    const reader = flight.stream?.read(this) ?? inPieces(flight);
    return {
      poll: () => {
        if (this.gone) throw this.gone;
        return reader.poll();
      },
      next: () => {
        // Where nothing but the flight can end the wait, its promises need no watching.
        const alone = !this.#mayEndAlone && flight.readers === 1;
        return alone ? reader.next() : this.wait(reader.next());
      },
    };
  }

  leave(reason: SignalboxError): void {
    if (this.#over) return;
    this.done();
    this.gone = reason;
    const waiting = this.#rejectWaiting;
    this.#rejectWaiting = undefined;
    if (this.flight.readers === 0) this.flight.abort.abort(reason);
    if (waiting) for (const reject of waiting) reject(reason);
  }

  /** Where this reader has left, what is called from now on is another's. */
  cede(): void {
    if (this.gone && this.flight.leader === this) this.flight.leader = undefined;
  }

  /** The reader has what it came for, or the flight has failed. */
  done(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopListening?.();
    this.#stopClock?.();
    this.flight.readers -= 1;
  }
}

/** A whole answer, cut in pieces. */
function inPieces({ answer }: Flight): StreamReader {
  let chunks: ChatChunk[] | undefined;
  return {
    poll: () => chunks?.shift(),
    async next() {
      chunks ??= chunksOf((await answer).reply);
      return chunks.shift() ?? null;
    },
  };
}

function timeUp(requestId: string): SignalboxError {
  return new SignalboxError("timeout", "The request's deadline has passed", { detail: "total", requestId });
}
