/**
 * What a candidate costs a whole plan: `cost` when it succeeds, and `failureCost` for every failure expected before one
 * success. Trying candidates in ascending order of this index gives the plan (first choice and all fallbacks) with the
 * lowest expected cost, whatever the unit, as long as failures are independent: swapping two neighbours that stand the
 * other way round never helps. That is why a score per candidate judges whole plans.
 */
export function planIndex(cost: number, failureCost: number, successRate: number): number {
  const p = Math.max(successRate, 0.02);
  return cost + (failureCost * (1 - p)) / p;
}
