import type { ChatReply, ReplyMessage } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { StoredReply } from "./stored-reply.js";

/** Which answers may be stored. */
export interface GateOptions {
  /** `"zero"`: only requests without a temperature, or with 0. `"any"`: all. @default "zero" */
  readonly temperature?: "zero" | "any" | undefined;
  /** Whether answers that call tools are stored. @default false */
  readonly toolCalls?: boolean | undefined;
}

/** Whether an answer to this request could be stored at all: cheap, asked before anything is looked up. */
export function storable(request: ChatRequest, options: GateOptions = {}): boolean {
  return requestRefusal(request, options) === null;
}

/** Why an answer must not be stored, or `null`. Only complete, unfiltered, well-formed answers are kept. */
export function refusal(request: ChatRequest, reply: ChatReply, options: GateOptions = {}): string | null {
  const reason = requestRefusal(request, options);
  if (reason !== null) return reason;
  if (reply.choices.length !== 1) return "choices";
  const { finish_reason: finish, message } = reply.choices[0];
  const calls = message.tool_calls;
  if (calls !== undefined && calls.length > 0) {
    if (options.toolCalls !== true) return "tool_calls";
    if (finish !== "tool_calls" && finish !== "stop") return "finish_reason";
    return calls.every((call) => call.type === "custom" || isJson(call.function?.arguments)) ? null : "tool_arguments";
  }
  if (finish !== "stop" || isPaused(message)) return "finish_reason";
  if (typeof message.refusal === "string" && message.refusal !== "") return "refusal";
  if (typeof message.content !== "string" || message.content.trim() === "") return "empty";
  return null;
}

/** Whether what a store gives back is an answer that {@link refusal} could have let in. */
export function isWhole({ finishReason, text, extra }: StoredReply): boolean {
  if (extra?.refusal) return false;
  if (extra?.toolCalls?.length) return finishReason === "tool_calls" || finishReason === "stop";
  return finishReason === "stop" && text !== null && text.trim() !== "";
}

function requestRefusal(request: ChatRequest, options: GateOptions): string | null {
  const { temperature, n, modalities } = request;
  if (options.temperature !== "any" && temperature !== undefined && temperature !== null && temperature !== 0) {
    return "temperature";
  }
  if (n !== undefined && n !== null && n !== 1) return "choices";
  if (modalities?.includes("audio")) return "audio";
  return null;
}

/** A turn that a vendor paused ends with "stop" and goes on in the next request. */
function isPaused({ provider_state: state }: ReplyMessage): boolean {
  return (state?.data as { paused?: unknown } | null | undefined)?.paused === true;
}

function isJson(text: unknown): boolean {
  if (typeof text !== "string") return false;
  if (text.trim() === "") return true; // how some models call a function that takes nothing
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
