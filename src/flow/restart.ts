import type { ChatChunk } from "../chat/chunk.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Call } from "./call.js";
import { type CommittedStream, openStream } from "./open-stream.js";
import { walk } from "./walk.js";

/**
 * Opt-in: a stream that is cut after its first content starts anew at another candidate. The reader gets a marker
 * chunk (`choices: []`, `signalbox: { reset: true }`) that says: forget the text so far; then a fresh answer.
 */
export function restartable(call: Call, first: CommittedStream): CommittedStream {
  let current = first;
  /** A cut that `poll` met: `next` mends it, because mending takes waiting. */
  let cut: { readonly error: unknown } | undefined;

  const restart = async (error: unknown): Promise<ChatChunk> => {
    const interrupted =
      SignalboxError.isInstance(error) && error.kind === "stream_interrupted" && error.detail !== "total";
    if (!interrupted || call.options.fallback === false || !call.queue.more()) throw error;
    const { id, created, model } = current.assembler.reply();
    call.role = "fallback";
    current = await walk(call, openStream);
    return { id, object: "chat.completion.chunk", created, model, choices: [], signalbox: { reset: true } };
  };

  return {
    get candidate() {
      return current.candidate;
    },
    get assembler() {
      return current.assembler;
    },
    poll() {
      if (cut) return undefined;
      try {
        return current.poll();
      } catch (error) {
        cut = { error };
        return undefined;
      }
    },
    async next() {
      const met = cut;
      cut = undefined;
      if (met) return restart(met.error);
      try {
        return await current.next();
      } catch (error) {
        return restart(error);
      }
    },
    cancel: (reason) => current.cancel(reason),
  };
}
