import type { Tally } from "./tally.js";

const OTHER = "other";

/** Tallies under pairs of labels, at most `max` of them; what comes later is counted under `"other"`. */
export class BoundedCells {
  readonly #max: number;
  readonly #make: () => Tally;
  readonly #cells = new Map<string, Map<string, Tally>>();
  #size = 0;

  constructor(max: number, make: () => Tally) {
    this.#max = max;
    this.#make = make;
  }

  cell(outer: string, inner: string): Tally {
    const known = this.#cells.get(outer)?.get(inner);
    if (known !== undefined) return known;
    return this.#size < this.#max ? this.#add(outer, inner) : this.#overflow(outer);
  }

  /** Under the known outer label where there is one: that set is the smaller and the more useful. */
  #overflow(outer: string): Tally {
    const under = this.#cells.has(outer) ? outer : OTHER;
    return this.#cells.get(under)?.get(OTHER) ?? this.#add(under, OTHER);
  }

  #add(outer: string, inner: string): Tally {
    let group = this.#cells.get(outer);
    if (group === undefined) {
      group = new Map();
      this.#cells.set(outer, group);
    }
    const tally = this.#make();
    group.set(inner, tally);
    this.#size++;
    return tally;
  }

  entries(): [outer: string, inner: string, tally: Tally][] {
    return [...this.#cells].flatMap(([outer, group]) =>
      [...group].map(([inner, tally]): [string, string, Tally] => [outer, inner, tally]),
    );
  }

  total(): Tally {
    const total = this.#make();
    for (const [, , tally] of this.entries()) total.merge(tally);
    return total;
  }

  byOuter(): ReadonlyMap<string, Tally> {
    return this.#grouped((outer) => outer);
  }

  byInner(): ReadonlyMap<string, Tally> {
    return this.#grouped((_outer, inner) => inner);
  }

  #grouped(key: (outer: string, inner: string) => string): Map<string, Tally> {
    const groups = new Map<string, Tally>();
    for (const [outer, inner, tally] of this.entries()) {
      const name = key(outer, inner);
      groups.set(name, (groups.get(name) ?? this.#make()).merge(tally));
    }
    return groups;
  }

  clear(): void {
    this.#cells.clear();
    this.#size = 0;
  }
}
