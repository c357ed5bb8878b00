import type { Reading } from "./similarity-reading.js";

/** Why two texts must not share an answer, however alike they look. */
export type GuardReason = "numbers" | "negation" | "names" | "symbols" | "quoted" | "extra_words";

export const GUARD_REASONS: readonly GuardReason[] = [
  "numbers",
  "negation",
  "names",
  "symbols",
  "quoted",
  "extra_words",
];

/**
 * What speaks against one answer for both, or `null`. Other words for the same thing are left to whoever compared the
 * texts; a word more in one of them ("under 30k", "under 30k for students") is not.
 */
export function guard(one: Reading, other: Reading): GuardReason | null {
  if (one.signature === other.signature) return null; // numbers, negations, signs and names stand in it, in order
  if (one.numbers !== other.numbers) return "numbers";
  if (one.negations !== other.negations) return "negation";
  if (one.symbols !== other.symbols) return "symbols";
  if (one.quoted !== other.quoted) return "quoted";
  if (otherNames(one, other)) return "names";
  return within(one, other) || within(other, one) ? "extra_words" : null;
}

/** Names that differ, where both writers use capitals at all: who writes everything small names nobody in particular. */
function otherNames(one: Reading, other: Reading): boolean {
  if (one.names.length === 0 || other.names.length === 0) return unknownName(one, other) || unknownName(other, one);
  return [...one.names].sort().join(" ") !== [...other.names].sort().join(" ");
}

/** A name of one that the other does not even mention. */
function unknownName(one: Reading, other: Reading): boolean {
  return one.names.some((name) => !other.content.includes(name));
}

/** Whether one has all the content words of the other, and more. */
function within(less: Reading, more: Reading): boolean {
  if (less.content.length >= more.content.length) return false;
  const words = new Set(more.content);
  return less.content.every((word) => words.has(word));
}
