import type { CandidateSnapshot, RankedCandidate } from "../contract/strategy.js";

/** What is wrong with an answer, as the end of a sentence about the strategy. */
export type RankProblem = string;

export interface CheckedRanking {
  readonly ranked: ReadonlyMap<string, RankedCandidate>;
  /** Candidates the ranking left out, in listed order. */
  readonly rest: readonly CandidateSnapshot[];
  /** Positions, best first: the ranked ones, then the rest. */
  readonly positions: readonly number[];
}

export function listedOrder(candidates: readonly CandidateSnapshot[]): CheckedRanking {
  return { ranked: new Map(), rest: candidates, positions: candidates.map(({ position }) => position) };
}

/** The ranking if it can be followed, else what is wrong with it. */
export function readRanking(ranking: unknown, candidates: readonly CandidateSnapshot[]): CheckedRanking | RankProblem {
  if (swallowed(ranking)) return "rank() returned a promise";
  if (!Array.isArray(ranking)) return `rank() returned ${ranking === null ? "null" : typeof ranking} instead of a list`;
  if (ranking.length === 0) return "rank() returned an empty list";
  const left = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  const ranked = new Map<string, RankedCandidate>();
  const positions: number[] = [];
  for (const entry of ranking as readonly unknown[]) {
    if (typeof entry !== "object" || entry === null) return "rank() returned an entry that is no object";
    const { id, score, reason, propensity } = entry as Partial<RankedCandidate>;
    const candidate = typeof id === "string" ? left.get(id) : undefined;
    if (candidate === undefined) {
      const known = candidates.some((other) => other.id === id);
      return known ? `rank() named ${String(id)} twice` : "rank() named an unknown candidate";
    }
    if (typeof score !== "number" || Number.isNaN(score))
      return `rank() gave ${candidate.id} a score that is no number`;
    left.delete(candidate.id);
    ranked.set(candidate.id, {
      id: candidate.id,
      score,
      reason: words(reason),
      propensity: typeof propensity === "number" && propensity >= 0 && propensity <= 1 ? propensity : undefined,
    });
    positions.push(candidate.position);
  }
  const rest = [...left.values()];
  for (const { position } of rest) positions.push(position);
  return { ranked, rest, positions };
}

/** A reason, where a strategy gave one in words. */
export function words(reason: unknown): string | undefined {
  if (typeof reason === "string" && reason !== "") return reason;
  swallowed(reason);
  return undefined;
}

/** Why a score cannot be used. */
export function scoreProblem(score: unknown, id: string): RankProblem {
  if (swallowed(score)) return "score() returned a promise";
  return `score() gave ${id} ${typeof score === "number" ? "NaN" : typeof score} instead of a number`;
}

/** Whether `value` is a promise; one that fails later must not become an unhandled rejection. */
function swallowed(value: unknown): boolean {
  if (typeof value !== "object" || value === null || typeof (value as PromiseLike<unknown>).then !== "function")
    return false;
  (value as PromiseLike<unknown>).then(undefined, () => {});
  return true;
}
