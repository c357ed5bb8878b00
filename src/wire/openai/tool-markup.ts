import type { FunctionTool, Tool } from "../../chat/request.js";
import { type LeakedCall, readDsml, readFunction, readInvocations, readToolCall } from "./leaked-call.js";
import { readDeepSeek, readKimi, readKimiCall, readLlama, readMistral } from "./token-calls.js";

/** A block longer than this, in characters, is text, so that a tag which never closes holds back a bounded amount. */
const LONGEST_BLOCK = 262_144;

/** An answer with more blocks than this speaks of the markup: what follows is text. 128 calls are the most it may make. */
const MAX_BLOCKS = 1_024;

interface Form {
  readonly open: string;
  /** What ends a block; without it a block goes to the end of the answer. */
  readonly close?: string;
  /** Whether a block may also end with the answer: the closing mark is often the one at which the server stops. */
  readonly mayStayOpen?: true;
  /** Returns the calls of a block's body; an empty list if it calls no offered tool. */
  readonly read: (body: string, tools: ReadonlyMap<string, FunctionTool>) => readonly LeakedCall[];
}

/** By family: MiniMax; Qwen, Hermes and GLM; Qwen's coders and Llama; Kimi; DeepSeek; Claude's own; Mistral; Llama. */
const FORMS: readonly Form[] = [
  { open: "<minimax:tool_call>", close: "</minimax:tool_call>", read: readInvocations },
  { open: "<tool_call>", close: "</tool_call>", read: readToolCall },
  { open: "<function=", close: "</function>", read: readFunction },
  { open: "<|tool_calls_section_begin|>", close: "<|tool_calls_section_end|>", mayStayOpen: true, read: readKimi },
  { open: "<|tool_call_begin|>", close: "<|tool_call_end|>", read: readKimiCall },
  { open: "<｜tool▁calls▁begin｜>", close: "<｜tool▁calls▁end｜>", mayStayOpen: true, read: readDeepSeek },
  { open: "<｜DSML｜function_calls>", close: "</｜DSML｜function_calls>", mayStayOpen: true, read: readDsml },
  { open: "<function_calls>", close: "</function_calls>", read: readInvocations },
  { open: "[TOOL_CALLS]", mayStayOpen: true, read: readMistral },
  { open: "<|python_tag|>", mayStayOpen: true, read: readLlama },
];

/** What a piece of text holds. */
export interface TextAndCalls {
  readonly text: string;
  readonly calls: readonly LeakedCall[];
}

/** Finds the tool calls that a server without its model's parser leaves in the text. */
export interface ToolMarkup {
  /** Returns the text without its calls. Whatever may be a block is held back until the block closes. */
  push(piece: string): TextAndCalls;
  /** Returns what was held back: a block that never closes is text, unless its form may end with the answer. */
  flush(): TextAndCalls;
}

/** A block that has begun and not closed, in the pieces it arrived in: joining them at each piece would be quadratic. */
interface OpenBlock {
  readonly form: Form;
  readonly pieces: string[];
  length: number;
  /** The last characters, in which the closing tag may begin. */
  tail: string;
}

const NO_CALLS: readonly LeakedCall[] = [];

/**
 * Creates a reader for one answer, or `undefined` if no tool was offered. A block that calls no offered tool stays text.
 * The work is linear in the answer's length, however the text is cut into pieces.
 */
