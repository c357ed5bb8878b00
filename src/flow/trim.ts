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

/**
 * A history cut to fit. System prompts stay, and the oldest turns go first. Where the last turn alone is too long, its
 * question and the newest of its answers stay: a tool call keeps its results, and what ran at once stays together. Gives
 * the list back as it is where it fits; what is too long even then is for the plan to refuse.
 */
export function trimToTokens(messages: readonly Message[], maxTokens: number): readonly Message[] {
  if (estimateRequestTokens({ messages }) <= maxTokens) return messages;
  const { system, turns } = split(messages);
  return newest(system, groupsOf(turns), maxTokens);
}

/** What stays at the front, and of the groups as many of the newest as fit; the last one in any case, if in part. */
function newest(front: readonly Message[], groups: Message[][], maxTokens: number): readonly Message[] {
  const last = groups.at(-1) ?? [];
  const answers = last[0]?.role === "user" ? last.findIndex(({ role }) => role === "assistant") : -1;
  let room = maxTokens - estimateRequestTokens({ messages: [...front, ...last] });
  if (room < 0 && answers > 0) {
    return newest([...front, ...last.slice(0, answers)], groupsOf(last.slice(answers), "assistant"), maxTokens);
  }
  const bare = estimateRequestTokens({ messages: [] });
  let first = Math.max(0, groups.length - 1);
  for (; first > 0; first -= 1) {
    room -= estimateRequestTokens({ messages: groups[first - 1] as Message[] }) - bare;
    if (room < 0) break;
  }
  return [...front, ...groups.slice(first).flat()];
}
