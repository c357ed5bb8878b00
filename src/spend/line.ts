import type { Deadline } from "../contract/provider.js";
import { type Clock, setBackgroundTimeout, type TimerHandle } from "../core/clock.js";
import { SignalboxError } from "../errors/signalbox-error.js";

/** What a call may cost. */
export interface Want {
  /** The most it can cost, dollars: held before it is sent. */
  readonly mostUsd: number;
  /**
   * What must be unspent for it to run at all, dollars: less than `mostUsd` if the request limits no output, `-Infinity`
   * if it is free.
   */
  readonly leastUsd: number;
}

/** A request that waits for money. */
export interface MoneyEntrant {
  /** What the request is known by, whichever of its paths asks. */
  readonly who: object;
  readonly deadline: Deadline;
  readonly abort: AbortHook;
}

interface AbortHook {
  readonly reason: SignalboxError | undefined;
  listen(listener: (reason: SignalboxError) => void): () => void;
}

/** Holds free up as calls end, nobody knows when; a refused caller may ask again after this, milliseconds. */
export const ASK_LATER_MS = 1_000;
/** A turn that is not taken within this time goes to the next, milliseconds. */
const TURN_MS = 1_000;
/** Once the first in line has waited this long, milliseconds, newcomers stand behind it even if they would fit. */
const PATIENCE_MS = 1_000;
/** No settling here tells of money that another process holds: the first in line asks again after this, milliseconds. */
const ASK_AGAIN_MS = 100;

interface Ticket {
  readonly who: object;
  readonly want: Want;
  readonly line: Line;
  readonly sinceMs: number;
  /** Ends the wait: with an error, or because it is this request's turn. */
  end: ((error?: SignalboxError) => void) | undefined;
  timer: TimerHandle;
  prev: Ticket | undefined;
  next: Ticket | undefined;
}

/** The requests that wait for one owner's money, in the order in which they came. */
export class Line {
  first: Ticket | undefined;
  #last: Ticket | undefined;
  /** Gives turns to those for whom there is room now. */
  readonly serve: () => void;

  constructor(serve: (line: Line) => void) {
    this.serve = () => serve(this);
  }

  /** Whether a newcomer has to stand behind those who wait. */
  holdsBack(who: object | undefined, nowMs: number): boolean {
    const { first } = this;
    return first !== undefined && first.who !== who && nowMs - first.sinceMs >= PATIENCE_MS;
  }

  /** Gives turns, first come first served, as long as `fits` has room; it is asked of those on turn already, too. */
  wake(fits: (want: Want) => boolean): void {
    for (let ticket = this.first; ticket; ) {
      const { next } = ticket;
      if (!fits(ticket.want) && ticket.end) return;
      ticket.end?.();
      ticket = next;
    }
  }

  append(ticket: Ticket): void {
    ticket.prev = this.#last;
    if (this.#last) this.#last.next = ticket;
    else this.first = ticket;
    this.#last = ticket;
  }

  remove(ticket: Ticket): void {
    if (ticket.prev) ticket.prev.next = ticket.next;
    else this.first = ticket.next;
    if (ticket.next) ticket.next.prev = ticket.prev;
    else this.#last = ticket.prev;
    ticket.prev = ticket.next = undefined;
  }
}

/** All requests of a router that wait for money; each stands in one line at a time. */
export class Waits {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #tickets = new WeakMap<object, Ticket>();
  #standing = 0;

  /** @param most requests that may wait at once. */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** The request has what it waited for, or waits no more: the next may have its turn. */
  leave(who: object | undefined): void {
    const ticket = who && this.#tickets.get(who);
    if (!ticket) return;
    this.#tickets.delete(ticket.who);
    this.#standing -= 1;
    this.#clock.clearTimeout(ticket.timer);
    ticket.line.remove(ticket);
    ticket.line.serve();
  }

  /**
   * Stands in line until it is this request's turn: its next `reserve` decides. A request whose turn was in vain keeps
   * its place.
   *
   * @param elsewhere another process holds the money, so the first in line also asks again now and then.
   * @throws SignalboxError `refusal()` once the deadline passes or too many wait, or the abort's reason: as rejections
   */
  wait(
    { who, abort, deadline }: MoneyEntrant,
    want: Want,
    line: Line,
    refusal: () => SignalboxError,
    elsewhere: boolean,
  ): Promise<void> {
    const known = this.#tickets.get(who);
    // One that still waits is another path of the same request: it keeps the place, this one does not get a second.
    if (known && (known.line !== line || known.end)) this.leave(who);
    const reason =
      abort.reason ?? (deadline.remainingMs() <= 0 || this.#standing >= this.#most ? refusal() : undefined);
    if (reason) {
      this.leave(who);
      return Promise.reject(reason);
    }
    const ticket = this.#tickets.get(who) ?? this.#enter(who, want, line);
    return new Promise<void>((resolve, reject) => {
      let stopListening: (() => void) | undefined;
      ticket.end = (error) => {
        ticket.end = undefined;
        this.#clock.clearTimeout(ticket.timer);
        stopListening?.();
        if (error) {
          this.leave(who);
          reject(error);
          return;
        }
        ticket.timer = setBackgroundTimeout(this.#clock, () => this.leave(who), TURN_MS);
        resolve();
      };
      this.#arm(ticket, deadline, refusal, elsewhere);
      stopListening = abort.listen((gone) => ticket.end?.(gone));
      // What was held may have been settled since the question.
      if (!elsewhere) line.serve();
    });
  }

  #enter(who: object, want: Want, line: Line): Ticket {
    const sinceMs = this.#clock.now();
    const ticket: Ticket = {
      who,
      want,
      line,
      sinceMs,
      end: undefined,
      timer: undefined,
      prev: undefined,
      next: undefined,
    };
    this.#tickets.set(who, ticket);
    this.#standing += 1;
    line.append(ticket);
    return ticket;
  }

  #arm(ticket: Ticket, deadline: Deadline, refusal: () => SignalboxError, elsewhere: boolean): void {
    const leftMs = deadline.remainingMs();
    const waitMs = elsewhere ? Math.min(ASK_AGAIN_MS, leftMs) : leftMs;
    this.#clock.clearTimeout(ticket.timer);
    if (waitMs === Number.POSITIVE_INFINITY) return;
    ticket.timer = this.#clock.setTimeout(() => {
      if (deadline.remainingMs() <= 0) ticket.end?.(refusal());
      else if (elsewhere && ticket.line.first === ticket) ticket.end?.();
      // The deadline has moved, or others ask first.
      else this.#arm(ticket, deadline, refusal, elsewhere);
    }, waitMs);
  }
}

/** What a request is told that waited in vain for money held by others. */
export function heldError(per: string, key: string, maxUsd: number): SignalboxError {
  const words = `The budget of ${per} "${key}" (${maxUsd} USD): calls under way hold what is left of it`;
  return new SignalboxError("budget_exceeded", words, { detail: "held", retryAfterMs: ASK_LATER_MS });
}
