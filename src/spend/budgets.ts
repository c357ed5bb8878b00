import type { Clock } from "../core/clock.js";
import type {
  BudgetKeys,
  BudgetReading,
  BudgetRefusal,
  BudgetRule,
  Budgets,
  BudgetsDeps,
  Reservation,
} from "./budget-types.js";
import { Ledger } from "./ledger.js";
import { ASK_LATER_MS, heldError, type MoneyEntrant, Waits, type Want } from "./line.js";
import { type Owner, Owners } from "./owners.js";
import { type RuleSpend, readSpend, type SpendState } from "./spend-state.js";

export type {
  BudgetAlert,
  BudgetKeys,
  BudgetReading,
  BudgetRefusal,
  BudgetRule,
  Budgets,
  BudgetsDeps,
  Reservation,
} from "./budget-types.js";

/** Synchronous from question to hold, so that any number of concurrent calls never spend a dollar twice. */
export function createBudgets(rules: readonly BudgetRule[], deps: BudgetsDeps): Budgets {
  return new Purses(rules, deps);
}

/** Rounding of sums of dollars. */
const EPSILON_USD = 1e-9;
/** Requests that may wait for money at once, in one router. */
const MOST_WAITING = 10_000;
const MAX_KEYS = 100_000;

interface Purse {
  readonly rule: BudgetRule;
  readonly owner: Owner;
}

class Purses implements Budgets {
  #rules: readonly { rule: BudgetRule; readonly owners: Owners }[] = [];
  readonly #clock: Clock;
  readonly #maxKeys: number;
  readonly #onWarning: BudgetsDeps["onWarning"];
  #providers: ReadonlySet<string> | undefined;
  readonly #waits: Waits;
  readonly #onAlert: BudgetsDeps["onAlert"];

  constructor(rules: readonly BudgetRule[], { clock, providers, maxKeys, state, onAlert, onWarning }: BudgetsDeps) {
    this.#clock = clock;
    this.#providers = providers;
    this.#onAlert = onAlert;
    this.#waits = new Waits(clock, MOST_WAITING);
    this.#maxKeys = maxKeys ?? MAX_KEYS;
    this.#onWarning = onWarning;
    this.setRules(rules, providers);
    if (state !== undefined) this.#restore(state, onWarning);
  }

