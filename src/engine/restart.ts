import type { Assembler } from "../chat/assemble.js";
import type { ChatChunk } from "../chat/chunk.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Call } from "./call.js";
import type { Candidate } from "./candidate.js";
import { type CommittedStream, openStream } from "./stream/open-stream.js";
import { ended, walk } from "./walk.js";

/**
 * Opt-in: a stream that is cut after its first content starts anew at another candidate. The reader gets a marker
 * chunk (`choices: []`, `signalbox: { reset: true }`) that says: forget the text so far; then a fresh answer.
 */
export function restartable(call: Call, first: CommittedStream): CommittedStream {
  return new RestartingStream(call, first);
}

class RestartingStream implements CommittedStream {
  readonly #call: Call;
  #current: CommittedStream;
  /** A cut that `poll` met: `next` mends it, because mending takes waiting. */
  #cut: { readonly error: unknown } | undefined = undefined;
  /** Chunks of the streams before this one, and the markers between them. */
  #seenBefore = 0;
  #onCut: ((error: SignalboxError) => void) | undefined = undefined;

  constructor(call: Call, first: CommittedStream) {
    this.#call = call;
    this.#current = first;
  }

  get candidate(): Candidate {
    return this.#current.candidate;
  }

  get cached(): boolean {
    return this.#current.cached;
  }

  get assembler(): Assembler {
    return this.#current.assembler;
  }

  get seen(): number {
    return this.#seenBefore + this.#current.seen;
  }

  poll(): ChatChunk | undefined {
    if (this.#cut) return undefined;
    try {
      return this.#current.poll();
    } catch (error) {
      this.#cut = { error };
      return undefined;
    }
  }

  async next(): Promise<ChatChunk | null> {
    const met = this.#cut;
    this.#cut = undefined;
    if (met) return this.#restart(met.error);
    try {
      return await this.#current.next();
    } catch (error) {
      return this.#restart(error);
    }
  }

  cancel(reason: SignalboxError): void {
    this.#current.cancel(reason);
  }

  onCut(listener: (error: SignalboxError) => void): void {
    this.#onCut = listener;
    this.#current.onCut(listener);
  }

  async #restart(error: unknown): Promise<ChatChunk> {
    const call = this.#call;
    if (!SignalboxError.isInstance(error) || error.kind !== "stream_interrupted" || error.detail === "total")
      throw error;
    if (call.options.fallback === false || !call.queue.more()) throw error;
    const { id, created, model } = this.#current.assembler.reply();
    const next = await walk(call, openStream, { candidate: this.#current.candidate, error }).catch((thrown) => {
      // The reader has a part of the first answer: it is told of that, unless it has left.
      throw call.abort.reason ? thrown : ended(call, error);
    });
    this.#seenBefore += this.#current.seen + 1;
    this.#current = next;
    if (this.#onCut) next.onCut(this.#onCut);
    return { id, object: "chat.completion.chunk", created, model, choices: [], signalbox: { reset: true } };
  }
}
