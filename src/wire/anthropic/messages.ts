import type { AssistantMessage, ContentPart, Message, TextPart, ToolMessage } from "../../chat/message.js";
import { textOf } from "../../chat/message-text.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { WireCall } from "../codec.js";
import { hasCacheMark, parseArguments, stateOf } from "../history.js";

/** A content block of this wire. */
export type Block = { readonly type: string; readonly [field: string]: unknown };

/** The wire's name in `provider_state`. */
export const ANTHROPIC_WIRE = "anthropic";

interface Turn {
  role: "user" | "assistant";
  content: Block[];
}

/** Messages as turns of blocks: neighbours of one role are one turn, tool results stand in a user's turn. */
export function encodeMessages(messages: readonly Message[], call: WireCall): readonly Turn[] {
  const turns: Turn[] = [];
  messages.forEach((message, index) => {
    const role = message.role === "assistant" ? "assistant" : "user";
    const blocks = message.role === "assistant" ? encodeAssistant(message, call) : encodeOther(message, call, index);
    if (blocks.length === 0) return;
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: blocks });
  });
  return turns;
}

function encodeOther(message: Exclude<Message, AssistantMessage>, call: WireCall, index: number): Block[] {
  if (message.role === "tool") {
    return [encodeResult(message, call, index)];
  }
  const { content } = message;
  if (typeof content === "string") return textBlocks(content);
  return (content ?? []).flatMap((part: TextPart | ContentPart, at) => {
    return encodePart(part, call, `messages[${index}].content[${at}]`);
  });
}

/** A tool's result: its text, with pictures if it has any, and whether the tool failed. */
function encodeResult({ tool_call_id, content, is_error }: ToolMessage, call: WireCall, index: number): Block {
  const parts: readonly ContentPart[] = typeof content === "string" ? [] : content;
  const plain = parts.every((part) => part.type === "text") && !hasCacheMark(parts);
  const blocks = plain
    ? textOf(content)
    : parts.flatMap((part, at) => encodePart(part, call, `messages[${index}].content[${at}]`));
  const result: Block = { type: "tool_result", tool_use_id: tool_call_id, content: blocks };
  return is_error === true ? { ...result, is_error } : result;
}

function encodePart(part: TextPart | ContentPart, call: WireCall, path: string): Block[] {
  if (part.type === "text") return textBlocks(part.text, part);
  if (part.type === "image_url") {
    const { url } = part.image_url;
    const inline = /^data:([^;,]{1,100});base64,/.exec(url.slice(0, 200));
    const source = inline
      ? { type: "base64", media_type: inline[1], data: url.slice(inline[0].length) }
      : { type: "url", url };
    return [marked({ type: "image", source }, part)];
  }
  const where = { detail: "wire", path, provider: call.provider, model: call.model.id };
  throw new SignalboxError("unsupported", `${call.provider}: ${path}: ${part.type} has no form on this wire`, where);
}

/** A text block; `from` is the part it stands for, whose word on caching goes along. */
export function textBlocks(text: string, from?: object): Block[] {
  if (text === "") return [];
  return [marked({ type: "text", text }, from)];
}

/** The block with its part's place in the prompt cache, if that has one. */
function marked(block: Block, from: object | undefined): Block {
  const { cache_control } = (from ?? {}) as { cache_control?: unknown };
  return cache_control === undefined ? block : { ...block, cache_control };
}

/** What its issuer sent goes back block by block; anything else as text and calls, its thinking left behind. */
function encodeAssistant(message: AssistantMessage, call: WireCall): Block[] {
  const state = stateOf(message, call.provider, ANTHROPIC_WIRE);
  const blocks = state === "foreign" ? undefined : (state?.blocks as readonly Block[] | undefined);
  if (blocks !== undefined && isSame(blocks, message)) return [...blocks];
  const out = textBlocks(textOf(message.content) || (message.refusal ?? ""));
  for (const { id, ...rest } of message.tool_calls ?? []) {
    if (rest.type === "function") {
      const { name, arguments: text } = rest.function;
      out.push({ type: "tool_use", id, name, input: parseArguments(text) ?? {} });
    }
  }
  const { placeholder } = call.dialect.reasoning;
  const calls = message.tool_calls !== undefined && message.tool_calls.length > 0;
  if (placeholder !== undefined && calls) out.unshift({ type: "thinking", thinking: placeholder, signature: "" });
  return out;
}

/** Whether the app left the answer as it was: kept blocks of a message that was edited would undo the edit. */
function isSame(blocks: readonly Block[], message: AssistantMessage): boolean {
  let text = "";
  const ids: unknown[] = [];
  for (const block of blocks) {
    if (block.type === "text") text += block.text;
    else if (block.type === "tool_use") ids.push(block.id);
  }
  const calls = message.tool_calls ?? [];
  return text === textOf(message.content) && ids.length === calls.length && calls.every(({ id }, i) => id === ids[i]);
}
