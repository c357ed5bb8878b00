import type { ChatChunk, Delta } from "../chat/chunk.js";
import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { CallContext } from "../contract/provider.js";
import type { Clock } from "../core/clock.js";
import type { Random } from "../core/random.js";
import { sleep } from "../core/sleep.js";
import { toSignalboxError } from "../errors/classify.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { ChunkStream } from "../wire/chunk-stream.js";
import type { SimulatedOptions } from "./simulated-options.js";
import { errorOf, failureOf, replyOf, type SimulatedFailure } from "./simulated-script.js";

/** One simulated call. */
export interface SimulatedCall {
  readonly id: string;
  readonly model: string;
  readonly callIndex: number;
  readonly request: ChatRequest;
  readonly context: CallContext;
  readonly options: SimulatedOptions;
  readonly clock: Clock;
  readonly random: Random;
}

const DONE: IteratorResult<ChatChunk, undefined> = { value: undefined, done: true };

/** The answer of a call, piece by piece on its clock. */
export function createSimulatedStream(call: SimulatedCall): ChunkStream {
  return new SimulatedStream(call);
}

class SimulatedStream implements ChunkStream {
  readonly #call: SimulatedCall;
  readonly #failure: SimulatedFailure | "hang" | undefined;
  #pieces: readonly ChatChunk[] | undefined;
  #at = 0;
  /** Pieces that carry content; the others come with the piece before them. */
  #content = 0;
  #firstAtMs = 0;
  #closed = false;

  constructor(call: SimulatedCall) {
    this.#call = call;
    this.#failure = failureOf(call.options.failures, call.callIndex, call.request, call.random);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  poll(): ChatChunk | undefined {
    if (this.#closed || this.#pieces === undefined || this.#call.context.signal.aborted) return undefined;
    if (this.#at >= this.#pieces.length || this.#call.clock.now() < this.#dueAtMs()) return undefined;
    if (this.#failsHere()) return undefined;
    return this.#pieces[this.#at++];
  }

  async next(): Promise<IteratorResult<ChatChunk, undefined>> {
    if (this.#closed) return DONE;
    try {
      if (this.#pieces === undefined) await this.#begin();
      const pieces = this.#pieces ?? [];
      if (this.#closed || this.#at >= pieces.length) return this.return();
      const { clock, context } = this.#call;
      const waitMs = this.#dueAtMs() - clock.now();
      if (waitMs > 0) await sleep(waitMs, { clock, signal: context.signal });
      context.signal.throwIfAborted();
      if (this.#failsHere()) throw this.#error(this.#failure as SimulatedFailure);
      const value = pieces[this.#at++];
      return value === undefined ? this.return() : { value, done: false };
    } catch (thrown) {
      this.#closed = true;
      const { id, model, clock, context } = this.#call;
      const about = { provider: id, model, nowWallMs: clock.wallNow(), callerSignal: context.signal };
      throw toSignalboxError(thrown, about);
    }
  }

  return(): Promise<IteratorResult<ChatChunk, undefined>> {
    this.#closed = true;
    return Promise.resolve(DONE);
  }

  async #begin(): Promise<void> {
    const { options, clock, context, request, callIndex, random, model, id } = this.#call;
    const { signal } = context;
    signal.throwIfAborted();
    const startedAtMs = clock.now();
    const delayMs = durationOf(options.delayMs, callIndex, random) ?? 0;
    const ttftMs = durationOf(options.ttftMs, callIndex, random) ?? delayMs;
    if (this.#failure === "hang") await aborted(signal);
    if (delayMs > 0) await sleep(delayMs, { clock, signal });
    const failure = this.#failure as SimulatedFailure | undefined;
    if (failure !== undefined && failure.afterTokens === undefined) throw this.#error(failure);
    context.report?.("headers");
    const created = Math.floor(clock.wallNow() / 1_000);
    const replyId = `chatcmpl-${id}-${callIndex}`;
    const script = options.reply ?? "This is a simulated answer.";
    const reply = await replyOf(script, request, callIndex, model, replyId, created);
    this.#firstAtMs = startedAtMs + Math.max(ttftMs, delayMs);
    this.#pieces = piecesOf(reply);
    this.#content = this.#pieces.length - 2;
  }

  /** When the piece at hand is there. */
  #dueAtMs(): number {
    const { tokensPerSecond } = this.#call.options;
    const place = Math.min(this.#at, this.#content);
    return tokensPerSecond === undefined ? this.#firstAtMs : this.#firstAtMs + (place * 1_000) / tokensPerSecond;
  }

  #failsHere(): boolean {
    return this.#failure !== undefined && this.#failure !== "hang" && this.#at >= (this.#failure.afterTokens ?? 0);
  }

  #error(failure: SimulatedFailure): SignalboxError {
    return errorOf(failure, this.#call.id, this.#call.model);
  }
}

/** Never ends by itself. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function durationOf(
  option: number | ((callIndex: number, random: Random) => number) | undefined,
  callIndex: number,
  random: Random,
): number | undefined {
  return typeof option === "function" ? option(callIndex, random) : option;
}

/** A reply cut into words, the finish reason and the usage each by itself at the end. */
function piecesOf(reply: ChatReply): ChatChunk[] {
  const { id, created, model, usage } = reply;
  const { message, finish_reason } = reply.choices[0];
  const pieces: ChatChunk[] = [];
  const add = (delta: Delta, finish: typeof finish_reason | null = null): void => {
    if (pieces.length === 0) delta.role = "assistant";
    const choices = [{ index: 0, delta, finish_reason: finish }];
    pieces.push({ id, object: "chat.completion.chunk", created, model, choices });
  };
  for (const word of wordsOf(message.reasoning_content ?? "")) add({ reasoning_content: word });
  for (const word of wordsOf(message.content ?? "")) add({ content: word });
  message.tool_calls?.forEach((call, index) => {
    if (call.type !== "function") return;
    const { name, arguments: text } = call.function;
    add({ tool_calls: [{ index, id: call.id, type: "function", function: { name, arguments: "" } }] });
    for (const word of wordsOf(text)) add({ tool_calls: [{ index, function: { arguments: word } }] });
  });
  add({}, finish_reason);
  if (usage) pieces.push({ id, object: "chat.completion.chunk", created, model, choices: [], usage });
  return pieces;
}

/** Words with the blanks after them; long unbroken text in pieces of 24 characters. */
function wordsOf(text: string): readonly string[] {
  return text.match(/\s*\S{1,24}\s*/gu) ?? (text === "" ? [] : [text]);
}
