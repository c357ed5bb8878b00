import { type Assembler, createAssembler, hasContent } from "../../chat/assemble.js";
import { isChunk } from "../../chat/check-chunk.js";
import type { ChatChunk } from "../../chat/chunk.js";
import { chunksOf } from "../../chat/chunks.js";
import { estimateUsage } from "../../chat/create-reply.js";
import type { Usage } from "../../chat/usage.js";
import type { AnyProvider } from "../../contract/provider.js";
import { nextTurn, TURN_STEPS } from "../../core/turn.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { withheld } from "../../errors/withheld.js";
import type { Admission } from "../admission.js";
import type { Call } from "../call.js";
import type { Candidate } from "../candidate.js";
import { checkedReply } from "../checked-reply.js";
import { costInChunk, costInRoute } from "../costs.js";
import { interruption } from "../interruption.js";
import { outgoing } from "../outgoing.js";
import { type OpenAnswer, UpstreamCall } from "../upstream-call.js";
import { ended } from "../walk.js";
import { type PollableIterator, streamFrom } from "./provider-stream.js";

/** Chunks that say nothing are held back before the first content, so that the reader gets them too, up to so many. */
const MOST_HELD = 1_024;

/** A stream that is past the commit gate: its first content is here, so it is this candidate's answer now. */
export interface CommittedStream {
  readonly candidate: Candidate;
  /** Whether a decorator of the candidate's had the answer. */
  readonly cached: boolean;
  /** What was said so far, everything the reader was handed and perhaps a chunk more. */
  readonly assembler: Assembler;
  /** Chunks that the assembler knows of, and markers; handed out already or not. */
  readonly seen: number;
  /** A chunk that needs no waiting, or `undefined`. Throws what `next` would reject with. */
  poll(): ChatChunk | undefined;
  /** The next chunk, or `null` at a complete end. Rejects with `stream_interrupted` where the stream is cut. */
  next(): Promise<ChatChunk | null>;
  /** Ends it from the reader's side: the upstream socket closes, and nobody is blamed. */
  cancel(reason: SignalboxError): void;
  /** Told where the stream is ended while nobody asks for a chunk: its deadline passed, for one. */
  onCut(listener: (error: SignalboxError) => void): void;
}

/**
 * Opens a stream at one candidate and holds everything back until the first real content (text, refusal, reasoning
 * or a tool call). A failure before that rejects here, unseen by the reader; after that it is the reader's to know.
 */
export async function openStream(call: Call, candidate: Candidate, admission: Admission): Promise<CommittedStream> {
  const upstream = new UpstreamCall(call, candidate, admission, candidate.provider.stream !== undefined);
  const source = new StreamSource(upstream);
  try {
    await source.open();
    return source;
  } catch (thrown) {
    const error = upstream.errorOf(thrown);
    source.release();
    upstream.fail(error, null, call.queue.more());
    throw error;
  }
}

class StreamSource implements CommittedStream, OpenAnswer {
  readonly candidate: Candidate;
  readonly assembler = createAssembler();
  seen = 0;
  readonly #upstream: UpstreamCall;
  #iterator: PollableIterator | undefined;
  /** Chunks held back by the gate, oldest first. */
  #held: ChatChunk[] = [];
  #heldAt = 0;
  #done = false;
  #pulling = false;
  /** Chunks since timers last had a turn: a provider whose chunks are always ready must not starve them. */
  #steps = 0;
  #onCut: ((error: SignalboxError) => void) | undefined;
  #cutBy: SignalboxError | undefined;

  constructor(upstream: UpstreamCall) {
    this.#upstream = upstream;
    this.candidate = upstream.candidate;
  }

  get cached(): boolean {
    return this.#upstream.cached;
  }

