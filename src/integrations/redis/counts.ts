import type { SharedCounts } from "../../contract/shared-state.js";

/** The fields of {@link SharedCounts}, as they are named in the shared hash. */
export const NAMES = [
  "requests",
  "tokens",
  "successes",
  "failures",
  "latencyMs",
  "outputTokens",
  "firstTokens",
  "firstTokenMs",
  "paced",
  "msPerToken",
  "priced",
  "costUsd",
] as const satisfies readonly (keyof SharedCounts)[];

/** What the calls of all processes to one candidate came to, since the fleet began; a fleet silent for two minutes begins anew. */
export interface FleetReading {
  /** Calls that succeeded, in all processes. */
  readonly successes: number;
  /** Calls that failed, in all processes. */
  readonly failures: number;
  /** `null` before the first call; so are the means. */
  readonly successRate: number | null;
  /** Mean milliseconds to the first token. */
  readonly ttftMs: number | null;
  /** Mean milliseconds to the whole answer. */
  readonly latencyMs: number | null;
  /** Speed of writing after the first token. */
  readonly tokensPerSecond: number | null;
  /** Dollars in all, where the price is known. */
  readonly costUsd: number;
}

/** Counts read one by one; none is negative. */
export function countsBy(read: (name: keyof SharedCounts) => number): SharedCounts {
  const counts = {} as { -readonly [K in keyof SharedCounts]: number };
  for (const name of NAMES) counts[name] = Math.max(0, read(name));
  return counts;
}

/** The same means, as told by at most `calls` calls. */
export function scaledTo(counts: SharedCounts, calls: number): SharedCounts {
  const by = Math.min(1, calls / Math.max(1, counts.successes + counts.failures));
  return countsBy((name) => counts[name] * by);
}

export function readingOf(counts: SharedCounts): FleetReading {
  const { successes, failures, costUsd } = counts;
  const mean = (sum: number, count: number): number | null => (count > 0 ? sum / count : null);
  const msPerToken = mean(counts.msPerToken, counts.paced);
  return {
    successes,
    failures,
    successRate: mean(successes, successes + failures),
    ttftMs: mean(counts.firstTokenMs, counts.firstTokens),
    latencyMs: mean(counts.latencyMs, successes),
    tokensPerSecond: msPerToken === null || msPerToken === 0 ? null : 1_000 / msPerToken,
    costUsd,
  };
}
