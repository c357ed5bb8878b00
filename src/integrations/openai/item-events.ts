import type { Raw } from "../../chat/responses/items.js";

/** Writes one event of a stream; `fields` is the rest of its JSON object, without braces. */
export type WriteEvent = (type: string, fields: string) => string;

/** The events of one output item, from its first to its last. */
export interface ItemEvents {
  /** Whether what was said so far may be all: for a call, that its arguments are whole. */
  complete(): boolean;
  begin(write: WriteEvent, at: number): string;
  more(write: WriteEvent, at: number, words: string, part?: "text" | "refusal"): string;
  /** The closing events, and the item as it stands in the output, as JSON. */
  end(
    write: WriteEvent,
    at: number,
    status: "completed" | "incomplete",
    sealed?: string,
  ): { readonly text: string; readonly item: string };
}

/** Thinking: one summary, told piece by piece. */
export function reasoningEvents(id: string): ItemEvents {
  const place = (at: number): string => `"item_id":"${id}","output_index":${at},"summary_index":0`;
  const part = (text: string): string => `"part":${JSON.stringify({ type: "summary_text", text })}`;
  let said = "";
  return {
    complete: () => true,
    begin(write, at) {
      const added = write(
        "response.output_item.added",
        itemFields(at, JSON.stringify({ id, type: "reasoning", summary: [] })),
      );
      return added + write("response.reasoning_summary_part.added", `${place(at)},${part("")}`);
    },
    more(write, at, words) {
      said += words;
      return write("response.reasoning_summary_text.delta", `${place(at)},"delta":${JSON.stringify(words)}`);
    },
    end(write, at, _status, sealed) {
      const summary = [{ type: "summary_text", text: said }];
      const item = JSON.stringify({ id, type: "reasoning", summary, encrypted_content: sealed });
      const text =
        write("response.reasoning_summary_text.done", `${place(at)},"text":${JSON.stringify(said)}`) +
        write("response.reasoning_summary_part.done", `${place(at)},${part(said)}`) +
        write("response.output_item.done", itemFields(at, item));
      return { text, item };
    },
  };
}

/** A message: a part of text, a part of refusal, or one after the other. */
export function messageEvents(id: string): ItemEvents {
  const parts: { readonly kind: "text" | "refusal"; said: string }[] = [];
  const place = (at: number): string => `"item_id":"${id}","output_index":${at},"content_index":${parts.length - 1}`;
  const message = (status: string, content: readonly unknown[]): string => {
    return JSON.stringify({ id, type: "message", role: "assistant", status, content });
  };
  const partOf = (kind: "text" | "refusal", said: string): Raw => {
    if (kind === "refusal") return { type: "refusal", refusal: said };
    return { type: "output_text", text: said, annotations: [], logprobs: [] };
  };
  const closePart = (write: WriteEvent, at: number): string => {
    const last = parts.at(-1);
    if (last === undefined) return "";
    const words = JSON.stringify(last.said);
    const done =
      last.kind === "text"
        ? write("response.output_text.done", `${place(at)},"text":${words},"logprobs":[]`)
        : write("response.refusal.done", `${place(at)},"refusal":${words}`);
    const part = JSON.stringify(partOf(last.kind, last.said));
    return done + write("response.content_part.done", `${place(at)},"part":${part}`);
  };
  return {
    complete: () => true,
    begin: (write, at) => write("response.output_item.added", itemFields(at, message("in_progress", []))),
    more(write, at, words, kind = "text") {
      let text = "";
      let last = parts.at(-1);
      if (last?.kind !== kind) {
        text = closePart(write, at);
        last = { kind, said: "" };
        parts.push(last);
        text += write("response.content_part.added", `${place(at)},"part":${JSON.stringify(partOf(kind, ""))}`);
      }
      last.said += words;
      const delta = JSON.stringify(words);
      if (kind === "refusal") return text + write("response.refusal.delta", `${place(at)},"delta":${delta}`);
      return text + write("response.output_text.delta", `${place(at)},"delta":${delta},"logprobs":[]`);
    },
    end(write, at, status) {
      const closed = closePart(write, at);
      const content = parts.map(({ kind, said }) => partOf(kind, said));
      const item = message(status, content);
      return { text: closed + write("response.output_item.done", itemFields(at, item)), item };
    },
  };
}

/** Which of its two kinds a tool call is. */
export type CallKind = "function_call" | "custom_tool_call";

/** A tool call: its name at once, its arguments or input piece by piece. */
export function callEvents(kind: CallKind, id: string, callId: string, name: string): ItemEvents {
  const isFunction = kind === "function_call";
  const stem = isFunction ? "response.function_call_arguments" : "response.custom_tool_call_input";
  const place = (at: number): string => `"item_id":"${id}","output_index":${at}`;
  const itemOf = (said: string, status: string): string => {
    if (!isFunction) return JSON.stringify({ id, type: kind, call_id: callId, name, input: said });
    return JSON.stringify({ id, type: kind, call_id: callId, name, arguments: said, status });
  };
  let said = "";
  return {
    complete: () => !isFunction || isWhole(said),
    begin: (write, at) => write("response.output_item.added", itemFields(at, itemOf("", "in_progress"))),
    more(write, at, words) {
      said += words;
      return words === "" ? "" : write(`${stem}.delta`, `${place(at)},"delta":${JSON.stringify(words)}`);
    },
    end(write, at, status) {
      const item = itemOf(said, status);
      const words = JSON.stringify(said);
      const done = isFunction ? `"arguments":${words},"name":${JSON.stringify(name)}` : `"input":${words}`;
      const text =
        write(`${stem}.done`, `${place(at)},${done}`) + write("response.output_item.done", itemFields(at, item));
      return { text, item };
    },
  };
}

/** Whether arguments are whole JSON: then the call may end before the next begins. */
function isWhole(said: string): boolean {
  try {
    JSON.parse(said);
    return true;
  } catch {
    return said === "";
  }
}

function itemFields(at: number, item: string): string {
  return `"output_index":${at},"item":${item}`;
}
