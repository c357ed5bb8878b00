import type { ChatChunk } from "../chat/chunk.js";
import { chunksOf } from "../chat/chunks.js";
import { createReply } from "../chat/create-reply.js";
import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { CallContext, ModelInfo, Provider } from "../contract/provider.js";
import { type Clock, systemClock } from "../core/clock.js";
import { sleep } from "../core/sleep.js";
import { checkOptions } from "../errors/check-options.js";
import { invalidOption } from "../errors/signalbox-error.js";

/** A piece of a scripted stream: text, a whole chunk, a wait in milliseconds of the clock, or an error. */
export type ScriptPiece = string | ChatChunk | number | Error;

/** What a scripted provider does with one call, as data: an answer, an error to throw, silence, a stream in pieces. */
export type ScriptAction =
  | { readonly text: string; readonly delayMs?: number | undefined }
  | { readonly reply: ChatReply; readonly delayMs?: number | undefined }
  | { readonly error: unknown; readonly delayMs?: number | undefined }
  /** Never answers; rejects when the call is aborted. */
  | { readonly hang: true }
  /** Plays a stream; the caller of `chat` gets what its texts add up to. */
  | { readonly pieces: readonly ScriptPiece[]; readonly finish?: boolean | undefined };

/** One step of a script: an action, a text to answer, an error to throw, or a function that says which. */
export type ScriptStep = string | Error | ScriptAction | ScriptFunction;

/** A step of a script, worked out from the call. */
export type ScriptFunction = (
  request: ChatRequest,
  context: CallContext,
  /** 0 for the provider's first call. */
  call: number,
) => Exclude<ScriptStep, ScriptFunction> | Promise<Exclude<ScriptStep, ScriptFunction>>;

/** Options of {@link scriptedProvider}. */
export interface ScriptedProviderOptions {
  /** Unique in a router. @default "scripted" */
  readonly id?: string | undefined;
  /**
   * What it offers.
   * @default one model, `"<id>-1"`, that can do everything and costs $1 in and $2 out per million tokens
   */
  readonly models?: readonly ModelInfo[] | undefined;
  /** One step per call, in order. @default none */
  readonly script?: readonly ScriptStep[] | undefined;
  /** What follows when the script is used up. @default "ok" */
  readonly otherwise?: ScriptStep | undefined;
  /** Whose milliseconds the waits are. @default the system clock */
  readonly clock?: Clock | undefined;
}

/** A call that a scripted provider got. */
export interface ScriptedCall {
  /** What was asked. */
  readonly request: ChatRequest;
  /** What came with it. */
  readonly context: CallContext;
  /** Whether the answer is streamed. */
  readonly streamed: boolean;
}

/** A provider that does as told, and remembers who asked. */
export interface ScriptedProvider extends Provider {
  chat(request: ChatRequest, context: CallContext): Promise<ChatReply>;
  stream(request: ChatRequest, context: CallContext): AsyncIterable<ChatChunk>;
  /** Every call, oldest first. */
  readonly calls: readonly ScriptedCall[];
}

/**
 * A provider for tests of routers: no network, one scripted step per call.
 *
 * @example
 * const flaky = scriptedProvider({ id: "flaky", script: [new Error("boom"), "hello", { hang: true }] });
 *
 * @throws SignalboxError `invalid_options` naming the option
 */
export function scriptedProvider(options: ScriptedProviderOptions = {}): ScriptedProvider {
  checkOptions(options, "scriptedProvider", ["id", "models", "script", "otherwise", "clock"]);
  if (!Array.isArray(options.script ?? [])) throw invalidOption("script", "must be a list with one step per call");
  const id = options.id ?? "scripted";
  const clock = options.clock ?? systemClock;
  const script = [...(options.script ?? [])];
  const calls: ScriptedCall[] = [];
  const models = options.models ?? [testModel(`${id}-1`)];

  async function take(request: ChatRequest, context: CallContext, streamed: boolean): Promise<ScriptAction> {
    const call = calls.length;
    calls.push({ request, context, streamed });
    let step = script.shift() ?? options.otherwise ?? "ok";
    if (typeof step === "function") step = await step(request, context, call);
    const action = typeof step === "string" ? { text: step } : step instanceof Error ? { error: step } : step;
    if ("hang" in action) await untilAborted(context.signal);
    if ("delayMs" in action && action.delayMs !== undefined)
      await sleep(action.delayMs, { clock, signal: context.signal });
    if ("error" in action) throw action.error;
    return action;
  }

  const modelOf = (request: ChatRequest) => request.model ?? models[0]?.id ?? id;

  return {
    id,
    models,
    calls,
    async chat(request, context) {
      const action = await take(request, context, false);
      if ("reply" in action) return action.reply;
      let text = "";
      if ("text" in action) text = action.text;
      if ("pieces" in action) {
        for (const piece of action.pieces) {
          if (piece instanceof Error) throw piece;
          if (typeof piece === "number") await sleep(piece, { clock, signal: context.signal });
          else text += typeof piece === "string" ? piece : (piece.choices[0]?.delta.content ?? "");
        }
      }
      return createReply({ text, model: modelOf(request), usage: usageOf(text) });
    },
    async *stream(request, context) {
      const action = await take(request, context, true);
      if ("pieces" in action) {
        yield* play(action.pieces, action.finish ?? true, modelOf(request), context, clock);
      } else {
        const text = "text" in action ? action.text : "";
        yield* chunksOf(
          "reply" in action ? action.reply : createReply({ text, model: modelOf(request), usage: usageOf(text) }),
        );
      }
    },
  };
}

/** A model that can do everything, for tests. */
export function testModel(id: string, more: Partial<ModelInfo> = {}): ModelInfo {
  return {
    id,
    contextWindow: 128_000,
    maxOutput: 8_000,
    capabilities: { tools: true, vision: "url", thinking: "none", json: "schema", files: true },
    usdPerMTok: { input: 1, output: 2 },
    ...more,
  };
}

async function* play(
  pieces: readonly ScriptPiece[],
  finish: boolean,
  model: string,
  context: CallContext,
  clock: Clock,
): AsyncGenerator<ChatChunk> {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    if (typeof piece === "number") await sleep(piece, { clock, signal: context.signal });
    else yield typeof piece === "string" ? chunkOf(model, { content: piece }) : piece;
  }
  if (finish) yield chunkOf(model, {}, "stop");
}

function chunkOf(model: string, delta: { content?: string }, finishReason: "stop" | null = null): ChatChunk {
  return {
    id: "scripted",
    object: "chat.completion.chunk",
    created: 1_767_225_600,
    model,
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  };
}

function usageOf(text: string) {
  const written = Math.max(1, Math.ceil(text.length / 4));
  return { prompt_tokens: 10, completion_tokens: written, total_tokens: 10 + written };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
