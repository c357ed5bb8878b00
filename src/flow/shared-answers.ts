import type { ChatChunk } from "../chat/chunk.js";
import { copyReply } from "../chat/copy-reply.js";
import type { ChatReply } from "../chat/reply.js";
import type { CallContext } from "../contract/provider.js";
import type { Clock } from "../core/clock.js";
import { extended } from "../core/extended.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { createAbortSource } from "./abort-source.js";
import { createFlights, type Flight, type HasReply } from "./flight.js";
import { FlightReader, type Sharer } from "./flight-reader.js";
import { type PlainStream, plainStream } from "./plain-stream.js";
import { leftEarly } from "./reader-stream.js";
import { createStreamFlight, type StreamReader } from "./stream-flight.js";

/** Equal calls of one provider share the answer under way. */
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
export interface SharedStream extends StreamReader {
  /** Whether what they cost is this reader's; else it is another call's. */
  leads(): boolean;
  /** Settles once the provider's stream is closed, where it was ended. @param whole whether all of it was read */
  leave(whole: boolean): Promise<unknown> | undefined;
  /** After the end: the whole answer, where it is one. */
  whole(): Promise<ChatReply | undefined>;
}

interface SharedFlight extends Flight {
  /** Once it was ended: settles when the provider's stream is closed. */
  closed?(): Promise<unknown> | undefined;
}

export function createSharedAnswers(clock: Clock): SharedAnswers {
  const flights = createFlights<SharedFlight>(clock);
  const reader = (key: string, context: CallContext, streamed: boolean, start: () => SharedFlight) => {
    const { requestId, signal } = context;
    const sharer: Sharer<HasReply, SharedFlight, ChatReply> = {
      key,
      requestId,
      signal,
      streamed,
      // Whoever sets a time aborts when it is up.
      deadlineAtMs: Number.POSITIVE_INFINITY,
      mayJoin: () => true,
      start,
      answered(seat, { reply }) {
        if (!seat.leads()) context.report?.("cached");
        return seat.joined ? copyReply(reply) : reply;
      },
      failed: (_seat, thrown) => thrown,
    };
    return new FlightReader(flights, sharer);
  };
  return {
    chat: (key, context, ask) => reader(key, context, false, () => wholeFlight(context, ask)).reply(),
    stream(key, context, open, whole) {
      const follower = reader(key, context, true, () => streamedFlight(context, open, whole));
      const { poll, next } = follower.read();
      return {
        poll,
        next,
        leads: () => follower.seat.leads(),
        leave(whole) {
          const { seat } = follower;
          if (whole) seat.done();
          else seat.leave(leftEarly());
          seat.cede();
          return seat.flight.closed?.();
        },
        whole: () =>
          follower.seat.flight.answer.then(
            ({ reply }) => reply,
            () => undefined,
          ),
      };
    },
  };
}

/** A stream that nobody shares. */
export function readAlone(chunks: AsyncIterable<ChatChunk>): SharedStream {
  const source = plainStream(chunks, new AbortController());
  return {
    leads: () => true,
    poll: source.poll,
    next: source.next,
    leave() {
      source.cancel(leftEarly());
      return source.closed();
    },
    whole: async () => wholeOf(source),
  };
}

function wholeFlight(context: CallContext, ask: (context: CallContext) => Promise<ChatReply>): SharedFlight {
  const controller = new AbortController();
  const abort = createAbortSource();
  abort.listen((reason) => controller.abort(reason));
  const answer = ask(extended(context, { signal: controller.signal })).then((reply) => ({ reply }));
  return { abort, deadlineAtMs: Number.POSITIVE_INFINITY, answer, stream: undefined, leader: undefined, readers: 0 };
}

function streamedFlight(
  context: CallContext,
  open: (context: CallContext) => AsyncIterable<ChatChunk>,
  whole: (reply: ChatReply) => void,
): SharedFlight {
  const controller = new AbortController();
  const source = plainStream(open(extended(context, { signal: controller.signal })), controller);
  const abort = createAbortSource();
  const stream = createStreamFlight(
    async () => source,
    async (): Promise<HasReply> => {
      const reply = wholeOf(source);
      if (!reply) throw new SignalboxError("stream_interrupted", "The stream ended before its answer did");
      whole(reply);
      return { reply };
    },
    abort,
  );
  const { answer } = stream;
  return {
    abort,
    deadlineAtMs: Number.POSITIVE_INFINITY,
    answer,
    stream,
    closed: source.closed,
    leader: undefined,
    readers: 0,
  };
}

function wholeOf({ assembler }: PlainStream): ChatReply | undefined {
  return assembler.finishReason === null ? undefined : assembler.reply();
}
