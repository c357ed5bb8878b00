import type { CandidateSnapshot, StrategyContext } from "../contract/strategy.js";
import type { CandidateQueue } from "../engine/call.js";
import type { Candidate } from "../engine/candidate.js";
import type { Exclusion } from "../errors/kinds.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { Limiter } from "../resilience/limiter.js";
import type { Choice } from "../strategies/chooser.js";
import type { PlannedCandidate } from "./candidates.js";

type Group = readonly PlannedCandidate[];
type OnFirst = (candidate: PlannedCandidate, excluded: readonly Exclusion[]) => void;

const NO_REASONS: readonly string[] = Object.freeze([]);
const PROBE: readonly string[] = Object.freeze(["its breaker waits for one good answer"]);

/** Where a request goes first if that candidate may run, and why. */
export interface Home {
  readonly candidate: PlannedCandidate;
  readonly reasons: readonly string[];
}

/** What the queue asks of the router: a strategy's order within a group, as things stand now. */
export interface Ranker {
  begin(): Choice;
  /** The context of a decision among these, on the frame of this queue's request. */
  contextOf(group: Group): StrategyContext;
  /** The candidates of that context, in a list of the router's own. */
  amongOf(group: Group): readonly CandidateSnapshot[];
  /** The candidate at a position of the listed order. */
  at(position: number): PlannedCandidate | undefined;
  nowMs(): number;
  /** Whether another candidate may save the request when the first one fails. */
  readonly fallsBack: boolean;
}

/** The candidates of one request in the strategy's order, one at a time: the next is worked out when it is wanted. */
export class CallQueue implements CandidateQueue {
  #groups: readonly Group[] = [];
  readonly #ranker: Ranker;
  #group = 0;
  #choice: Choice | undefined;
  #tried: Set<number> | undefined;
  #last: PlannedCandidate | undefined;
  #reasons: readonly string[] = NO_REASONS;
  /** Why whoever was picked last was picked, taken or not. */
  #pickedFor: readonly string[] = NO_REASONS;
  /** Why those before the last were chosen. */
  #earlier: Map<Candidate, readonly string[]> | undefined;
  readonly #wanted: Home | undefined;
  #home: Home | undefined;
  #onFirst: OnFirst | undefined;

  /**
   * @param home goes first if it may run: the request's tool loop or session began there.
   * @param onFirst told which candidate is asked first, before it is, and which were left out.
   */
  constructor(groups: readonly Group[], ranker: Ranker, home?: Home, onFirst?: OnFirst) {
    this.#wanted = home;
    this.#onFirst = onFirst;
    this.#ranker = ranker;
    this.#arrange(groups);
  }

  /** Begins again with these, of whom none counts as tried: the request has waited until somebody was back. */
  restart(groups: readonly Group[]): void {
    this.#tried = undefined;
    this.#group = 0;
    this.#choice = undefined;
    this.#arrange(groups);
  }

