import { Ledger } from "./ledger.js";
import { Line } from "./line.js";

/** Whose money a rule counts: one tenant, provider or tag, or the router. */
export interface Owner {
  readonly key: string;
  readonly ledger: Ledger;
  readonly line: Line;
  /** When each threshold of `alertAt` was last told, on the clock's scale. */
  alertedAtMs: number[] | undefined;
}

export interface OwnersDeps {
  readonly windowMs: number;
  /** Owners kept apart, at most. */
  readonly maxKeys: number;
  /** Gives turns to those who wait for an owner's money. */
  readonly serve: (owner: Owner) => void;
  /** The cap is near, or was reached and an owner was forgotten for it. Told once each. */
  readonly onFull: (what: "near" | "forgotten") => void;
}

/** From this share of the cap on it is said that it is near. */
const NEAR = 0.9;
/** With each new owner so many known ones are looked at, and dropped if they hold nothing. */
const SWEPT = 2;
/** Share of the owners that one search for the least spenders puts on the list. */
const LISTED = 0.01;

/**
 * The owners of one rule, bounded, at a constant cost per call: owners whose window has passed are swept a few at a
 * time, and past the cap the owner goes that spent least in the window, off a list that one search in a hundred fills.
 */
export class Owners {
  readonly #deps: OwnersDeps;
  readonly #owners = new Map<string, Owner>();
  #hand: Iterator<Owner> | undefined;
  /** The least spenders of the last search, least last, and what each had spent. */
  #least: { readonly owner: Owner; readonly usd: number }[] = [];
  readonly #told = new Set<string>();

  constructor(deps: OwnersDeps) {
    this.#deps = deps;
  }

  find(key: string): Owner | undefined {
    return this.#owners.get(key);
  }

  /** The owner of this name, new where nothing is known of it. */
  of(key: string, nowMs: number): Owner {
    const known = this.#owners.get(key);
    if (known) return known;
    this.#sweep(nowMs);
    const { maxKeys, windowMs, serve } = this.#deps;
    if (this.#owners.size >= maxKeys) this.#forgetLeast(nowMs);
    if (this.#owners.size + 1 >= maxKeys * NEAR && maxKeys > 1) this.#tell("near");
    const owner: Owner = {
      key,
      ledger: new Ledger(windowMs),
      line: new Line(() => serve(owner)),
      alertedAtMs: undefined,
    };
    this.#owners.set(key, owner);
    return owner;
  }

  all(): IterableIterator<Owner> {
    return this.#owners.values();
  }

  #sweep(nowMs: number): void {
    for (let i = 0; i < SWEPT; i++) {
      this.#hand ??= this.#owners.values();
      const { value, done } = this.#hand.next();
      if (done) this.#hand = undefined;
      else if (value.ledger.idle(nowMs) && !value.line.first) this.#owners.delete(value.key);
    }
  }

  /** Off the list, or off a new one if nobody on it is still the least; if all have calls under way, the cap gives way. */
  #forgetLeast(nowMs: number): void {
    if (this.#forgetListed(nowMs)) return;
    this.#search(nowMs);
    this.#forgetListed(nowMs);
  }

  #forgetListed(nowMs: number): boolean {
    for (let next = this.#least.pop(); next; next = this.#least.pop()) {
      const { owner, usd } = next;
      const { key, ledger, line } = owner;
      const changed = this.#owners.get(key) !== owner || ledger.spent(nowMs) > usd;
      if (changed || ledger.holds > 0 || line.first) continue;
      this.#owners.delete(key);
      this.#tell("forgotten");
      return true;
    }
    return false;
  }

  #search(nowMs: number): void {
    const listed = Math.max(1, Math.ceil(this.#deps.maxKeys * LISTED));
    const spent = Float64Array.from(this.#owners.values(), ({ ledger }) => ledger.spent(nowMs)).sort();
    const bound = spent[Math.min(listed, spent.length) - 1] ?? 0;
    const least: { readonly owner: Owner; readonly usd: number }[] = [];
    for (const owner of this.#owners.values()) {
      const usd = owner.ledger.spent(nowMs);
      if (usd <= bound && owner.ledger.holds === 0 && !owner.line.first) least.push({ owner, usd });
      if (least.length >= 2 * listed) break;
    }
    this.#least = least.sort((one, other) => other.usd - one.usd);
  }

  #tell(what: "near" | "forgotten"): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.#deps.onFull(what);
  }
}
