import type { Callers } from "./callers.js";

/** One thing that must hold, and what was found. */
export interface Check {
  readonly name: string;
  readonly holds: boolean;
  readonly found: string;
}

const WIDTHS = [8, 9, 9, 7, 10, 9, 9, 9, 8, 10];

/** A line of the table of rounds; it takes the place of a progress line. */
export function printRow(cells: readonly (string | number)[]): void {
  clearLine();
  console.log(cells.map((cell, column) => String(cell).padStart(WIDTHS[column] ?? 0)).join(" "));
}

export function printChecks(checks: readonly Check[]): void {
  clearLine();
  console.log();
  for (const { name, holds, found } of checks) console.log(`${holds ? "✓" : "✗"} ${name.padEnd(56)}  ${found}`);
}

/** A list as a finding: how many, and the first of them. */
export const some = (list: readonly string[]): string => (list.length === 0 ? "none" : `${list.length}: ${list[0]}`);

/** On a terminal: what goes on, twice a second. Keeps no process alive. */
export function showProgress(callers: Callers): () => void {
  if (!process.stdout.isTTY) return () => {};
  const timer = setInterval(() => {
    const { tally, inFlight } = callers;
    clearLine();
    process.stdout.write(`${tally.started} requests, ${inFlight} in flight`);
  }, 500);
  timer.unref();
  return () => clearInterval(timer);
}

function clearLine(): void {
  if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
}
