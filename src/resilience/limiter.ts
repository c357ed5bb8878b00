import type { Deadline } from "../contract/provider.js";
import type { Clock, TimerHandle } from "../core/clock.js";
import { QuantileSketch } from "../core/quantiles.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { AdaptiveLimit } from "./adaptive-limit.js";
import { RateBucket } from "./rate-bucket.js";
import { type Priority, type Waiting, WaitQueue } from "./wait-queue.js";

export type { Priority } from "./wait-queue.js";

/** How many calls may run at once, and how many may wait. */
export interface LimiterOptions {
  /** Calls at once. @default Infinity */
  readonly maxConcurrent?: number | undefined;
  /**
   * Learns a limit from the first 429 on: 8 or 0.7 of the calls then running, whichever is more; +1 per clean 5 s in
   * which it was reached, x 0.7 on 429. `limits: { "*": {} }` asks for this alone. Right for vendors that limit calls at
   * once; where they count calls per minute it holds back more than it must.
   * @default true
   */
  readonly adaptive?: boolean | undefined;
  /** Requests per minute that the vendor is known to allow; shows as `headroom`. @default unknown */
  readonly rpm?: number | undefined;
  /** Tokens per minute that the vendor is known to allow; shows as `headroom`. @default unknown */
  readonly tpm?: number | undefined;
  /** Calls that may wait. @default 2_000 */
  readonly queueItems?: number | undefined;
  /** Bytes of requests that may wait. @default 67_108_864 (64 MiB) */
  readonly queueBytes?: number | undefined;
  /** How long an interactive or default call waits, milliseconds; batch waits as long as its deadline lets it. @default 5_000 */
  readonly queueMs?: number | undefined;
}

/** Who wants in. */
export interface Entrant {
  readonly priority?: Priority | undefined;
  /** Size of the request, for the queue's byte limit. @default 0 */
  readonly bytes?: number | undefined;
  /** Estimated tokens of the request, for `tpm`. @default 0 */
  readonly tokens?: number | undefined;
  readonly deadline?: Deadline | undefined;
  /** An abort source: tells its reason once. */
  readonly abort?: AbortHook | undefined;
}

export interface AbortHook {
  readonly reason: SignalboxError | undefined;
  listen(listener: (reason: SignalboxError) => void): () => void;
}

/**
 * Gives the place back, once; a second call does nothing. Tell how the call ended (`null`: well), so that a 429 can lower
 * the limit and the usual time of a call is known; tell nothing where none was made.
 */
export type Leave = (error?: SignalboxError | null) => void;

export interface Limiter {
  /**
   * A place, at once where one is free, else a promise of one.
   *
   * @throws kind `saturated` with `retryAfterMs` (queue full, or the deadline cannot be met), kind `timeout` with detail
   * `queue`, or the abort's reason: all as rejections
   */
  enter(entrant: Entrant): Leave | Promise<Leave>;
  /** Whether `enter` would give a place at once. A no counts as a call that the limit held back. */
  hasRoom(): boolean;
  /** Whether a newcomer would have to wait, as things stood when the limiter was last used. */
  readonly full: boolean;
  /** Calls that hold a place. */
  readonly active: number;
  /** Calls that wait. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Places in all, as things stand. */
  readonly limit: number;
  /** Share of the known `rpm` and `tpm` that is left, the smaller of both; 1 where none is known. */
  readonly headroom: number;
  /** What calls here took of the known `rpm` and `tpm` since this was last asked. */
  untold(): { readonly requests: number; readonly tokens: number };
  /** Calls of another process took of the same `rpm` and `tpm`. */
  takenElsewhere(requests: number, tokens: number): void;
}

/** Past this fullness batch is refused, and interactive calls are served newest first. */
const OVERLOADED = 0.8;
const MIN_RETRY_AFTER_MS = 1_000;
const SERVICE_HALF_LIFE_MS = 600_000;

