import type { CandidateSnapshot, StrategyContext } from "../contract/strategy.js";
import { mayAskAgain } from "../errors/policy.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { CandidateQueue } from "../flow/call.js";
import type { Candidate } from "../flow/candidate.js";
import type { Choice } from "../ranking/chooser.js";
import type { PlannedCandidate } from "./candidates.js";

type Group = readonly PlannedCandidate[];

const HOME: readonly string[] = Object.freeze(["its tool loop began here"]);
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
  #given = 0;
  /** The first to be asked. */
  first: PlannedCandidate | undefined;
  /** Why the candidate that was given last was chosen, in words. */
  reasons: readonly string[] = [];

  readonly #home: PlannedCandidate | undefined;

  /** @param home goes first where it may run: an open tool loop began there. */
  constructor(groups: readonly Group[], ranker: Ranker, home?: PlannedCandidate) {
    this.#home = home;
    this.#groups = groups;
    this.#ranker = ranker;
  }

  next(): PlannedCandidate | undefined {
    for (; this.#group < this.#groups.length; this.#group += 1, this.#choice = undefined) {
      const group = this.#groups[this.#group] as Group;
      const candidate = (this.#given === 0 ? this.#before(group) : undefined) ?? this.#pick(group);
      if (!candidate) continue;
      this.first ??= candidate;
      this.#given += 1;
      this.#tried ??= new Set();
      this.#tried.add(candidate.position);
      return candidate;
    }
    return undefined;
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
    for (const [candidate, error] of failed) {
      const waitMs = error.retryAfterMs ?? 0;
      if (!mayAskAgain(error) || waitMs >= bestWaitMs) continue;
      best = candidate;
      bestWaitMs = waitMs;
    }
    return best;
  }

  /** Who goes before the strategy is asked. */
  #before(group: Group): PlannedCandidate | undefined {
    if (this.#home && group.includes(this.#home)) {
      this.reasons = HOME;
      return this.#home;
    }
    const probe = probeOf(group);
    if (probe) this.reasons = PROBE;
    return probe;
  }

  #pick(group: Group): PlannedCandidate | undefined {
    this.#choice ??= this.#ranker.begin();
    const context = this.#ranker.contextOf(group);
    const snapshot = this.#choice.pick(context, this.#tried);
    if (!snapshot) return undefined;
    this.reasons = this.#ranker.reasons(context, snapshot);
    return this.#ranker.at(snapshot.position);
  }
}

/** A candidate whose breaker waits for one good answer goes first where another could save the request. */
function probeOf(group: Group): PlannedCandidate | undefined {
  if (group.length < 2) return undefined;
  for (const candidate of group) if (candidate.gate.probing) return candidate;
  return undefined;
}
