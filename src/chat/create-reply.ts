import type { ProviderState, ToolCall } from "./message.js";
import type { ChatReply, FinishReason, ReplyMessage } from "./reply.js";
import { newReplyId, nowSeconds } from "./reply-id.js";
import type { ChatRequest } from "./request.js";
import { estimateTextTokens } from "./text-tokens.js";
import { estimateRequestTokens } from "./tokens.js";
import type { Usage } from "./usage.js";

/** What {@link createReply} fills a reply from; everything may be left out. */
export interface ReplyInit {
  /** What was answered. @default "", or null beside tool calls */
  readonly text?: string | null | undefined;
  /** The model that answered. @default "" */
  readonly model?: string | undefined;
  /** @default a new one */
  readonly id?: string | undefined;
  /** What was thought before: `reasoning_content`. @default none */
  readonly reasoning?: string | undefined;
  /** @default none */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** @default "tool_calls" where there are any, else "stop" */
  readonly finishReason?: FinishReason | undefined;
  /** Tokens, as the vendor counts them. @default estimated by the router */
  readonly usage?: Usage | undefined;
  /** Seconds since 1970. @default now */
  readonly created?: number | undefined;
  /** What the issuer needs back with this turn. */
  readonly providerState?: ProviderState | undefined;
}

/**
 * A whole reply from as little as a text: what a provider of your own returns.
 *
 * @example
 * createReply({ text: "Hello", model: "echo-1" });
 */
export function createReply(init: ReplyInit): ChatReply {
  const { toolCalls, reasoning, providerState } = init;
  const called = toolCalls !== undefined && toolCalls.length > 0;
  const message: ReplyMessage = { role: "assistant", content: init.text ?? (called ? null : ""), refusal: null };
  if (called) message.tool_calls = [...toolCalls];
  if (reasoning !== undefined) message.reasoning_content = reasoning;
  if (providerState !== undefined) message.provider_state = providerState;
  const reply: ChatReply = {
    id: init.id ?? newReplyId(),
    object: "chat.completion",
    created: init.created ?? nowSeconds(),
    model: init.model ?? "",
    choices: [
      { index: 0, finish_reason: init.finishReason ?? (called ? "tool_calls" : "stop"), logprobs: null, message },
    ],
  };
  if (init.usage !== undefined) reply.usage = init.usage;
  return reply;
}

/** Usage where the vendor gave none: the request's estimated tokens, and those of what was written. */
export function estimateUsage(
  request: ChatRequest,
  text: string,
  toolCalls?: readonly ToolCall[] | null | undefined,
  reasoning?: string | null | undefined,
): Usage {
  const thought = reasoning ? estimateTextTokens(reasoning) : 0;
  let written = thought + estimateTextTokens(text);
  if (toolCalls) {
    for (const call of toolCalls) written += estimateTextTokens(callText(call)) + 4;
  }
  const read = estimateRequestTokens(request);
  const usage: Usage = {
    prompt_tokens: read,
    completion_tokens: written,
    total_tokens: read + written,
    estimated: true,
  };
  if (thought > 0) usage.completion_tokens_details = { reasoning_tokens: thought };
  return usage;
}

function callText(call: ToolCall): string {
  return call.type === "custom" ? call.custom.name + call.custom.input : call.function.name + call.function.arguments;
}
