import type { Clock } from "../core/clock.js";
import type { MoneyEntrant, Want } from "./line.js";
import type { SpendState } from "./spend-state.js";

/** A money budget over a sliding window. */
export interface BudgetRule {
  /** Whose money: each tenant, provider or tag has its own purse; `"router"` is one for all. */
  readonly per: "tenant" | "provider" | "tag" | "router";
  /** The most that an owner may spend in the window, dollars. */
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
  /**
   * Refuses a call that this rule would not count, one without a tenant or tag, as `invalid_request` with path `tenant`
   * or `tags`. @default false
   */
  readonly required?: boolean | undefined;
  /**
   * Shares of `maxUsd`, above 0 and up to 1, at which event `budget` is emitted with `threshold`: once per owner, window
   * and threshold. @default none
   */
  readonly alertAt?: readonly number[] | undefined;
  /**
   * Owners kept apart. Past that, the owner that spent least in the window is forgotten, and a `warning` says so once;
   * nobody is refused for it. @default 100_000
   */
  readonly maxKeys?: number | undefined;
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
  /**
   * Only if calls under way hold what this one lacks: resolves when it is its turn to ask again.
   *
   * @throws SignalboxError `budget_exceeded` with detail `held` at the deadline, or the abort's reason: as rejections
   */
  readonly wait?: ((entrant: MoneyEntrant) => Promise<void>) | undefined;
}

/** What a money budget has spent and has left. */
export interface BudgetReading {
  /** Whose money the rule counts. */
  readonly per: BudgetRule["per"];
  /** The owner: a tenant, a provider, a tag, or `router`. */
  readonly key: string;
  /** Spent in the window, dollars. */
  readonly spentUsd: number;
  /** Held for calls that are under way, dollars. */
  readonly reservedUsd: number;
  /** Neither spent nor held, dollars. */
  readonly remainingUsd: number;
  /** The most that may be spent in the window, dollars. */
  readonly maxUsd: number;
  /** The length of the sliding window, milliseconds. */
  readonly windowMs: number;
}

/** An owner has spent a share of its budget that it is alerted at. */
export interface BudgetAlert {
  readonly per: BudgetRule["per"];
  readonly key: string;
  readonly threshold: number;
  readonly spentUsd: number;
  readonly maxUsd: number;
}

export interface Budgets {
  /** Puts other rules in place; owners of a rule that stays (same `per`, `key` and `windowMs`) keep what they spent. */
  setRules(rules: readonly BudgetRule[], providers: ReadonlySet<string>): void;
  /** Whether any rule counts what such a call costs. */
  covers(keys: BudgetKeys): boolean;
  /** The first rule that is `required` and would not count such a call. */
  missing(keys: BudgetKeys): BudgetRule | undefined;
  /** Which rule `reserve` would refuse so much by now, without a wait; nothing is held. */
  refusedBy(keys: BudgetKeys, want: number | Want): BudgetRule | undefined;
  /**
   * Holds what the call may cost at most in every budget that applies, or in none. What does not fit beside the calls
   * under way waits for them; alone, a call runs if its `leastUsd` is unspent, so one call at a time can overspend.
   *
   * @param who the request, so that one which has waited takes its turn.
   */
  reserve(keys: BudgetKeys, want: number | Want, who?: object): Reservation | BudgetRefusal;
  /** Waits in an owner's line for money that another process holds, asking again now and then. */
  waitElsewhere(rule: BudgetRule, key: string, want: Want, entrant: MoneyEntrant): Promise<void>;
  /**
   * The budgets of that tenant, provider or tag, or the router's: those of the rules that know the key, else the full
   * ones it would have. Without a key all that hold anything.
   */
  read(key?: string, per?: BudgetRule["per"]): readonly BudgetReading[];
  /** What is spent, for another process to go on from. */
  exportState(): SpendState;
}

export interface BudgetsDeps {
  readonly clock: Clock;
  /** The ids of all providers, so that no other word is read as one. @default none */
  readonly providers?: ReadonlySet<string> | undefined;
  /** Owners a rule keeps apart if it does not say itself. @default 100_000 */
  readonly maxKeys?: number | undefined;
  /** What `exportState` of an earlier process said. @default none */
  readonly state?: unknown;
  readonly onAlert?: ((alert: BudgetAlert) => void) | undefined;
  readonly onWarning?: ((code: string, message: string) => void) | undefined;
}