/** Concurrency of one candidate or provider. */
export function createLimiter(options: LimiterOptions, deps: { readonly clock: Clock }): Limiter {
  return new QueueLimiter(options, deps.clock);
}

interface Ticket extends Waiting {
  readonly entrant: Entrant;
  readonly grant: (leave: Leave) => void;
  readonly refuse: (error: SignalboxError) => void;
  timer: TimerHandle;
  stopListening: (() => void) | undefined;
}

class QueueLimiter implements Limiter {
  readonly #clock: Clock;
  readonly #limit: AdaptiveLimit;
  readonly #queue: WaitQueue<Ticket>;
  readonly #queueMs: number;
  readonly #service = new QuantileSketch({ halfLifeMs: SERVICE_HALF_LIFE_MS });
  readonly #requests: RateBucket | undefined;
  readonly #tokens: RateBucket | undefined;
  active = 0;

  constructor(options: LimiterOptions, clock: Clock) {
    this.#clock = clock;
    this.#limit = new AdaptiveLimit(options.maxConcurrent ?? Number.POSITIVE_INFINITY, options.adaptive ?? true);
    this.#queue = new WaitQueue(options.queueItems ?? 2_000, options.queueBytes ?? 64 * 1024 * 1024);
    this.#queueMs = options.queueMs ?? 5_000;
    this.#requests = options.rpm === undefined ? undefined : new RateBucket(options.rpm, clock.now());
    this.#tokens = options.tpm === undefined ? undefined : new RateBucket(options.tpm, clock.now());
  }

  get queued(): number {
    return this.#queue.size;
  }
  get queuedBytes(): number {
    return this.#queue.bytes;
  }
  get limit(): number {
    return this.#limit.value;
  }

