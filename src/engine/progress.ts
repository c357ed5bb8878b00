import type { Message } from "../chat/message.js";
import { textOf } from "../chat/message-text.js";
import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";

/** What the messages since the last user message tell of an agent's progress. */
export interface Progress {
  /** How often the most frequent of the latest tool calls was made, with the same arguments. */
  readonly repeatedCalls: number;
  /** Failed tool results among the latest five. */
  readonly toolFailures: number;
  /** Failed tool results among the five before those. */
  readonly earlierFailures: number;
}

/** A step of a session, as a signal of your own sees it. */
export interface SessionStep extends Progress {
  /** The request of this step. */
  readonly request: ChatRequest;
  /** The options of its call: `tenant`, `sessionKey`, `metadata` and the others. */
  readonly options: CallOptions;
  /** The candidate that the session is at, `"provider/model"`; absent if this process has not seen the session. */
  readonly candidate?: string | undefined;
}

/** When a session counts as stuck. */
export interface StuckOptions {
  /** Calls of one tool with equal arguments since the last user message; `false`: they do not count. @default 3 */
  readonly repeatedCalls?: number | false | undefined;
  /**
   * Failed results among the latest five of the tools, if they are more than among the five before; `false`: they do not
   * count. A result failed if it is marked `is_error`, or begins as an error does.
   * @default 3
   */
  readonly toolFailures?: number | false | undefined;
  /** Your own sign: `true` if the session is stuck. One that throws counts as no. @default none */
  readonly signal?: ((step: SessionStep) => boolean) | undefined;
}

/** `true`: the signs of {@link StuckOptions} at their defaults; a function: your own signal alone. */
export type EscalateWhen = true | StuckOptions | ((step: SessionStep) => boolean);

/** Messages looked at, latest first; results that one share of failures is of; characters of a result that are read. */
const MESSAGES = 100;
const RESULTS = 5;
const RESULT_CHARS = 400;

/** How a tool's result begins that tells of a failure. */
const FAILED =
  /^[\s"'[(<]*(?:\w*(?:Error|Exception)\b|error\b|exception\b|fail(?:ed|ure)\b|fatal\b|traceback\b|panic\b|(?:command|process)\b[^\n]{0,80}\b(?:failed|not found|timed out)|permission denied|no such file|timed? ?out\b|错误|失败|异常)|\b(?:exit(?:ed)?|return(?:ed)?)(?: with)?(?: (?:code|status))?(?: code)?\W{0,3}[1-9]\d{0,2}\b|"(?:error|err|exception)"\s*:\s*(?!null|false|""|\[\]|\{\}|0\b)\S|"(?:success|ok)"\s*:\s*false|"is_?error"\s*:\s*true|"status"\s*:\s*"(?:error|failed)"|command not found|Traceback \(most recent/i;

/** Reads the messages since the last user message, from the end. */
export function readProgress({ messages }: Pick<ChatRequest, "messages">): Progress {
  const times = new Map<string, number>();
  let latest: readonly string[] | undefined;
  let results = 0;
  let toolFailures = 0;
  let earlierFailures = 0;
  for (let at = messages.length - 1; at >= Math.max(0, messages.length - MESSAGES); at -= 1) {
    const message = messages[at]!;
    if (message.role === "user") break;
    if (message.role === "tool" && results < 2 * RESULTS) {
      results += 1;
      if (failed(message)) {
        if (results <= RESULTS) toolFailures += 1;
        else earlierFailures += 1;
      }
    }
    if (message.role !== "assistant" || !message.tool_calls?.length) continue;
    const calls = message.tool_calls.map((call) =>
      call.type === "custom"
        ? `${call.custom.name}\n${call.custom.input}`
        : `${call.function.name}\n${call.function.arguments}`,
    );
    latest ??= calls;
    for (const call of calls) times.set(call, (times.get(call) ?? 0) + 1);
  }
  let repeatedCalls = 0;
  for (const call of latest ?? []) repeatedCalls = Math.max(repeatedCalls, times.get(call) ?? 0);
  return { repeatedCalls, toolFailures, earlierFailures };
}

function failed(message: Message & { role: "tool" }): boolean {
  return message.is_error === true || FAILED.test(textOf(message.content).slice(0, RESULT_CHARS));
}

/** Why a session is stuck, in words; `undefined` if it is not. @param onFault told if the signal throws */
export function stuckBecause(
  when: EscalateWhen,
  step: Pick<SessionStep, "request" | "options" | "candidate">,
  onFault: () => void,
): string | undefined {
  const progress = readProgress(step.request);
  const {
    repeatedCalls = 3,
    toolFailures = 3,
    signal,
  }: StuckOptions = when === true
    ? {}
    : typeof when === "function"
      ? { repeatedCalls: false, toolFailures: false, signal: when }
      : when;
  if (repeatedCalls !== false && progress.repeatedCalls >= repeatedCalls) {
    return `the same tool call ${progress.repeatedCalls} times`;
  }
  const rising = progress.toolFailures > progress.earlierFailures;
  if (toolFailures !== false && rising && progress.toolFailures >= toolFailures) {
    return `${progress.toolFailures} of the latest tool results failed`;
  }
  try {
    return signal?.({ ...progress, ...step }) === true ? "its signal says that it is stuck" : undefined;
  } catch {
    onFault();
    return undefined;
  }
}
