import type { Strategy } from "../contract/strategy.js";
import { invalidOption } from "../errors/signalbox-error.js";

/**
 * Checks a strategy of your own and returns it. Give `score` (the highest goes first) or `rank` (the whole order);
 * where both are given, `rank` decides.
 *
 * @throws SignalboxError `invalid_options` where the name or both functions are missing.
 *
 * @example
 * const cheapestFirst = defineStrategy({
 *   name: "cheapest-first",
 *   score: (candidate) => -candidate.expectedCostUsd,
 *   reason: (candidate) => `$${candidate.expectedCostUsd}`,
 * });
 */
export function defineStrategy(strategy: Strategy): Strategy {
  return checkedStrategy(strategy, "strategy");
}

/** The strategy, where it is one. @throws SignalboxError `invalid_options` naming what is wrong below `path` */
export function checkedStrategy(strategy: Strategy, path: string): Strategy {
  const issue = strategyIssue(strategy);
  if (issue !== null) throw invalidOption(path + issue.path, issue.message);
  return strategy;
}

/** What is wrong with a value that should be a strategy, and where below it; `null` where nothing is. */
function strategyIssue(value: unknown): { path: string; message: string } | null {
  if (typeof value !== "object" || value === null)
    return { path: "", message: "must be a strategy: an object with a name" };
  const { name, score, rank, reason, propensity } = value as { [key: string]: unknown };
  if (typeof name !== "string" || name.trim() === "") return { path: ".name", message: "must be a non-empty string" };
  if (score === undefined && rank === undefined) {
    return { path: "", message: "needs a score or a rank function" };
  }
  for (const [key, member] of [
    ["score", score],
    ["rank", rank],
    ["reason", reason],
    ["propensity", propensity],
  ] as const) {
    if (member !== undefined && typeof member !== "function") {
      return { path: `.${key}`, message: "must be a function" };
    }
  }
  return null;
}
