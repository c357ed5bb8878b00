import type { Clock } from "../core/clock.js";

/**
 * How much extra traffic retries may make, per provider. Between Finagle (20 % of requests plus a reserve) and gRPC
 * (10 tokens), with a trickle so that an app with few requests may still retry.
 */
export interface RetryBudgetOptions {
  /** Tokens it holds at most, and at the start. @default 10 */
  readonly capacity?: number | undefined;
  /** Tokens that each first attempt adds. @default 0.2 */
  readonly deposit?: number | undefined;
  /** Tokens that each second adds. @default 0.2 */
  readonly perSecond?: number | undefined;
}

export interface RetryBudget {
  /** A first attempt was sent. */
  deposit(): void;
  /** Takes `cost` tokens (1 for a retry or hedge, 2 after a timeout), or takes none and says `false`. */
  withdraw(cost?: number): boolean;
  /** Tokens left now. */
  readonly tokens: number;
}

export function createRetryBudget(options: RetryBudgetOptions, deps: { readonly clock: Clock }): RetryBudget {
  return new TokenBucket(options, deps.clock);
}

class TokenBucket implements RetryBudget {
  readonly #capacity: number;
  readonly #deposit: number;
  readonly #perMs: number;
  readonly #clock: Clock;
  #tokens: number;
  #at: number;

  constructor(options: RetryBudgetOptions, clock: Clock) {
    this.#capacity = options.capacity ?? 10;
    this.#deposit = options.deposit ?? 0.2;
    this.#perMs = (options.perSecond ?? 0.2) / 1_000;
    this.#clock = clock;
    this.#tokens = this.#capacity;
    this.#at = clock.now();
  }

  deposit(): void {
    // No clock here: the trickle is only added up when somebody asks.
    this.#tokens = Math.min(this.#capacity, this.#tokens + this.#deposit);
  }

  withdraw(cost = 1): boolean {
    this.#trickle();
    // Forgives the rounding of many small deposits.
    if (this.#tokens + 1e-9 < cost) return false;
    this.#tokens = Math.max(0, this.#tokens - cost);
    return true;
  }

  get tokens(): number {
    this.#trickle();
    return this.#tokens;
  }

  #trickle(): void {
    const now = this.#clock.now();
    const elapsed = now - this.#at;
    if (elapsed <= 0) return;
    this.#at = now;
    this.#tokens = Math.min(this.#capacity, this.#tokens + elapsed * this.#perMs);
  }
}
