import type { AttemptBudget } from "../contract/provider.js";

/** What one request may spend on upstream calls, all causes together, unless it says otherwise. */
export const DEFAULT_ATTEMPTS = 4;

/**
 * Counts the upstream calls of one request. With `outer`, each call is taken from both, so that a router inside a router
 * never multiplies calls.
 */
export function createAttemptBudget(limit: number = DEFAULT_ATTEMPTS, outer?: AttemptBudget): AttemptBudget {
  return new Budget(limit, outer);
}

class Budget implements AttemptBudget {
  readonly limit: number;
  used = 0;
  readonly #outer: AttemptBudget | undefined;

  constructor(limit: number, outer: AttemptBudget | undefined) {
    this.limit = limit;
    this.#outer = outer;
  }

  take(): boolean {
    if (this.used >= this.limit) return false;
    if (this.#outer !== undefined && !this.#outer.take()) return false;
    this.used++;
    return true;
  }
}
