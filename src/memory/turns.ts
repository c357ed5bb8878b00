import type { AssistantMessage, Message } from "../chat/message.js";

/** Messages that stand or fall together: from one user's message up to the next, or from one answer up to the next. */
export function groupsOf(turns: readonly Message[], first: "user" | "assistant" = "user"): Message[][] {
  const groups: Message[][] = [];
  for (const message of turns) {
    const last = groups.at(-1);
    if (last && message.role !== first) last.push(message);
    else groups.push([message]);
  }
  return groups;
}

/** System prompts at the front, and the rest. */
export function split(messages: readonly Message[]): { system: readonly Message[]; turns: readonly Message[] } {
  let at = 0;
  while (at < messages.length && isPrompt(messages[at] as Message)) at += 1;
  return { system: messages.slice(0, at), turns: messages.slice(at) };
}

function isPrompt({ role }: Message): boolean {
  return role === "system" || role === "developer";
}

/**
 * The part of a history that can be sent before `turns`. Vendors take a tool call only with its results after it: what
 * `turns` answer comes last, and calls that nobody has answered yet stay out, with the results they have.
 */
export function continuable(history: readonly Message[], turns: readonly Message[]): readonly Message[] {
  if (!history.some(callsTools)) return history;
  return withoutOpenCalls([...withAskerLast(history, turns), ...turns], turns.length);
}

/**
 * The history, ending with the group that asked for the tool results at the front of `turns`, where another turn has come
 * in between.
 */
export function withAskerLast(history: readonly Message[], turns: readonly Message[]): readonly Message[] {
  const [first] = turns;
  if (first?.role !== "tool") return history;
  const groups = groupsOf(history);
  const asker = groups.findLastIndex((group) => group.some((message) => asksFor(message, first.tool_call_id)));
  if (asker < 0 || asker === groups.length - 1) return history;
  return [...groups.slice(0, asker), ...groups.slice(asker + 1), groups[asker] as Message[]].flat();
}

/** Messages to add, where an app sends the answer that it got along with what follows it. */
export function withoutLastAnswer(turns: readonly Message[], history: readonly Message[]): readonly Message[] {
  const [first] = turns;
  const last = history.at(-1);
  if (first?.role !== "assistant" || last?.role !== "assistant") return turns;
  return sameAnswer(first, last) ? turns.slice(1) : turns;
}

/** What other turns added to a history since it read `before`; nothing where it was changed otherwise. */
export function addedSince(before: readonly Message[], now: readonly Message[]): readonly Message[] {
  const same = (message: Message, at: number) => message === now[at] || textOf(message) === textOf(now[at]);
  return before.every(same) ? now.slice(before.length) : [];
}

/** A history of at most so many messages: the oldest turns go, each whole. */
export function bounded(turns: readonly Message[], most: number): readonly Message[] {
  if (turns.length <= most) return turns;
  const groups = groupsOf(turns);
  let left = turns.length;
  let first = 0;
  while (left > most && first < groups.length - 1) left -= (groups[first++] as Message[]).length;
  return groups.slice(first).flat();
}

function textOf(message: Message | undefined): string {
  return JSON.stringify(message) ?? "";
}

function sameAnswer(one: AssistantMessage, other: AssistantMessage): boolean {
  const idsOf = ({ tool_calls: calls }: AssistantMessage): string => JSON.stringify(calls?.map(({ id }) => id) ?? []);
  const wordsOf = ({ content }: AssistantMessage): string => JSON.stringify(content || null);
  return idsOf(one) === idsOf(other) && wordsOf(one) === wordsOf(other);
}

function withoutOpenCalls(messages: readonly Message[], keep: number): readonly Message[] {
  const kept: Message[] = [];
  const end = messages.length - keep;
  for (let at = 0; at < end; at += 1) {
    const message = messages[at] as Message;
    if (!callsTools(message)) {
      kept.push(message);
      continue;
    }
    const open = new Set(message.tool_calls?.map(({ id }) => id));
    let next = at + 1;
    for (let result = messages[next]; result?.role === "tool"; result = messages[next]) {
      open.delete(result.tool_call_id);
      next += 1;
    }
    const answeredNow = next > end;
    if (answeredNow || open.size === 0) kept.push(...messages.slice(at, Math.min(next, end)));
    at = Math.min(next, end) - 1;
  }
  return kept;
}

function callsTools(message: Message): message is AssistantMessage {
  return message.role === "assistant" && (message.tool_calls?.length ?? 0) > 0;
}

function asksFor(message: Message, id: string): boolean {
  return callsTools(message) && message.tool_calls?.some((call) => call.id === id) === true;
}
