import type { Strategy } from "../contract/strategy.js";

/** The listed order: the first provider always, the next ones only when it fails. */
export function ordered(): Strategy {
  return {
    name: "ordered",
    score: (candidate) => -candidate.position,
    reason: (candidate) => `number ${candidate.position + 1} in the listed order`,
  };
}
