import QuickLRU from "quick-lru";
import type { Sums } from "./always-valid.js";

/** Requests that feedback still finds, and units whose mean is remembered; the longest silent ones go first. */
const MAX_REQUESTS = 10_000;
const MAX_UNITS = 20_000;

/** What was measured of the arms. A unit counts once, by the mean of its requests, however many those are. */
export interface Tally {
  assigned(requestId: string, arm: number, unit: string): void;
  ended(requestId: string, worth: number): void;
  rated(requestId: string, worth: number): void;
  /** Of each arm: of rated requests and failures once there are ratings in it, else of all that ended. */
  sums(): readonly Sums[];
}

interface Asked {
  readonly arm: number;
  readonly unit: string;
  /** What it counts in the record of answers, and of ratings. */
  answer?: number;
  rating?: number;
}

interface Unit {
  count: number;
  sum: number;
}

/** Means by unit, and their sums by arm. */
class Measure {
  readonly sums: { count: number; sum: number; squares: number }[];
  readonly #units = new QuickLRU<string, Unit>({ maxSize: MAX_UNITS });

  constructor(arms: number) {
    this.sums = Array.from({ length: arms }, () => ({ count: 0, sum: 0, squares: 0 }));
  }

  /** @param before what this request counted until now, if it did */
  add({ arm, unit }: Asked, worth: number, before: number | undefined): void {
    const key = `${arm} ${unit}`;
    const known = this.#units.get(key) ?? { count: 0, sum: 0 };
    const sums = this.sums[arm]!;
    if (known.count > 0) this.#count(sums, known, -1);
    if (before === undefined) known.count += 1;
    known.sum += worth - (before ?? 0);
    this.#count(sums, known, 1);
    this.#units.set(key, known);
  }

  #count(sums: (typeof this.sums)[number], { count, sum }: Unit, sign: 1 | -1): void {
    const mean = sum / count;
    sums.count += sign;
    sums.sum += sign * mean;
    sums.squares += sign * mean * mean;
  }
}

export function createTally(arms: number): Tally {
  const asked = new QuickLRU<string, Asked>({ maxSize: MAX_REQUESTS });
  const answers = new Measure(arms);
  const ratings = new Measure(arms);
  let rated = false;
  return {
    assigned: (requestId, arm, unit) => void asked.set(requestId, { arm, unit }),
    ended(requestId, worth) {
      const request = asked.get(requestId);
      if (!request || request.answer !== undefined) return;
      answers.add(request, worth, undefined);
      request.answer = worth;
      if (worth > 0) return;
      ratings.add(request, 0, undefined);
      request.rating = 0;
    },
    rated(requestId, worth) {
      const request = asked.get(requestId);
      if (!request) return;
      rated = true;
      ratings.add(request, worth, request.rating);
      request.rating = worth;
    },
    sums: () => (rated ? ratings : answers).sums,
  };
}
