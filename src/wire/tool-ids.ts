import { sha256 } from "../chat/hash.js";
import type { Message } from "../chat/message.js";

/** Makes ids unique within one answer. */
export interface IdMaker {
  /** The id itself the first time, then one that was not given before. */
  unique(id: string): string;
}

/** Creates a maker that knows no id yet. The work is linear in the number of ids. */
export function createIdMaker(): IdMaker {
  const given = new Set<string>();
  const repeats = new Map<string, number>();
  return {
    unique(id) {
      let made = id;
      for (let count = repeats.get(id) ?? 1; given.has(made); ) {
        made = `${id}_${++count}`;
        repeats.set(id, count);
      }
      given.add(made);
      return made;
    },
  };
}

/** Which ids of tool calls a vendor takes. */
export interface ToolIdRule {
  /** `"word"`: letters, digits, `_` and `-`; `"alnum"`: letters and digits. @default "any" */
  readonly charset?: "any" | "word" | "alnum" | undefined;
  /** Characters. */
  readonly maxLength: number;
  /** Whether exactly `maxLength` characters are taken. @default false */
  readonly exact?: boolean | undefined;
  /** Whether no two calls of a conversation may share one. @default false */
  readonly unique?: boolean | undefined;
}

/** The ids to send, by the message's place: a list for the calls of an answer, one id for a result. */
export type SentIds = readonly (readonly string[] | string | undefined)[];

const CHARSETS = { any: /[\s\S]/, word: /^[a-zA-Z0-9_-]+$/, alnum: /^[a-zA-Z0-9]+$/ } as const;

/**
 * The ids under which calls and their results go to a vendor with such a rule, whoever made them; `undefined` if all can
 * go as they are. An id that the vendor takes stays; any other becomes a hash of itself, the same in every request, so
 * that prefix caches go on hitting. Two calls never get one id, and a result always gets that of its call: if an id
 * names several calls, results belong to those of the latest answer, in their order.
 */
export function sentToolIds(messages: readonly Message[], rule: ToolIdRule | undefined): SentIds | undefined {
  if (rule === undefined || !needsChange(messages, rule)) return undefined;
  const taken = new Set<string>();
  for (const id of idsOf(messages)) if (takes(rule, id)) taken.add(id);
  const used = new Set<string>();
  const repeats = new Map<string, number>();
  const answers = new Map<string, string[]>();

  function send(id: string): string {
    if (takes(rule as ToolIdRule, id) && !(rule?.unique === true && used.has(id))) return id;
    for (;;) {
      const count = repeats.get(id) ?? 0;
      repeats.set(id, count + 1);
      const made = madeId(`${count} ${id}`, rule as ToolIdRule);
      if (!taken.has(made) && !used.has(made)) return made;
    }
  }

  return messages.map((message) => {
    if (message.role === "assistant" && message.tool_calls && message.tool_calls.length > 0) {
      const turn = new Map<string, string[]>();
      const sent = message.tool_calls.map(({ id }) => {
        const made = send(id);
        used.add(made);
        const list = turn.get(id);
        if (list === undefined) turn.set(id, [made]);
        else list.push(made);
        return made;
      });
      for (const [id, list] of turn) answers.set(id, list);
      return sent;
    }
    if (message.role !== "tool") return undefined;
    const open = answers.get(message.tool_call_id);
    if (open === undefined) return send(message.tool_call_id);
    return open.length > 1 ? open.shift() : open[0];
  });
}

function takes({ charset = "any", maxLength, exact }: ToolIdRule, id: string): boolean {
  if (id.length > maxLength || (exact === true && id.length !== maxLength)) return false;
  return CHARSETS[charset].test(id);
}

function madeId(seed: string, { maxLength }: ToolIdRule): string {
  const hash = sha256(seed).replace(/[^a-zA-Z0-9]/g, "0");
  return maxLength < 37 ? hash.slice(0, maxLength) : `call_${hash.slice(0, 32)}`;
}

function needsChange(messages: readonly Message[], rule: ToolIdRule): boolean {
  const seen = rule.unique === true ? new Set<string>() : undefined;
  for (const message of messages) {
    if (message.role === "tool" && !takes(rule, message.tool_call_id)) return true;
    if (message.role !== "assistant" || !message.tool_calls) continue;
    for (const { id } of message.tool_calls) {
      if (!takes(rule, id) || seen?.has(id)) return true;
      seen?.add(id);
    }
  }
  return false;
}

function* idsOf(messages: readonly Message[]): Generator<string> {
  for (const message of messages) {
    if (message.role === "tool") yield message.tool_call_id;
    else if (message.role === "assistant") for (const { id } of message.tool_calls ?? []) yield id;
  }
}
