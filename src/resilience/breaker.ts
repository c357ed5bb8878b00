import type { BreakerState } from "../contract/events.js";
import type { Clock } from "../core/clock.js";
import type { Random } from "../core/random.js";
import { CallOrder } from "./call-order.js";
import { CallWindow } from "./call-window.js";

/** When a breaker opens and when it lets calls through again. Where the numbers come from stands at each. */
export interface BreakerOptions {
  /** First open time, milliseconds; doubles with each opening, and half of it is random (Finagle: 5 s). @default 5_000 */
  readonly openMs?: number | undefined;
  /**
   * Longest open time, milliseconds (opossum: 30 s, Polly: 5 s, Finagle and Envoy: 300 s). A probe is one live call that
   * has a fallback, so a long wait saves little, and it keeps a vendor out long after it is back.
   * @default 20_000
   */
  readonly maxOpenMs?: number | undefined;
  /** How long a call counts, milliseconds. @default 60_000 */
  readonly windowMs?: number | undefined;
  /** How many calls count at most. @default 50 */
  readonly windowCalls?: number | undefined;
  /** Failures in a row, in the order the calls were started, that open it (Envoy, Finagle: 5). @default 5 */
  readonly consecutive?: number | undefined;
  /** Share of failures, calls still out among them counted as none, that opens it (resilience4j, opossum, LiteLLM: 0.5). @default 0.5 */
  readonly failureRate?: number | undefined;
  /**
   * Share of slow calls that opens it, if another candidate is healthy. Calls so slow that `windowMs` holds fewer than
   * `minCalls` of them open it once `minCalls` of them follow one another.
   * @default 0.8
   */
  readonly slowRate?: number | undefined;
  /** Calls before a share means anything. @default 8 */
  readonly minCalls?: number | undefined;
  /** Successes, one after the other, that close it again (Polly, opossum: 1; a probe takes as long as an answer does). @default 1 */
  readonly closeAfter?: number | undefined;
  /** After this many milliseconds a silent probe no longer keeps others out. @default 60_000 */
  readonly leaseMs?: number | undefined;
  /** Closed without a failure for this long, one opening is forgiven, milliseconds. @default 60_000 */
  readonly forgiveMs?: number | undefined;
}

export interface BreakerDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Numbers changes of state and leases; shared by breakers that are passed with one token. */
  readonly epoch?: { value: number } | undefined;
  readonly onChange?: ((from: BreakerState, to: BreakerState, reason: string, openMs: number) => void) | undefined;
}

/** A circuit breaker. Synchronous, without timers: an open time is over when somebody looks after it. */
export interface Breaker {
  state(nowMs: number): BreakerState;
  /** Whether a call could start now. */
  allows(nowMs: number): boolean;
  /** When a call could start; `nowMs` where it can now. */
  retryAtMs(nowMs: number): number;
  /** A token for one call, or -1. In the half-open state the one probe's lease. */
  acquire(nowMs: number): number;
  /** Starts a call under a token that its owner numbered, higher than any before; takes the lease where it is half-open. */
  lend(nowMs: number, token: number): void;
  /** Whether this token is the half-open state's one probe. */
  lent(token: number): boolean;
  /** Open becomes half-open before its time. */
  tryEarly(nowMs: number): void;
  /** How the call ended. Tokens from before the last change of state, and leases that passed to another, say nothing any more. */
  settle(token: number, nowMs: number, failed: boolean, slow?: boolean, alternatives?: boolean): void;
  /** The call ended without telling anything about the circuit. */
  release(token: number): void;
  /** Opens at once, for `openMs` or the usual escalation. Ignored where the token is stale. */
  trip(token: number, nowMs: number, reason: string, openMs?: number): void;
  /** Opens until then without escalating, if that is later than what stands: somebody else's word. */
  openUntil(untilMs: number, nowMs: number, reason: string): void;
  /** Closes and forgets everything. */
  reset(reason?: string): void;
  /** Why it is in its state: the reason of the last change. */
  readonly reason: string | null;
  /** When its state last changed; the clock's reading at creation before that. */
  readonly sinceMs: number;
  readonly openUntilMs: number;
}

