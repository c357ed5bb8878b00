import type { BreakerState } from "../contract/events.js";
import type { SharedGateState } from "../contract/shared-state.js";
import type { KeptVerdict, Verdict } from "../contract/verdict.js";
import type { Clock } from "../core/clock.js";
import type { ExclusionReason } from "../errors/kinds.js";
import { policyOf } from "../errors/policy.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { Circuit } from "./circuit.js";
import type { GateFacts } from "./evidence.js";
import { keptVerdicts, verdictsOf } from "./verdicts.js";

export interface GateView {
  readonly state: BreakerState;
  /** Why it is blocked, or why the breaker last changed; `null` before anything happened. */
  readonly reason: string | null;
  /** When the breaker last changed, on the clock's monotonic scale. */
  readonly sinceMs: number;
  /** End of the cool-down, `-Infinity` where there never was one. */
  readonly coolDownUntilMs: number;
  /** Why it is disabled, by hand or by an answer; `null` where it is not. */
  readonly disabled: string | null;
}

/** Breaker, cool-down and disable of one candidate, with those of its provider. Synchronous, no timers. */
export interface Gate {
  readonly id: string;
  /** Why no call may start now, or `null`. */
  blocked(nowMs: number): ExclusionReason | null;
  /**
   * Whether time alone brings it back: a rate limit, overload or an open breaker keeps calls away, neither a hand nor what
   * somebody has to repair (a refused key, a spent quota, a missing model).
   */
  passes(nowMs: number): boolean;
  /** Whether a half-open breaker's one trial is under way: how it ends decides. */
  onTrial(nowMs: number): boolean;
  /** When a call may start: `nowMs` where it may now, `Infinity` where it was disabled by hand. */
  retryAtMs(nowMs: number): number;
  /** Half-open with a free probe: the next live request that has a fallback goes here first. */
  readonly probing: boolean;
  /** A token for one call, or -1 when refused. */
  acquire(nowMs: number): number;
  /** As `acquire`, for a request's own retry after its wait: passes a cool-down that no vendor asked for. */
  acquireRetry(nowMs: number): number;
  /** Whether this token's call is a probe. */
  probes(token: number): boolean;
  /** How the call ended: `null` for success. Applies the policy table. */
  settle(token: number, nowMs: number, outcome: SignalboxError | null, facts?: GateFacts): void;
  /** The call ended without saying anything about the candidate: cancelled, lost a hedge, never sent. */
  release(token: number): void;
  /** A token past an open breaker, once a second over all gates of a router; never past a cool-down or disable. */
  force(nowMs: number): number;
  /** Whether `force` would give a token. */
  forcible(nowMs: number): boolean;
  /** By hand, until `enable`. */
  disable(reason: string): void;
  /** Lifts disables, by hand or by an answer, and cool-downs, here and at its provider. */
  enable(): void;
  /** Lifts a disable that an answer caused (here or at the provider): an idle probe went well. */
  admitAgain(): void;
  /** Forgets everything, the provider's breaker and cool-downs included. */
  reset(): void;
  view(nowMs: number): GateView;
  /** What keeps calls away, here and at its provider. @param wallNowMs the wall clock's reading, for the times told */
  verdicts(nowMs: number, wallNowMs: number): readonly Verdict[];
  /** The same for a later process. */
  keptVerdicts(nowMs: number): readonly KeptVerdict[];
  /** Takes up what an earlier process told, `elapsedMs` ago. */
  restore(verdict: KeptVerdict, elapsedMs: number, nowMs: number): void;
  /** For other processes. */
  exportState(nowMs: number): SharedGateState;
  /** What another process saw: waits are lengthened, never shortened; its `closed` ends an open time that came from outside. */
  applyRemote(state: SharedGateState, nowMs: number): void;
}

export interface GatePool {
  readonly clock: Clock;
  readonly epoch: { value: number };
  mayForce(nowMs: number): boolean;
  takeForce(nowMs: number): void;
  mayProbe(id: string): boolean;
}

export class CandidateGate implements Gate {
  readonly id: string;
  readonly #own: Circuit;
  readonly #provider: Circuit;
  readonly #pool: GatePool;
  #remote = false;

  constructor(id: string, own: Circuit, provider: Circuit, pool: GatePool) {
    this.id = id;
    this.#own = own;
    this.#provider = provider;
    this.#pool = pool;
  }

