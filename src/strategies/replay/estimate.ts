/** One logged decision for one measure: who went first, how likely that was, and what came of it. */
export interface Row {
  /** Candidates by id. */
  readonly ids: readonly string[];
  readonly kind: string;
  readonly chosen: number;
  readonly propensity: number;
  readonly value: number;
}

/** What a strategy would have done: for each row the chance of each candidate to go first. */
export type Target = readonly (readonly number[])[];

/**
 * Weights beyond this are clipped. It lies above the inverse of any chance that a strategy draws with: a smaller one
 * would leave out the correction for what is rarely explored, and the interval would be too narrow.
 */
const MAX_WEIGHT = 200;

/** What the mean of a kind at a candidate is shrunk with, towards the candidate's own, and that towards all. */
const PSEUDO = 10;

/**
 * Doubly robust value of every row under a target: what a simple model expects of the target's choice, corrected by what
 * was really seen where the log made the same choice. Right if either the model or the propensities are.
 */
export function doublyRobust(rows: readonly Row[], target: Target): Float64Array {
  const model = new MeanModel(rows);
  return Float64Array.from(rows, (row, index) => {
    const chances = target[index]!;
    let value = 0;
    for (const [place, chance] of chances.entries()) {
      if (chance > 0) value += chance * model.expect(row.ids[place]!, row.kind, row);
    }
    const weight = Math.min(MAX_WEIGHT, chances[row.chosen]! / row.propensity);
    return weight === 0 ? value : value + weight * (row.value - model.expect(row.ids[row.chosen]!, row.kind, row));
  });
}

/** How many logged decisions speak for a target: the effective sample size of its importance weights. */
export function effectiveSamples(rows: readonly Row[], target: Target): number {
  let sum = 0;
  let squares = 0;
  for (const [index, row] of rows.entries()) {
    const weight = Math.min(MAX_WEIGHT, target[index]![row.chosen]! / row.propensity);
    sum += weight;
    squares += weight * weight;
  }
  return squares === 0 ? 0 : (sum * sum) / squares;
}

/** Mean with its interval; `z` standard errors to either side. */
export function interval(
  values: Float64Array,
  z = 1.96,
): { readonly mean: number; readonly low: number; readonly high: number } {
  const count = values.length;
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / count;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const error = Math.sqrt(squares / Math.max(1, count - 1) / count);
  return { mean, low: mean - z * error, high: mean + z * error };
}

interface Sum {
  count: number;
  total: number;
}

/** Means by candidate and kind, without the row that is asked about. */
class MeanModel {
  readonly #all: Sum = { count: 0, total: 0 };
  readonly #byCandidate = new Map<string, Sum>();
  readonly #byKind = new Map<string, Sum>();

  constructor(rows: readonly Row[]) {
    for (const { ids, chosen, kind, value } of rows) {
      const id = ids[chosen]!;
      for (const sum of [this.#all, entry(this.#byCandidate, id), entry(this.#byKind, `${kind} ${id}`)]) {
        sum.count += 1;
        sum.total += value;
      }
    }
  }

  expect(id: string, kind: string, row: Row): number {
    const own = row.ids[row.chosen] === id;
    const all = without(this.#all, row.value);
    const overall = all.count > 0 ? all.total / all.count : row.value;
    const candidate = own ? without(this.#byCandidate.get(id), row.value) : this.#byCandidate.get(id);
    const ofCandidate = shrunk(candidate, overall);
    const kindSum = this.#byKind.get(`${kind} ${id}`);
    return shrunk(own && kind === row.kind ? without(kindSum, row.value) : kindSum, ofCandidate);
  }
}

function entry(map: Map<string, Sum>, key: string): Sum {
  let sum = map.get(key);
  if (sum === undefined) {
    sum = { count: 0, total: 0 };
    map.set(key, sum);
  }
  return sum;
}

function without(sum: Sum | undefined, value: number): Sum {
  return sum === undefined ? { count: 0, total: 0 } : { count: sum.count - 1, total: sum.total - value };
}

function shrunk(sum: Sum | undefined, towards: number): number {
  if (sum === undefined) return towards;
  return (sum.total + PSEUDO * towards) / (sum.count + PSEUDO);
}
