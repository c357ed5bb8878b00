import type { ChatChunk } from "../chat/chunk.js";
import { chunksOf } from "../chat/chunks.js";
import type { Seat } from "../flow/flight.js";
import type { StartedStream } from "../flow/reader-stream.js";
import type { StreamReader } from "../flow/stream-flight.js";
import type { RoutedReply } from "./records.js";

/** A reader that ends with its seat. */
export function guarded(reader: StreamReader, seat: Seat): StreamReader {
  return {
    poll() {
      if (seat.gone) throw seat.gone;
      return reader.poll();
    },
    next: () => seat.wait(reader.next()),
  };
}

/** The usage-only chunk is for those who asked for it. */
export function withoutUsage(reader: StreamReader): StreamReader {
  const hidden = (chunk: ChatChunk): boolean => chunk.choices.length === 0 && !chunk.signalbox;
  return {
    poll() {
      const chunk = reader.poll();
      return chunk && hidden(chunk) ? reader.poll() : chunk;
    },
    async next() {
      for (;;) {
        const chunk = await reader.next();
        if (!chunk || !hidden(chunk)) return chunk;
      }
    },
  };
}

export async function drain(reader: StreamReader): Promise<void> {
  try {
    while (reader.poll() ?? (await reader.next())) {
      // The flight keeps what its readers have not taken.
    }
  } catch {
    // Whoever waits on the reply is told.
  }
}

/** A whole answer as a stream. */
export function wholeStream(
  reply: RoutedReply,
  settled: Promise<RoutedReply>,
  wantsUsage: boolean,
): StartedStream<RoutedReply> {
  const chunks = chunksOf(reply).filter((chunk) => wantsUsage || chunk.choices.length > 0);
  let at = 0;
  const poll = (): ChatChunk | undefined => chunks[at++];
  return { poll, next: () => Promise.resolve(poll() ?? null), reply: settled, drain() {}, leave() {} };
}

/** A stream whose answer comes whole, later. */
export function deferredStream(
  reply: Promise<RoutedReply>,
  wantsUsage: boolean,
  leave: () => void,
): StartedStream<RoutedReply> {
  let whole: StartedStream<RoutedReply> | undefined;
  return {
    poll: () => whole?.poll(),
    async next() {
      whole ??= wholeStream(await reply, reply, wantsUsage);
      return whole.next();
    },
    reply,
    drain() {},
    leave,
  };
}
