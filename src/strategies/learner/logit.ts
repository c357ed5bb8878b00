/** Probabilities on the scale where evidence adds up. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Kept off 0 and 1, where the scale ends. */
export function logit(probability: number): number {
  const p = Math.min(0.98, Math.max(0.02, probability));
  return Math.log(p / (1 - p));
}
