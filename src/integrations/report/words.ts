/** Numbers as people read them; the page's script has the same rules for its axes. */

export function number(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** Large counts, short: `1.1M`. */
export function compact(value: number): string {
  return value.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: 1 });
}

export function usd(value: number): string {
  if (value === 0) return "$0";
  if (value < 0.01) return `$${value.toPrecision(2)}`;
  return value.toLocaleString("en-US", {
    style: "currency",
    currency: "USD",
    maximumFractionDigits: value < 10 ? 3 : 2,
  });
}

export function share(part: number, whole: number): string {
  if (whole === 0) return "–";
  const percent = (100 * part) / whole;
  // 99.97 % of many is not "100 %".
  const shown = percent > 99 && percent < 100 ? Math.min(99.99, percent).toFixed(2) : percent.toFixed(1);
  return `${shown.replace(/\.0+$/, "")} %`;
}

export function duration(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1_000) return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  if (ms < 3_600_000) return `${(ms / 60_000).toFixed(1)} min`;
  return ms < 172_800_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${(ms / 86_400_000).toFixed(1)} days`;
}

/** The most frequent words of a count, most frequent first: `timeout 12, server 3`. */
export function topWords(counts: { readonly [word: string]: number }, most = 3): string {
  const words = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  const told = words.slice(0, most).map(([word, count]) => `${word} ${number(count)}`);
  return told.length === 0 ? "–" : told.join(", ") + (words.length > most ? ", …" : "");
}
