/** Numbers as people read them, for reasons. */
export const dollars = (usd: number): string => (Number.isFinite(usd) ? `$${threeDigits(usd)}` : "unknown price");

export const millis = (ms: number): string => (ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

export const percent = (share: number): string =>
  `${share > 0.995 ? Math.round(share * 10_000) / 100 : Math.round(share * 1_000) / 10} %`;

/** Rounded by hand: `toPrecision` and `toFixed` make a text to be read again, and each answer has its reasons. */
function threeDigits(value: number): number {
  if (value === 0 || value >= 100) return Math.round(value);
  const scale = 10 ** (2 - Math.floor(Math.log10(value)));
  return Math.round(value * scale) / scale;
}
