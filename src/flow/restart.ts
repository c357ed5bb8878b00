import type { ChatChunk } from "../chat/chunk.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Call } from "./call.js";
import { type CommittedStream, openStream } from "./open-stream.js";
import { ended, walk } from "./walk.js";

/**
 * Opt-in: a stream that is cut after its first content starts anew at another candidate. The reader gets a marker
 * chunk (`choices: []`, `signalbox: { reset: true }`) that says: forget the text so far; then a fresh answer.
 */
export function restartable(call: Call, first: CommittedStream): CommittedStream {
  let current = first;
  /** A cut that `poll` met: `next` mends it, because mending takes waiting. */
  let cut: { readonly error: unknown } | undefined;
  /** Chunks of the streams before this one, and the markers between them. */
  let seenBefore = 0;
  let onCut: ((error: SignalboxError) => void) | undefined;

  const restart = async (error: unknown): Promise<ChatChunk> => {
    if (!SignalboxError.isInstance(error) || error.kind !== "stream_interrupted" || error.detail === "total")
      throw error;
    if (call.options.fallback === false || !call.queue.more()) throw error;
    const { id, created, model } = current.assembler.reply();
    const next = await walk(call, openStream, { candidate: current.candidate, error }).catch((thrown) => {
      // The reader has a part of the first answer: it is told of that, unless it has left.
      throw call.abort.reason ? thrown : ended(call, error);
    });
    seenBefore += current.seen + 1;
    current = next;
    if (onCut) current.onCut(onCut);
    return { id, object: "chat.completion.chunk", created, model, choices: [], signalbox: { reset: true } };
  };

  return {
    get candidate() {
      return current.candidate;
    },
    get cached() {
      return current.cached;
    },
    get assembler() {
      return current.assembler;
    },
    get seen() {
      return seenBefore + current.seen;
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
    onCut(listener) {
      onCut = listener;
      current.onCut(listener);
    },
  };
}
