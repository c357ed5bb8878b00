import type { AttemptBudget } from "../contract/provider.js";
import type { CandidateQueue } from "./call.js";

/**
 * A request's budget as a provider gets it that may call several times itself (a router, a decorator): the call it was
 * given for is paid already, and one call stays for a candidate that nobody has asked yet.
 */
export class LentBudget implements AttemptBudget {
  readonly #own: AttemptBudget;
  readonly #queue: CandidateQueue;
  #first = true;

  constructor(own: AttemptBudget, queue: CandidateQueue) {
    this.#own = own;
    this.#queue = queue;
  }

  get limit(): number {
    return this.#own.limit - (this.#queue.more() ? 1 : 0);
  }

  get used(): number {
    return this.#own.used - (this.#first ? 1 : 0);
  }

  take(): boolean {
    if (this.#first) {
      this.#first = false;
      return true;
    }
    return this.used < this.limit && this.#own.take();
  }
}
