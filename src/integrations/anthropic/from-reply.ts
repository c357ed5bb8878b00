import type { ChatReply, FinishReason } from "../../chat/reply.js";
import { countsOf, type Usage } from "../../chat/usage.js";
import { type Block, fieldsOf, inputOf } from "./blocks.js";
import { seal, sealState } from "./seal.js";

/** Why the answer ended, in the words of the Messages API. A stop sequence that was met is told as `end_turn`. */
export const STOP_REASONS: { readonly [Finish in FinishReason]: string } = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  function_call: "tool_use",
  content_filter: "refusal",
};

/** Why an answer ended that is a refusal in the model's own words. */
export const REFUSED = "refusal";

/** A message without its content. */
export function messageHead(id: string, model: string): { readonly [field: string]: unknown } {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
  };
}

/** A reply as a message. @param provider who answered, for thinking that carries no state. */
export function messageOf(reply: ChatReply, provider: string): { readonly [field: string]: unknown } {
  const { finish_reason: finish, message } = reply.choices[0];
  return {
    ...messageHead(reply.id, reply.model),
    content: contentOf(reply, provider),
    stop_reason: message.refusal ? REFUSED : (STOP_REASONS[finish] ?? "end_turn"),
    usage: usageOf(reply.usage),
  };
}

/** Anthropic's counts: `input_tokens` leaves out what was read from and written to the prompt cache. */
export function usageOf(usage: Usage | null | undefined): { readonly [name: string]: unknown } {
  const counts = usage ? countsOf(usage) : undefined;
  return {
    input_tokens: counts?.input ?? 0,
    cache_creation_input_tokens: counts?.cacheWrite ?? 0,
    cache_read_input_tokens: counts?.cacheRead ?? 0,
    output_tokens: counts?.output ?? 0,
    output_tokens_details: counts && counts.reasoning > 0 ? { thinking_tokens: counts.reasoning } : null,
    cache_creation: null,
    server_tool_use: null,
    service_tier: null,
    inference_geo: null,
    speed: null,
  };
}

/** Blocks of the vendor's own wire go out as they came, their signatures sealed; anything else as thinking, text, calls. */
function contentOf(reply: ChatReply, provider: string): Block[] {
  const { message } = reply.choices[0];
  const state = message.provider_state;
  const { wire, blocks } = fieldsOf(state?.data);
  if (state && wire === "anthropic" && Array.isArray(blocks))
    return ownBlocks(blocks as readonly Block[], state.issuer);
  const content: Block[] = [];
  const { reasoning_content: thinking } = message;
  if (thinking) content.push({ type: "thinking", thinking, signature: state ? sealState(state) : seal(provider) });
  else if (state) content.push({ type: "redacted_thinking", data: sealState(state) });
  const text = message.content || message.refusal;
  if (text) content.push(textBlock(text));
  for (const call of message.tool_calls ?? []) {
    if (call.type === "function")
      content.push(toolBlock(call.id, call.function.name, inputOf(call.function.arguments)));
  }
  return content;
}

export function textBlock(text: string): Block {
  return { type: "text", text };
}

export function toolBlock(id: string, name: string, input: unknown): Block {
  return { type: "tool_use", id, name, input, caller: { type: "direct" } };
}

function ownBlocks(blocks: readonly Block[], issuer: string): Block[] {
  let named = false;
  const content = blocks.map((block): Block => {
    if (block.type === "thinking") {
      named = true;
      return { ...block, signature: seal(issuer, typeof block.signature === "string" ? block.signature : "") };
    }
    if (block.type !== "redacted_thinking") return block;
    named = true;
    return { ...block, data: seal(issuer, String(block.data ?? "")) };
  });
  // Something has to say whose blocks these are when they come back.
  return named ? content : [...content, { type: "redacted_thinking", data: seal(issuer) }];
}
