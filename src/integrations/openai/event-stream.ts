import type { ChatChunk } from "../../chat/chunk.js";
import type { SignalboxError } from "../../errors/signalbox-error.js";
import { errorBody } from "./errors.js";

/** Characters put into one piece of the body at most; a reader that wants more asks again. */
const PIECE_CHARS = 64 * 1024;

/** Chunks as they come, and those that are there already. */
export interface ChunkSource {
  next(): Promise<IteratorResult<ChatChunk>>;
  /** A chunk that needs no waiting; throws what `next` would reject with. */
  readonly poll?: (() => ChatChunk | undefined) | undefined;
  /** The reader left. */
  leave(): void;
}

export interface EventStreamOptions {
  /** Whether a chunk is for this reader. */
  readonly keep: (chunk: ChatChunk) => boolean;
  readonly toError: (thrown: unknown) => SignalboxError;
  /** The caller's: once aborted, the body fails with its reason, as that of a real fetch does. */
  readonly signal?: AbortSignal | undefined;
}

const encoder = new TextEncoder();

/**
 * The body of a streamed answer: one server-sent event per chunk, then `[DONE]`. Nothing is read ahead of the reader,
 * and everything that is ready when it asks goes out as one piece.
 *
 * @param first the chunk that was awaited before the response began; `null` where the answer ended at once.
 */
export function eventStream(
  first: ChatChunk | null,
  source: ChunkSource,
  options: EventStreamOptions,
): ReadableStream<Uint8Array> {
  const { keep, toError, signal } = options;
  let pending = first;
  let ended = first === null;
  let text = "";

  const add = (chunk: ChatChunk): void => {
    if (keep(chunk)) text += `data: ${JSON.stringify(chunk)}\n\n`;
  };
  const fail = (thrown: unknown): void => {
    if (signal?.aborted) throw signal.reason;
    ended = true;
    text += `data: ${JSON.stringify(errorBody(toError(thrown)))}\n\n`;
  };
  const fill = async (): Promise<void> => {
    if (pending) {
      add(pending);
      pending = null;
    }
    try {
      while (!ended && text.length < PIECE_CHARS) {
        const ready = source.poll?.();
        if (ready) {
          add(ready);
          continue;
        }
        if (text !== "") return;
        const result = await source.next();
        if (!result.done) add(result.value);
        else {
          ended = true;
          text += "data: [DONE]\n\n";
        }
      }
    } catch (thrown) {
      fail(thrown);
    }
  };

  if (ended) text = "data: [DONE]\n\n";
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await fill();
        if (signal?.aborted) source.leave();
        signal?.throwIfAborted();
        const piece = encoder.encode(text);
        text = "";
        controller.enqueue(piece);
        if (ended) controller.close();
      },
      cancel() {
        ended = true;
        source.leave();
      },
    },
    { highWaterMark: 0 },
  );
}
