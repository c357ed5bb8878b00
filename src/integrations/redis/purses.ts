import { sha256 } from "../../chat/hash.js";
import type { SharedPurse } from "../../contract/shared-state.js";
import { Purse, type PurseHost } from "./purse.js";

/** Purses kept; past these the one goes that was not used for longest, for the server knows what was spent of it. */
const MAX_PURSES = 100_000;
/** Of so many that were not used for longest, one is likely free to go. */
const LOOKED_AT = 8;

/** This process's slices of all shared budgets, bounded, at a constant cost per call. */
export class Purses {
  readonly #host: PurseHost;
  /** Least recently used first. */
  readonly #purses = new Map<string, Purse>();
  /** Those with something out or something to tell. */
  readonly #busy = new Set<Purse>();

  constructor(host: PurseHost) {
    this.#host = host;
  }

  /** The purse of this rule's owner, which is about to be used. */
  of(rule: SharedPurse): Purse {
    const id = sha256(`${rule.per}\u0000${rule.key}\u0000${rule.windowMs}`).slice(0, 22);
    const known = this.#purses.get(id);
    if (!known && this.#purses.size >= MAX_PURSES) this.#forgetOne();
    const purse = known ?? new Purse(id, rule, this.#host);
    this.#purses.delete(id);
    this.#purses.set(id, purse);
    this.#busy.add(purse);
    return purse;
  }

  /** Another process needs what this one holds unused. */
  giveBack(id: string): void {
    this.#purses.get(id)?.giveBack();
  }

  tend(): void {
    for (const purse of this.#busy) {
      purse.tend();
      if (purse.quiet) this.#busy.delete(purse);
    }
  }

  /** The server lost its memory: whatever was spent of a purse is told anew. */
  reseed(): void {
    for (const purse of this.#purses.values()) {
      if (!purse.hasSpent) continue;
      this.#busy.add(purse);
      purse.reseed();
    }
  }

  async leave(): Promise<void> {
    await Promise.all([...this.#busy].map((purse) => purse.leave()));
  }

  /** A purse with a call under way stays, whatever the bound. */
  #forgetOne(): void {
    let looked = 0;
    for (const [id, purse] of this.#purses) {
      if (looked++ === LOOKED_AT) return;
      this.#purses.delete(id);
      if (purse.inUse) this.#purses.set(id, purse);
      else {
        this.#busy.delete(purse);
        void purse.leave();
        return;
      }
    }
  }
}
