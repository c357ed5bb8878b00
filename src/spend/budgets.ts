import type { Clock } from "../core/clock.js";
import { Ledger } from "./ledger.js";

/** A money budget over a sliding window. */
export interface BudgetRule {
  /** Whose money: each tenant, provider or tag has its own purse; `"router"` is one for all. */
  readonly per: "tenant" | "provider" | "tag" | "router";
  readonly maxUsd: number;
  /** Milliseconds that a dollar counts. */
  readonly windowMs: number;
  /**
   * What happens when the candidate that should be asked does not fit what is left. `"reject"`: the request fails with
   * `budget_exceeded`; a provider's budget only passes that provider over. `"degrade"`: the next candidate that fits is
   * asked, then the rungs of `degrade` follow, and the reply says `budget` in `route.degraded`. @default "reject"
   */
  readonly onExceeded?: "reject" | "degrade" | undefined;
  /** Only this tenant, provider or tag. @default all */
  readonly key?: string | undefined;
}

export interface BudgetKeys {
  readonly tenant?: string | undefined;
  readonly provider?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** Dollars held for one call; exactly one of the two ends it, later calls of either do nothing. */
export interface Reservation {
  /** The call cost so much; what was held beyond that is free again. */
  settle(usd: number): void;
  /** The call cost nothing. */
  release(): void;
}

export interface BudgetRefusal {
  readonly refusedBy: BudgetRule;
  /** Milliseconds until enough has left the window, if nothing else is spent. */
  readonly retryAfterMs: number;
  /** The tenant, provider or tag; `"router"` for the router's own. */
  readonly key: string;
}

/** What a money budget has spent and has left. */
export interface BudgetReading {
  readonly per: BudgetRule["per"];
  readonly key: string;
  readonly spentUsd: number;
  readonly reservedUsd: number;
  readonly remainingUsd: number;
  readonly maxUsd: number;
  readonly windowMs: number;
}

export interface Budgets {
  /** Whether any rule counts what such a call costs. */
  covers(keys: BudgetKeys): boolean;
  /** Which rule `reserve` would refuse so much by now; nothing is held. */
  refusedBy(keys: BudgetKeys, usd: number): BudgetRule | undefined;
  /** Holds `usd` in every purse that applies, or in none. */
  reserve(keys: BudgetKeys, usd: number): Reservation | BudgetRefusal;
  /**
   * The purses of that tenant, provider or tag, or the router's: those of the rules that know the key, else the full ones
   * it would have. Without a key all that hold anything.
   */
  read(key?: string): readonly BudgetReading[];
}

export interface BudgetsDeps {
  readonly clock: Clock;
  /** The ids of all providers, so that no other word is read as one. @default none */
  readonly providers?: ReadonlySet<string> | undefined;
  /** Purses a rule keeps apart; keys beyond that share one, which refuses early rather than late. @default 10_000 */
  readonly maxKeys?: number | undefined;
}

/** Synchronous from question to hold, so that any number of concurrent calls never spend a dollar twice. */
export function createBudgets(rules: readonly BudgetRule[], deps: BudgetsDeps): Budgets {
  return new Purses(rules, deps);
}

/** Keys past the limit of a rule share this purse; no real key can hold a NUL by the option checks, or else shares it too. */
const OVERFLOW = "\0other";
/** Holds free up as calls end, nobody knows when; asked again after this. */
const HELD_RETRY_MS = 1_000;
/** Rounding of sums of dollars. */
const EPSILON_USD = 1e-9;

interface Purse {
  readonly rule: BudgetRule;
  readonly key: string;
  readonly ledger: Ledger;
}

class Purses implements Budgets {
  readonly #rules: readonly { readonly rule: BudgetRule; readonly ledgers: Map<string, Ledger> }[];
  readonly #clock: Clock;
  readonly #maxKeys: number;
  readonly #providers: ReadonlySet<string> | undefined;

  constructor(rules: readonly BudgetRule[], deps: BudgetsDeps) {
    this.#rules = rules.map((rule) => ({ rule, ledgers: new Map() }));
    this.#clock = deps.clock;
    this.#maxKeys = deps.maxKeys ?? 10_000;
    this.#providers = deps.providers;
  }

