import type { RequestKind } from "../../contract/strategy.js";
import type { TextFacts } from "./scan-text.js";
import { KIND_NAMES, SIGNAL } from "./word-table.js";

// Without evidence of a task it is a chat.
const CHAT_BIAS = 0.9;

// Nobody looks a fact up in more words than these.
const LONG_QUERY = 140;

/** The kind with the most evidence in a text; what is wanted is read from the last user message. */
export function kindOf(facts: TextFacts): RequestKind {
  const { sums } = facts;
  // A question that is nobody's own affair: put shortly it asks for a fact, at length it is a case to be thought through.
  const impersonal = facts.questions > 0 && (sums[SIGNAL.person] as number) === 0;
  const long = facts.length > LONG_QUERY;
  let best: RequestKind = "chat";
  let bestScore = (sums[SIGNAL.chat] as number) + (impersonal ? CHAT_BIAS / 2 : CHAT_BIAS);
  for (let kind = 0; kind < SIGNAL.chat; kind++) {
    let score = sums[kind] as number;
    if (kind === SIGNAL.debug) score += repair(facts);
    else if (kind === SIGNAL.analyze) score += exercise(facts) + (impersonal && long ? 0.9 : 0);
    else if (kind === SIGNAL.search) score = score * (long ? 0.6 : 1) + (impersonal && !long ? 0.9 : 0);
    if (score > bestScore) {
      bestScore = score;
      best = KIND_NAMES[kind] as RequestKind;
    }
  }
  return best;
}

/** Something that can break, and a sign that it did: neither alone says much. */
function repair({ sums, fences, codeSigns }: TextFacts): number {
  const code = fences > 0 || codeSigns >= 4 ? 1 : 0;
  const things = (sums[SIGNAL.tech] as number) + code;
  const signs = sums[SIGNAL.symptom] as number;
  if (things === 0 || signs === 0) return fences > 0 ? 0.5 : 0;
  return 0.8 + 0.4 * Math.min(things, 3) + 0.6 * Math.min(signs, 3);
}

/** Answers to choose from, or numbers and a question: an exercise to be worked out. */
function exercise({ sums, choices, numbers, mathSigns, questions }: TextFacts): number {
  if (choices >= 2) return 3;
  const hard = 0.3 * Math.min(sums[SIGNAL.hard] as number, 4);
  if (numbers >= 2 && questions > 0) return hard + (mathSigns > 0 ? 2.2 : 1.2);
  return mathSigns >= 2 && numbers > 0 ? hard + 1 : hard;
}
