import type { ChatChunk } from "../chat/chunk.js";
import { copyReply } from "../chat/copy-reply.js";
import type { ChatReply } from "../chat/reply.js";
import type { CallContext } from "../contract/provider.js";
import type { Clock } from "../core/clock.js";
import { extended } from "../core/extended.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { DEFAULT_ATTEMPTS } from "../resilience/attempt-budget.js";
import type { MovingDeadline } from "../resilience/moving-deadline.js";
import { createAbortSource } from "./abort-source.js";
import { createFlights, type Flight, type HasReply } from "./flight.js";
import { FlightReader, type Sharer } from "./flight-reader.js";
import type { Seat } from "./seat.js";
import { answeredBy, secondHand } from "./second-hand.js";
import { type PlainStream, plainStream } from "./stream/plain-stream.js";
import { leftEarly } from "./stream/reader-stream.js";
import { createStreamFlight, type StreamReader } from "./stream/stream-flight.js";

/** What was reported of an answer that whoever gets it later must be told, too. */
export type Told = readonly (readonly ["kept" | "degraded" | "cached", string | undefined])[];

/** Gets the answer once for all readers, where it is whole. */
type Whole = (reply: ChatReply, told: Told) => void;

/** Equal calls of one provider share the answer under way. */
export interface SharedAnswers {
  chat(
    key: string,
    context: CallContext,
    ask: (context: CallContext) => Promise<ChatReply>,
    whole: Whole,
  ): Promise<ChatReply>;
  stream(
    key: string,
    context: CallContext,
    open: (context: CallContext) => AsyncIterable<ChatChunk>,
    whole: Whole,
  ): SharedStream;
}

/** One reader of an answer that comes in pieces. */
export interface SharedStream extends StreamReader {
  /** With the first piece: tells the reader's router what is known of the answer, and whether it is another call's. */
  tell(): void;
  /** Settles once the provider's stream is closed, where it was ended. @param whole whether all of it was read */
  leave(whole: boolean): Promise<unknown> | undefined;
  /** After the end: the whole answer, where it is one. */
  whole(): Promise<ChatReply | undefined>;
}

/** Whoever sets a time aborts when it is up. */
const NEVER: MovingDeadline = Object.freeze({
  atMs: () => Number.POSITIVE_INFINITY,
  remainingMs: () => Number.POSITIVE_INFINITY,
  extend() {},
});

interface SharedFlight extends Flight {
  readonly told: Told;
  /** Once it was ended: settles when the provider's stream is closed. */
  closed?(): Promise<unknown> | undefined;
}

export function createSharedAnswers(clock: Clock): SharedAnswers {
  const flights = createFlights<SharedFlight>(clock);
  const reader = (key: string, context: CallContext, streamed: boolean, start: () => SharedFlight) => {
    const { requestId, signal, report } = context;
    const startedAtMs = clock.now();
    const sharer: Sharer<HasReply, SharedFlight, ChatReply> = {
      key,
      requestId,
      signal,
      streamed,
      deadlineAtMs: NEVER.atMs(),
      mostJoins: (context.attempts?.limit ?? DEFAULT_ATTEMPTS) + 1,
      mayJoin: () => true,
      start,
      answered(seat, { reply }) {
        tell(seat, report);
        if (!seat.joined) return reply;
        const by = seat.leads() ? undefined : answeredBy(reply);
        const copy = copyReply(reply);
        return by ? secondHand(copy, by, requestId, clock.now() - startedAtMs, { status: "joined" }) : copy;
      },
      failed: (_seat, thrown) => thrown,
    };
    return new FlightReader(flights, sharer);
  };
  return {
    chat: (key, context, ask, whole) => reader(key, context, false, () => wholeFlight(context, ask, whole)).reply(),
    stream(key, context, open, whole) {
      const follower = reader(key, context, true, () => streamedFlight(context, open, whole));
      const { poll, next } = follower.read();
      return {
        poll,
        next,
        tell: () => tell(follower.seat, context.report),
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
    tell() {},
    poll: source.poll,
    next: source.next,
    leave() {
      source.cancel(leftEarly());
      return source.closed();
    },
    whole: async () => wholeOf(source),
  };
}

function tell(seat: Seat<SharedFlight>, report: CallContext["report"]): void {
  if (!report) return;
  if (!seat.leads()) report("cached");
  // Who began the call was told as it went.
  if (seat.joined) for (const [what, which] of seat.flight.told) report(what, which);
}

/** The first caller's context for all of them, and what is said through it. */
function overheard(context: CallContext, { signal }: AbortController): { context: CallContext; told: Told } {
  const told: Told[number][] = [];
  const report: CallContext["report"] = (progress, which) => {
    if (progress === "kept" || progress === "degraded" || progress === "cached") told.push([progress, which]);
    context.report?.(progress, which);
  };
  return { context: extended(context, { signal, report }), told };
}

function wholeFlight(
  given: CallContext,
  ask: (context: CallContext) => Promise<ChatReply>,
  whole: Whole,
): SharedFlight {
  const controller = new AbortController();
  const { context, told } = overheard(given, controller);
  const abort = createAbortSource();
  abort.listen((reason) => controller.abort(reason));
  const answer = ask(context).then((reply) => {
    whole(reply, told);
    return { reply };
  });
  return { abort, deadline: NEVER, answer, stream: undefined, told, leader: undefined, patient: undefined, readers: 0 };
}

function streamedFlight(
  given: CallContext,
  open: (context: CallContext) => AsyncIterable<ChatChunk>,
  whole: Whole,
): SharedFlight {
  const controller = new AbortController();
  const { context, told } = overheard(given, controller);
  const source = plainStream(open(context), controller);
  const abort = createAbortSource();
  const stream = createStreamFlight(
    async () => source,
    async (): Promise<HasReply> => {
      const reply = wholeOf(source);
      if (!reply) throw new SignalboxError("stream_interrupted", "The stream ended before its answer did");
      whole(reply, told);
      return { reply };
    },
    abort,
  );
  const { answer } = stream;
  return {
    abort,
    deadline: NEVER,
    answer,
    stream,
    closed: source.closed,
    told,
    leader: undefined,
    patient: undefined,
    readers: 0,
  };
}

function wholeOf({ assembler }: PlainStream): ChatReply | undefined {
  return assembler.finishReason === null ? undefined : assembler.reply();
}
