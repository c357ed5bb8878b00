import type { Message } from "../chat/message.js";
import type { ChatRequest } from "../chat/request.js";
import { estimateRequestTokens } from "../chat/tokens.js";
import type { ModelInfo } from "../contract/provider.js";
import { groupsOf, split } from "./turns.js";

/** Output that is kept free in the window where the request names no limit: a tenth of it, at most this. */
const DEFAULT_OUTPUT_RESERVE = 1_024;

/** Tokens of a model's window that the request itself may take; the rest is kept free for the answer. */
export function inputRoom(request: ChatRequest, { contextWindow, maxOutput }: ModelInfo): number {
  const { max_completion_tokens, max_tokens } = request;
  const reserve = max_completion_tokens ?? max_tokens ?? Math.min(DEFAULT_OUTPUT_RESERVE, contextWindow / 10);
  return contextWindow - Math.min(reserve, maxOutput ?? reserve);
}

/** A request whose messages, and what goes with them, take this many tokens at most; the same one where it fits. */
export function fitted(request: ChatRequest, room: number): ChatRequest {
  const { messages } = request;
  const beside = estimateRequestTokens({ ...request, messages: [] }) - estimateRequestTokens({ messages: [] });
  const fits = trimToTokens(messages, room - beside);
  return fits === messages ? request : { ...request, messages: fits };
}

/** What is cut at once, of what a history may take: the turns that follow send the same beginning, which vendors cache. */
const STEP = 1 / 4;

/**
 * A history cut to fit. System prompts stay, and the oldest turns go first, some more at once than must go now. Where the
 * last turn alone is too long, its question and the newest of its answers stay: a tool call keeps its results, and what
 * ran at once stays together. Gives the list back as it is where it fits; what is too long even then is for the plan to
 * refuse.
 */
export function trimToTokens(messages: readonly Message[], maxTokens: number): readonly Message[] {
  if (estimateRequestTokens({ messages }) <= maxTokens) return messages;
  const { system, turns } = split(messages);
  return newest(system, groupsOf(turns), maxTokens);
}

/** What stays at the front, and of the groups as many of the newest as fit, less a step; the last in any case, if in part. */
function newest(front: readonly Message[], groups: Message[][], maxTokens: number): readonly Message[] {
  const last = groups.at(-1) ?? [];
  const answers = last[0]?.role === "user" ? last.findIndex(({ role }) => role === "assistant") : -1;
  const room = maxTokens - estimateRequestTokens({ messages: [...front] });
  const bare = estimateRequestTokens({ messages: [] });
  const sizes = groups.map((messages) => estimateRequestTokens({ messages }) - bare);
  if ((sizes.at(-1) ?? 0) > room && answers > 0) {
    return newest([...front, ...last.slice(0, answers)], groupsOf(last.slice(answers), "assistant"), maxTokens);
  }
  // Whole steps, counted from the oldest message on: the cut stays where it is until the next is due.
  const step = Math.max(1, room * STEP);
  const tooMany = sizes.reduce((sum, size) => sum + size, 0) - room;
  let cut = Math.ceil(tooMany / step) * step;
  let first = 0;
  for (; first < groups.length - 1 && cut > 0; first += 1) cut -= sizes[first] as number;
  return [...front, ...groups.slice(first).flat()];
}
