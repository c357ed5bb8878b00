/** Count, sum and sum of squares of worths, 0..1. */
export interface Sums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

export interface Gain {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** The size of a difference that the mixture expects, in points of worth; other sizes are found as well, later. */
const EXPECTED = 0.1;

/** Units of each arm before anything is said: the test is exact for normal worths, and means of fewer are not. */
const LEAST_UNITS = 30;

/**
 * How much better the second arm is, with an interval that holds at every look at once: the mixture sequential probability
 * ratio test turned into a confidence sequence (Robbins 1970; Johari, Koomen, Pekelis and Walsh, "Peeking at A/B tests",
 * KDD 2017, section 4). If each experiment stops when the interval leaves zero, at most a share `alpha` of them decides wrongly.
 */
export function alwaysValidGain(first: Sums, second: Sums, alpha: number): Gain | undefined {
  if (first.count < LEAST_UNITS || second.count < LEAST_UNITS) return undefined;
  const mean = second.sum / second.count - first.sum / first.count;
  const variance = varianceOf(first) / first.count + varianceOf(second) / second.count;
  const mixed = EXPECTED * EXPECTED;
  const ratio = (variance + mixed) / variance;
  const reach = Math.sqrt(variance * (ratio / (ratio - 1)) * 2 * Math.log(Math.sqrt(ratio) / alpha));
  return { mean, low: mean - reach, high: mean + reach };
}

/** The variance of worths, as if one more of each extreme had been seen: equal ones are no proof that none differ. */
function varianceOf({ count, sum, squares }: Sums): number {
  const total = count + 2;
  const mean = (sum + 1) / total;
  return Math.max(1e-6, (squares + 1) / total - mean * mean);
}
