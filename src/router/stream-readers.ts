import type { ChatChunk } from "../chat/chunk.js";
import { chunksOf } from "../chat/chunks.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { tellCost } from "../flow/costs.js";
import type { Flight, Subscription } from "../flow/flight.js";
import type { StartedStream } from "../flow/reader-stream.js";
import type { StreamReader } from "../flow/stream-flight.js";
import type { RoutedReply } from "./records.js";

/** A reader that ends with its subscription; one that was too slow for a shared stream gives it up. */
export function guarded(reader: StreamReader, subscription: Subscription): StreamReader {
  const failed = (thrown: unknown): unknown => {
    if (SignalboxError.isInstance(thrown) && thrown.detail === "slow_reader") subscription.leave(thrown);
    return thrown;
  };
  return {
    poll() {
      if (subscription.gone) throw subscription.gone;
      try {
        return reader.poll();
      } catch (thrown) {
        throw failed(thrown);
      }
    },
    async next() {
      try {
        return await (subscription.bound ? reader.next() : subscription.wait(reader.next()));
      } catch (thrown) {
        throw failed(thrown);
      }
    },
  };
}

/** Someone who may go on to another flight when the current one fails. */
export interface MovableReader {
  readonly current: { readonly flight: Flight; readonly subscription: Subscription; readonly joined: boolean };
  moved(from: MovableReader["current"]): boolean;
  errorOf(thrown: unknown): unknown;
}

/**
 * Reads the stream of whatever flight `mover` is on.
 *
 * @param onChunk told before each chunk is handed out.
 */
export function following(mover: MovableReader, onChunk: () => void): StreamReader {
  let from = mover.current;
  let reader = readerOn(from);
  const current = (): StreamReader => {
    if (from !== mover.current) {
      from = mover.current;
      reader = readerOn(from);
    }
    return reader;
  };
  return {
    poll() {
      try {
        const chunk = current().poll();
        if (chunk) onChunk();
        return chunk;
      } catch (thrown) {
        if (mover.moved(from)) return undefined;
        throw mover.errorOf(thrown);
      }
    },
    async next() {
      for (;;) {
        try {
          const chunk = await current().next();
          if (chunk) onChunk();
          return chunk;
        } catch (thrown) {
          if (!mover.moved(from)) throw mover.errorOf(thrown);
        }
      }
    },
  };
}

function readerOn({ flight, subscription, joined }: MovableReader["current"]): StreamReader {
  if (flight.stream) return guarded(flight.stream.read(joined), subscription);
  let chunks: ChatChunk[] | undefined;
  return {
    poll: () => chunks?.shift(),
    async next() {
      chunks ??= chunksOf((await subscription.wait(flight.answer)).reply);
      return chunks.shift() ?? null;
    },
  };
}

/** Whether a reader gets the usage-only chunk; `"cost"`: an outer router, which also learns what the answer cost in all. */
export type UsageWish = "hidden" | "shown" | "cost";

/** What the one who iterates gets; a failure is the one that `reply` rejects with. */
export function outlet(reader: StreamReader, reply: Promise<RoutedReply>, usage: UsageWish): StreamReader {
  const hidden = (chunk: ChatChunk): boolean => usage !== "shown" && chunk.choices.length === 0 && !chunk.signalbox;
  let closed = usage !== "cost";
  const close = async (): Promise<ChatChunk> => {
    closed = true;
    const { id, created, model, usage, route } = await reply;
    return tellCost({ id, object: "chat.completion.chunk", created, model, choices: [], usage }, route.costUsd);
  };
  return {
    poll() {
      try {
        let chunk = reader.poll();
        while (chunk && hidden(chunk)) chunk = reader.poll();
        return chunk;
      } catch {
        // `next` tells, because it can wait for the whole story.
        return undefined;
      }
    },
    async next() {
      try {
        for (;;) {
          const chunk = await reader.next();
          if (!chunk) return closed ? null : await close();
          if (!hidden(chunk)) return chunk;
        }
      } catch (thrown) {
        throw await reply.then(
          () => thrown,
          (told: unknown) => told,
        );
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
export function wholeStream(reply: RoutedReply, wantsUsage: boolean): StartedStream<RoutedReply> {
  const chunks = chunksOf(reply).filter((chunk) => wantsUsage || chunk.choices.length > 0);
  let at = 0;
  const poll = (): ChatChunk | undefined => chunks[at++];
  return {
    poll,
    next: () => Promise.resolve(poll() ?? null),
    head: () => reply.route,
    reply: Promise.resolve(reply),
    drain() {},
    leave() {},
  };
}
