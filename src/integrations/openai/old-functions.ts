import type { ChatChunk } from "../../chat/chunk.js";
import { functionOf } from "../../chat/message.js";
import type { ChatReply } from "../../chat/reply.js";

type Raw = { readonly [field: string]: unknown };

/** The retired `functions` of chat completions, asked and answered in their own words. */
export interface OldFunctions {
  /** The request with tools in their place; the same where it has none. */
  readonly body: Raw;
  /** Whether the answer is to say `function_call`. */
  readonly asked: boolean;
}

/** Reads `functions`, `function_call` and their messages as tools, so that every candidate can serve them. */
export function withoutFunctions(body: Raw): OldFunctions {
  const { functions, function_call: choice, ...rest } = body;
  const asked = Array.isArray(functions) && !Array.isArray(body.tools);
  const messages = Array.isArray(body.messages) ? readMessages(body.messages) : body.messages;
  if (!asked) return messages === body.messages ? { body, asked } : { body: { ...body, messages }, asked };
  const tools = functions.map((each: unknown) => ({ type: "function", function: each }));
  const request: { [field: string]: unknown } = { ...rest, messages, tools };
  if (typeof choice === "string") request.tool_choice = choice;
  else if (isRaw(choice)) request.tool_choice = { type: "function", function: { name: choice.name } };
  // The old form has room for one call.
  if (request.tool_choice !== "none") request.parallel_tool_calls = false;
  return { body: request, asked };
}

/** The first call of an answer as `function_call`. */
export function toFunctionReply(reply: ChatReply): unknown {
  const [choice] = reply.choices;
  const { tool_calls: calls, ...message } = choice.message;
  const first = functionOf(calls?.[0]);
  if (first === undefined) return reply;
  const old = { ...message, function_call: first };
  return { ...reply, choices: [{ ...choice, message: old, finish_reason: finishOf(choice.finish_reason) }] };
}

/** The same of a streamed piece; pieces of other calls than the first are left out. */
export function toFunctionChunk(chunk: ChatChunk): unknown {
  const choice = chunk.choices[0];
  if (choice === undefined) return chunk;
  const { tool_calls: calls, ...delta } = choice.delta;
  const piece = calls?.find(({ index }) => index === 0)?.function;
  const old = piece === undefined ? delta : { ...delta, function_call: piece };
  return { ...chunk, choices: [{ ...choice, delta: old, finish_reason: finishOf(choice.finish_reason) }] };
}

function finishOf(reason: string | null): string | null {
  return reason === "tool_calls" ? "function_call" : reason;
}

/** Calls and results of old get an id that both know; the same list where there are none. */
function readMessages(messages: readonly unknown[]): readonly unknown[] {
  let changed = false;
  let open = "";
  const read = messages.map((message: unknown, index) => {
    if (!isRaw(message)) return message;
    const { function_call: call, ...rest } = message;
    if (message.role === "assistant" && isRaw(call) && message.tool_calls === undefined) {
      changed = true;
      open = `call_${index}`;
      return { ...rest, tool_calls: [{ id: open, type: "function", function: call }] };
    }
    if (message.role !== "function" || open === "") return message;
    changed = true;
    return { role: "tool", tool_call_id: open, content: message.content ?? "" };
  });
  return changed ? read : messages;
}

function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