  setRules(rules: readonly BudgetRule[], providers?: ReadonlySet<string>): void {
    const before = this.#rules;
    this.#providers = providers;
    this.#rules = rules.map((rule) => {
      const { per, key, windowMs } = rule;
      const same = before.find(
        (each) => each.rule.per === per && each.rule.key === key && each.rule.windowMs === windowMs,
      );
      if (!same) return this.#begin(rule);
      same.rule = rule;
      return same;
    });
  }

  #begin(first: BudgetRule): { rule: BudgetRule; readonly owners: Owners } {
    const { windowMs, per, maxKeys = this.#maxKeys } = first;
    const serve = (owner: Owner): void => this.#serve(entry.rule, owner);
    const onFull = (what: "near" | "forgotten"): void =>
      this.#onWarning?.(`budget_keys_${what}`, `The budget per ${per} ${FULL_WORDS[what]} (maxKeys: ${maxKeys})`);
    const entry = { rule: first, owners: new Owners({ windowMs, maxKeys, serve, onFull }) };
    return entry;
  }

  covers(keys: BudgetKeys): boolean {
    return this.#rules.some(({ rule }) => counts(rule, keys));
  }

  missing(keys: BudgetKeys): BudgetRule | undefined {
    return this.#rules.find(({ rule }) => rule.required && isNamed(rule) && !counts(rule, keys))?.rule;
  }

  refusedBy(keys: BudgetKeys, want: number | Want): BudgetRule | undefined {
    const now = this.#clock.now();
    const amount = wantOf(want);
    return this.#purses(keys, now).find((purse) => !fits(purse, amount, now))?.rule;
  }

  reserve(keys: BudgetKeys, want: number | Want, who?: object): Reservation | BudgetRefusal {
    const now = this.#clock.now();
    const amount = wantOf(want);
    const purses = this.#purses(keys, now);
    for (const purse of purses) {
      const short = amount.leastUsd - unspent(purse, now);
      if (short <= EPSILON_USD) continue;
      this.#waits.leave(who);
      return refusal(purse, amount.leastUsd, short, now);
    }
    for (const purse of purses) {
      const behind = amount.mostUsd > 0 && purse.owner.line.holdsBack(who, now);
      if (behind || !fits(purse, amount, now)) return this.#held(purse, amount);
    }
    for (const { owner } of purses) owner.ledger.hold(amount.mostUsd);
    this.#waits.leave(who);
    return this.#hold(purses, amount.mostUsd);
  }

  waitElsewhere(rule: BudgetRule, key: string, want: Want, entrant: MoneyEntrant): Promise<void> {
    const owners = this.#rules.find((each) => each.rule === rule)?.owners;
    const error = () => heldError(rule.per, key, rule.maxUsd);
    if (!owners) return Promise.reject(error());
    return this.#waits.wait(entrant, want, owners.of(key, this.#clock.now()).line, error, true);
  }

  read(key?: string, per?: BudgetRule["per"]): readonly BudgetReading[] {
    const now = this.#clock.now();
    const known: BudgetReading[] = [];
    // An owner nobody has heard of has all of its money; of a word that nobody has used it is not known what it names.
    const possible: BudgetReading[] = [];
    for (const { rule, owners } of this.#rules) {
      if (per !== undefined && rule.per !== per) continue;
      if (key === undefined) {
        for (const owner of owners.all()) known.push(reading(rule, owner.key, owner.ledger, now));
        continue;
      }
      const owner = owners.find(key);
      const whose = owner ? "yes" : this.#names(rule, key);
      if (whose === "no") continue;
      const ledger = owner?.ledger ?? new Ledger(rule.windowMs);
      (whose === "yes" ? known : possible).push(reading(rule, key, ledger, now));
    }
    return known.length > 0 ? known : possible;
  }

  exportState(): SpendState {
    const now = this.#clock.now();
    const toWallMs = this.#clock.wallNow() - now;
    const rules = this.#rules.map(({ rule: { per, key }, owners }): RuleSpend => {
      const told: RuleSpend["owners"][number][] = [];
      for (const { key: name, ledger } of owners.all()) {
        const spent = ledger.slots(now).map(({ lastAtMs, usd }) => [Math.ceil(lastAtMs + toWallMs), usd] as const);
        if (spent.length > 0) told.push([name, spent]);
      }
      return { per, key, owners: told };
    });
    return { version: 1, rules };
  }

  #restore(state: unknown, onWarning: BudgetsDeps["onWarning"]): void {
    const earlier = readSpend(state, this.#clock);
    if (typeof earlier === "string") {
      onWarning?.("state_ignored", `The spend in \`state\` cannot be read (${earlier}); budgets begin anew`);
      return;
    }
    const now = this.#clock.now();
    for (const { per, rule: only, key, spent } of earlier) {
      for (const { rule, owners } of this.#rules) {
        if (rule.per !== per || rule.key !== only) continue;
        const counting = spent.filter(({ atMs }) => atMs + rule.windowMs > now);
        if (counting.length === 0) continue;
        const owner = owners.of(key, now);
        for (const { atMs, usd } of counting) owner.ledger.book(atMs, usd);
        // What the earlier process has told already is not told again.
        const share = owner.ledger.spent(now) / rule.maxUsd;
        owner.alertedAtMs = rule.alertAt?.map((threshold) => (share >= threshold ? now : Number.NEGATIVE_INFINITY));
      }
    }
  }

  /** Whether an owner of this rule would go by this name. */
  #names({ per, key: only }: BudgetRule, key: string): "yes" | "maybe" | "no" {
    if (only !== undefined) return only === key ? "yes" : "no";
    if (per === "router") return key === "router" ? "yes" : "no";
    if (per === "provider" && this.#providers) return this.#providers.has(key) ? "yes" : "no";
    return "maybe";
  }

  #purses(keys: BudgetKeys, now: number): Purse[] {
    const purses: Purse[] = [];
    for (const { rule, owners } of this.#rules) {
      if (rule.per === "tag") {
        for (const tag of new Set(keys.tags)) if (isOf(rule, tag)) purses.push({ rule, owner: owners.of(tag, now) });
        continue;
      }
      const name = nameOf(rule.per, keys);
      if (isOf(rule, name)) purses.push({ rule, owner: owners.of(name, now) });
    }
    return purses;
  }

  #held({ rule, owner: { key, line } }: Purse, want: Want): BudgetRefusal {
    const wait = (entrant: MoneyEntrant): Promise<void> =>
      this.#waits.wait(entrant, want, line, () => heldError(rule.per, key, rule.maxUsd), false);
    return { refusedBy: rule, retryAfterMs: ASK_LATER_MS, key, wait };
  }

  #hold(purses: readonly Purse[], usd: number): Reservation {
    let open = true;
    const end = (cost: number): void => {
      if (!open) return;
      open = false;
      const now = this.#clock.now();
      for (const { rule, owner } of purses) {
        owner.ledger.unhold(usd);
        if (cost <= 0) continue;
        owner.ledger.book(now, cost);
        if (rule.alertAt) this.#alert(rule, rule.alertAt, owner, now);
      }
      for (const { owner } of purses) if (owner.line.first) owner.line.serve();
    };
    return { settle: (cost) => end(Number.isFinite(cost) ? cost : usd), release: () => end(0) };
  }

  /** Gives turns to those in line, as far as the money goes. */
  #serve(rule: BudgetRule, owner: Owner): void {
    const { ledger, line } = owner;
    const left = unspent({ rule, owner }, this.#clock.now()) + EPSILON_USD;
    let room = left - ledger.reserved;
    let alone = ledger.holds === 0;
    line.wake(({ mostUsd, leastUsd }) => {
      // Its turn tells it that the money is spent.
      if (leastUsd > left) return true;
      if (mostUsd > room && !alone) return false;
      room -= mostUsd;
      alone = false;
      return true;
    });
  }

  #alert({ per, maxUsd, windowMs }: BudgetRule, alertAt: readonly number[], owner: Owner, now: number): void {
    const spentUsd = owner.ledger.spent(now);
    owner.alertedAtMs ??= alertAt.map(() => Number.NEGATIVE_INFINITY);
    for (let i = 0; i < alertAt.length; i++) {
      const threshold = alertAt[i] as number;
      if (spentUsd < threshold * maxUsd - EPSILON_USD || now - (owner.alertedAtMs[i] as number) < windowMs) continue;
      owner.alertedAtMs[i] = now;
      this.#onAlert?.({ per, key: owner.key, threshold, spentUsd, maxUsd });
    }
  }
}

