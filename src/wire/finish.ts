import type { FinishReason } from "../chat/reply.js";

/** Finish reasons of vendors and servers, in the words of the vocabulary, in any case. Unknown ones are `stop`. */
const FINISH: { readonly [reason: string]: FinishReason } = {
  stop: "stop",
  length: "length",
  tool_calls: "tool_calls",
  content_filter: "content_filter",
  function_call: "function_call",
  sensitive: "content_filter",
  safety: "content_filter",
  prohibited_content: "content_filter",
  recitation: "content_filter",
  refusal: "content_filter",
  max_tokens: "length",
  model_length: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  end_turn: "stop",
  eos: "stop",
  stop_sequence: "stop",
};

/** A finish reason that says the window was too small. */
export const WINDOW_EXCEEDED = "model_context_window_exceeded";
/** Finish reasons that say the answer broke off: what came before is a part of it, whatever the rest would have been. */
export const BROKEN: ReadonlySet<string> = new Set(["network_error", "error", "abort", "insufficient_system_resource"]);

/** The vocabulary's word; `undefined` where nothing was said (absent, null or empty). */
export function finishOf(raw: unknown, toolCalls: number): FinishReason | undefined {
  if (typeof raw !== "string" || raw === "") return undefined;
  const known = raw.toLowerCase();
  const reason = Object.hasOwn(FINISH, known) ? FINISH[known] : "stop";
  // Some servers say "stop" after tool calls; the calls are there to be answered.
  return toolCalls > 0 && (reason === "stop" || reason === "function_call") ? "tool_calls" : reason;
}
