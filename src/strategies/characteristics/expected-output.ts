import type { ChatRequest } from "../../chat/request.js";
import type { RequestFacts } from "./read-request.js";

/** Usual lengths of answers in tokens: a guess, which each candidate's snapshot scales by its own answers. */
const USUAL: { readonly [kind: string]: number } = {
  chat: 250,
  generate: 800,
  analyze: 600,
  debug: 700,
  plan: 900,
  search: 300,
  vision: 300,
};
const USUAL_OTHERWISE = 500;

/** What the answer will likely write: what was asked for ("500 words"), else the kind's usual length, within the limit set. */
export function expectedOutputTokens(
  request: ChatRequest,
  kind: string,
  inputTokens: number,
  facts: RequestFacts,
): number {
  const limit = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY;
  const asked = Math.ceil(facts.last.askedTokens);
  if (asked > 0) return Math.min(limit, Math.min(asked, MOST_ASKED));
  const usual = Object.hasOwn(USUAL, kind) ? (USUAL[kind] as number) : USUAL_OTHERWISE;
  // Long material makes for longer answers, up to twice the usual.
  return Math.min(limit, Math.round(usual * (1 + inputTokens / (inputTokens + 4_000))));
}

const MOST_ASKED = 32_000;
