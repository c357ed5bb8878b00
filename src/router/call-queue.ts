import type { CandidateSnapshot, StrategyContext } from "../contract/strategy.js";
import { mayAskAgain } from "../errors/policy.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { CandidateQueue } from "../flow/call.js";
import type { Candidate } from "../flow/candidate.js";
import type { Choice } from "../ranking/chooser.js";
import type { PlannedCandidate } from "./candidates.js";

type Group = readonly PlannedCandidate[];

const HOME: readonly string[] = Object.freeze(["its tool loop began here"]);
const NO_REASONS: readonly string[] = Object.freeze([]);
const PROBE: readonly string[] = Object.freeze(["its breaker waits for one good answer"]);

/** What the queue asks of the router: a strategy's order within a group, as things stand now. */
export interface Ranker {
  begin(): Choice;
  /** The context of a decision among these, on the frame of this queue's request. */
  contextOf(group: Group): StrategyContext;
  reasons(context: StrategyContext, snapshot: CandidateSnapshot): readonly string[];
  /** The candidate at a position of the listed order. */
  at(position: number): PlannedCandidate | undefined;
  nowMs(): number;
}

/** The candidates of one request in the strategy's order, one at a time: the next is worked out when it is wanted. */
export class CallQueue implements CandidateQueue {
  readonly #groups: readonly Group[];
  readonly #ranker: Ranker;
  #group = 0;
  #choice: Choice | undefined;
  #tried: Set<number> | undefined;
  #last: PlannedCandidate | undefined;
  #reasons: readonly string[] = NO_REASONS;
  /** Why those before the last were chosen. */
  #earlier: Map<Candidate, readonly string[]> | undefined;
  readonly #home: PlannedCandidate | undefined;
  readonly #onFirst: ((candidate: PlannedCandidate) => void) | undefined;

  /**
   * @param home goes first where it may run: an open tool loop began there.
   * @param onFirst told who is asked first, before that one is asked.
   */
  constructor(
    groups: readonly Group[],
    ranker: Ranker,
    home?: PlannedCandidate,
    onFirst?: (candidate: PlannedCandidate) => void,
  ) {
    this.#home = home && groups.some((group) => group.includes(home)) ? home : undefined;
    this.#onFirst = onFirst;
    this.#groups = groups;
    this.#ranker = ranker;
  }

  next(): PlannedCandidate | undefined {
    for (; this.#group < this.#groups.length; this.#group += 1, this.#choice = undefined) {
      const group = this.#groups[this.#group] as Group;
      const candidate = (this.#last ? undefined : this.#before(group)) ?? this.#pick(group);
      if (candidate) return this.#give(candidate);
    }
    return undefined;
  }

  nextBeside({ provider }: Candidate): PlannedCandidate | undefined {
    const nowMs = this.#ranker.nowMs();
    const barred = new Set(this.#tried);
    for (const group of this.#groups) {
      for (const candidate of group) {
        if (candidate.provider === provider || !isFree(candidate, nowMs)) barred.add(candidate.position);
      }
    }
    for (let g = this.#group; g < this.#groups.length; g += 1) {
      if (g === this.#group) this.#choice ??= this.#ranker.begin();
      const choice = (g === this.#group ? this.#choice : undefined) ?? this.#ranker.begin();
      const candidate = this.#pickFrom(choice, this.#groups[g] as Group, barred);
      if (candidate) return this.#give(candidate);
    }
    return undefined;
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

  again(failed: ReadonlyMap<Candidate, SignalboxError>): Candidate | undefined {
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

  /** Who goes before the strategy is asked. */
  #before(group: Group): PlannedCandidate | undefined {
    const ahead = aheadOf(group, this.#home);
    if (ahead) this.#choose(ahead.reasons);
    return ahead?.candidate;
  }

  #pick(group: Group): PlannedCandidate | undefined {
    this.#choice ??= this.#ranker.begin();
    return this.#pickFrom(this.#choice, group, this.#tried);
  }

  #pickFrom(choice: Choice, group: Group, barred: ReadonlySet<number> | undefined): PlannedCandidate | undefined {
    if (group.length === 0) return undefined;
    const context = this.#ranker.contextOf(group);
    const snapshot = choice.pick(context, barred);
    if (!snapshot) return undefined;
    this.#choose(this.#ranker.reasons(context, snapshot));
    return this.#ranker.at(snapshot.position);
  }

  #choose(reasons: readonly string[]): void {
    if (this.#last) {
      this.#earlier ??= new Map();
      this.#earlier.set(this.#last, this.#reasons);
    }
    this.#reasons = reasons;
  }

  #give(candidate: PlannedCandidate): PlannedCandidate {
    if (!this.#last) this.#onFirst?.(candidate);
    this.#last = candidate;
    this.#tried ??= new Set();
    this.#tried.add(candidate.position);
    return candidate;
  }
}

/** Who is asked before the strategy's choice, and why. @param home where an open tool loop began, if it may run */
export function aheadOf(
  group: Group,
  home: PlannedCandidate | undefined,
): { readonly candidate: PlannedCandidate; readonly reasons: readonly string[] } | undefined {
  if (home) return { candidate: home, reasons: HOME };
  const candidate = probeOf(group);
  return candidate && { candidate, reasons: PROBE };
}

/** Whether a call could start there now, without a wait, and the provider can bear one more than was asked of it. */
function isFree({ gate, limiter, retries }: PlannedCandidate, nowMs: number): boolean {
  if (gate.blocked(nowMs) !== null || retries.tokens < 1) return false;
  return limiter === undefined || (limiter.queued === 0 && limiter.active < limiter.limit);
}

/** A candidate whose breaker waits for one good answer goes first where another could save the request. */
function probeOf(group: Group): PlannedCandidate | undefined {
  if (group.length < 2) return undefined;
  for (const candidate of group) if (candidate.gate.probing) return candidate;
  return undefined;
}