  get headroom(): number {
    if (this.#requests === undefined && this.#tokens === undefined) return 1;
    const now = this.#clock.now();
    return Math.min(this.#requests?.headroom(now) ?? 1, this.#tokens?.headroom(now) ?? 1);
  }

  untold(): { readonly requests: number; readonly tokens: number } {
    return { requests: this.#requests?.untold() ?? 0, tokens: this.#tokens?.untold() ?? 0 };
  }

  takenElsewhere(requests: number, tokens: number): void {
    const now = this.#clock.now();
    this.#requests?.takenElsewhere(requests, now);
    this.#tokens?.takenElsewhere(tokens, now);
  }

  enter(entrant: Entrant): Leave | Promise<Leave> {
    if (entrant.abort?.reason !== undefined) return Promise.reject(entrant.abort.reason);
    return this.hasRoom() ? this.#admit(entrant) : this.#wait(entrant);
  }

  hasRoom(): boolean {
    if (!this.full) return true;
    this.#limit.reached();
    // The limit may have grown since anybody last looked.
    this.#limit.tick(this.#clock.now());
    this.#serve();
    return !this.full;
  }

  get full(): boolean {
    return this.#queue.size > 0 || this.active >= this.#limit.value;
  }

  #admit(entrant: Entrant): Leave {
    this.active++;
    const limited = this.#limit.value !== Number.POSITIVE_INFINITY;
    if (limited && this.active >= this.#limit.value) this.#limit.reached();
    const startedAtMs = limited ? this.#clock.now() : 0;
    if (this.#requests !== undefined) this.#requests.take(1, this.#clock.now());
    if (this.#tokens !== undefined) this.#tokens.take(entrant.tokens ?? 0, this.#clock.now());
    const { round } = this.#limit;
    let inside = true;
    return (error) => {
      if (!inside) return;
      inside = false;
      this.active--;
      this.#left(error, round, limited ? startedAtMs : null);
    };
  }

  #left(error: SignalboxError | null | undefined, round: number, startedAtMs: number | null): void {
    const limited = error?.kind === "rate_limit";
    if (!limited && this.#limit.value === Number.POSITIVE_INFINITY) return;
    const now = this.#clock.now();
    if (limited) this.#limit.limited(round, now, this.active + 1);
    else {
      if (error === null && startedAtMs !== null) this.#service.add(now - startedAtMs, now);
      this.#limit.tick(now);
    }
    this.#serve();
  }

  #serve(): void {
    while (this.#queue.size > 0 && this.active < this.#limit.value) {
      const ticket = this.#queue.shift(this.#queue.fullness > OVERLOADED);
      if (ticket === undefined) return;
      this.#forget(ticket);
      ticket.grant(this.#admit(ticket.entrant));
    }
  }

  #wait(entrant: Entrant): Promise<Leave> {
    const { priority = "default", bytes = 0, deadline, abort } = entrant;
    const queue = this.#queue;
    const expectedMs = ((queue.ahead(priority) + 1) * this.#serviceMs()) / Math.max(1, this.#limit.value);
    if (priority === "batch" && queue.fullness > OVERLOADED)
      return this.#refused("the queue is nearly full, batch waits outside");
    if (deadline !== undefined && expectedMs + this.#serviceMs() > deadline.remainingMs()) {
      return this.#refused("the queue is longer than the request's deadline");
    }
    if (!this.#makeRoom(priority, bytes)) return this.#refused("the queue is full");
    return new Promise<Leave>((resolve, reject) => {
      const ticket: Ticket = {
        entrant,
        priority,
        bytes,
        grant: resolve,
        refuse: reject,
        prev: undefined,
        next: undefined,
        queued: false,
        timer: undefined,
        stopListening: undefined,
      };
      queue.push(ticket);
      ticket.stopListening = abort?.listen((reason) => this.#drop(ticket, reason));
      this.#setTimer(ticket);
    });
  }

  /** Room for one more, at the cost of the newest of a lower priority where that helps. */
  #makeRoom(priority: Priority, bytes: number): boolean {
    if (!this.#queue.canHold(bytes)) return false;
    while (!this.#queue.fits(bytes)) {
      const victim = this.#queue.lowestBelow(priority);
      if (victim === undefined) return false;
      this.#drop(victim, this.#saturated("a call of higher priority took the place"));
    }
    return true;
  }

  #setTimer(ticket: Ticket): void {
    const patienceMs = ticket.priority === "batch" ? Number.POSITIVE_INFINITY : this.#queueMs;
    const spareMs = (ticket.entrant.deadline?.remainingMs() ?? Number.POSITIVE_INFINITY) - this.#serviceMs();
    const waitMs = Math.min(patienceMs, spareMs);
    if (waitMs === Number.POSITIVE_INFINITY) return;
    ticket.timer = this.#clock.setTimeout(() => {
      if (spareMs <= patienceMs) this.#drop(ticket, this.#saturated("the request's deadline can no longer be met"));
      else this.#drop(ticket, new SignalboxError("timeout", "Waited too long for a free place.", { detail: "queue" }));
    }, waitMs);
  }

  #drop(ticket: Ticket, error: SignalboxError): void {
    if (!this.#queue.remove(ticket)) return;
    this.#forget(ticket);
    ticket.refuse(error);
  }

  #forget(ticket: Ticket): void {
    if (ticket.timer !== undefined) this.#clock.clearTimeout(ticket.timer);
    ticket.timer = undefined;
    ticket.stopListening?.();
    ticket.stopListening = undefined;
  }

  /** Median time a place is held, 0 before anything was measured. */
  #serviceMs(): number {
    return this.#service.quantile(0.5) || 0;
  }

  #refused(why: string): Promise<never> {
    return Promise.reject(this.#saturated(why));
  }

  #saturated(why: string): SignalboxError {
    const drainMs = (this.#queue.size * this.#serviceMs()) / Math.max(1, this.#limit.value);
    const retryAfterMs = Math.max(MIN_RETRY_AFTER_MS, Math.ceil(drainMs));
    return new SignalboxError("saturated", `No free place: ${why}.`, { retryAfterMs });
  }
}
