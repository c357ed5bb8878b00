import type { Reading } from "./similarity-reading.js";

/** Why two texts must not share an answer, however alike they look. */
export type GuardReason = "numbers" | "negation" | "names" | "symbols" | "quoted" | "extra_words" | "order";

export const GUARD_REASONS: readonly GuardReason[] = [
  "numbers",
  "negation",
  "names",
  "symbols",
  "quoted",
  "extra_words",
  "order",
];

/**
 * What speaks against one answer for both, or `null`. Other words for the same thing are left to whoever compared the
 * texts; a word more in one of them ("under 30k", "under 30k for students") is not.
 */
export function guard(one: Reading, other: Reading): GuardReason | null {
  if (one.signature === other.signature) return null; // numbers, negations, signs and names stand in it, in order
  if (one.numbers !== other.numbers) return "numbers";
  if (one.negations !== other.negations || opposed(one, other) || opposed(other, one)) return "negation";
  if (one.symbols !== other.symbols) return "symbols";
  if (one.quoted !== other.quoted) return "quoted";
  if (otherNames(one, other)) return "names";
  if (within(one, other) || within(other, one)) return "extra_words";
  return sameWords(one, other) ? "order" : null;
}

/** Names that differ, where both writers use capitals at all: who writes everything small names nobody in particular. */
function otherNames(one: Reading, other: Reading): boolean {
  if (loudName(one, other) || loudName(other, one)) return true;
  if (one.names.length === 0 || other.names.length === 0) return unknownName(one, other) || unknownName(other, one);
  return one.names.join(" ") !== other.names.join(" ");
}

/** A name of one that the other does not even mention. */
function unknownName(one: Reading, other: Reading): boolean {
  return one.names.some((name) => !other.content.includes(name));
}

/** A word that is a name only in capitals (US, IT), which the other does not write so. */
function loudName(one: Reading, other: Reading): boolean {
  return one.content.some((word) => word !== word.toLowerCase() && !other.content.includes(word));
}

const OPPOSING = ["un", "in", "im", "dis", "non", "ir", "il"];

/** Whether the other says the opposite of a word of one: safe, unsafe. */
function opposed(one: Reading, other: Reading): boolean {
  const words = new Set(other.content);
  return one.content.some((word) => word.length > 2 && OPPOSING.some((prefix) => words.has(prefix + word)));
}

/** Whether both say the same words, in another order or asked instead of told. */
function sameWords(one: Reading, other: Reading): boolean {
  if (one.content.length !== other.content.length) return false;
  return [...one.content].sort().join(" ") === [...other.content].sort().join(" ");
}

/** Whether one has all the content words of the other, and more. */
function within(less: Reading, more: Reading): boolean {
  if (less.content.length >= more.content.length) return false;
  const words = new Set(more.content);
  return less.content.every((word) => words.has(word));
}