  #arrange(groups: readonly Group[]): void {
    const home = this.#wanted;
    this.#home = home && groups.some((group) => group.includes(home.candidate)) ? home : undefined;
    this.#groups = groups;
  }

  next(): PlannedCandidate | undefined {
    this.#leaveGroups();
    let barred: ReadonlySet<number> | undefined = this.#tried;
    for (;;) {
      const candidate = this.#best(barred);
      const limiter = candidate?.limiter;
      if (!candidate || !limiter || (limiter.hasRoom() && !isCooling(candidate, this.#ranker.nowMs()))) {
        return candidate && this.#give(candidate);
      }
      barred = new Set(barred).add(candidate.position);
    }
  }

  /** Whom the strategy would ask first, whether or not there is room; nothing is taken. */
  first(): PlannedCandidate | undefined {
    return this.#best(this.#tried);
  }

  full(cooling: boolean): ReadonlySet<Limiter> {
    const limiters = new Set<Limiter>();
    const nowMs = this.#ranker.nowMs();
    for (const group of this.#groups) {
      for (const candidate of group) {
        const { position, limiter } = candidate;
        if (limiter && !this.#tried?.has(position) && (cooling || !isCooling(candidate, nowMs))) limiters.add(limiter);
      }
    }
    return limiters;
  }

  nextAt(limiter: Limiter): PlannedCandidate | undefined {
    const nowMs = this.#ranker.nowMs();
    const candidate = this.#best(this.#barring((other) => other.limiter !== limiter || isCooling(other, nowMs)));
    return candidate && this.#give(candidate);
  }

  readyAtMs(limiter: Limiter, nowMs: number): number {
    let atMs = Number.POSITIVE_INFINITY;
    for (const group of this.#groups) {
      for (const candidate of group) {
        if (candidate.limiter !== limiter || this.#tried?.has(candidate.position)) continue;
        if (!isCooling(candidate, nowMs)) return nowMs;
        atMs = Math.min(atMs, candidate.gate.retryAtMs(nowMs));
      }
    }
    return atMs;
  }

  nextBeside({ provider }: Candidate): PlannedCandidate | undefined {
    const nowMs = this.#ranker.nowMs();
    const candidate = this.#best(this.#barring((other) => other.provider === provider || !isFree(other, nowMs)));
    return candidate && this.#give(candidate);
  }

  asking(candidate: PlannedCandidate, excluded: readonly Exclusion[]): void {
    this.#onFirst?.(candidate, excluded);
    this.#onFirst = undefined;
  }

  putBack(candidate: PlannedCandidate): void {
    this.#tried?.delete(candidate.position);
    const group = this.#groups.findIndex((each) => each.includes(candidate));
    if (group >= this.#group) return;
    this.#group = group;
    this.#choice = undefined;
  }

  /** Why this candidate was chosen, in words. */
  reasonsFor(candidate: Candidate): readonly string[] {
    return candidate === this.#last ? this.#reasons : (this.#earlier?.get(candidate) ?? NO_REASONS);
  }

  more(): boolean {
    const nowMs = this.#ranker.nowMs();
    for (let g = this.#group; g < this.#groups.length; g += 1) {
      for (const candidate of this.#groups[g] as Group) {
        if (!this.#tried?.has(candidate.position) && candidate.gate.blocked(nowMs) === null) return true;
      }
    }
    return false;
  }

  blocked(): { readonly excluded: readonly Exclusion[]; readonly retryAfterMs: number | undefined } {
    const nowMs = this.#ranker.nowMs();
    const excluded: Exclusion[] = [];
    let atMs = Number.POSITIVE_INFINITY;
    for (const group of this.#groups) {
      for (const { id, gate } of group) {
        const reason = gate.blocked(nowMs);
        if (reason !== null) excluded.push({ id, reason });
        atMs = Math.min(atMs, gate.retryAtMs(nowMs));
      }
    }
    return { excluded, retryAfterMs: Number.isFinite(atMs) ? Math.ceil(atMs - nowMs) : undefined };
  }

  again(
    failed: ReadonlyMap<Candidate, SignalboxError>,
    mayAskAgain: (error: SignalboxError) => boolean,
  ): Candidate | undefined {
    let best: Candidate | undefined;
    let bestWaitMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#ranker.nowMs();
    for (const [candidate, error] of failed) {
      const waitMs = error.retryAfterMs ?? 0;
      if (!mayAskAgain(error) || waitMs >= bestWaitMs) continue;
      // A wait for the same provider is shorter than what keeps these away; a cool-down of our own choosing is not.
      const blocked = candidate.gate.blocked(nowMs);
      if (blocked !== null && blocked !== "cool_down") continue;
      best = candidate;
      bestWaitMs = waitMs;
    }
    return best;
  }

  /** Goes past groups of which everyone was tried. */
  #leaveGroups(): void {
    while (this.#group < this.#groups.length && allIn(this.#tried, this.#groups[this.#group] as Group)) {
      this.#group += 1;
      this.#choice = undefined;
    }
  }

  /** The best of those that are not barred, in the order of the groups. */
  #best(barred: ReadonlySet<number> | undefined): PlannedCandidate | undefined {
    for (let g = this.#group; g < this.#groups.length; g += 1) {
      const group = this.#groups[g] as Group;
      const ahead = this.#last ? undefined : aheadOf(group, this.#home, this.#ranker);
      if (ahead && !barred?.has(ahead.candidate.position)) {
        this.#pickedFor = ahead.reasons;
        return ahead.candidate;
      }
      if (g === this.#group) this.#choice ??= this.#ranker.begin();
      const choice = (g === this.#group ? this.#choice : undefined) ?? this.#ranker.begin();
      const candidate = this.#pickFrom(choice, group, barred);
      if (candidate) return candidate;
    }
    return undefined;
  }

  /** Those that were tried, and these. */
  #barring(unwanted: (candidate: PlannedCandidate) => boolean): ReadonlySet<number> {
    const barred = new Set(this.#tried);
    for (const group of this.#groups) {
      for (const candidate of group) if (unwanted(candidate)) barred.add(candidate.position);
    }
    return barred;
  }

  #pickFrom(choice: Choice, group: Group, barred: ReadonlySet<number> | undefined): PlannedCandidate | undefined {
    if (group.length === 0) return undefined;
    const context = this.#ranker.contextOf(group);
    const snapshot = choice.pick(context, barred, this.#ranker.amongOf(group));
    if (!snapshot) return undefined;
    this.#pickedFor = choice.reasons(context, snapshot);
    return this.#ranker.at(snapshot.position);
  }

  #give(candidate: PlannedCandidate): PlannedCandidate {
    if (this.#last) {
      this.#earlier ??= new Map();
      this.#earlier.set(this.#last, this.#reasons);
    }
    this.#reasons = this.#pickedFor;
    this.#last = candidate;
    this.#tried ??= new Set();
    this.#tried.add(candidate.position);
    return candidate;
  }
}

/** The candidate that is asked before the strategy's choice, and why. @param home where the request belongs, if it may run */
export function aheadOf(
  group: Group,
  home: Home | undefined,
  { fallsBack }: Pick<Ranker, "fallsBack">,
): Home | undefined {
  if (home) return home;
  const candidate = fallsBack ? probeOf(group) : undefined;
  return candidate && { candidate, reasons: PROBE };
}

/** Whether a cool-down alone keeps calls away: a request that waits for a place may wait for its end, too. */
function isCooling({ gate }: PlannedCandidate, nowMs: number): boolean {
  return gate.blocked(nowMs) === "cool_down";
}

/** Whether a call could start there now, without a wait, and the provider can bear one more than was asked of it. */
function isFree({ gate, limiter, retries }: PlannedCandidate, nowMs: number): boolean {
  if (gate.blocked(nowMs) !== null || retries.tokens < 1) return false;
  return limiter?.hasRoom() !== false;
}

function allIn(tried: ReadonlySet<number> | undefined, group: Group): boolean {
  for (const { position } of group) if (!tried?.has(position)) return false;
  return true;
}

/** A candidate whose breaker waits for one good answer goes first where another could save the request. */
function probeOf(group: Group): PlannedCandidate | undefined {
  if (group.length < 2) return undefined;
  for (const candidate of group) if (candidate.gate.probing) return candidate;
  return undefined;
}
