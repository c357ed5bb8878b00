import type { ChatChunk } from "../chat/chunk.js";
import { chunksOf } from "../chat/chunks.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { tellCost } from "../flow/costs.js";
import type { Flight, Seat } from "../flow/flight.js";
import type { StartedStream } from "../flow/reader-stream.js";
import type { StreamReader } from "../flow/stream-flight.js";
import type { RoutedReply } from "./records.js";

/** A reader that ends with its seat; one that was too slow for a shared stream gives its seat up. */
export function guarded(reader: StreamReader, seat: Seat): StreamReader {
  const failed = (thrown: unknown): unknown => {
    if (SignalboxError.isInstance(thrown) && thrown.detail === "slow_reader") seat.leave(thrown);
    return thrown;
  };
  return {
    poll() {
      if (seat.gone) throw seat.gone;
      try {
        return reader.poll();
      } catch (thrown) {
        throw failed(thrown);
      }
    },
    async next() {
      try {
        return await (seat.bound ? reader.next() : seat.wait(reader.next()));
      } catch (thrown) {
        throw failed(thrown);
      }
    },
  };
}

/** Who reads what, for a reader that may be moved to another flight. */
export interface Ride {
  readonly boarded: { readonly flight: Flight; readonly seat: Seat; readonly joined: boolean };
  moved(from: Ride["boarded"]): boolean;
  errorOf(thrown: unknown): unknown;
}

/**
 * Reads whatever flight the ride is on.
 *
 * @param onChunk told before each chunk is handed out.
 */
export function following(ride: Ride, onChunk: () => void): StreamReader {
  let { boarded } = ride;
  let reader = readerOn(boarded);
  const current = (): StreamReader => {
    if (boarded !== ride.boarded) {
      boarded = ride.boarded;
      reader = readerOn(boarded);
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
        if (ride.moved(boarded)) return undefined;
        throw ride.errorOf(thrown);
      }
    },
    async next() {
      for (;;) {
        try {
          const chunk = await current().next();
          if (chunk) onChunk();
          return chunk;
        } catch (thrown) {
          if (!ride.moved(boarded)) throw ride.errorOf(thrown);
        }
      }
    },
  };
}

function readerOn({ flight, seat, joined }: Ride["boarded"]): StreamReader {
  if (flight.stream) return guarded(flight.stream.read(joined), seat);
  let chunks: ChatChunk[] | undefined;
  return {
    poll: () => chunks?.shift(),
    async next() {
      chunks ??= chunksOf((await seat.wait(flight.answer)).reply);
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
