import type { Provider } from "signalbox";
import { costAtOne, type Tally } from "./tally.js";

/** Rows as lines: the first column to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

export const usd = (amount: number): string => (amount === 0 ? "$0" : `$${amount.toFixed(amount < 0.01 ? 6 : 4)}`);

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** The value below which `share` of them lie, as whole milliseconds. */
export function quantileMs(values: readonly number[], share: number): string {
  if (values.length === 0) return "-";
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0);
}

/** The whole story of a run. @param lost the provider that was down for a part of it, if any */
export function summary(tally: Tally, providers: readonly Provider[], seconds: number, lost: string): string {
  const share = (count: number): string => `${((100 * count) / Math.max(1, tally.answers)).toFixed(0)} %`;
  const rows = [...tally.candidates.values()]
    .sort((a, b) => b.answered - a.answered)
    .map(({ id, answered, attempts, failed, latenciesMs, costUsd }) => [
      id,
      String(answered),
      share(answered),
      String(attempts),
      String(failed),
      quantileMs(latenciesMs, 0.5),
      quantileMs(latenciesMs, 0.95),
      usd(costUsd),
    ]);
  const cached = tally.hits + tally.joined;
  rows.push(["cache, and joined flights", String(cached), share(cached), "0", "0", "", "", usd(0)]);
  const lines = [
    `${counted(tally.answers + tally.failures.length, "request")}: ${counted(tally.answers, "answer")} (${tally.streamed} streamed), ${tally.failures.length} failed, in ${seconds.toFixed(1)} s`,
    "",
    table(["who answered", "answers", "share", "upstream calls", "failed", "p50 ms", "p95 ms", "cost"], rows),
    "",
    `latency of an answer   p50 ${quantileMs(tally.latenciesMs, 0.5)} ms, p95 ${quantileMs(tally.latenciesMs, 0.95)} ms`,
    `fallbacks              ${tally.fallbacks} to another candidate, ${tally.retries} retries at the same one`,
    `cache                  ${tally.hits} hits, ${tally.joined} joined a flight, ${usd(tally.savedUsd)} saved by it`,
    `breaker changes        ${tally.breakers.length === 0 ? "none" : tally.breakers.length}`,
    ...tally.breakers.map((change) => `    ${change}`),
    "",
    `cost                   ${usd(tally.costUsd)}`,
    ...providers.flatMap((provider) => {
      const alone = costAtOne(tally, provider);
      return alone === null
        ? []
        : [
            `  the same tokens at ${`${provider.id}/${alone.model}`.padEnd(28)} ${usd(alone.usd)}` +
              (provider.id === lost ? ", had it not been down" : ""),
          ];
    }),
  ];
  return lines.join("\n");
}
