import type { BreakerState } from "../contract/events.js";
import type { KeptVerdict } from "../contract/verdict.js";
import type { Clock } from "../core/clock.js";
import { QuantileSketch } from "../core/quantiles.js";
import type { Random } from "../core/random.js";
import type { Policy } from "../errors/policy.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import { type Breaker, type BreakerOptions, createBreaker } from "./breaker.js";
import { CoolDown, DoublingWait } from "./cool-down.js";
import { Evidence, type GateFacts } from "./evidence.js";
import { Pace } from "./pace.js";

const HOUR_MS = 3_600_000;
/** Hints of one hour and less are honoured in full. */
const MAX_HINT_MS = HOUR_MS;
/** A plan's reset may be days away; asked again daily, in case it was topped up. */
const MAX_QUOTA_HINT_MS = 24 * HOUR_MS;
/** Quota without a reset time: doubling up to this. */
const MAX_QUOTA_MS = 6 * HOUR_MS;
/** A refusal that several requests agree on may still pass: the first disable is short, and doubles up to the table's. */
const FIRST_DOUBTFUL_MS = 10_000;
/** A disabled circuit is tried again at the latest after this. */
const MAX_DISABLE_MS = HOUR_MS;
/** A rate limit so soon after a success lowers the pace; it sets nobody else aside. */
const RECENT_SUCCESS_MS = 1_000;
/** Nobody stands in for it, so a trial costs nobody more than the refusal does. */
const MAX_LONE_DISABLE_MS = 30_000;
/** First tokens later than this, and than three times the circuit's own median, are slow. */
const SLOW_TTFT_MS = 10_000;
const SLOW_FACTOR = 3;
const MEDIAN_HALF_LIFE_MS = 600_000;

export interface CircuitDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly epoch: { value: number };
  onBreaker(from: BreakerState, to: BreakerState, reason: string, openMs: number): void;
  onCoolDown(forMs: number, reason: string): void;
}

/** What may keep calls off one candidate, or off one whole provider: breaker, cool-downs, disable. */
export class Circuit {
  readonly breaker: Breaker;
  /** From a vendor's own hint or quota. */
  readonly coolDown = new CoolDown();
  /** From our own default wait, which a request's own retry may pass. */
  readonly softCoolDown = new CoolDown();
  /** How fast calls may follow each other. */
  readonly pace = new Pace();
  /** Set by hand; lasts until `enable`. */
  disabledBy: string | null = null;
  /** When that was, milliseconds on the clock's monotonic scale. */
  disabledAtMs = 0;
  /** The breaker is open because the circuit was disabled by an answer (bad key, unknown model), so nothing may force it. */
  barred = false;
  #barring = false;
  #lastWellMs = Number.NEGATIVE_INFINITY;
  /** What requests say against it. */
  readonly evidence = new Evidence();
  readonly #quota = new DoublingWait();
  readonly #disable = new DoublingWait();
  readonly #ttft = new QuantileSketch({ halfLifeMs: MEDIAN_HALF_LIFE_MS });
  readonly #deps: CircuitDeps;

  constructor(options: BreakerOptions, deps: CircuitDeps) {
    this.#deps = deps;
    this.breaker = createBreaker(options, {
      clock: deps.clock,
      random: deps.random,
      epoch: deps.epoch,
      onChange: (from, to, reason, openMs) => {
        if (to !== "half_open") this.barred = this.#barring;
        deps.onBreaker(from, to, reason, openMs);
      },
    });
  }

