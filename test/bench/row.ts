/** A line of the table. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: "us" | "ms" | "ns" | "kB" | "calls" | "x";
  /** The bare way to do the same, in the same unit and run. */
  readonly bare?: number | undefined;
  /** At most this. */
  readonly target?: number | undefined;
  readonly note?: string | undefined;
}

export interface Section {
  readonly name: string;
  readonly about: string;
  readonly rows: readonly Row[];
}

const digits = (value: number): string => value.toFixed(Math.abs(value) < 10 ? 2 : 1);

export function print({ name, about, rows }: Section): string {
  const head = ["", "ours", "bare", "ratio", "target", ""];
  const cells = rows.map(({ what, value, unit, bare, target, note }) => [
    what,
    `${digits(value)} ${unit}`,
    bare === undefined ? "" : `${digits(bare)} ${unit}`,
    bare === undefined || bare <= 0 ? "" : `${(value / bare).toFixed(2)}`,
    target === undefined ? "" : `<= ${target} ${unit}`,
    [target === undefined ? "" : value <= target ? "ok" : "OVER", note ?? ""].filter(Boolean).join(", "),
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...cells].map((row) => (row[at] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (at === 0 || at === 5 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join("  ")
      .trimEnd();
  return [`\n${name}: ${about}`, line(head), ...cells.map(line)].join("\n");
}
