/** Two-sided 95 %. */
const Z = 1.96;

/** Lower end of the Wilson score interval (Wilson 1927) for a share `p` seen over `n` calls; 0 where there were none. */
export function wilsonLower(p: number, n: number): number {
  if (!(n > 0)) return 0;
  const z2 = Z * Z;
  const centre = p + z2 / (2 * n);
  const spread = Z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return Math.max(0, (centre - spread) / (1 + z2 / n));
}