  /** A call went well. */
  succeeded(token: number, nowMs: number, ttftMs: number | null, alternatives: boolean): void {
    this.#quota.clear();
    this.#disable.clear();
    this.#lastWellMs = nowMs;
    this.pace.succeeded();
    this.evidence.succeeded();
    let slow = false;
    if (ttftMs !== null && ttftMs >= 0) {
      slow = ttftMs > SLOW_TTFT_MS && !(ttftMs <= SLOW_FACTOR * this.#ttft.quantile(0.5));
      this.#ttft.add(ttftMs, nowMs);
    }
    this.breaker.settle(token, nowMs, false, slow, alternatives);
  }

  /** An answer came, whatever it said. */
  reached(token: number, nowMs: number): void {
    this.breaker.settle(token, nowMs, false);
  }

  failed(token: number, nowMs: number, error: SignalboxError, policy: Policy, facts?: GateFacts): void {
    const { breaker } = policy;
    if (breaker !== "ignore") this.evidence.failed(facts?.requestId, nowMs);
    const alternatives = facts?.alternatives ?? false;
    const isRefusal = breaker === "disable" || error.kind === "quota";
    if (isRefusal && !this.evidence.holds(error, facts?.requestId)) {
      this.breaker.release(token);
      return;
    }
    // A vendor's own word when to come back counts whatever it failed with.
    const hinted = breaker === "failure" && hintOf(error) > 0;
    if (error.kind === "rate_limit" && nowMs - this.#lastWellMs <= RECENT_SUCCESS_MS)
      this.pace.refused(nowMs, token, this.#deps.epoch.value, hintOf(error));
    else if (hinted || breaker === "cool_down" || breaker === "failure_and_cool_down") this.#cool(nowMs, error, policy);
    if (breaker === "disable") {
      const usual = policy.coolDownMs ?? 600_000;
      const first = error.doubtful ? Math.min(FIRST_DOUBTFUL_MS, usual) : usual;
      const next = this.#disable.next(first, Math.max(MAX_DISABLE_MS, usual));
      const ms = error.doubtful && !alternatives ? Math.min(next, MAX_LONE_DISABLE_MS) : next;
      this.#barring = true;
      this.breaker.trip(token, nowMs, reasonOf(error), ms);
      this.#barring = false;
    } else if (breaker === "failure" || breaker === "failure_and_cool_down") {
      const hung = error.kind === "timeout" && (error.detail === "headers" || error.detail === "first_token");
      if (hung && alternatives) this.breaker.trip(token, nowMs, `${error.detail} timeout`);
      else this.breaker.settle(token, nowMs, true, hung, alternatives);
    } else this.breaker.release(token);
  }

  #cool(nowMs: number, error: SignalboxError, policy: Policy): void {
    const hint = hintOf(error);
    const reason = reasonOf(error);
    const base = policy.coolDownMs ?? 5_000;
    if (error.kind === "quota") {
      // Many calls learn of one empty balance at once: only the first of them doubles the wait.
      if (hint === 0 && this.coolDown.active(nowMs) && this.coolDown.reason === reason) return;
      const ms = hint > 0 ? Math.min(hint, MAX_QUOTA_HINT_MS) : this.#quota.next(base, MAX_QUOTA_MS);
      this.#extend(this.coolDown, nowMs, ms, reason);
    } else if (hint > 0) this.#extend(this.coolDown, nowMs, Math.min(hint, MAX_HINT_MS), reason);
    else this.#extend(this.softCoolDown, nowMs, base * (1 + this.#deps.random()), reason);
  }

  #extend(coolDown: CoolDown, nowMs: number, ms: number, reason: string): void {
    if (coolDown.extend(nowMs + ms, reason, nowMs)) this.#deps.onCoolDown(ms, reason);
  }

  /**
   * Another process saw a cool-down. A peer's message sets aside for no longer than a vendor's own answer could, so a
   * peer that is wrong cannot take a candidate away for good.
   */
  coolFromPeer(nowMs: number, forMs: number, reason: string): void {
    const longestMs = reason.startsWith("quota") ? MAX_QUOTA_HINT_MS : MAX_HINT_MS;
    this.coolDown.extend(nowMs + Math.min(forMs, longestMs), reason, nowMs);
  }

  /** Another process has its breaker open: for no longer than an answer may disable. */
  openFromPeer(nowMs: number, forMs: number, reason: string): void {
    this.breaker.openUntil(nowMs + Math.min(forMs, MAX_DISABLE_MS), nowMs, reason);
  }

  disable(reason: string, nowMs: number): void {
    this.disabledBy = reason;
    this.disabledAtMs = nowMs;
  }

  /** Takes up what an earlier process held against it; `elapsedMs` of it have passed since. No longer than live. */
  restore({ by, reason, forMs }: KeptVerdict, elapsedMs: number, nowMs: number): void {
    if (forMs === null) this.disable(reason, nowMs);
    else if (by === "cool_down") this.coolFromPeer(nowMs, forMs - elapsedMs, reason);
    else if (forMs > elapsedMs) {
      this.#barring = by === "answer";
      this.openFromPeer(nowMs, forMs - elapsedMs, reason);
      this.#barring = false;
    }
  }

  coolDownUntilMs(): number {
    return Math.max(this.coolDown.untilMs, this.softCoolDown.untilMs);
  }

  /** Lifts every disable, by hand or by an answer, and every cool-down. A breaker that counted failures is for `reset`. */
  enable(): void {
    this.disabledBy = null;
    this.#disable.clear();
    this.#quota.clear();
    this.coolDown.clear();
    this.softCoolDown.clear();
    this.pace.clear();
    this.evidence.clear();
    if (this.barred) this.breaker.reset("enabled");
  }

  /** Lifts what an answer disabled, since a probe has found it well; a cool-down is about load, and stands. */
  admitAgain(): void {
    this.#disable.clear();
    this.evidence.clear();
    if (this.barred) this.breaker.reset("probe succeeded");
  }

  coolDownReason(): string | null {
    return this.coolDown.untilMs >= this.softCoolDown.untilMs ? this.coolDown.reason : this.softCoolDown.reason;
  }

  cooling(nowMs: number): boolean {
    return nowMs < this.coolDown.untilMs || nowMs < this.softCoolDown.untilMs || nowMs < this.pace.readyAtMs;
  }

  /** Disabled by hand, or by an answer and not yet due for another try. */
  disabled(nowMs: number): boolean {
    return this.disabledBy !== null || (this.barred && this.breaker.state(nowMs) === "open");
  }

  /** Blocked by what time alone does not mend: a hand, a refused key, a missing model, a spent quota. */
  needsRepair(nowMs: number): boolean {
    return this.disabled(nowMs) || (this.coolDown.active(nowMs) && this.coolDown.reason?.startsWith("quota") === true);
  }

  reset(): void {
    this.disabledBy = null;
    this.coolDown.clear();
    this.softCoolDown.clear();
    this.pace.clear();
    this.#quota.clear();
    this.#disable.clear();
    this.#ttft.clear();
    this.evidence.clear();
    this.breaker.reset();
  }
}

/** When the vendor says to come back, milliseconds from now; 0 where it says nothing, or at once. */
function hintOf({ retryAfterMs = 0 }: SignalboxError): number {
  return retryAfterMs > 0 ? retryAfterMs : 0;
}

function reasonOf(error: SignalboxError): string {
  return error.detail === undefined ? error.kind : `${error.kind}: ${error.detail}`;
}