  blocked(nowMs: number): ExclusionReason | null {
    const own = this.#own;
    const provider = this.#provider;
    if (own.disabled(nowMs) || provider.disabled(nowMs)) return "disabled";
    if (own.cooling(nowMs) || provider.cooling(nowMs)) return "cool_down";
    return own.breaker.allows(nowMs) && provider.breaker.allows(nowMs) ? null : "breaker_open";
  }

  passes(nowMs: number): boolean {
    return !this.#own.needsRepair(nowMs) && !this.#provider.needsRepair(nowMs);
  }

  onTrial(nowMs: number): boolean {
    return isOnTrial(this.#own, nowMs) || isOnTrial(this.#provider, nowMs);
  }

  retryAtMs(nowMs: number): number {
    const own = this.#own;
    const provider = this.#provider;
    if (own.disabledBy !== null) return Number.POSITIVE_INFINITY;
    const breakers = Math.max(own.breaker.retryAtMs(nowMs), provider.breaker.retryAtMs(nowMs));
    const coolDowns = Math.max(own.coolDownUntilMs(), provider.coolDownUntilMs());
    return Math.max(nowMs, breakers, coolDowns, own.pace.readyAtMs, provider.pace.readyAtMs);
  }

  get probing(): boolean {
    const now = this.#pool.clock.now();
    const closed = this.#own.breaker.state(now) === "closed" && this.#provider.breaker.state(now) === "closed";
    return !closed && this.blocked(now) === null;
  }

  acquire(nowMs: number): number {
    return this.blocked(nowMs) === null ? this.#take(nowMs) : -1;
  }

  acquireRetry(nowMs: number): number {
    const own = this.#own;
    const provider = this.#provider;
    if (own.disabled(nowMs) || provider.disabled(nowMs)) return -1;
    if (own.coolDown.active(nowMs) || provider.coolDown.active(nowMs)) return -1;
    if (isPaced(own, nowMs) || isPaced(provider, nowMs)) return -1;
    return own.breaker.allows(nowMs) && provider.breaker.allows(nowMs) ? this.#take(nowMs) : -1;
  }

  #take(nowMs: number): number {
    const own = this.#own.breaker;
    const provider = this.#provider.breaker;
    const closed = own.state(nowMs) === "closed" && provider.state(nowMs) === "closed";
    if (!closed && !this.#pool.mayProbe(this.id)) return -1;
    // One number for both circuits, so that a call carries one token.
    const token = ++this.#pool.epoch.value;
    own.lend(nowMs, token);
    provider.lend(nowMs, token);
    this.#own.pace.take(nowMs);
    this.#provider.pace.take(nowMs);
    return token;
  }

  probes(token: number): boolean {
    return this.#own.breaker.lent(token) || this.#provider.breaker.lent(token);
  }

  settle(token: number, nowMs: number, outcome: SignalboxError | null, facts?: GateFacts): void {
    const alternatives = facts?.alternatives ?? false;
    if (outcome === null) {
      this.#own.succeeded(token, nowMs, facts?.ttftMs ?? null, alternatives);
      this.#provider.succeeded(token, nowMs, null, false);
      return;
    }
    const policy = facts?.policy ?? policyOf(outcome.kind, outcome.detail);
    if (policy.scope === "provider") {
      this.#own.breaker.release(token);
      this.#provider.failed(token, nowMs, outcome, policy, facts);
      return;
    }
    this.#own.failed(token, nowMs, outcome, policy, facts);
    // Any answer at all shows that the provider can be reached and knows the key.
    if (outcome.status !== undefined) this.#provider.reached(token, nowMs);
    else this.#provider.breaker.release(token);
  }

  release(token: number): void {
    this.#own.breaker.release(token);
    this.#provider.breaker.release(token);
  }

  forcible(nowMs: number): boolean {
    if (!this.#pool.mayForce(nowMs) || this.blocked(nowMs) !== "breaker_open") return false;
    return free(this.#own, nowMs) && free(this.#provider, nowMs);
  }

  force(nowMs: number): number {
    if (this.blocked(nowMs) === null) return this.#take(nowMs);
    if (!this.forcible(nowMs)) return -1;
    this.#own.breaker.tryEarly(nowMs);
    this.#provider.breaker.tryEarly(nowMs);
    const token = this.#take(nowMs);
    if (token >= 0) this.#pool.takeForce(nowMs);
    return token;
  }

  disable(reason: string): void {
    this.#own.disable(reason, this.#pool.clock.now());
  }

  enable(): void {
    this.#own.enable();
    this.#provider.enable();
  }

  admitAgain(): void {
    this.#own.admitAgain();
    this.#provider.admitAgain();
  }

  reset(): void {
    this.#remote = false;
    this.#own.reset();
    this.#provider.reset();
  }

  view(nowMs: number): GateView {
    const own = this.#own;
    const provider = this.#provider;
    const circuit = rank(provider.breaker.state(nowMs)) > rank(own.breaker.state(nowMs)) ? provider : own;
    const cooling = own.coolDownUntilMs() >= provider.coolDownUntilMs() ? own : provider;
    const barred = own.disabled(nowMs) ? own : provider.disabled(nowMs) ? provider : null;
    const disabled = barred === null ? null : (barred.disabledBy ?? barred.breaker.reason ?? "disabled");
    const state = circuit.breaker.state(nowMs);
    const coolReason = state === "closed" && cooling.cooling(nowMs) ? cooling.coolDownReason() : null;
    return {
      state,
      reason: disabled ?? coolReason ?? circuit.breaker.reason,
      sinceMs: circuit.breaker.sinceMs,
      coolDownUntilMs: cooling.coolDownUntilMs(),
      disabled,
    };
  }

  verdicts(nowMs: number, wallNowMs: number): readonly Verdict[] {
    const own = verdictsOf(this.#own, "candidate", nowMs, wallNowMs);
    return [...own, ...verdictsOf(this.#provider, "provider", nowMs, wallNowMs)];
  }

  keptVerdicts(nowMs: number): readonly KeptVerdict[] {
    return [...keptVerdicts(this.#own, "candidate", nowMs), ...keptVerdicts(this.#provider, "provider", nowMs)];
  }

  restore(verdict: KeptVerdict, elapsedMs: number, nowMs: number): void {
    const circuit = verdict.scope === "provider" ? this.#provider : this.#own;
    circuit.restore(verdict, elapsedMs, nowMs);
  }

  exportState(nowMs: number): SharedGateState {
    const { state, reason, coolDownUntilMs, disabled } = this.view(nowMs);
    const openUntilMs = Math.max(left(this.#own, nowMs), left(this.#provider, nowMs));
    return { state, openForMs: openUntilMs, coolDownForMs: Math.max(0, coolDownUntilMs - nowMs), disabled, reason };
  }

  applyRemote(remote: SharedGateState, nowMs: number): void {
    const own = this.#own;
    if (remote.coolDownForMs > 0) own.coolFromPeer(nowMs, remote.coolDownForMs, remote.reason ?? "fleet");
    if (remote.openForMs > 0) {
      const wasClosed = own.breaker.state(nowMs) === "closed";
      own.openFromPeer(nowMs, remote.openForMs, remote.reason ?? "fleet");
      if (wasClosed) this.#remote = true;
    } else if (remote.state === "closed" && this.#remote) {
      this.#remote = false;
      if (own.breaker.state(nowMs) !== "closed") own.breaker.reset("closed by the fleet");
    }
  }
}

/** Its pace alone keeps a call away, not a cool-down of our own choosing. */
function isPaced({ pace, softCoolDown }: Circuit, nowMs: number): boolean {
  return nowMs < pace.readyAtMs && !softCoolDown.active(nowMs);
}

function isOnTrial({ breaker }: Circuit, nowMs: number): boolean {
  return breaker.state(nowMs) === "half_open" && !breaker.allows(nowMs);
}

/** No probe of this circuit is out. */
function free(circuit: Circuit, nowMs: number): boolean {
  return circuit.breaker.state(nowMs) === "open" || circuit.breaker.allows(nowMs);
}

function left(circuit: Circuit, nowMs: number): number {
  return circuit.breaker.state(nowMs) === "open" ? Math.max(0, circuit.breaker.openUntilMs - nowMs) : 0;
}

function rank(state: BreakerState): number {
  return state === "closed" ? 0 : state === "half_open" ? 1 : 2;
}
