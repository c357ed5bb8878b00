import type { AssistantMessage, Message, ToolMessage } from "../../chat/message.js";
import { textOf } from "../../chat/message-text.js";
import type { WireCall } from "../codec.js";
import { hasCacheMark, isAllText, repairCalls, stateOf } from "../history.js";

type Body = { [field: string]: unknown };

/** The wire's name in `provider_state`. */
export const OPENAI_WIRE = "openai";

/** Messages as this dialect takes them; those that need no change go through as they are. */
export function encodeMessages(messages: readonly Message[], call: WireCall): readonly unknown[] {
  return messages.map((message) => {
    if (message.role === "assistant") return encodeAssistant(message, call);
    if (message.role === "developer" && call.dialect.systems === "merged") {
      return { ...message, role: "system", content: textOf(message.content) };
    }
    if (message.role === "tool" && message.is_error !== undefined) return encodeFailedResult(message, call);
    return joinsText(message.content, call) ? { ...message, content: textOf(message.content) } : message;
  });
}

/** This wire has no word for a tool that failed: the text has to say it. */
function encodeFailedResult({ is_error: _failed, ...message }: ToolMessage, call: WireCall): unknown {
  return joinsText(message.content, call) ? { ...message, content: textOf(message.content) } : message;
}

function joinsText(content: unknown, { dialect }: WireCall): boolean {
  if (dialect.content === "parts" || typeof content === "string" || !isAllText(content)) return false;
  return !(dialect.cacheMarks && hasCacheMark(content));
}

function encodeAssistant(message: AssistantMessage, call: WireCall): Body {
  const { dialect } = call;
  const body: Body = { role: "assistant" };
  if (message.name) body.name = message.name;
  const calls = message.tool_calls && message.tool_calls.length > 0 ? message.tool_calls : undefined;
  const content = contentOf(message, call);
  if (content !== "" && content !== null) body.content = content;
  else if (calls === undefined) body.content = content ?? "";
  else if (dialect.emptyContent === "as_given") body.content = message.content ?? null;
  else if (dialect.emptyContent === "text") body.content = "";
  if (message.refusal && content === null) body.content = message.refusal;
  if (calls !== undefined) body.tool_calls = dialect.repairArguments ? repairCalls(calls) : calls;
  if (message.function_call) body.function_call = message.function_call;
  if (message.audio) body.audio = message.audio;
  addReasoning(message, call, body);
  return body;
}

function contentOf(message: AssistantMessage, call: WireCall): unknown {
  const { content } = message;
  if (content === undefined || content === null || typeof content === "string") return content ?? null;
  return call.dialect.content === "string" || content.length === 0 ? textOf(content) : content;
}

/** Thinking goes back to whoever thought it, in the field its vendor reads; someone else's is left behind. */
function addReasoning(message: AssistantMessage, call: WireCall, body: Body): void {
  const { field, placeholder, unnamed } = call.dialect.reasoning;
  const state = stateOf(message, call.provider, OPENAI_WIRE);
  const own = state !== undefined && state !== "foreign";
  const text = typeof message.reasoning_content === "string" ? message.reasoning_content : undefined;
  if (own && state.details !== undefined) {
    body.reasoning_details = state.details;
    return;
  }
  if (field === "reasoning_content" || field === "reasoning") {
    if (text !== undefined && (own || (state === undefined && unnamed === "send"))) body[field] = text;
    else if (placeholder !== undefined && body.tool_calls !== undefined) body[field] = placeholder;
  } else if (state !== "foreign" && text && unnamed === "think_tags" && isTextual(body.content)) {
    body.content = `<think>\n${text}\n</think>\n\n${body.content ?? ""}`;
  }
}

function isTextual(content: unknown): boolean {
  return content === undefined || content === null || typeof content === "string";
}
