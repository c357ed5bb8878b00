/** Rows of words in columns: the first to the left, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all.map((row) =>
    widths
      .map((width, column) => (column === 0 ? (row[column] ?? "").padEnd(width) : (row[column] ?? "").padStart(width)))
      .join("  ")
      .trimEnd(),
  );
}

/** A ratio as `.123`. */
export function ratio(value: number): string {
  return Number.isNaN(value) ? "-" : value.toFixed(3).replace(/^0/, "");
}

export function percent(value: number): string {
  return Number.isNaN(value) ? "-" : `${(value * 100).toFixed(1)} %`;
}
