import type { SharedStateMember } from "../../contract/shared-state.js";

type Counts = Map<string, number>;

/** Calls under way and use of rate limits: what goes out with a sync, and what came with the last one. */
export class Usage {
  readonly #member: SharedStateMember;
  readonly #calls: Counts = new Map();
  readonly #elsewhere: Counts = new Map();
  /** Used since the last sync that arrived: `r:candidate` requests, `t:candidate` tokens. */
  readonly #used: Counts = new Map();
  #sent: Counts = new Map();
  /** The fleet's sums as last heard; `undefined` before that. */
  #sums: Counts | undefined;

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

  use(candidate: string, requests: number, tokens: number): void {
    add(this.#used, `r:${candidate}`, Math.round(requests));
    add(this.#used, `t:${candidate}`, Math.round(tokens));
  }

  outgoing(): { calls: string; used: string } {
    this.#sent = new Map(this.#used);
    this.#used.clear();
    return {
      calls: JSON.stringify(Object.fromEntries(this.#calls)),
      used: JSON.stringify(Object.fromEntries(this.#sent)),
    };
  }

  /** The sync did not arrive: its use is told with the next one. */
  lost(): void {
    for (const [field, amount] of this.#sent) add(this.#used, field, amount);
    this.#sent = new Map();
  }

  incoming(calls: unknown, used: unknown): void {
    this.#elsewhere.clear();
    for (const [candidate, count] of numbers(calls)) this.#elsewhere.set(candidate, count);
    const before = this.#sums;
    this.#sums = new Map(numbers(used));
    if (before) this.#tellMember(before, this.#sums);
    this.#sent = new Map();
  }

  #tellMember(before: Counts, sums: Counts): void {
    for (const candidate of this.#member.candidates) {
      const grown = (field: string): number =>
        Math.max(0, (sums.get(field) ?? 0) - (before.get(field) ?? 0) - (this.#sent.get(field) ?? 0));
      const requests = grown(`r:${candidate}`);
      const tokens = grown(`t:${candidate}`);
      if (requests > 0 || tokens > 0) this.#member.used?.(candidate, requests, tokens);
    }
  }
}

function add(counts: Counts, field: string, amount: number): void {
  if (amount > 0) counts.set(field, (counts.get(field) ?? 0) + amount);
}

function numbers(value: unknown): [string, number][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
}
