import type { ChatChunk } from "../chat/chunk.js";
import { chunksOf } from "../chat/chunks.js";
import type { StreamDecoder, WireCall, WireCodec } from "./codec.js";
import type { EventSource } from "./event-source.js";

/** An answer on its way: an iterator that also hands out what is parsed already, without a promise per event. */
export interface ChunkStream extends AsyncIterableIterator<ChatChunk> {
  /** A chunk that is ready now, else `undefined`. Throws what `next` would reject with. */
  poll(): ChatChunk | undefined;
  /** The next chunk. */
  next(): Promise<IteratorResult<ChatChunk, undefined>>;
  /** Ends the stream early. */
  return(): Promise<IteratorResult<ChatChunk, undefined>>;
}

const DONE: IteratorResult<ChatChunk, undefined> = { value: undefined, done: true };

/** Turns an event source into chunks; the source is opened at the first `next`. */
export function createChunkStream(codec: WireCodec, call: WireCall, open: () => Promise<EventSource>): ChunkStream {
  return new WireChunkStream(codec, call, open);
}

class WireChunkStream implements ChunkStream {
  readonly #codec: WireCodec;
  readonly #call: WireCall;
  readonly #open: () => Promise<EventSource>;
  readonly #decoder: StreamDecoder;
  #source: EventSource | undefined;
  /** Chunks that came together with others, or at the end. */
  #queue: readonly ChatChunk[] = [];
  #queued = 0;
  #closed = false;

  constructor(codec: WireCodec, call: WireCall, open: () => Promise<EventSource>) {
    this.#codec = codec;
    this.#call = call;
    this.#open = open;
    this.#decoder = codec.createDecoder(call);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  poll(): ChatChunk | undefined {
    if (this.#queued < this.#queue.length) return this.#queue[this.#queued++];
    const source = this.#source;
    if (source === undefined || this.#closed) return undefined;
    try {
      for (let event = source.poll(); event !== undefined; event = source.poll()) {
        const chunk = this.#decoder.decode(event);
        if (this.#decoder.ended !== false) this.#finish(source);
        if (chunk !== undefined) return chunk;
        if (this.#closed) return this.#queue[this.#queued++];
      }
      return undefined;
    } catch (thrown) {
      this.#broke(thrown, source);
      return this.#queue[this.#queued++];
    }
  }

  async next(): Promise<IteratorResult<ChatChunk, undefined>> {
    let chunk = this.poll();
    if (chunk === undefined && !this.#closed && this.#source === undefined) {
      await this.#begin();
      chunk = this.poll();
    }
    while (chunk === undefined && !this.#closed) {
      await this.#wait(this.#source as EventSource);
      chunk = this.poll();
    }
    return chunk === undefined ? DONE : { value: chunk, done: false };
  }

  return(): Promise<IteratorResult<ChatChunk, undefined>> {
    this.#queue = [];
    this.#queued = 0;
    if (!this.#closed) {
      this.#closed = true;
      this.#source?.cancel();
    }
    return Promise.resolve(DONE);
  }

  async #begin(): Promise<void> {
    let source: EventSource;
    try {
      source = await this.#open();
    } catch (thrown) {
      this.#closed = true;
      throw this.#call.fail({ thrown });
    }
    if (this.#closed) source.cancel();
    else this.#source = source;
  }

  /** Waits for an event and decodes it into the queue. */
  async #wait(source: EventSource): Promise<void> {
    try {
      const event = await source.next();
      if (this.#closed) return;
      if (event === null) {
        this.#end(source);
        return;
      }
      const chunk = this.#decoder.decode(event);
      if (chunk !== undefined) {
        this.#queue = [chunk];
        this.#queued = 0;
      }
      if (this.#decoder.ended !== false) this.#finish(source);
    } catch (thrown) {
      this.#broke(thrown, source);
    }
  }

  /** No more events: an end, or a body that never was a stream. */
  #end(source: EventSource): void {
    const { status, headers, text, json } = source;
    if (status < 200 || status > 299) throw this.#call.fail({ status, headers, body: json ?? text });
    if (text !== undefined) {
      if (json === undefined) throw this.#call.fail({ status, headers, body: text });
      this.#add(chunksOf(this.#codec.decodeReply(json, this.#call)));
    } else this.#add(this.#decoder.end());
    this.#closed = true;
  }

  /** The last word was said. */
  #finish(source: EventSource): void {
    this.#add(this.#decoder.end());
    this.#closed = true;
    if (this.#decoder.ended === "cut") source.cancel();
    else source.finish();
  }

  /** Throws what broke the stream, unless the answer was whole by then. */
  #broke(thrown: unknown, source: EventSource): void {
    if (this.#closed) throw thrown;
    this.#closed = true;
    source.cancel();
    const error = this.#call.fail({ thrown });
    if (!this.#decoder.finished || error.kind === "cancelled" || error.kind === "timeout") throw error;
    this.#add(this.#decoder.end());
  }

  #add(chunks: readonly ChatChunk[]): void {
    this.#queue = this.#queued < this.#queue.length ? [...this.#queue.slice(this.#queued), ...chunks] : chunks;
    this.#queued = 0;
  }
}