  covers({ tenant, provider, tags }: BudgetKeys): boolean {
    return this.#rules.some(({ rule: { per, key } }) => {
      const names = per === "tag" ? (tags ?? []) : [per === "router" ? "router" : per === "tenant" ? tenant : provider];
      return names.some((name) => name !== undefined && (key === undefined || key === name));
    });
  }

  refusedBy(keys: BudgetKeys, usd: number): BudgetRule | undefined {
    const now = this.#clock.now();
    return this.#purses(keys, now).find((purse) => shortBy(purse, usd, now) > 0)?.rule;
  }

  reserve(keys: BudgetKeys, usd: number): Reservation | BudgetRefusal {
    const now = this.#clock.now();
    const amount = Number.isNaN(usd) ? 0 : Math.max(usd, 0);
    const purses = this.#purses(keys, now);
    for (const purse of purses) {
      const short = shortBy(purse, amount, now);
      if (short > 0) return refusal(purse, amount, short, now);
    }
    for (const purse of purses) purse.ledger.hold(amount);
    return hold(purses, amount, this.#clock);
  }

  read(key?: string): readonly BudgetReading[] {
    const now = this.#clock.now();
    const known: BudgetReading[] = [];
    // A purse nobody has touched is a full one; of a word that nobody has used it is not known whose it would be.
    const possible: BudgetReading[] = [];
    for (const { rule, ledgers } of this.#rules) {
      for (const [name, ledger] of ledgers) {
        if (key === undefined || name === key) known.push(reading(rule, name, ledger, now));
      }
      if (key === undefined || ledgers.has(key)) continue;
      const whose = this.#names(rule, key);
      if (whose !== "no") (whose === "yes" ? known : possible).push(reading(rule, key, new Ledger(rule.windowMs), now));
    }
    return known.length > 0 ? known : possible;
  }

  /** Whether a purse of this rule would go by this name. */
  #names({ per, key: only }: BudgetRule, key: string): "yes" | "maybe" | "no" {
    if (only !== undefined) return only === key ? "yes" : "no";
    if (per === "router") return key === "router" ? "yes" : "no";
    if (per === "provider" && this.#providers) return this.#providers.has(key) ? "yes" : "no";
    return "maybe";
  }

  #purses(keys: BudgetKeys, now: number): Purse[] {
    const purses: Purse[] = [];
    for (const { rule, ledgers } of this.#rules) {
      if (rule.per === "tag") {
        for (const tag of new Set(keys.tags)) this.#add(purses, rule, ledgers, tag, now);
      } else this.#add(purses, rule, ledgers, rule.per === "router" ? "router" : keys[rule.per], now);
    }
    return purses;
  }

  #add(into: Purse[], rule: BudgetRule, ledgers: Map<string, Ledger>, key: string | undefined, now: number): void {
    if (key === undefined || (rule.key !== undefined && rule.key !== key)) return;
    const name = ledgers.has(key) || ledgers.size < this.#maxKeys || this.#prune(ledgers, now) ? key : OVERFLOW;
    let ledger = ledgers.get(name);
    if (ledger === undefined) {
      ledger = new Ledger(rule.windowMs);
      ledgers.set(name, ledger);
    }
    // Two of a call's tags may share the overflow purse: it is held once.
    if (!into.some((purse) => purse.ledger === ledger)) into.push({ rule, key, ledger });
  }

  /** Drops purses that hold nothing; whether there is room now. */
  #prune(ledgers: Map<string, Ledger>, now: number): boolean {
    for (const [key, ledger] of ledgers) if (ledger.idle(now)) ledgers.delete(key);
    return ledgers.size < this.#maxKeys;
  }
}

function shortBy({ rule, ledger }: Purse, usd: number, now: number): number {
  return ledger.spent(now) + ledger.reserved + usd - rule.maxUsd - EPSILON_USD;
}

function refusal({ rule, key, ledger }: Purse, usd: number, short: number, now: number): BudgetRefusal {
  const retryAfterMs =
    usd > rule.maxUsd
      ? rule.windowMs
      : (ledger.freeInMs(now, short) ?? (ledger.reserved > 0 ? HELD_RETRY_MS : rule.windowMs));
  return { refusedBy: rule, retryAfterMs, key };
}

function hold(purses: readonly Purse[], usd: number, clock: Clock): Reservation {
  let open = true;
  const end = (cost: number) => {
    if (!open) return;
    open = false;
    const now = clock.now();
    for (const { ledger } of purses) {
      ledger.unhold(usd);
      if (cost > 0) ledger.book(now, cost);
    }
  };
  return { settle: (cost) => end(Number.isFinite(cost) ? cost : usd), release: () => end(0) };
}

function reading(rule: BudgetRule, key: string, ledger: Ledger, now: number): BudgetReading {
  const spentUsd = ledger.spent(now);
  const reservedUsd = ledger.reserved;
  const remainingUsd = Math.max(0, rule.maxUsd - spentUsd - reservedUsd);
  return { per: rule.per, key, spentUsd, reservedUsd, remainingUsd, maxUsd: rule.maxUsd, windowMs: rule.windowMs };
}