const FULL_WORDS = {
  near: "keeps nearly as many owners apart as it may; past that, the owner that spent least in the window is forgotten",
  forgotten: "has forgotten the owner that spent least in the window: it keeps as many apart as it may",
} as const;

function nameOf(per: "tenant" | "provider" | "router", keys: BudgetKeys): string | undefined {
  return per === "router" ? "router" : keys[per];
}

function isOf({ key }: BudgetRule, name: string | undefined): name is string {
  return name !== undefined && (key === undefined || key === name);
}

/** Whether a call has to say whose money it spends. */
function isNamed({ per }: BudgetRule): boolean {
  return per === "tenant" || per === "tag";
}

function counts(rule: BudgetRule, keys: BudgetKeys): boolean {
  if (rule.per === "tag") return keys.tags?.some((tag) => isOf(rule, tag)) ?? false;
  return isOf(rule, nameOf(rule.per, keys));
}

function wantOf(want: number | Want): Want {
  if (typeof want !== "number") return want;
  const usd = Number.isNaN(want) ? 0 : Math.max(want, 0);
  return { mostUsd: usd, leastUsd: usd };
}

function unspent({ rule, owner }: Purse, now: number): number {
  return rule.maxUsd - owner.ledger.spent(now);
}

/** Beside the calls under way, or alone. */
function fits(purse: Purse, { mostUsd, leastUsd }: Want, now: number): boolean {
  const { reserved, holds } = purse.owner.ledger;
  const room = unspent(purse, now) + EPSILON_USD;
  if (leastUsd === Number.NEGATIVE_INFINITY) return true;
  return leastUsd <= room && (holds === 0 || reserved + mostUsd <= room);
}

function refusal({ rule, owner: { key, ledger } }: Purse, usd: number, short: number, now: number): BudgetRefusal {
  const retryAfterMs = usd > rule.maxUsd ? rule.windowMs : (ledger.freeInMs(now, short - EPSILON_USD) ?? rule.windowMs);
  return { refusedBy: rule, retryAfterMs, key };
}

function reading(rule: BudgetRule, key: string, ledger: Ledger, now: number): BudgetReading {
  const spentUsd = ledger.spent(now);
  const reservedUsd = ledger.reserved;
  const remainingUsd = Math.max(0, rule.maxUsd - spentUsd - reservedUsd);
  return { per: rule.per, key, spentUsd, reservedUsd, remainingUsd, maxUsd: rule.maxUsd, windowMs: rule.windowMs };
}
