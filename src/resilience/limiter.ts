import type { Clock, TimerHandle } from "../core/clock.js";
import { QuantileSketch } from "../core/quantiles.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { AdaptiveLimit } from "./adaptive-limit.js";
import type { Entrant, Leave, Limiter, LimiterOptions } from "./limiter-types.js";
import { RateBucket } from "./rate-bucket.js";
import { type Priority, type Waiting, WaitQueue } from "./wait-queue.js";

export type { AbortHook, Entrant, Leave, Limiter, LimiterOptions } from "./limiter-types.js";
export type { Priority } from "./wait-queue.js";

/** Past this fullness batch is refused, and interactive calls are served newest first. */
const OVERLOADED = 0.8;
const MIN_RETRY_AFTER_MS = 1_000;
const SERVICE_HALF_LIFE_MS = 600_000;
/** Tokens of a usual call, and calls a minute that one place serves: enough to compare limits of different kinds. */
const USUAL_TOKENS = 1_000;
const CALLS_PER_PLACE = 20;

/** Concurrency of one candidate or provider. */
export function createLimiter(options: LimiterOptions, deps: { readonly clock: Clock }): Limiter {
  return new QueueLimiter(options, deps.clock);
}

interface Ticket extends Waiting {
  readonly entrant: Entrant;
  readonly grant: (leave: Leave) => void;
  readonly refuse: (error: SignalboxError) => void;
  /** End of its patience, on the clock's scale. */
  readonly untilMs: number;
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
  /** Fires when the first waiting call that is not ready will be. */
  #wake: TimerHandle;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  /** All waiting calls were asked, and none will be ready before then. */
  #nobodyReady = false;
  active = 0;

  constructor(options: LimiterOptions, clock: Clock) {
    this.#clock = clock;
    this.#limit = new AdaptiveLimit(options.maxConcurrent ?? Number.POSITIVE_INFINITY, options.adaptive ?? true);
    this.#queue = new WaitQueue(
      options.maxQueue ?? options.queueItems ?? 2_000,
      options.queueBytes ?? 64 * 1024 * 1024,
    );
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

