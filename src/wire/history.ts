import type { AssistantMessage, Message, TextPart, ToolCall } from "../chat/message.js";
import { textOf } from "../chat/message-text.js";
import type { Dialect } from "./dialect.js";

/** Whether every part is text (or a refusal). */
export function isAllText(content: unknown): boolean {
  if (!Array.isArray(content)) return true;
  return (content as readonly { type?: unknown }[]).every((part) => part?.type === "text" || part?.type === "refusal");
}

/** Whether a part says where the vendor is to cache up to. */
export function hasCacheMark(content: unknown): boolean {
  if (!Array.isArray(content)) return false;
  return (content as readonly { cache_control?: unknown }[]).some((part) => part?.cache_control !== undefined);
}

/**
 * The messages in the order and number this dialect takes: system messages merged into one at the front, user text
 * after tool results moved into the last of them. The same array where nothing is to do.
 */
export function arrangeMessages(
  messages: readonly Message[],
  dialect: Dialect,
  extraSystem?: string,
): readonly Message[] {
  const merged = dialect.systems === "merged" ? mergeSystems(messages, extraSystem) : addSystem(messages, extraSystem);
  return dialect.mergeTextIntoToolResult ? mergeToolText(merged) : merged;
}

function isSystem(message: Message): boolean {
  return message.role === "system" || message.role === "developer";
}

function mergeSystems(messages: readonly Message[], extra: string | undefined): readonly Message[] {
  let count = 0;
  for (const message of messages) if (isSystem(message)) count++;
  const first = messages[0];
  const isPlain = first?.role === "system" && typeof first.content === "string";
  if (extra === undefined && (count === 0 || (count === 1 && isPlain))) return messages;
  const systems = messages.filter(isSystem);
  const rest = messages.filter((message) => !isSystem(message));
  if (systems.some((message) => hasCacheMark(message.content))) {
    const parts = systems.flatMap(({ content }): TextPart[] => {
      return typeof content === "string" ? [textPart(content)] : ((content ?? []) as TextPart[]);
    });
    if (extra !== undefined) parts.push(textPart(extra));
    return [{ role: "system", content: parts }, ...rest];
  }
  const texts = systems.map((message) => textOf(message.content));
  if (extra !== undefined) texts.push(extra);
  return [{ role: "system", content: texts.join("\n\n") }, ...rest];
}

function textPart(text: string): TextPart {
  return { type: "text", text };
}

function addSystem(messages: readonly Message[], extra: string | undefined): readonly Message[] {
  if (extra === undefined) return messages;
  const at = messages.findIndex((message) => !isSystem(message));
  const place = at < 0 ? messages.length : at;
  return [...messages.slice(0, place), { role: "system", content: extra }, ...messages.slice(place)];
}

function mergeToolText(messages: readonly Message[]): readonly Message[] {
  let out: Message[] | undefined;
  for (let i = 1; i < messages.length; i++) {
    const message = messages[i] as Message;
    const before = out === undefined ? messages[i - 1] : out.at(-1);
    const merges = message.role === "user" && before?.role === "tool" && isAllText(message.content);
    if (merges) {
      out ??= messages.slice(0, i);
      out[out.length - 1] = { ...before, content: `${textOf(before.content)}\n\n${textOf(message.content)}` };
    } else out?.push(message);
  }
  return out ?? messages;
}

/** Tool calls whose arguments are one JSON object; others get `{}`, so that one bad call does not spoil the history. */
export function repairCalls(calls: readonly ToolCall[]): readonly ToolCall[] {
  if (calls.every(hasObjectArguments)) return calls;
  return calls.map((call) => {
    if (call.type !== "function" || hasObjectArguments(call)) return call;
    return { ...call, function: { ...call.function, arguments: "{}" } };
  });
}

function hasObjectArguments(call: ToolCall): boolean {
  return call.type !== "function" || parseArguments(call.function.arguments) !== undefined;
}

/** Tool arguments as an object, or `undefined` where they are not one. */
export function parseArguments(text: string): { [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as { [key: string]: unknown }) : undefined;
  } catch {
    return undefined;
  }
}

/** What this provider itself noted on an answer, over this wire; `"foreign"` where someone else did. */
export function stateOf(message: AssistantMessage, provider: string, wire: string): OwnState | "foreign" | undefined {
  const state = message.provider_state;
  if (state === undefined || state === null) return undefined;
  const data = state.data as OwnState | null;
  if (state.issuer !== provider || typeof data !== "object" || data === null || data.wire !== wire) return "foreign";
  // A client holds the state in between, and may send back anything.
  return areObjects(data.blocks) && areObjects(data.items) ? data : "foreign";
}

function areObjects(list: unknown): boolean {
  if (list === undefined) return true;
  return Array.isArray(list) && list.every((each: unknown) => typeof each === "object" && each !== null);
}

/** The data of a `provider_state` that a wire of this library issued. */
export interface OwnState {
  readonly wire: string;
  /** The answer was thought about: its `reasoning_content` is this issuer's. */
  readonly thought?: boolean | undefined;
  /** OpenAI wire: tool calls hold members of this issuer's own. */
  readonly calls?: boolean | undefined;
  /** OpenAI wire: the answer's pictures are this issuer's. */
  readonly images?: boolean | undefined;
  /** The turn is whole without words. */
  readonly turn?: boolean | undefined;
  /** The turn was paused, and goes on when it is sent back. */
  readonly paused?: boolean | undefined;
  /** OpenAI wire: reasoning details as received. */
  readonly details?: readonly unknown[] | undefined;
  /** Anthropic wire: the answer's blocks, in their order, with signatures. */
  readonly blocks?: readonly unknown[] | undefined;
  /** Responses wire: its thinking, encrypted; all items of the answer where only they tell their order. */
  readonly items?: readonly unknown[] | undefined;
}
