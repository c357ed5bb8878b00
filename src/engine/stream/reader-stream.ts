import type { ChatChunk } from "../../chat/chunk.js";
import type { RouteHead } from "../../contract/records.js";
import { leaving, quietly } from "../../errors/leaving.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { ReplyIterator } from "./reply-iterator.js";
import { type StreamResponseInit, streamResponse } from "./stream-response.js";

/** What a started stream offers its one reader. */
export interface StartedStream<Reply> {
  /** A chunk that needs no waiting. Throws what `next` would reject with. */
  poll(): ChatChunk | undefined;
  next(): Promise<ChatChunk | null>;
  /** Who answers, once the first content is here. */
  head(): RouteHead | undefined;
  /** The whole reply, once the stream has ended. Never an unhandled rejection. */
  readonly reply: Promise<Reply>;
  /** Pulls the stream to its end; what the reader has not taken yet is kept for it. */
  drain(): void;
  /** The reader leaves early: `reply` rejects with `cancelled` unless it has settled. */
  leave(): void;
}

/** A streamed answer: an async iterable of chunks, to be read once. Nothing is sent until someone reads. */
export interface ReplyStream<Reply> extends AsyncIterable<ChatChunk> {
  /** The assembled reply. Reading it drains the stream, and no chunk is lost for the one iterator. */
  readonly reply: Promise<Reply>;
  /** Who answers, and whether from a cache: known with the first chunk, `undefined` before. All of it is in `reply`. */
  readonly route: RouteHead | undefined;
  /** The text alone; drains the stream. */
  text(): Promise<string>;
  /**
   * The stream as a server-sent-events `Response`, as OpenAI would send it; for a handler of yours to return. It waits for
   * the first chunk or the first heartbeat: a failure before that is a response with a status of its own
   * (`error.httpStatus`). `createFetch` also tells the route in headers.
   */
  toResponse(init?: StreamResponseInit): Promise<Response>;
  /** Iterates over the chunks, once. */
  [Symbol.asyncIterator](): ReplyIterator;
}

type HasText = { readonly choices: readonly [{ readonly message: { readonly content: string | null } }, ...unknown[]] };

/** @param start sends the request; called once, by the first read. What it throws reaches whoever reads. */
export function createReplyStream<Reply extends HasText>(
  start: () => StartedStream<Reply> | Promise<StartedStream<Reply>>,
): ReplyStream<Reply> {
  return new LazyStream(start);
}

class LazyStream<Reply extends HasText> implements ReplyStream<Reply> {
  /** What `console.log` calls it; minified, it would be a stray letter. */
  static readonly name = "ReplyStream";
  readonly #start: () => StartedStream<Reply> | Promise<StartedStream<Reply>>;
  readonly #iterator: ReplyIterator;
  #starting: Promise<StartedStream<Reply>> | undefined = undefined;
  #started: StartedStream<Reply> | undefined = undefined;
  #reply: Promise<Reply> | undefined = undefined;
  #iterated = false;
  #left = false;
  #told: unknown = undefined;

  constructor(start: () => StartedStream<Reply> | Promise<StartedStream<Reply>>) {
    this.#start = start;
    const iterator: ReplyIterator = {
      poll: () => (this.#left ? undefined : this.#started?.poll()),
      next: () => {
        try {
          const ready = iterator.poll();
          return ready ? Promise.resolve({ value: ready, done: false }) : this.#next();
        } catch (error) {
          return Promise.reject(error);
        }
      },
      return: () => {
        this.#leave();
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    this.#iterator = iterator;
  }

  get reply(): Promise<Reply> {
    if (this.#reply) return this.#reply;
    const unsent = this.#left && !this.#starting;
    const reply = unsent ? Promise.reject(leftEarly()) : this.#whole();
    this.#reply = reply;
    if (unsent) reply.catch(() => {});
    if (!unsent) {
      this.#begin()
        .then((stream) => stream.drain())
        .catch(() => {});
    }
    return reply;
  }

  get route(): RouteHead | undefined {
    return this.#started?.head();
  }

  async text(): Promise<string> {
    return (await this.reply).choices[0].message.content ?? "";
  }

  toResponse(init?: StreamResponseInit): Promise<Response> {
    return streamResponse(this.#iterator, init);
  }

  [Symbol.asyncIterator](): ReplyIterator {
    if (this.#iterated)
      throw new SignalboxError("invalid_request", "A stream can be iterated once", { path: "stream" });
    this.#iterated = true;
    return this.#iterator;
  }

  #begin(): Promise<StartedStream<Reply>> {
    if (this.#starting) return this.#starting;
    const starting = (async () => {
      this.#started = await this.#start();
      return this.#started;
    })();
    this.#starting = starting;
    starting.catch(() => {});
    return starting;
  }

  async #whole(): Promise<Reply> {
    try {
      return await (await this.#begin()).reply;
    } catch (thrown) {
      quietly(() => this.#reply);
      throw this.#leaving(thrown);
    }
  }

  async #next(): Promise<IteratorResult<ChatChunk>> {
    try {
      const chunk = this.#left ? null : await (this.#started ?? (await this.#begin())).next();
      return chunk ? { value: chunk, done: false } : { value: undefined, done: true };
    } catch (thrown) {
      throw this.#leaving(thrown);
    }
  }

  /** What the stream ends with, with the line of whoever reads it first. */
  #leaving(thrown: unknown): unknown {
    if (this.#told === thrown) return thrown;
    this.#told = thrown;
    return leaving(thrown);
  }

  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    if (this.#started) this.#started.leave();
    else this.#starting?.then((stream) => stream.leave()).catch(() => {});
  }
}

/** What `reply` rejects with once its reader has left. */
export function leftEarly(): SignalboxError {
  return new SignalboxError("cancelled", "The stream was left before its end");
}
