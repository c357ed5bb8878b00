const PENDING = 0;
const WELL = 1;
const FAILED = 2;
/** Ended without saying anything about the circuit: counts as if it had never been made. */
const VOID = 3;
type Outcome = typeof WELL | typeof FAILED | typeof VOID;

const FIRST_SIZE = 64;
/** More calls than this at once are followed only as far as the newest of them. */
const MOST = 4_096;

/**
 * The calls of one circuit in the order they were started, with what became of each. Failures often come faster than
 * answers, so of a thousand calls sent at once the first to end are the few that fail: counted as they end they look
 * like an outage, counted as they were started they look like what they are. A ring of plain numbers that grows with
 * what is in flight; recording allocates nothing otherwise.
 */
export class CallOrder {
  /** Ascending: later calls have higher numbers. */
  #tokens = new Float64Array(FIRST_SIZE);
  #states = new Uint8Array(FIRST_SIZE);
  #head = 0;
  #size = 0;

  begin(token: number): void {
    if (this.#size === this.#tokens.length) this.#makeRoom();
    const at = (this.#head + this.#size++) & (this.#tokens.length - 1);
    this.#tokens[at] = token;
    this.#states[at] = PENDING;
  }

  well(token: number): void {
    this.#end(token, WELL);
  }

  void(token: number): void {
    this.#end(token, VOID);
  }

  /** Returns how many calls started one after the other have failed, this one among them; at least 1. */
  failed(token: number): number {
    const at = this.#end(token, FAILED);
    if (at < 0) return 1;
    return 1 + this.#failedFrom(at, -1) + this.#failedFrom(at, 1);
  }

  /** Calls in flight among those started from `first` to `last`. */
  pending(first: number, last: number): number {
    let found = 0;
    for (let at = this.#find(first); at < this.#size; at++) {
      const slot = this.#slot(at);
      if ((this.#tokens[slot] as number) > last) break;
      if (this.#states[slot] === PENDING) found++;
    }
    return found;
  }

  /** Old failures count no longer; what is in flight stays. */
  forgive(): void {
    for (let at = 0; at < this.#size; at++) {
      const slot = this.#slot(at);
      if (this.#states[slot] === FAILED) this.#states[slot] = WELL;
    }
  }

  clear(): void {
    this.#size = 0;
  }

  #end(token: number, outcome: Outcome): number {
    // Where calls come one at a time, the last to start is the one that ends.
    const newest = this.#size - 1;
    const at = newest >= 0 && this.#tokens[this.#slot(newest)] === token ? newest : this.#find(token);
    const slot = this.#slot(at);
    if (at === this.#size || this.#tokens[slot] !== token || this.#states[slot] !== PENDING) return -1;
    this.#states[slot] = outcome;
    return at;
  }

  #failedFrom(at: number, step: 1 | -1): number {
    let found = 0;
    for (let next = at + step; next >= 0 && next < this.#size; next += step) {
      const state = this.#states[this.#slot(next)];
      if (state === FAILED) found++;
      else if (state !== VOID) break;
    }
    return found;
  }

  /** The place of the first call that is not older than `token`. */
  #find(token: number): number {
    const tokens = this.#tokens;
    const mask = tokens.length - 1;
    const head = this.#head;
    let from = 0;
    let to = this.#size;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((tokens[(head + middle) & mask] as number) < token) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #slot(at: number): number {
    return (this.#head + at) & (this.#tokens.length - 1);
  }

  /** Forgets the oldest call, or grows where that one is still in flight. */
  #makeRoom(): void {
    const length = this.#tokens.length;
    if (this.#states[this.#head] !== PENDING || length >= MOST) {
      this.#head = (this.#head + 1) & (length - 1);
      this.#size--;
      return;
    }
    const tokens = new Float64Array(length * 2);
    const states = new Uint8Array(length * 2);
    for (let at = 0; at < length; at++) {
      tokens[at] = this.#tokens[this.#slot(at)] as number;
      states[at] = this.#states[this.#slot(at)] as number;
    }
    this.#tokens = tokens;
    this.#states = states;
    this.#head = 0;
  }
}
