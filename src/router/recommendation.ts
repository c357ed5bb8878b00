import type { RouterStats } from "../metrics/router-stats.js";

/** What a router's own outcomes suggest changing. */
export interface Recommendation {
  /** `"insufficient data"`, `"keep"`, or what to do. */
  readonly verdict: string;
  readonly reasons: readonly string[];
  /** Settled upstream calls behind it. */
  readonly samples: number;
}

/** Calls per candidate below which nothing is said. */
const ENOUGH = 30;

/** Compares candidates on what their calls cost and how often they failed; never on a handful of calls. */
export function recommendFrom(stats: RouterStats): Recommendation {
  const measured = Object.entries(stats.models).filter(([, { attempts }]) => attempts >= ENOUGH);
  const samples = stats.attempts.attempts;
  if (measured.length < 2) {
    const reasons = [`fewer than two candidates have ${ENOUGH} settled calls`];
    return { verdict: "insufficient data", reasons, samples };
  }
  const reasons = measured
    .filter(([, { attempts, successes }]) => successes / attempts < 0.9)
    .map(
      ([id, { attempts, successes }]) =>
        `${id} fails ${Math.round((1 - successes / attempts) * 100)} % of ${attempts} calls`,
    );
  return { verdict: reasons.length > 0 ? "look at the failing candidates" : "keep", reasons, samples };
}
