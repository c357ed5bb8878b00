import type { SharedCounts, SharedStateMember } from "../../contract/shared-state.js";
import { countsBy, type FleetReading, NAMES, readingOf, scaledTo } from "./counts.js";

type Sums = Map<string, number>;

/** A newcomer takes the fleet's averages for what so many calls of its own would have told it. */
const NEWCOMER_CALLS = 10;

/** Calls under way and what calls came to: what goes out with a sync, and what came with the last one. */
export class Usage {
  readonly #member: SharedStateMember;
  readonly #calls: Sums = new Map();
  #elsewhere: Sums = new Map();
  /** Counted here and not yet told, by `name:candidate`; or told, and not known to have arrived. */
  readonly #untold: Sums = new Map();
  #sent: Sums = new Map();
  /** The fleet's sums as last heard; `undefined` before that. */
  #sums: Sums | undefined;

  constructor(member: SharedStateMember) {
    this.#member = member;
  }

  calling(candidate: string, change: 1 | -1): void {
    const count = (this.#calls.get(candidate) ?? 0) + change;
    if (count > 0) this.#calls.set(candidate, count);
    else this.#calls.delete(candidate);
  }

  elsewhere(candidate: string): number {
    return this.#elsewhere.get(candidate) ?? 0;
  }

  outgoing(): { calls: string; counted: string } {
    for (const candidate of this.#member.candidates) {
      const counts = this.#member.counted(candidate);
      for (const name of NAMES) add(this.#untold, `${name}:${candidate}`, counts[name]);
    }
    this.#sent = new Map(this.#untold);
    this.#untold.clear();
    return {
      calls: JSON.stringify(Object.fromEntries(this.#calls)),
      counted: JSON.stringify(Object.fromEntries(this.#sent)),
    };
  }

  /** The sync did not arrive: what it told is told with the next one. */
  lost(): void {
    for (const [field, amount] of this.#sent) add(this.#untold, field, amount);
    this.#sent = new Map();
  }

  incoming(calls: unknown, sums: unknown): void {
    this.#elsewhere = numbers(calls);
    const before = this.#sums;
    const now = numbers(sums);
    this.#sums = now;
    for (const candidate of this.#member.candidates) {
      const counts = before ? this.#grown(candidate, before, now) : newcomers(this.#grown(candidate, new Map(), now));
      if (tells(counts)) this.#member.heard(candidate, counts);
    }
    this.#sent = new Map();
  }

  /** Of the whole fleet, by candidate. */
  reading(): { readonly [candidate: string]: FleetReading } {
    const none: Sums = new Map();
    const of = (candidate: string) => readingOf(countsBy((name) => sumOf(this.#sums ?? none, name, candidate)));
    return Object.fromEntries(this.#member.candidates.map((candidate) => [candidate, of(candidate)]));
  }

  /** What the others added since `before`. Sums that shrank are those of a server that lost its memory. */
  #grown(candidate: string, before: Sums, now: Sums): SharedCounts {
    return countsBy((name) => {
      const others = sumOf(now, name, candidate) - sumOf(this.#sent, name, candidate);
      return others - sumOf(before, name, candidate);
    });
  }
}

function sumOf(sums: Sums, name: keyof SharedCounts, candidate: string): number {
  return sums.get(`${name}:${candidate}`) ?? 0;
}

function add(sums: Sums, field: string, amount: number): void {
  if (amount > 0) sums.set(field, (sums.get(field) ?? 0) + amount);
}

/** What somebody who comes late makes of all that was; of rate limits nobody knows how much is of this minute. */
function newcomers(counts: SharedCounts): SharedCounts {
  return { ...scaledTo(counts, NEWCOMER_CALLS), requests: 0, tokens: 0 };
}

/** Less than half a call is what rounding left. */
function tells({ successes, failures, requests, tokens }: SharedCounts): boolean {
  return successes + failures + requests + tokens >= 0.5;
}

/** Numbers by name; the server tells sums as text, digits and all. What is neither is left out. */
function numbers(value: unknown): Sums {
  if (typeof value !== "object" || value === null) return new Map();
  const entries = Object.entries(value).map(([name, amount]): [string, number] => [name, Number(amount)]);
  return new Map(entries.filter(([, amount]) => Number.isFinite(amount)));
}