export function createToolMarkup(offered: readonly Tool[] | null | undefined): ToolMarkup | undefined {
  const tools = new Map<string, FunctionTool>();
  for (const tool of offered ?? []) if (tool.type === "function") tools.set(tool.function.name, tool);
  if (tools.size === 0) return undefined;
  /** What openings begin with. */
  const first = /[<[]/g;
  /** What may be the beginning of an opening tag. */
  let held = "";
  let block: OpenBlock | undefined;
  let blocks = 0;
  /** The white space after a call belongs to nothing. */
  let afterCall = false;

  return {
    push(piece) {
      if (block !== undefined) {
        if (!mayEnd(block, piece)) {
          keep(block, piece);
          return { text: "", calls: NO_CALLS };
        }
      } else if (held === "" && !afterCall && !piece.includes("<") && !piece.includes("["))
        return { text: piece, calls: NO_CALLS };
      const source = block === undefined ? held + piece : block.pieces.join("") + piece;
      let form = block?.form;
      let from = block === undefined ? 0 : searchFrom(block.form, block.length);
      held = "";
      block = undefined;
      let at = 0;
      let text = "";
      const calls: LeakedCall[] = [];
      for (;;) {
        if (form === undefined) {
          if (afterCall) at = source.length - source.slice(at).trimStart().length;
          const begin =
            blocks < MAX_BLOCKS ? findOpening(source, at, first) : { index: source.length, form: undefined };
          if (begin.index > at) afterCall = false;
          text += source.slice(at, begin.index);
          at = begin.index;
          form = begin.form;
          if (form === undefined) {
            held = source.slice(at);
            break;
          }
          from = form.open.length;
        }
        const rest = source.slice(at, at + LONGEST_BLOCK);
        const end = form.close === undefined ? -1 : rest.indexOf(form.close, from);
        if (end < 0 && rest.length < LONGEST_BLOCK) {
          block = { form, pieces: [], length: 0, tail: "" };
          keep(block, rest);
          break;
        }
        const found = end < 0 ? undefined : readBlock(form, rest.slice(0, end), tools);
        const past = end < 0 ? LONGEST_BLOCK : end + (form.close ?? "").length;
        const spoken = found === undefined ? past : found.index;
        text += rest.slice(0, spoken);
        if (spoken > 0) afterCall = false;
        if (found !== undefined) {
          for (const call of found.calls) calls.push(call);
          afterCall = true;
        }
        at += past;
        blocks++;
        form = undefined;
      }
      return { text, calls };
    },
    flush() {
      const form = block?.form;
      const rest = block === undefined ? held : block.pieces.join("");
      held = "";
      block = undefined;
      const found = form?.mayStayOpen ? readBlock(form, rest, tools) : undefined;
      return found ? { text: rest.slice(0, found.index), calls: found.calls } : { text: rest, calls: NO_CALLS };
    },
  };
}

/** Whether an open block closes, or reaches its greatest length, with the next piece. */
function mayEnd({ form, length, tail }: OpenBlock, piece: string): boolean {
  if (length + piece.length >= LONGEST_BLOCK) return true;
  return form.close !== undefined && (tail + piece).includes(form.close);
}

function keep(block: OpenBlock, piece: string): void {
  block.pieces.push(piece);
  block.length += piece.length;
  // The opening tag holds no beginning of the closing one, so it need not be left out.
  const { close } = block.form;
  if (close !== undefined) block.tail = (block.tail + piece).slice(1 - close.length);
}

/** Where in a block the closing tag may begin, if the first `seen` characters do not hold it whole. */
function searchFrom({ open, close }: Form, seen: number): number {
  return Math.max(open.length, seen - (close ?? "").length + 1);
}

/**
 * Finds the first opening tag from `at` on, or what may be the beginning of one at the end of the text. Looks at each
 * "<" and "[" once: a search per tag would read all that follows, once for each block, if the other tag never comes.
 */
function findOpening(
  text: string,
  at: number,
  first: RegExp,
): { readonly index: number; readonly form: Form | undefined } {
  first.lastIndex = at;
  for (let found = first.exec(text); found !== null; found = first.exec(text)) {
    const { index } = found;
    for (const form of FORMS) {
      if (text.startsWith(form.open, index)) return { index, form };
      const left = text.length - index;
      if (left < form.open.length && form.open.startsWith(text.slice(index))) return { index, form: undefined };
    }
  }
  return { index: text.length, form: undefined };
}

/** Reads a block without its end: the calls, and where they begin, since a tag that is only spoken of may stand before. */
function readBlock(
  { open, read }: Form,
  block: string,
  tools: ReadonlyMap<string, FunctionTool>,
): { readonly index: number; readonly calls: readonly LeakedCall[] } | undefined {
  const last = block.lastIndexOf(open);
  for (const index of last > 0 ? [0, last] : [0]) {
    const calls = read(block.slice(index + open.length), tools);
    if (calls.length > 0) return { index, calls };
  }
  return undefined;
}
