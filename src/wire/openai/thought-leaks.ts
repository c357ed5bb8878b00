import type { Tool } from "../../chat/request.js";
import type { LeakedCall } from "./leaked-call.js";
import { createToolMarkup, type TextAndCalls, type ToolMarkup } from "./tool-markup.js";

/**
 * Tool calls that a model leaves in its thinking. They count only if the answer says nothing else: before an answer they
 * are thoughts about a call. So thinking is held back from the first call on, until that is known.
 */
export interface ThoughtLeaks {
  /** Returns what is thinking in any case; `undefined` if all is held back. */
  push(thought: string): string | undefined;
  /** The answer speaks: returns what was held back, which is thinking. */
  release(): string | undefined;
  /** The answer ends. @param mayCall whether it said nothing, and was not cut off */
  end(mayCall: boolean): TextAndCalls;
}

/** Creates a reader for one answer, or `undefined` if no tool was offered. */
export function createThoughtLeaks(offered: readonly Tool[] | null | undefined): ThoughtLeaks | undefined {
  let markup: ToolMarkup | undefined = createToolMarkup(offered);
  if (markup === undefined) return undefined;
  /** What was not handed out, as it came. */
  let held = "";
  /** The thinking around the calls, from the first call on. */
  let text = "";
  const calls: LeakedCall[] = [];

  return {
    push(thought) {
      if (markup === undefined) return thought;
      held += thought;
      const read = markup.push(thought);
      for (const call of read.calls) calls.push(call);
      if (calls.length > 0) {
        text += read.text;
        return undefined;
      }
      if (read.text === "") return undefined;
      held = held.slice(read.text.length);
      return read.text;
    },
    release() {
      const rest = held;
      markup = undefined;
      held = "";
      return rest === "" ? undefined : rest;
    },
    end(mayCall) {
      const last = markup?.flush();
      const given = held;
      markup = undefined;
      held = "";
      const found = [...calls, ...(last?.calls ?? [])];
      if (!mayCall || last === undefined || found.length === 0) return { text: given, calls: [] };
      return { text: (text + last.text).trimEnd(), calls: found };
    },
  };
}
