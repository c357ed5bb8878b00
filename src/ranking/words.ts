/** Numbers as people read them, for reasons. */
export const dollars = (usd: number): string =>
  Number.isFinite(usd) ? `$${Number(usd.toPrecision(3))}` : "unknown price";

export const millis = (ms: number): string => (ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

export const percent = (share: number): string => `${Number((share * 100).toFixed(share > 0.995 ? 2 : 1))} %`;
