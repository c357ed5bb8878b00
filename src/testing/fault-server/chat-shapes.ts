/** Pieces of OpenAI-shaped answers, for scripts. */

/** How an answer of {@link answers} looks besides its text. */
export interface AnswerOptions {
  /** Model id in the answer. @default "test-model" */
  readonly model?: string | undefined;
  /** Why the answer ended. @default "stop", or "tool_calls" where there are some */
  readonly finishReason?: string | undefined;
  /** Thinking, as `reasoning_content`. @default none */
  readonly reasoning?: string | undefined;
  /** Functions that the answer calls; `arguments` is JSON text. @default none */
  readonly toolCalls?:
    | readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
    | undefined;
  /** `null` leaves it out. @default counts made from the text */
  readonly usage?: { readonly [field: string]: unknown } | null | undefined;
  /** More fields of the body. @default none */
  readonly extra?: { readonly [field: string]: unknown } | undefined;
}

function usageOf(text: string, options: AnswerOptions): object | undefined {
  if (options.usage === null) return undefined;
  if (options.usage !== undefined) return options.usage;
  const written = Math.max(1, Math.ceil(text.length / 4));
  return { prompt_tokens: 10, completion_tokens: written, total_tokens: 10 + written };
}

const callsOf = (options: AnswerOptions) =>
  options.toolCalls?.map(({ id, name, arguments: args }) => ({
    id,
    type: "function",
    function: { name, arguments: args },
  }));

const finishOf = (options: AnswerOptions) =>
  options.finishReason ?? (options.toolCalls === undefined ? "stop" : "tool_calls");

/** A chat.completion body. */
export function completion(text: string | null, options: AnswerOptions = {}): { [field: string]: unknown } {
  const calls = callsOf(options);
  const usage = usageOf(text ?? "", options);
  return {
    id: "chatcmpl-test",
    object: "chat.completion",
    created: 1_767_225_600,
    model: options.model ?? "test-model",
    choices: [
      {
        index: 0,
        finish_reason: finishOf(options),
        message: {
          role: "assistant",
          content: text,
          ...(options.reasoning === undefined ? {} : { reasoning_content: options.reasoning }),
          ...(calls === undefined ? {} : { tool_calls: calls }),
        },
      },
    ],
    ...(usage === undefined ? {} : { usage }),
    ...options.extra,
  };
}

/** One event of a stream, framed: `data: {...}\n\n`. */
export function event(data: unknown): string {
  return `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
}

/** A chat.completion.chunk event with this delta. */
export function delta(fields: object, finishReason: string | null = null, model = "test-model"): string {
  const choices = [{ index: 0, delta: fields, finish_reason: finishReason }];
  return event({ id: "chatcmpl-test", object: "chat.completion.chunk", created: 1_767_225_600, model, choices });
}

/** The event that begins an answer: a role and no content. */
export const roleEvent = (model?: string): string => delta({ role: "assistant", content: "" }, null, model);
/** The event of a piece of text. */
export const textEvent = (text: string, model?: string): string => delta({ content: text }, null, model);
/** The event that ends an answer. */
export const finishEvent = (reason = "stop", model?: string): string => delta({}, reason, model);
/** The event of its own that tells the usage. */
export const usageEvent = (usage: object): string =>
  event({
    id: "chatcmpl-test",
    object: "chat.completion.chunk",
    created: 1_767_225_600,
    model: "test-model",
    choices: [],
    usage,
  });
/** The event that ends an OpenAI stream. */
export const DONE = "data: [DONE]\n\n";

/** All events of an answer, a word each: role, reasoning, text, tool calls, finish, usage, `[DONE]`. */
export function streamOf(text: string | null, options: AnswerOptions = {}): string[] {
  const { model } = options;
  const parts = [roleEvent(model)];
  if (options.reasoning !== undefined) parts.push(delta({ reasoning_content: options.reasoning }, null, model));
  for (const word of (text ?? "").match(/\s*\S+\s*$|\s*\S+/g) ?? []) parts.push(textEvent(word, model));
  callsOf(options)?.forEach((call, index) => {
    parts.push(delta({ tool_calls: [{ index, ...call }] }, null, model));
  });
  parts.push(finishEvent(finishOf(options), model));
  const usage = usageOf(text ?? "", options);
  if (usage !== undefined) parts.push(usageEvent(usage));
  parts.push(DONE);
  return parts;
}
