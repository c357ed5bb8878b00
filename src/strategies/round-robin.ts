import type { Strategy } from "../contract/strategy.js";

/** Each candidate in turn; fallbacks follow in the same turn order. */
export function roundRobin(): Strategy {
  return {
    name: "round-robin",
    score: (candidate, { candidates, sequence }) => {
      const start = candidates[sequence % candidates.length]!.position;
      const span = candidates[candidates.length - 1]!.position + 1;
      return -((candidate.position - start + span) % span);
    },
    reason: (_candidate, { sequence, candidates }) =>
      `turn ${(sequence % candidates.length) + 1} of ${candidates.length}`,
  };
}
