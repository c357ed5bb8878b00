import type { AssistantMessage, ToolCall } from "../message.js";
import { textOf } from "../message-text.js";

/** An item, part or event of the Responses API before it is checked: a field may be absent or have the wrong type. */
export interface Raw {
  readonly [field: string]: unknown;
}

/** A text that the model wrote. */
export interface OutputText {
  readonly type: "output_text";
  readonly text: string;
  readonly annotations?: readonly unknown[];
}

/** A refusal that the model wrote. */
export interface OutputRefusal {
  readonly type: "refusal";
  readonly refusal: string;
}

/** What the model said. */
export interface MessageItem {
  readonly type: "message";
  readonly role: "assistant";
  readonly content: readonly (OutputText | OutputRefusal)[];
}

/** A call of a function; `arguments` is JSON text as the model wrote it. */
export interface FunctionCallItem {
  readonly type: "function_call";
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

/** A call of a free-form tool. */
export interface CustomCallItem {
  readonly type: "custom_tool_call";
  readonly call_id: string;
  readonly name: string;
  readonly input: string;
}

/** Thinking: its summary, and what its issuer alone can read. */
export interface ReasoningItem {
  readonly type: "reasoning";
  readonly summary: readonly { readonly type: "summary_text"; readonly text: string }[];
  readonly encrypted_content?: string;
}

/** An item that an assistant's message becomes. */
export type AnswerItem = MessageItem | FunctionCallItem | CustomCallItem;

/** What separates two messages of one turn, and two summaries of one thought, in the vocabulary's single text. */
export const BETWEEN = "\n\n";

/** An assistant's message as items, its thinking left out: the text first, then the calls. */
export function answerItems(message: AssistantMessage): AnswerItem[] {
  const items: AnswerItem[] = [];
  const content = contentOf(message);
  if (content.length > 0) items.push({ type: "message", role: "assistant", content });
  for (const call of message.tool_calls ?? []) items.push(callItem(call));
  return items;
}

/** One tool call as an item. */
export function callItem(call: ToolCall): FunctionCallItem | CustomCallItem {
  if (call.type === "custom") {
    return { type: "custom_tool_call", call_id: call.id, name: call.custom.name, input: call.custom.input };
  }
  const { name, arguments: text } = call.function;
  return { type: "function_call", call_id: call.id, name, arguments: text };
}

function contentOf({ content, refusal }: AssistantMessage): (OutputText | OutputRefusal)[] {
  const parts: (OutputText | OutputRefusal)[] = [];
  if (typeof content === "string") {
    if (content !== "") parts.push({ type: "output_text", text: content });
  } else {
    for (const part of content ?? []) {
      if (part.type === "refusal") parts.push({ type: "refusal", refusal: part.refusal });
      else if (part.text !== "") parts.push({ type: "output_text", text: part.text });
    }
  }
  if (refusal) parts.push({ type: "refusal", refusal });
  return parts;
}

/** The text of a message item: its `output_text` parts one after the other. */
export function messageText(item: Raw): string {
  return partsText(item.content, "text");
}

/** The refusal of a message item; empty if it has none. */
export function refusalText(item: Raw): string {
  return partsText(item.content, "refusal");
}

/** The thinking in a reasoning item: its summaries, or the thinking itself where a model gives that. */
export function reasoningText(item: Raw): string {
  return joined(item.summary) || joined(item.content);
}

/** Whether kept items say what the message says now: items of a message that was edited would undo the edit. */
export function saysTheSame(items: readonly Raw[], message: AssistantMessage): boolean {
  const texts: string[] = [];
  const ids: unknown[] = [];
  for (const item of items) {
    const text = item.type === "message" ? messageText(item) : "";
    if (text !== "") texts.push(text);
    if (item.type === "function_call" || item.type === "custom_tool_call") ids.push(item.call_id);
  }
  const calls = message.tool_calls ?? [];
  if (ids.length !== calls.length || !calls.every(({ id }, at) => id === ids[at])) return false;
  return texts.join(BETWEEN) === textOf(message.content);
}

function partsText(content: unknown, field: "text" | "refusal"): string {
  if (typeof content === "string") return field === "text" ? content : "";
  if (!Array.isArray(content)) return "";
  let text = "";
  for (const part of content as readonly unknown[]) {
    const value = isRaw(part) ? part[field] : undefined;
    if (typeof value === "string") text += value;
  }
  return text;
}

function joined(parts: unknown): string {
  if (!Array.isArray(parts)) return "";
  const texts = (parts as readonly unknown[]).map((part) => (isRaw(part) ? part.text : undefined));
  return texts.filter((text) => typeof text === "string" && text !== "").join(BETWEEN);
}

/** Whether a value has fields to read. */
export function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
