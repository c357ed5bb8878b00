import type { ChatChunk } from "../chat/chunk.js";
import { chunksOf } from "../chat/chunks.js";
import { copyReply } from "../chat/copy-reply.js";
import type { ChatReply } from "../chat/reply.js";
import type { CallContext } from "../contract/provider.js";
import { extended } from "../core/extended.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { createAbortSource } from "./abort-source.js";
import { cancelledBy } from "./flight.js";
import { type PlainStream, plainStream } from "./plain-stream.js";
import { leftEarly } from "./reader-stream.js";
import { Seat, type Shared } from "./shared-seat.js";
import { createSignalListeners } from "./signal-listeners.js";
import { createStreamFlight, type StreamReader } from "./stream-flight.js";

/** Answers under way that others may join, and readers of one; what comes on top asks for itself. */
const MOST_ANSWERS = 1_000;
const MOST_READERS = 100;

/** How many failed answers a reader waits for before it asks for itself. */
const MOST_JOINS = 2;

/** Equal calls of one provider share the answer under way. A failure is not shared: whoever joined asks again. */
export interface SharedAnswers {
  chat(key: string, context: CallContext, ask: (context: CallContext) => Promise<ChatReply>): Promise<ChatReply>;
  /** @param whole gets the answer once for all readers, where it is whole. */
  stream(
    key: string,
    context: CallContext,
    open: (context: CallContext) => AsyncIterable<ChatChunk>,
    whole: (reply: ChatReply) => void,
  ): SharedStream;
}

/** One reader of an answer that comes in pieces. */
export interface SharedStream {
  next(): Promise<ChatChunk | null>;
  /** To be called when done, at the end or before; settles once the provider's stream is closed, where it was ended. */
  leave(): Promise<unknown> | undefined;
  /** After the end: the whole answer, where it is one. */
  whole(): Promise<ChatReply | undefined>;
}

export function createSharedAnswers(): SharedAnswers {
  const underWay = new Map<string, Shared>();
  const signals = createSignalListeners();

  /** A place at the answer under way, or at one that `begin` starts. */
  const sit = (key: string, joins: number, context: CallContext, begin: () => Shared): Seat => {
    const { signal, requestId } = context;
    if (signal.aborted) throw cancelledBy(signal, requestId);
    const found = joins < MOST_JOINS ? underWay.get(key) : undefined;
    if (found && !found.over && found.readers < MOST_READERS) return new Seat(found, true, context, signals);
    const shared = begin();
    if (underWay.size < MOST_ANSWERS) underWay.set(key, shared);
    const forget = (): void => {
      shared.over = true;
      if (underWay.get(key) === shared) underWay.delete(key);
    };
    shared.answer.then(forget, forget);
    return new Seat(shared, false, context, signals);
  };

  return {
    async chat(key, context, ask) {
      for (let joins = 0; ; joins += 1) {
        const seat = sit(key, joins, context, () => wholeAnswer(context, ask));
        try {
          // A stream moves only while someone reads it.
          if (seat.joined) void drain(seat.shared.read(true));
          const reply = await seat.wait(seat.shared.answer);
          if (!seat.joined) return reply;
          context.report?.("cached");
          return copyReply(reply);
        } catch (thrown) {
          if (!seat.mayAskAgain) throw thrown;
        } finally {
          void seat.leave();
        }
      }
    },

    stream(key, context, open, whole) {
      let joins = 0;
      let told = false;
      const take = (): Seat => sit(key, joins, context, () => streamedAnswer(context, open, whole));
      let seat = take();
      let reader = seat.shared.read(seat.joined);
      return {
        async next() {
          for (;;) {
            try {
              const chunk = seat.poll(reader) ?? (await seat.wait(reader.next()));
              if (seat.joined && !told) context.report?.("cached");
              told = true;
              return chunk;
            } catch (thrown) {
              if (told || !seat.mayAskAgain) throw thrown;
              void seat.leave();
              joins += 1;
              seat = take();
              reader = seat.shared.read(seat.joined);
            }
          }
        },
        leave: () => seat.leave(),
        whole: () => seat.shared.answer.catch(() => undefined),
      };
    },
  };
}

/** A stream that nobody shares. */
export function readAlone(chunks: AsyncIterable<ChatChunk>): SharedStream {
  const source = plainStream(chunks, new AbortController());
  return {
    next: async () => source.poll() ?? source.next(),
    leave() {
      source.cancel(leftEarly());
      return source.closed();
    },
    whole: async () => wholeOf(source),
  };
}

function wholeAnswer(context: CallContext, ask: (context: CallContext) => Promise<ChatReply>): Shared {
  const controller = new AbortController();
  const abort = createAbortSource();
  abort.listen((reason) => controller.abort(reason));
  const answer = ask(extended(context, { signal: controller.signal }));
  const read = (): StreamReader => {
    let chunks: ChatChunk[] | undefined;
    return {
      poll: () => chunks?.shift(),
      async next() {
        chunks ??= chunksOf(await answer);
        return chunks.shift() ?? null;
      },
    };
  };
  return { abort, answer, read, closed: () => undefined, over: false, readers: 0 };
}

function streamedAnswer(
  context: CallContext,
  open: (context: CallContext) => AsyncIterable<ChatChunk>,
  whole: (reply: ChatReply) => void,
): Shared {
  const controller = new AbortController();
  const source = plainStream(open(extended(context, { signal: controller.signal })), controller);
  const abort = createAbortSource();
  const flight = createStreamFlight(
    () => Promise.resolve(source),
    () => {
      const reply = wholeOf(source);
      if (reply) whole(reply);
      return reply;
    },
    abort,
  );
  const answer = flight.answer.then((reply) => {
    if (reply) return reply;
    throw new SignalboxError("stream_interrupted", "The stream ended before its answer did");
  });
  answer.catch(() => {});
  return {
    abort,
    answer,
    read: flight.read,
    closed: source.closed,
    over: false,
    readers: 0,
  };
}

function wholeOf({ assembler }: PlainStream): ChatReply | undefined {
  return assembler.finishReason === null ? undefined : assembler.reply();
}

async function drain(reader: StreamReader): Promise<void> {
  try {
    while (reader.poll() ?? (await reader.next()));
  } catch {
    // Whoever waits for the answer is told.
  }
}