export function createBreaker(options: BreakerOptions, deps: BreakerDeps): Breaker {
  return new WindowBreaker(options, deps);
}

class WindowBreaker implements Breaker {
  readonly #o: Required<{ [K in keyof BreakerOptions]: number }>;
  readonly #deps: BreakerDeps;
  readonly #epoch: { value: number };
  readonly #window: CallWindow;
  readonly #order = new CallOrder();
  #state: BreakerState = "closed";
  reason: string | null = null;
  sinceMs: number;
  openUntilMs = 0;
  /** The epoch of the last change of state: older tokens are stale. */
  #changed = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  /** Slow answers since the last answer in good time, however long they took. */
  #slowRow = 0;
  /** Openings that are not yet forgiven: the exponent of the open time. */
  #opened = 0;
  #cleanSinceMs = 0;
  /** The token that may probe, 0 where none is out. */
  #lease = 0;
  #leaseEndsMs = 0;
  #successes = 0;

  constructor(options: BreakerOptions, deps: BreakerDeps) {
    this.#o = {
      openMs: options.openMs ?? 5_000,
      maxOpenMs: options.maxOpenMs ?? 20_000,
      windowMs: options.windowMs ?? 60_000,
      windowCalls: options.windowCalls ?? 50,
      consecutive: options.consecutive ?? 5,
      failureRate: options.failureRate ?? 0.5,
      slowRate: options.slowRate ?? 0.8,
      minCalls: options.minCalls ?? 8,
      closeAfter: options.closeAfter ?? 1,
      leaseMs: options.leaseMs ?? 60_000,
      forgiveMs: options.forgiveMs ?? 60_000,
    };
    this.#deps = deps;
    this.#epoch = deps.epoch ?? { value: 0 };
    this.#window = new CallWindow(this.#o.windowMs, this.#o.windowCalls);
    this.sinceMs = deps.clock.now();
  }

  state(nowMs: number): BreakerState {
    if (this.#state === "open" && nowMs >= this.openUntilMs) this.#become("half_open", "open time over", nowMs, 0);
    return this.#state;
  }

  allows(nowMs: number): boolean {
    if (this.#state === "closed") return true;
    return this.state(nowMs) === "half_open" && this.#leaseFree(nowMs);
  }

  retryAtMs(nowMs: number): number {
    if (this.#state === "closed" || this.allows(nowMs)) return nowMs;
    return this.#state === "open" ? this.openUntilMs : this.#leaseEndsMs;
  }

  acquire(nowMs: number): number {
    if (!this.allows(nowMs)) return -1;
    const token = ++this.#epoch.value;
    this.lend(nowMs, token);
    return token;
  }

  lent(token: number): boolean {
    return token === this.#lease && this.#lease !== 0;
  }

  tryEarly(nowMs: number): void {
    if (this.#state === "open") this.#become("half_open", "tried early: all are open", nowMs, 0);
  }

  lend(nowMs: number, token: number): void {
    if (this.#state === "closed") {
      this.#order.begin(token);
      return;
    }
    this.#lease = token;
    this.#leaseEndsMs = nowMs + this.#o.leaseMs;
  }

  settle(token: number, nowMs: number, failed: boolean, slow = false, alternatives = false): void {
    if (this.#state === "closed") {
      if (token >= this.#changed) this.#record(token, nowMs, failed, slow, alternatives);
    } else if (this.lent(token)) {
      this.#lease = 0;
      if (failed) this.#open("probe failed", nowMs);
      else if (++this.#successes >= this.#o.closeAfter) this.#become("closed", "probes succeeded", nowMs, 0);
    }
  }

  release(token: number): void {
    if (token === this.#lease) this.#lease = 0;
    this.#order.void(token);
  }

  trip(token: number, nowMs: number, reason: string, openMs?: number): void {
    const current = this.#state === "closed" ? token >= this.#changed : this.lent(token);
    if (current) this.#open(reason, nowMs, openMs);
  }

  openUntil(untilMs: number, nowMs: number, reason: string): void {
    if (untilMs <= nowMs || (this.#state === "open" && untilMs <= this.openUntilMs)) return;
    this.openUntilMs = untilMs;
    if (this.#state !== "open") this.#become("open", reason, nowMs, untilMs - nowMs);
  }

  reset(reason = "reset"): void {
    this.#opened = 0;
    if (this.#state === "closed") this.#forget();
    else this.#become("closed", reason, this.#deps.clock.now(), 0);
  }

  #record(token: number, nowMs: number, failed: boolean, slow: boolean, alternatives: boolean): void {
    const o = this.#o;
    const window = this.#window;
    window.add(nowMs, failed, slow, token);
    // A failure from before the window is no longer "in a row" with this one.
    if (nowMs - this.#lastAt >= o.windowMs) this.#order.forgive();
    this.#lastAt = nowMs;
    if (!failed) {
      this.#order.well(token);
      this.#slowRow = slow ? this.#slowRow + 1 : 0;
      if (!slow || !alternatives) return;
      // Slow calls one after another leave the window before enough of them are in it: their row is counted instead.
      if (window.total >= o.minCalls) {
        if (window.slow < o.slowRate * window.total) return;
        this.#open(`${window.slow} of ${window.total} calls were slow`, nowMs);
      } else if (this.#slowRow >= o.minCalls) this.#open(`${this.#slowRow} slow answers in a row`, nowMs);
      return;
    }
    const row = this.#order.failed(token);
    this.#forgive(nowMs);
    if (row >= o.consecutive) this.#open(`${row} failures in a row`, nowMs);
    else if (window.total >= o.minCalls && window.failed >= o.failureRate * (window.total + this.#undecided())) {
      this.#open(`${window.failed} of ${window.total} calls failed`, nowMs);
    }
  }

  /** Calls still out that were started among those that failed: as likely as not they do well. */
  #undecided(): number {
    const { first, last } = this.#window.failedSpan();
    return this.#order.pending(first, last);
  }

  #forgive(nowMs: number): void {
    const clean = Math.floor((nowMs - this.#cleanSinceMs) / this.#o.forgiveMs);
    if (clean > 0) this.#opened = Math.max(0, this.#opened - clean);
    this.#cleanSinceMs = nowMs;
  }

  #open(reason: string, nowMs: number, openMs?: number): void {
    const ceiling = Math.min(this.#o.maxOpenMs, this.#o.openMs * 2 ** Math.min(this.#opened, 32));
    const ms = openMs ?? ceiling / 2 + (this.#deps.random() * ceiling) / 2;
    if (openMs === undefined) this.#opened++;
    this.openUntilMs = nowMs + ms;
    this.#become("open", reason, nowMs, ms);
  }

  #become(to: BreakerState, reason: string, nowMs: number, openMs: number): void {
    const from = this.#state;
    this.#state = to;
    this.reason = to === "half_open" ? this.reason : reason;
    this.sinceMs = nowMs;
    this.#changed = ++this.#epoch.value;
    this.#lease = 0;
    this.#successes = 0;
    this.#cleanSinceMs = nowMs;
    this.#forget();
    this.#deps.onChange?.(from, to, reason, openMs);
  }

  #forget(): void {
    this.#window.clear();
    this.#order.clear();
    this.#slowRow = 0;
    this.#lastAt = Number.NEGATIVE_INFINITY;
  }

  #leaseFree(nowMs: number): boolean {
    return this.#lease === 0 || nowMs >= this.#leaseEndsMs;
  }
}
