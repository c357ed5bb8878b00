import type { FinishReason } from "../chat/reply.js";

/**
 * Finish reasons of vendors and servers in the words of the vocabulary, in any case; their documents, read 2026-11:
 * OpenAI, Anthropic, Gemini, Bedrock, Cohere, Mistral, DeepSeek, GLM, Together, TGI, vLLM, xAI, watsonx.
 */
const FINISH: { readonly [reason: string]: FinishReason } = {
  stop: "stop",
  end_turn: "stop",
  eos: "stop",
  eos_token: "stop",
  stop_sequence: "stop",
  complete: "stop",
  // The vendor's own tools need more time, or it has made room: the turn goes on if it is sent back.
  pause_turn: "stop",
  compaction: "stop",
  length: "length",
  max_tokens: "length",
  max_len: "length",
  max_output_tokens: "length",
  model_length: "length",
  model_context_window_exceeded: "length",
  token_limit: "length",
  time_limit: "length",
  tool_calls: "tool_calls",
  tool_call: "tool_calls",
  tool_use: "tool_calls",
  function_call: "function_call",
  content_filter: "content_filter",
  content_filtered: "content_filter",
  guardrail_intervened: "content_filter",
  blocklist: "content_filter",
  error_toxic: "content_filter",
  image_prohibited_content: "content_filter",
  image_recitation: "content_filter",
  image_safety: "content_filter",
  language: "content_filter",
  prohibited_content: "content_filter",
  recitation: "content_filter",
  refusal: "content_filter",
  safety: "content_filter",
  sensitive: "content_filter",
  spii: "content_filter",
};

/** Words that some servers write while nothing has ended. */
const NOT_YET: ReadonlySet<string> = new Set([
  "null",
  "none",
  "not_finished",
  "in_progress",
  "finish_reason_unspecified",
  "unspecified",
]);

/** A word for a filter that no table knows yet: it must never pass for an answer that ended by itself. */
const FILTER = /filter|safety|blocked|prohibited|moderation|guardrail|refus|sensitive/;

/** A finish reason that says the window was too small. */
export const WINDOW_EXCEEDED = "model_context_window_exceeded";
/** Finish reasons that say the answer broke off: what came before is a part of it, whatever the rest would have been. */
export const BROKEN: ReadonlySet<string> = new Set([
  "network_error",
  "error",
  "error_limit",
  "abort",
  "cancelled",
  "user_cancel",
  "timeout",
  "insufficient_system_resource",
  "malformed_function_call",
  "malformed_model_output",
  "malformed_tool_use",
  "unexpected_tool_call",
  "too_many_tool_calls",
]);
/** Finish reasons after which the same turn goes on once it is sent back as it is. */
export const PAUSED: ReadonlySet<string> = new Set(["pause_turn", "compaction"]);

/**
 * The vocabulary's word for a finish reason; `undefined` if nothing was said (absent, null, empty, a word for "not yet").
 * A word that no table knows is `stop`, unless it speaks of a filter.
 */
export function finishOf(raw: unknown, toolCalls: number): FinishReason | undefined {
  if (typeof raw !== "string" || raw === "") return undefined;
  const known = raw.toLowerCase();
  if (NOT_YET.has(known)) return undefined;
  const reason = Object.hasOwn(FINISH, known) ? FINISH[known] : FILTER.test(known) ? "content_filter" : "stop";
  // Some servers say "stop" after tool calls; the calls are there to be answered.
  return toolCalls > 0 && (reason === "stop" || reason === "function_call") ? "tool_calls" : reason;
}

/** Whether the vocabulary's word says less than the vendor's: then the vendor's is told beside it. */
export function saysMore(raw: string): boolean {
  const known = raw.toLowerCase();
  return (
    PAUSED.has(known) ||
    !Object.hasOwn(FINISH, known) ||
    (FINISH[known] === "content_filter" && known !== "content_filter")
  );
}