  async open(): Promise<void> {
    const upstream = this.#upstream;
    this.#iterator = streamOf(this.candidate.provider, upstream)[Symbol.asyncIterator]();
    for (let first = true; ; first = false) {
      const chunk = this.#polled() ?? (await this.#pull());
      if (!chunk) break;
      if (first) upstream.context.report?.("headers");
      this.#seen(chunk);
      const begins = hasContent(chunk);
      if (begins || this.#held.length < MOST_HELD) this.#held.push(chunk);
      if (begins) {
        upstream.firstToken();
        upstream.phases.begun();
        upstream.answer = this;
        return;
      }
    }
    const { finishReason, hasAnswer } = this.assembler;
    // A turn that is whole without words: its vendor has nothing to say, its own tools did all there was to do, or it
    // used its allowance on hidden thinking.
    if (finishReason === "length" || (hasAnswer && finishReason !== null)) {
      if (hasAnswer) upstream.firstToken();
      upstream.phases.begun();
      upstream.answer = this;
      return;
    }
    throw finishReason === null ? this.#cut() : this.#empty(finishReason);
  }

  poll(): ChatChunk | undefined {
    if (this.#heldAt < this.#held.length) return this.#takeHeld();
    if (this.#done) return undefined;
    let chunk: ChatChunk | undefined;
    try {
      chunk = this.#polled();
    } catch (thrown) {
      throw this.#interrupted(thrown);
    }
    if (!chunk) return undefined;
    if (goesOn(chunk)) this.#upstream.phases.goesOn();
    return this.#seen(chunk);
  }

  async next(): Promise<ChatChunk | null> {
    if (this.#heldAt < this.#held.length) return this.#takeHeld();
    if (this.#done) return null;
    const { phases } = this.#upstream;
    phases.asked();
    let chunk: ChatChunk | null;
    this.#pulling = true;
    try {
      chunk = await this.#pull();
      if (!chunk) this.#checkWhole();
    } catch (thrown) {
      throw this.#interrupted(thrown);
    } finally {
      this.#pulling = false;
    }
    phases.came(chunk === null || goesOn(chunk));
    if (chunk) return this.#seen(chunk);
    this.#end();
    return null;
  }

  cancel(reason: SignalboxError): void {
    if (this.#done) return;
    this.#done = true;
    this.release();
    this.#upstream.fail(reason, this.usage());
  }

  onCut(listener: (error: SignalboxError) => void): void {
    this.#onCut = listener;
    if (this.#cutBy) listener(this.#cutBy);
  }

  /** The call was ended from this side; whoever waits for a chunk learns it there. */
  ended(reason: SignalboxError): void {
    if (this.#done || this.#pulling) return;
    this.#cutBy = this.#interrupted(reason);
    this.#onCut?.(this.#cutBy);
  }

  /** Lets go of the provider's iterator without waiting for it. */
  release(): void {
    try {
      const returned = this.#iterator?.return?.();
      if (returned) Promise.resolve(returned).then(undefined, () => {});
    } catch {
      // It is done with all the same.
    }
  }

  #polled(): ChatChunk | undefined {
    if (this.#steps >= TURN_STEPS) return undefined;
    this.#steps++;
    return this.#iterator?.poll?.();
  }

  async #pull(): Promise<ChatChunk | null> {
    const iterator = this.#iterator as PollableIterator;
    if (++this.#steps > TURN_STEPS) {
      this.#steps = 0;
      await this.#upstream.wait(nextTurn());
    }
    const step = await this.#upstream.wait(iterator.next());
    if (step.done) return null;
    if (!isChunk(step.value)) throw this.#malformed("something that is no chunk");
    return step.value;
  }

  #takeHeld(): ChatChunk {
    const chunk = this.#held[this.#heldAt++] as ChatChunk;
    if (this.#heldAt === this.#held.length) {
      this.#held = [];
      this.#heldAt = 0;
    }
    return chunk;
  }

  /** Notes what an end or a cut will need to know. */
  #seen(chunk: ChatChunk): ChatChunk {
    this.seen += 1;
    this.assembler.push(chunk);
    if (chunk.choices.length === 0) this.#upstream.paid(costInChunk(chunk));
    return chunk;
  }

  /** Thinking that was cut by the output limit is an answer of its kind; thinking that ends in nothing is not. */
  #checkWhole(): void {
    const { finishReason, hasAnswer } = this.assembler;
    if (finishReason === null) throw this.#cut();
    if (!hasAnswer && finishReason !== "length") throw this.#empty(finishReason);
    if (finishReason !== "length" && this.assembler.hasNamelessCall)
      throw this.#malformed("a tool call without a name");
  }

  #end(): void {
    this.#done = true;
    this.#upstream.succeed(this.usage(), this.assembler.head, this.assembler.finishReason);
  }

  #interrupted(thrown: unknown): SignalboxError {
    this.#done = true;
    const error = interruption(this.#upstream.errorOf(thrown), this);
    this.release();
    this.#upstream.fail(error, this.usage());
    return ended(this.#upstream.call, error);
  }

  #cut(): SignalboxError {
    const { provider, info } = this.candidate;
    const init = { detail: "truncated", provider: provider.id, model: info.id };
    return new SignalboxError(
      "stream_interrupted",
      `${provider.id} ended its stream without finishing the answer`,
      init,
    );
  }

  #malformed(what: string): SignalboxError {
    const { provider, info } = this.candidate;
    const where = { provider: provider.id, model: info.id };
    return new SignalboxError("malformed_response", `${provider.id} streamed ${what}`, where);
  }

  #empty(finishReason: string): SignalboxError {
    const { provider, info } = this.candidate;
    const where = { provider: provider.id, model: info.id };
    if (finishReason === "content_filter") return withheld(where, this.assembler.reply().extensions);
    return new SignalboxError("empty_response", `${provider.id} ended its stream without an answer`, where);
  }

  /** The vendor's count, or an estimate of what was written so far. */
  usage(): Usage {
    const { assembler } = this;
    if (assembler.usage) return assembler.usage;
    return estimateUsage(this.#upstream.call.request, assembler.text, null, assembler.reasoning);
  }
}

/** Whether a chunk shows that the answer goes on: content, its end, or a count. */
function goesOn(chunk: ChatChunk): boolean {
  return hasContent(chunk) || Boolean(chunk.usage) || typeof chunk.choices[0]?.finish_reason === "string";
}

/** A provider that only answers whole is streamed by cutting its answer. */
function streamOf(provider: AnyProvider, upstream: UpstreamCall): AsyncIterable<ChatChunk> {
  if (provider.stream)
    return streamFrom(provider.stream(outgoing(upstream.call, upstream.candidate), upstream.context));
  return wholeAsStream(provider, upstream);
}

async function* wholeAsStream(provider: AnyProvider, upstream: UpstreamCall): AsyncGenerator<ChatChunk> {
  const value = await provider.chat?.(outgoing(upstream.call, upstream.candidate), upstream.context);
  const reply = checkedReply(value, upstream.call, upstream.candidate);
  upstream.paid(costInRoute(reply));
  yield* chunksOf(reply);
}
