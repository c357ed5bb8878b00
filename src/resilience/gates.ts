import type { BreakerState } from "../contract/events.js";
import type { Clock } from "../core/clock.js";
import type { Random } from "../core/random.js";
import type { BreakerOptions } from "./breaker.js";
import { Circuit } from "./circuit.js";
import { CandidateGate, type Gate, type GatePool } from "./gate.js";

/** Where all candidates are open, one call in this many milliseconds may try the nearest to reopen. */
const FORCE_EVERY_MS = 1_000;

export interface GatesDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** A breaker changed; the provider's own breaker speaks for each of its candidates. */
  readonly onBreaker?:
    | ((candidateId: string, from: BreakerState, to: BreakerState, reason: string, openMs: number) => void)
    | undefined;
  /** A breaker closed after probes: reliability estimates restart at their prior. */
  readonly onClosed?: ((candidateId: string) => void) | undefined;
  /** A cool-down began or grew. */
  readonly onCoolDown?: ((candidateId: string, forMs: number, reason: string) => void) | undefined;
  /** Asked before a half-open probe is lent: a fleet that allows one probe in all says `false` for the others. */
  readonly mayProbe?: ((candidateId: string) => boolean) | undefined;
}

/** The gates of one router's candidates; candidates of one provider share that provider's breaker and cool-downs. */
export interface Gates {
  /** The same gate for the same id. */
  candidate(id: string, provider: string): Gate;
  /** Whether the "all open" rule would let a call through now. */
  mayForce(nowMs: number): boolean;
}

export function createGates(options: BreakerOptions, deps: GatesDeps): Gates {
  return new Pool(options, deps);
}

/**
 * The "all open" rule: where every gate is blocked and open breakers alone block some of them, the one of these that is
 * nearest to reopening, once a second per pool; `null` otherwise. Call `force` on it.
 */
export function nearestToReopen(gates: readonly Gate[], nowMs: number): Gate | null {
  let best: Gate | null = null;
  let bestAtMs = 0;
  for (const gate of gates) {
    if (gate.blocked(nowMs) === null) return null;
    if (!gate.forcible(nowMs)) continue;
    const atMs = gate.retryAtMs(nowMs);
    if (best === null || atMs < bestAtMs) {
      best = gate;
      bestAtMs = atMs;
    }
  }
  return best;
}

interface ProviderCircuit {
  readonly circuit: Circuit;
  readonly candidates: string[];
}

class Pool implements Gates, GatePool {
  readonly epoch = { value: 0 };
  readonly clock: Clock;
  readonly #options: BreakerOptions;
  readonly #deps: GatesDeps;
  readonly #gates = new Map<string, Gate>();
  readonly #providers = new Map<string, ProviderCircuit>();
  #forcedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: BreakerOptions, deps: GatesDeps) {
    this.#options = options;
    this.#deps = deps;
    this.clock = deps.clock;
  }

  candidate(id: string, provider: string): Gate {
    const known = this.#gates.get(id);
    if (known !== undefined) return known;
    const shared = this.#provider(provider);
    shared.candidates.push(id);
    const gate = new CandidateGate(id, this.#circuit([id]), shared.circuit, this);
    this.#gates.set(id, gate);
    return gate;
  }

  mayForce(nowMs: number): boolean {
    return nowMs - this.#forcedAtMs >= FORCE_EVERY_MS;
  }

  takeForce(nowMs: number): void {
    this.#forcedAtMs = nowMs;
  }

  mayProbe(id: string): boolean {
    return this.#deps.mayProbe?.(id) ?? true;
  }

  #provider(id: string): ProviderCircuit {
    const known = this.#providers.get(id);
    if (known !== undefined) return known;
    const candidates: string[] = [];
    const shared = { circuit: this.#circuit(candidates), candidates };
    this.#providers.set(id, shared);
    return shared;
  }

  /** `ids` may still grow: a provider's circuit speaks for all its candidates. */
  #circuit(ids: readonly string[]): Circuit {
    const { clock, random, onBreaker, onClosed, onCoolDown } = this.#deps;
    return new Circuit(this.#options, {
      clock,
      random,
      epoch: this.epoch,
      onBreaker: (from, to, reason, openMs) => {
        for (const id of ids) {
          onBreaker?.(id, from, to, reason, openMs);
          if (to === "closed") onClosed?.(id);
        }
      },
      onCoolDown: (forMs, reason) => {
        for (const id of ids) onCoolDown?.(id, forMs, reason);
      },
    });
  }
}
