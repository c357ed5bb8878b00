import type { ChatChunk } from "../chat/chunk.js";
import { chunksOf } from "../chat/chunks.js";
import { tellCost } from "../engine/costs.js";
import type { StartedStream } from "../engine/stream/reader-stream.js";
import type { StreamReader } from "../engine/stream/stream-flight.js";
import type { RoutedReply } from "./records.js";

/** Whether a reader gets the usage-only chunk; `"cost"`: an outer router, which also learns what the answer cost in all. */
export type UsageWish = "hidden" | "shown" | "cost";

/**
 * What the one who iterates gets; a failure is the one that `reply` rejects with.
 *
 * @param awaited the end waits for `reply`, which a feature may still refuse.
 */
export function outlet(
  reader: StreamReader,
  reply: Promise<RoutedReply>,
  usage: UsageWish,
  awaited: boolean,
): StreamReader {
  const hidden = (chunk: ChatChunk): boolean => usage !== "shown" && chunk.choices.length === 0 && !chunk.signalbox;
  let closed = usage === "hidden";
  const told = (chunk: ChatChunk): ChatChunk => {
    if (chunk.usage && usage === "shown") closed = true;
    return chunk;
  };
  /** The count, an estimate where the vendor gave none. */
  const close = async (): Promise<ChatChunk> => {
    closed = true;
    const { id, created, model, usage: counted, route } = await reply;
    const last: ChatChunk = { id, object: "chat.completion.chunk", created, model, choices: [], usage: counted };
    return usage === "cost" ? tellCost(last, route.costUsd) : last;
  };
  return {
    poll() {
      try {
        let chunk = reader.poll();
        while (chunk && hidden(chunk)) chunk = reader.poll();
        return chunk && told(chunk);
      } catch {
        // `next` tells, because it can wait for the whole story.
        return undefined;
      }
    },
    async next() {
      try {
        for (;;) {
          const chunk = await reader.next();
          if (!chunk && awaited) await reply;
          if (!chunk) return closed ? null : await close();
          if (!hidden(chunk)) return told(chunk);
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
