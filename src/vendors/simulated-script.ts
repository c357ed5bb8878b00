import { createReply } from "../chat/create-reply.js";
import type { FunctionToolCall } from "../chat/message.js";
import type { ChatReply, FinishReason } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import { estimateTextTokens } from "../chat/text-tokens.js";
import { estimateRequestTokens } from "../chat/tokens.js";
import type { Usage } from "../chat/usage.js";
import { ERROR_KINDS, type ErrorKind } from "../errors/kinds.js";
import { SignalboxError } from "../errors/signalbox-error.js";

/** What a simulated provider says. */
export interface SimulatedReply {
  /** The answer. */
  readonly text?: string | undefined;
  /** The thinking before the answer. */
  readonly reasoning?: string | undefined;
  /** `arguments` as an object or as the text a model wrote, valid or not. */
  readonly toolCalls?:
    | readonly {
        readonly id?: string | undefined;
        readonly name: string;
        readonly arguments?: string | { readonly [name: string]: unknown } | undefined;
      }[]
    | undefined;
  /** @default "tool_calls" where there are any, else "stop" */
  readonly finishReason?: FinishReason | undefined;
  /** @default counted from the texts by the library's estimate */
  readonly usage?: Usage | undefined;
}

/** How a simulated call fails. */
export interface SimulatedFailure {
  /** What goes wrong. */
  readonly kind: ErrorKind;
  /** A finer word than the kind. */
  readonly detail?: string | undefined;
  /** What the vendor says. */
  readonly message?: string | undefined;
  /** The HTTP status of the answer. */
  readonly status?: number | undefined;
  /** The vendor's own code of the failure. */
  readonly vendorCode?: string | undefined;
  /** How long to wait before the next try, milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Fails in the middle of its answer, after so many pieces. @default before the first */
  readonly afterTokens?: number | undefined;
}

/** A kind alone, `"hang"` (never answers, deaf to all but its signal), or a failure in full. */
export type FailureScript = ErrorKind | "hang" | SimulatedFailure;

/** One per call in order (`null`: succeeds; past the end: succeeds), a function, or a share of all calls. */
export type FailuresOption =
  | readonly (FailureScript | null | undefined)[]
  | ((callIndex: number, request: ChatRequest) => FailureScript | null | undefined)
  | { readonly rate: number; readonly failure: FailureScript };

/** Text, a reply in full, one per call in order (the last one repeats), or a function. */
export type ReplyOption =
  | string
  | SimulatedReply
  | readonly (string | SimulatedReply)[]
  | ((request: ChatRequest, callIndex: number) => string | SimulatedReply | Promise<string | SimulatedReply>);

/** The failure of a call, if it is to fail. */
export function failureOf(
  option: FailuresOption | undefined,
  callIndex: number,
  request: ChatRequest,
  random: () => number,
): SimulatedFailure | "hang" | undefined {
  if (option === undefined) return undefined;
  let script: FailureScript | null | undefined;
  if (typeof option === "function") script = option(callIndex, request);
  else if ("rate" in option) script = random() < option.rate ? option.failure : null;
  else script = option[callIndex];
  if (script === null || script === undefined) return undefined;
  if (script === "hang") return script;
  return typeof script === "string" ? { kind: script } : script;
}

/** A scripted failure as the error it is. */
export function errorOf(failure: SimulatedFailure, provider: string, model: string): SignalboxError {
  const { kind, detail, status, vendorCode, retryAfterMs } = failure;
  const known = ERROR_KINDS.includes(kind) ? kind : "server";
  const message = failure.message ?? `${provider} was told to fail with ${known}`;
  return new SignalboxError(known, message, { detail, status, vendorCode, retryAfterMs, provider, model });
}

/** What a call answers. */
export async function replyOf(
  option: ReplyOption,
  request: ChatRequest,
  callIndex: number,
  model: string,
  id: string,
  created: number,
): Promise<ChatReply> {
  let script: string | SimulatedReply | undefined;
  if (typeof option === "function") script = await option(request, callIndex);
  else if (Array.isArray(option)) script = option[Math.min(callIndex, option.length - 1)];
  else script = option as string | SimulatedReply;
  const said: SimulatedReply = typeof script === "string" ? { text: script } : (script ?? {});
  const toolCalls = said.toolCalls?.map((call, index): FunctionToolCall => {
    const { name, arguments: args = {} } = call;
    const text = typeof args === "string" ? args : JSON.stringify(args);
    return { id: call.id ?? `call_${callIndex}_${index}`, type: "function", function: { name, arguments: text } };
  });
  const { reasoning, finishReason } = said;
  const text = said.text ?? (toolCalls && toolCalls.length > 0 ? null : "");
  const usage = said.usage ?? countTokens(request, text ?? "", reasoning, toolCalls);
  return createReply({ id, created, model, text, reasoning, toolCalls, finishReason, usage });
}

/** The simulated vendor's own count: exact by definition, so not marked as an estimate. */
function countTokens(
  request: ChatRequest,
  text: string,
  reasoning = "",
  calls: readonly FunctionToolCall[] = [],
): Usage {
  const thought = reasoning === "" ? 0 : estimateTextTokens(reasoning);
  let written = thought + estimateTextTokens(text);
  for (const call of calls) written += estimateTextTokens(call.function.name + call.function.arguments);
  const read = estimateRequestTokens(request);
  const usage: Usage = { prompt_tokens: read, completion_tokens: written, total_tokens: read + written };
  if (thought > 0) usage.completion_tokens_details = { reasoning_tokens: thought };
  return usage;
}
