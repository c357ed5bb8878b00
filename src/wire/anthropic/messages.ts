import type { AssistantMessage, Message } from "../../chat/message.js";
import { textOf } from "../../chat/message-text.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { WireCall } from "../codec.js";
import { parseArguments, stateOf } from "../history.js";
import { type AnyPart, readDataUrl, readPart } from "../parts.js";
import { sentToolIds } from "../tool-ids.js";

/** A content block of this wire. */
export type Block = { readonly type: string; readonly [field: string]: unknown };

/** The wire's name in `provider_state`. */
export const ANTHROPIC_WIRE = "anthropic";

interface Turn {
  role: "user" | "assistant";
  content: Block[];
}

/** Blocks that stand as they are in a user's message: only this wire has them, so whoever writes one means it. */
const NATIVE: ReadonlySet<string> = new Set(["image", "document", "search_result", "container_upload", "tool_result"]);

/** Messages as turns of blocks: neighbours of one role are one turn, tool results stand in a user's turn. */
export function encodeMessages(messages: readonly Message[], call: WireCall): readonly Turn[] {
  const ids = sentToolIds(messages, call.dialect.toolIds);
  const turns: Turn[] = [];
  messages.forEach((message, index) => {
    const isAnswer = message.role === "assistant";
    const sent = ids?.[index];
    const blocks = isAnswer
      ? encodeAssistant(message, call, sent as readonly string[] | undefined)
      : encodeOther(message, call, index, sent as string | undefined);
    if (blocks.length === 0) return;
    markLast(blocks, message);
    const role = isAnswer ? "assistant" : "user";
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: blocks });
  });
  return turns;
}

/** A mark on a message stands for one on its last block. */
function markLast(blocks: Block[], message: Message): void {
  const { cache_control } = message as { cache_control?: unknown };
  const last = blocks.at(-1);
  if (cache_control && last !== undefined) blocks[blocks.length - 1] = { ...last, cache_control };
}

function encodeOther(
  message: Exclude<Message, AssistantMessage>,
  call: WireCall,
  index: number,
  sentId: string | undefined,
): Block[] {
  const { content } = message;
  if (message.role === "tool") {
    const result: { -readonly [field in keyof Block]: Block[field] } = {
      type: "tool_result",
      tool_use_id: sentId ?? message.tool_call_id,
      content: resultContent(content, call, index),
    };
    if (message.is_error === true) result.is_error = true;
    return [result];
  }
  if (typeof content === "string") return textBlocks(content);
  return partsOf(content, call, index);
}

/** One text if there is nothing but text; blocks for pictures, documents and cache marks. */
function resultContent(content: unknown, call: WireCall, index: number): unknown {
  if (!Array.isArray(content)) return textOf(content);
  const isPlain = (content as AnyPart[]).every((part) => part.type === "text" && part.cache_control === undefined);
  return isPlain ? textOf(content) : partsOf(content, call, index);
}

function partsOf(content: unknown, call: WireCall, index: number): Block[] {
  const parts = Array.isArray(content) ? (content as AnyPart[]) : [];
  return parts.flatMap((part, at) => encodePart(part, call, `messages[${index}].content[${at}]`));
}

function encodePart(part: AnyPart, call: WireCall, path: string): Block[] {
  if (NATIVE.has(part.type)) return [part];
  const block = blockOf(part);
  if (block !== undefined) return block.type === "text" ? textBlocks(String(block.text), part) : [marked(block, part)];
  const where = { detail: "wire", path, provider: call.provider, model: call.model.id };
  throw new SignalboxError("unsupported", `${call.provider}: ${path}: ${part.type} has no form on this wire`, where);
}

/** A part in this wire's form: text, pictures, PDFs and plain text files. */
function blockOf(part: AnyPart): Block | undefined {
  const read = readPart(part);
  if (read === undefined) return undefined;
  if (read.kind === "text") return { type: "text", text: read.text };
  const { url, fileId } = read;
  const inline = url === undefined ? undefined : readDataUrl(url);
  if (read.kind === "image" || inline?.mediaType.startsWith("image/")) {
    const source = sourceOf(url, fileId);
    return source && { type: "image", source };
  }
  const title = read.name === undefined ? {} : { title: read.name };
  if (inline?.mediaType.startsWith("text/")) {
    return {
      type: "document",
      source: { type: "text", media_type: "text/plain", data: decoded(inline.data) },
      ...title,
    };
  }
  const source = sourceOf(url, fileId);
  return source && { type: "document", source, ...title };
}

function sourceOf(url: string | undefined, fileId: string | undefined): Block | undefined {
  if (fileId !== undefined) return { type: "file", file_id: fileId };
  if (url === undefined) return undefined;
  const inline = readDataUrl(url);
  return inline === undefined
    ? { type: "url", url }
    : { type: "base64", media_type: inline.mediaType, data: inline.data };
}

function decoded(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
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
function encodeAssistant(message: AssistantMessage, call: WireCall, ids: readonly string[] | undefined): Block[] {
  const state = stateOf(message, call.provider, ANTHROPIC_WIRE);
  const blocks = state === "foreign" ? undefined : (state?.blocks as readonly Block[] | undefined);
  if (blocks !== undefined && isSame(blocks, message)) return withIds(blocks, ids);
  const { content } = message;
  const out = Array.isArray(content)
    ? content.flatMap((part) => textBlocks(part.type === "text" ? part.text : part.refusal, part))
    : textBlocks(content || (message.refusal ?? ""));
  message.tool_calls?.forEach((each, at) => {
    if (each.type !== "function") throw noCustomTools(call, "messages");
    const { name, arguments: text } = each.function;
    const block = { type: "tool_use", id: ids?.[at] ?? each.id, name, input: parseArguments(text) ?? {} };
    out.push(marked(block, each as unknown as AnyPart));
  });
  const { placeholder } = call.dialect.reasoning;
  const calls = message.tool_calls !== undefined && message.tool_calls.length > 0;
  if (placeholder !== undefined && calls) out.unshift({ type: "thinking", thinking: placeholder, signature: "" });
  return out;
}

/** The error of a request with a free-form tool, or a call of one. */
export function noCustomTools({ provider, model }: WireCall, path: string): SignalboxError {
  const init = { detail: "wire", path, provider, model: model.id };
  return new SignalboxError("unsupported", `${provider}: ${path}: free-form tools have no form on this wire`, init);
}

/** The kept blocks, calls under the ids that the target takes. */
function withIds(blocks: readonly Block[], ids: readonly string[] | undefined): Block[] {
  if (ids === undefined) return [...blocks];
  let at = 0;
  return blocks.map((block) => (block.type === "tool_use" ? { ...block, id: ids[at++] ?? block.id } : block));
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
