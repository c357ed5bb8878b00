import type { AssistantMessage, Message } from "../../chat/message.js";
import { textOf } from "../../chat/message-text.js";
import { answerItems, type Raw, saysTheSame } from "../../chat/responses/items.js";
import { toInputParts } from "../../chat/responses/parts.js";
import type { WireCall } from "../codec.js";
import { isAllText, stateOf } from "../history.js";

/** The wire's name in `provider_state`. */
export const RESPONSES_WIRE = "responses";

/** The history as input items. */
export function toInput(messages: readonly Message[], call: WireCall): readonly unknown[] {
  const input: unknown[] = [];
  /** Calls of free-form tools: their results are items of another type. */
  const custom = new Set<string>();
  for (const message of messages) {
    if (message.role === "assistant") {
      for (const each of message.tool_calls ?? []) if (each.type === "custom") custom.add(each.id);
      input.push(...assistantItems(message, call));
    } else if (message.role === "tool") {
      const type = custom.has(message.tool_call_id) ? "custom_tool_call_output" : "function_call_output";
      input.push({ type, call_id: message.tool_call_id, output: outputOf(message.content) });
    } else if (message.role === "function") {
      const output = message.content ?? "";
      input.push({ type: "function_call_output", call_id: oldCallId(message.name), output });
    } else if (isItem(message.content)) input.push(message.content[0].item);
    else input.push({ role: message.role, content: contentOf(message.content) });
  }
  return input;
}

/** An item of a vendor's own tool, as a client sent it: only this wire can take it. */
function isItem(content: unknown): content is readonly [{ readonly item: unknown }] {
  return Array.isArray(content) && (content[0] as { type?: unknown } | undefined)?.type === "input_item";
}

/** One text stays a string. */
function contentOf(content: string | Parameters<typeof toInputParts>[0]): unknown {
  return typeof content === "string" ? content : toInputParts(content);
}

function outputOf(content: string | Parameters<typeof toInputParts>[0]): unknown {
  return isAllText(content) ? textOf(content) : toInputParts(content);
}

/** What its issuer sent goes back item by item; anything else as text and calls, its thinking left behind. */
function assistantItems(message: AssistantMessage, call: WireCall): readonly unknown[] {
  const state = stateOf(message, call.provider, RESPONSES_WIRE);
  const kept = state === undefined || state === "foreign" ? undefined : (state.items as readonly Raw[] | undefined);
  const whole = kept?.some(({ type }) => type === "message" || isCall(type)) === true;
  if (kept !== undefined && whole && saysTheSame(kept, message)) return kept;
  const items: unknown[] = [];
  // Without its answer beside it, kept thinking stands at the front.
  if (kept !== undefined && !whole) items.push(...kept);
  else if (state === undefined) items.push(...plainThinking(message, call));
  items.push(...answerItems(message));
  const { function_call: old } = message;
  if (old)
    items.push({ type: "function_call", call_id: oldCallId(old.name), name: old.name, arguments: old.arguments });
  return items;
}

/** Thinking whose issuer nobody named, for servers that read it as text. */
function plainThinking({ reasoning_content: text }: AssistantMessage, { dialect }: WireCall): readonly unknown[] {
  if (!text || dialect.reasoning.field === "none" || dialect.reasoning.unnamed !== "send") return [];
  return [{ type: "reasoning", summary: [], content: [{ type: "reasoning_text", text }] }];
}

function isCall(type: unknown): boolean {
  return type === "function_call" || type === "custom_tool_call";
}

/** The retired form of a call has no id: the name stands for it. */
function oldCallId(name: string): string {
  return `call_${name}`.slice(0, 64);
}
