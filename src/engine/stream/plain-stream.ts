import { createAssembler } from "../../chat/assemble.js";
import { isChunk } from "../../chat/check-chunk.js";
import type { ChatChunk } from "../../chat/chunk.js";
import { nextTurn, TURN_STEPS } from "../../core/turn.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { PollableIterator } from "./provider-stream.js";
import type { SharableStream } from "./stream-flight.js";

/** A provider's stream as it comes, with nothing held back. */
export interface PlainStream extends SharableStream {
  /** Once it was cancelled between two chunks: settles when the provider has closed it. */
  closed(): Promise<unknown> | undefined;
}

/** @param controller aborts the call that the chunks come from. */
export function plainStream(chunks: AsyncIterable<ChatChunk>, controller: AbortController): PlainStream {
  const iterator: PollableIterator = chunks[Symbol.asyncIterator]();
  const assembler = createAssembler();
  let waiting = false;
  let over = false;
  let steps = 0;
  let closed: Promise<unknown> | undefined;
  const close = (): Promise<unknown> | undefined => iterator.return?.().catch(() => {});
  const taken = (chunk: ChatChunk): ChatChunk => {
    stream.seen += 1;
    assembler.push(chunk);
    return chunk;
  };
  const stream = {
    assembler,
    seen: 0,
    poll() {
      const chunk = over || steps++ >= TURN_STEPS ? undefined : iterator.poll?.();
      return chunk && taken(chunk);
    },
    async next() {
      waiting = true;
      try {
        if (++steps > TURN_STEPS) {
          steps = 0;
          await nextTurn();
        }
        const { value, done } = await iterator.next();
        if (done === true) {
          over = true;
          return null;
        }
        if (isChunk(value)) return taken(value);
        void close();
        throw new SignalboxError("malformed_response", "The stream gave something that is no chunk");
      } catch (thrown) {
        over = true;
        throw thrown;
      } finally {
        waiting = false;
      }
    },
    cancel(reason: unknown) {
      if (over) return;
      over = true;
      // One that is deaf to its signal may keep a reader waiting for ever: then nobody waits for the way out.
      if (!waiting) closed = close();
      controller.abort(reason);
      if (waiting) void close();
    },
    onCut() {},
    closed: () => closed,
  };
  return stream;
}
