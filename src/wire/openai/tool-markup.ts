import type { FunctionTool, Tool } from "../../chat/request.js";
import { partialSuffix } from "../think-tags.js";
import { type LeakedCall, readInvocations, readToolCall } from "./leaked-call.js";

/** A block longer than this, in characters, is text: what is held back has a bound. */
const LONGEST_BLOCK = 262_144;

interface Form {
  readonly open: string;
  readonly close: string;
  /** What the block calls; nothing where it calls no offered tool. */
  readonly read: (body: string, tools: ReadonlyMap<string, FunctionTool>) => readonly LeakedCall[];
}

const FORMS: readonly Form[] = [
  { open: "<minimax:tool_call>", close: "</minimax:tool_call>", read: readInvocations },
  { open: "<tool_call>", close: "</tool_call>", read: readToolCall },
];

/** Finds the tool calls that a server without its model's parser leaves in the text. */
export interface ToolMarkup {
  /** The text without its calls; what may be a block is held back until it has closed. */
  push(piece: string): { readonly text: string; readonly calls: readonly LeakedCall[] };
  /** What was held back: a block that never closes is text. */
  flush(): string;
}

const NO_CALLS: readonly LeakedCall[] = [];

/** For one answer; `undefined` where no tool was offered. A block that calls no offered tool stays text. */
export function createToolMarkup(offered: readonly Tool[] | null | undefined): ToolMarkup | undefined {
  const tools = new Map<string, FunctionTool>();
  for (const tool of offered ?? []) if (tool.type === "function") tools.set(tool.function.name, tool);
  if (tools.size === 0) return undefined;
  let held = "";
  /** The form of the block that `held` begins with, and where its end may be. */
  let inside: Form | undefined;
  let from = 0;
  /** The blank lines after a call belong to nothing. */
  let afterCall = false;

  return {
    push(piece) {
      if (held === "" && !afterCall && !piece.includes("<")) return { text: piece, calls: NO_CALLS };
      let rest = held + piece;
      let text = "";
      const calls: LeakedCall[] = [];
      const say = (end: number): void => {
        text += rest.slice(0, end);
        rest = rest.slice(end);
        if (end > 0) afterCall = false;
      };
      for (;;) {
        if (inside === undefined) {
          if (afterCall) rest = rest.trimStart();
          const at = begin(rest);
          say(at.index);
          inside = at.form;
          if (inside === undefined) break;
          from = inside.open.length;
        }
        const end = rest.slice(0, LONGEST_BLOCK).indexOf(inside.close, from);
        if (end < 0 && rest.length < LONGEST_BLOCK) {
          from = Math.max(from, rest.length - inside.close.length);
          break;
        }
        const found = end < 0 ? undefined : callsIn(inside, rest.slice(0, end), tools);
        const past = end < 0 ? LONGEST_BLOCK : end + inside.close.length;
        say(found ? found.index : past);
        if (found) {
          calls.push(...found.calls);
          rest = rest.slice(past - found.index);
          afterCall = true;
        }
        inside = undefined;
      }
      held = rest;
      return { text, calls };
    },
    flush() {
      const rest = held;
      held = "";
      inside = undefined;
      return rest;
    },
  };
}

/** Where a block begins, or where the beginning of one may be: the text's end where there is neither. */
function begin(text: string): { readonly index: number; readonly form: Form | undefined } {
  let index = text.length;
  let form: Form | undefined;
  for (const each of FORMS) {
    const at = text.indexOf(each.open);
    if (at >= 0 && at < index) {
      index = at;
      form = each;
    }
  }
  if (form) return { index, form };
  for (const { open } of FORMS) index = Math.min(index, text.length - partialSuffix(text, open));
  return { index, form };
}

/** The calls of a block without its end, and where it begins: a tag that was only spoken of may stand before it. */
function callsIn(
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
