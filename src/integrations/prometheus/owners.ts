import { invalidOption } from "../../errors/signalbox-error.js";
import type { OwnersLike } from "./router-like.js";

/** Label values where `true` is given. */
const USUAL = 100;
/** As many as the router tells apart. */
const MOST = 1_000;
/** The label value of all others, the router's own name for them. */
const OTHER = "(other)";

/** How many label values an option allows; 0: the metrics are not exported. */
export function labelBound(value: unknown, path: string): number {
  if (value === undefined || value === false) return 0;
  if (value === true) return USUAL;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MOST) return value;
  throw invalidOption(path, `must be true, false or a whole number of labels, 0 to ${MOST}`);
}

type Sums = { requests: number; ok: number } & { [key in Summed]: number };
const SUMMED = ["costUsd", "savedUsd", "inputTokens", "cachedTokens", "outputTokens"] as const;
type Summed = (typeof SUMMED)[number];

/**
 * Rows of the router's statistics under at most `most` labels. Names that were seen first keep their label; the rest is
 * one label, so the number of time series has a bound whatever names callers choose.
 */
export function createOwnerRows(most: number): (owners: OwnersLike) => ReadonlyMap<string, Sums> {
  const labelled = new Set<string>();
  return (owners) => {
    const rows = new Map<string, Sums>();
    for (const [name, stats] of Object.entries(owners)) {
      if (labelled.size < most && name !== OTHER) labelled.add(name);
      const label = labelled.has(name) ? name : OTHER;
      const row = rows.get(label) ?? emptyRow();
      rows.set(label, row);
      row.requests += stats.requests;
      row.ok += stats.ok;
      for (const key of SUMMED) row[key] += stats[key];
    }
    return rows;
  };
}

function emptyRow(): Sums {
  return { requests: 0, ok: 0, costUsd: 0, savedUsd: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0 };
}