  get capacity(): number {
    const requests = this.#requests?.perMinute ?? Number.POSITIVE_INFINITY;
    const tokens = (this.#tokens?.perMinute ?? Number.POSITIVE_INFINITY) / USUAL_TOKENS;
    return Math.min(requests, tokens, this.#limit.value * CALLS_PER_PLACE);
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
    if (!this.hasRoom()) return this.#wait(entrant);
    const nowMs = entrant.readyAtMs ? this.#clock.now() : 0;
    return entrant.readyAtMs && entrant.readyAtMs(this, nowMs) > nowMs ? this.#wait(entrant) : this.#admit(entrant);
  }

  hasRoom(): boolean {
    if (this.full) {
      this.#limit.reached();
      // The limit may have grown since anybody last looked.
      this.#limit.tick(this.#clock.now());
    }
    this.#serve();
    return !this.full;
  }

  get full(): boolean {
    if (this.active >= this.#limit.value) return true;
    return this.#requests !== undefined || this.#tokens !== undefined ? this.#rateInMs() > 0 : false;
  }

  /** Milliseconds until `rpm` and `tpm` allow a call; the tokens of a call count once it has begun. */
  #rateInMs(): number {
    const nowMs = this.#clock.now();
    return Math.max(this.#requests?.readyInMs(1, nowMs) ?? 0, this.#tokens?.readyInMs(1, nowMs) ?? 0);
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
    // A failure may have begun a cool-down that some calls cannot wait for: they leave, free place or not.
    if (error) this.#queue.first(false, (ticket) => void this.#isReady(ticket, now));
    this.#serve();
  }

  #serve(): void {
    const queue = this.#queue;
    if (queue.size === 0 || this.#nobodyReady) return;
    const nowMs = this.#clock.now();
    if (this.full) {
      const rateMs = Math.ceil(this.#rateInMs());
      if (rateMs > 0) this.#wakeAt(nowMs + rateMs, rateMs);
      return;
    }
    const ready = (ticket: Ticket): boolean => this.#isReady(ticket, nowMs);
    while (!this.full) {
      const ticket = queue.first(queue.fullness > OVERLOADED, ready);
      if (ticket === undefined) {
        this.#nobodyReady = true;
        return;
      }
      queue.served(ticket);
      this.#forget(ticket);
      ticket.grant(this.#admit(ticket.entrant));
    }
    if (queue.size > 0) this.#serve();
  }

  /** A call that is not ready waits on, or leaves at once where waiting would be in vain. */
  #isReady(ticket: Ticket, nowMs: number): boolean {
    const atMs = ticket.entrant.readyAtMs?.(this, nowMs) ?? nowMs;
    const waitMs = Math.ceil(atMs - nowMs);
    if (waitMs <= 0) return true;
    if (waitMs > this.#spareMs(ticket.entrant)) {
      this.#drop(ticket, this.#saturated("the request's deadline is sooner than the end of a cool-down", waitMs));
    } else if (atMs > ticket.untilMs) {
      const words = "A cool-down lasts longer than a call waits for a free place.";
      this.#drop(ticket, new SignalboxError("unavailable", words, { retryAfterMs: waitMs }));
    } else this.#wakeAt(atMs, waitMs);
    return false;
  }

  /** One timer, for the first call that will be ready. */
  #wakeAt(atMs: number, waitMs: number): void {
    if (atMs >= this.#wakeAtMs) return;
    this.#sleepOn();
    this.#wakeAtMs = atMs;
    this.#wake = this.#clock.setTimeout(() => this.lookAgain(), waitMs);
  }

  lookAgain(): void {
    this.#sleepOn();
    this.#nobodyReady = false;
    this.#serve();
  }

  #sleepOn(): void {
    this.#clock.clearTimeout(this.#wake);
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
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
    const rateMs = Math.ceil(this.#rateInMs());
    const patienceMs = priority === "batch" ? Number.POSITIVE_INFINITY : this.#queueMs;
    if (rateMs > Math.min(patienceMs, deadline?.remainingMs() ?? Number.POSITIVE_INFINITY)) {
      return Promise.reject(this.#saturated("rpm or tpm of this minute is used up", rateMs));
    }
    if (!this.#makeRoom(priority, bytes)) return this.#refused("the queue is full");
    const nowMs = this.#clock.now();
    return new Promise<Leave>((resolve, reject) => {
      const ticket: Ticket = {
        entrant,
        priority,
        bytes,
        tenant: entrant.tenant,
        turn: 0,
        grant: resolve,
        refuse: reject,
        prev: undefined,
        next: undefined,
        queued: false,
        untilMs: priority === "batch" ? Number.POSITIVE_INFINITY : nowMs + this.#queueMs,
        timer: undefined,
        stopListening: undefined,
      };
      queue.push(ticket);
      ticket.stopListening = abort?.listen((reason) => this.#drop(ticket, reason));
      this.#setTimer(ticket, nowMs);
      if (this.#isReady(ticket, nowMs)) this.#nobodyReady = false;
      if (rateMs > 0) this.#wakeAt(nowMs + rateMs, rateMs);
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

  /** How long it may wait, and its call still end before its deadline. */
  #spareMs({ deadline }: Entrant): number {
    return (deadline?.remainingMs() ?? Number.POSITIVE_INFINITY) - this.#serviceMs();
  }

  #setTimer(ticket: Ticket, nowMs: number): void {
    const patienceMs = ticket.untilMs - nowMs;
    const spareMs = this.#spareMs(ticket.entrant);
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
    if (this.#queue.size === 0) this.#sleepOn();
  }

  /** Median time a place is held, 0 before anything was measured. */
  #serviceMs(): number {
    return this.#service.quantile(0.5) || 0;
  }

  #refused(why: string): Promise<never> {
    return Promise.reject(this.#saturated(why));
  }

  #saturated(why: string, leastMs = MIN_RETRY_AFTER_MS): SignalboxError {
    const drainMs = (this.#queue.size * this.#serviceMs()) / Math.max(1, this.#limit.value);
    const retryAfterMs = Math.max(leastMs, Math.ceil(drainMs));
    return new SignalboxError("saturated", `No free place: ${why}.`, { retryAfterMs });
  }
}
