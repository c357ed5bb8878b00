import { type Fields, isObject } from "./check-value.js";
import { isTurn, type ToolCall } from "./message.js";
import type { ChatReply, Choice, FinishReason, Logprobs, ReplyMessage } from "./reply.js";
import { newReplyId, nowSeconds } from "./reply-id.js";
import { readUsage } from "./usage.js";
import { MAX_VENDOR_NAME, vendorName } from "./vendor-name.js";

/** Why a provider's answer cannot be used. */
export interface ReplyProblem {
  readonly problem: "malformed" | "empty";
  readonly message: string;
}

const FINISH_REASONS = new Set(["stop", "length", "tool_calls", "content_filter", "function_call"]);

/**
 * What a provider returned, as a whole reply: missing ids, dates, names and nulls are filled in. A reply that is whole
 * already is handed back as it is. `model` is the name to use where the reply has none.
 *
 * An answer without text, refusal, sound, picture or tool call is `empty`, unless a content filter stopped it, the token
 * limit was reached, or its vendor says that the turn is whole without words.
 */
export function normalizeReply(value: unknown, model: string): ChatReply | ReplyProblem {
  if (!isObject(value)) return malformed("the answer is not an object");
  const { choices } = value;
  if (!Array.isArray(choices) || choices.length === 0) return malformed("the answer has no choices");
  const choice: unknown = choices[0];
  if (!isObject(choice) || !isObject(choice.message)) return malformed("the answer's first choice has no message");
  const { message } = choice;
  if (isWhole(value, choice, message))
    return isEmpty(choice as unknown as Choice) ? EMPTY : (value as unknown as ChatReply);
  const content = textOf(message.content);
  if (content === undefined) return malformed("the answer's content is neither text nor null");
  const calls = toolCallsOf(givenCalls(message));
  if (calls === undefined) return malformed("the answer's tool calls are not readable");
  const rebuilt = rebuild(value, choice, message, content, calls, model);
  return isEmpty(rebuilt.choices[0]) ? EMPTY : rebuilt;
}

/** Whether {@link normalizeReply} found a problem. */
export function isReplyProblem(value: ChatReply | ReplyProblem): value is ReplyProblem {
  return "problem" in value;
}

const EMPTY: ReplyProblem = { problem: "empty", message: "the answer holds no text and no tool call" };

function malformed(message: string): ReplyProblem {
  return { problem: "malformed", message };
}

function isWhole(reply: Fields, choice: Fields, message: Fields): boolean {
  return (
    typeof reply.id === "string" &&
    reply.id !== "" &&
    reply.id.length <= MAX_VENDOR_NAME &&
    reply.object === "chat.completion" &&
    typeof reply.created === "number" &&
    typeof reply.model === "string" &&
    reply.model !== "" &&
    reply.model.length <= MAX_VENDOR_NAME &&
    (reply.usage === undefined || reply.usage === readUsage(reply.usage)) &&
    choice.index === 0 &&
    choice.logprobs !== undefined &&
    FINISH_REASONS.has(choice.finish_reason as string) &&
    message.role === "assistant" &&
    (typeof message.content === "string" || message.content === null) &&
    (typeof message.refusal === "string" || message.refusal === null) &&
    givenCalls(message) === message.tool_calls &&
    (message.tool_calls === undefined || areWholeCalls(message.tool_calls))
  );
}

function rebuild(
  reply: Fields,
  choice: Fields,
  message: Fields,
  content: string | null,
  calls: ToolCall[],
  model: string,
): ChatReply {
  const { refusal, logprobs, finish_reason: finish } = { ...message, ...choice } as Fields;
  // What else the provider said (its own fields) stays; only what the vocabulary promises is put right.
  const whole: ReplyMessage = {
    ...message,
    role: "assistant",
    content,
    refusal: typeof refusal === "string" && refusal !== "" ? refusal : null,
  };
  if (calls.length > 0) whole.tool_calls = calls;
  else delete whole.tool_calls;
  const known = typeof finish === "string" && FINISH_REASONS.has(finish) && finish !== "function_call";
  const result: ChatReply = {
    ...reply,
    id: typeof reply.id === "string" && reply.id !== "" ? vendorName(reply.id) : newReplyId(),
    object: "chat.completion",
    created: typeof reply.created === "number" && Number.isFinite(reply.created) ? reply.created : nowSeconds(),
    model: typeof reply.model === "string" && reply.model !== "" ? vendorName(reply.model) : model,
    choices: [
      {
        ...choice,
        index: 0,
        finish_reason: known ? (finish as FinishReason) : calls.length > 0 ? "tool_calls" : "stop",
        logprobs: isObject(logprobs) ? (logprobs as unknown as Logprobs) : null,
        message: whole,
      },
    ],
  };
  const usage = readUsage(reply.usage);
  if (usage) result.usage = usage;
  else delete result.usage;
  return result;
}

function isEmpty(choice: Choice): boolean {
  const { message, finish_reason: finish } = choice;
  if (message.content || message.refusal || (message.tool_calls?.length ?? 0) > 0) return false;
  if (message.audio || (message.images?.length ?? 0) > 0 || isTurn(message.provider_state)) return false;
  if (finish === "content_filter") return false;
  // An answer that used its allowance, on hidden thinking perhaps, is an answer: asking again costs as much once more.
  return finish !== "length";
}

function textOf(content: unknown): string | null | undefined {
  if (typeof content === "string") return content;
  if (content === null || content === undefined) return null;
  if (!Array.isArray(content)) return undefined;
  let text = "";
  for (const part of content as unknown[]) {
    if (isObject(part) && typeof part.text === "string") text += part.text;
  }
  return text;
}

function areWholeCalls(calls: unknown): boolean {
  if (!Array.isArray(calls)) return false;
  return calls.every(
    (call: unknown) =>
      isObject(call) &&
      typeof call.id === "string" &&
      call.id !== "" &&
      (call.type === "custom"
        ? isWholeCustom(call.custom)
        : call.type === "function" && isWholeFunction(call.function)),
  );
}

function isWholeFunction(named: unknown): boolean {
  return isObject(named) && isName(named.name) && typeof named.arguments === "string";
}

function isWholeCustom(named: unknown): boolean {
  return isObject(named) && isName(named.name) && typeof named.input === "string";
}

/** A call that names no tool cannot be answered. */
function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** The calls of a message; `function_call` is the retired form of one. */
function givenCalls({ tool_calls: calls, function_call: call }: Fields): unknown {
  const named = isObject(call) && isName(call.name);
  return named && (!calls || (Array.isArray(calls) && calls.length === 0)) ? [{ function: call }] : calls;
}

function toolCallsOf(calls: unknown): ToolCall[] | undefined {
  if (calls === undefined || calls === null) return [];
  if (!Array.isArray(calls)) return undefined;
  if (areWholeCalls(calls)) return calls as ToolCall[];
  const whole: ToolCall[] = [];
  for (const call of calls as unknown[]) {
    if (isObject(call) && call.type === "custom" && isWholeCustom(call.custom)) {
      whole.push({ ...call, id: idOf(call.id) } as ToolCall);
      continue;
    }
    if (!isObject(call) || !isObject(call.function) || !isName(call.function.name)) return undefined;
    const { name, arguments: given } = call.function;
    const text =
      typeof given === "string" ? given : given === undefined || given === null ? "{}" : JSON.stringify(given);
    whole.push({ ...call, id: idOf(call.id), type: "function", function: { ...call.function, name, arguments: text } });
  }
  return whole;
}

function idOf(id: unknown): string {
  return typeof id === "string" && id !== "" ? id : `call_${newReplyId().slice(9)}`;
}
