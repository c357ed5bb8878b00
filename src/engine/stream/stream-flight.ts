import type { Assembler } from "../../chat/assemble.js";
import type { ChatChunk } from "../../chat/chunk.js";
import { chunksOf } from "../../chat/chunks.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import type { AbortSource } from "../abort-source.js";
import type { Answer } from "../attempt-chat.js";
import { partOf } from "../interruption.js";
import type { CommittedStream } from "./open-stream.js";

/** A chunk in the line that readers walk; behind the slowest reader the line is garbage. */
interface Link {
  readonly chunk: ChatChunk | undefined;
  /** Characters handed out up to and with this chunk. */
  readonly size: number;
  next: Link | undefined;
}

/** How far a joined reader may fall behind the line's head, in characters, before it is let go. */
const LONGEST_LAG = 1 << 20;

/** What a stream must offer to be shared. */
export type SharableStream = Pick<CommittedStream, "assembler" | "seen" | "poll" | "next" | "cancel" | "onCut">;

/** One upstream stream with one or more readers. Whoever reads at the head pulls; nobody waits for a slow neighbour. */
export interface StreamFlight<Source extends SharableStream = CommittedStream, Whole = Answer> {
  /** The stream, once it is open. */
  readonly committed: Source | undefined;
  /** Settles with the whole answer, or with what ended it. Never an unhandled rejection. */
  readonly answer: Promise<Whole>;
  /** A new reader: what was said so far comes in a few chunks, then every chunk as it comes. */
  read(by: StreamGuest): StreamReader;
}

export interface StreamGuest {
  /** Not the one who opened the flight: has to leave where it reads too slowly. */
  readonly joined: boolean;
  leave(reason: SignalboxError): void;
}

export interface StreamReader {
  /** A chunk that needs no waiting. Throws what `next` would reject with. */
  poll(): ChatChunk | undefined;
  next(): Promise<ChatChunk | null>;
}

/**
 * @param open gives the stream; called at once.
 * @param finish makes of the stream's end what the flight answers with.
 * @param abort ends the flight when its last reader has left.
 */
export function createStreamFlight<Source extends SharableStream, Whole>(
  open: () => Promise<Source>,
  finish: (stream: Source) => Whole | PromiseLike<Whole>,
  abort: AbortSource,
): StreamFlight<Source, Whole> {
  /** Chunks in the line; the assembler may be ahead of it. */
  let appended = 0;
  let tail: Link = { chunk: undefined, size: 0, next: undefined };
  /** Others read along: each gets chunks of its own, to change as it likes. */
  let shared = false;
  let ended = false;
  let failure: SignalboxError | undefined;
  let pulling: Promise<void> | undefined;
  let resolveAnswer: (answer: Whole | PromiseLike<Whole>) => void;
  let rejectAnswer: (error: unknown) => void;
  const answer = new Promise<Whole>((resolve, reject) => {
    resolveAnswer = resolve;
    rejectAnswer = reject;
  });
  answer.catch(() => {});

  const append = (chunk: ChatChunk): void => {
    const link: Link = { chunk, size: tail.size + sizeOf(chunk), next: undefined };
    tail.next = link;
    tail = link;
    appended += 1;
  };
  const fail = (thrown: unknown): void => {
    if (ended) return;
    ended = true;
    failure = thrown as SignalboxError;
    rejectAnswer(thrown);
  };
  const opening = open().then((stream) => {
    flight.committed = stream;
    // Its deadline may pass, and its readers may leave, while nobody is pulling.
    stream.onCut(fail);
    if (abort.reason) leave(abort.reason);
  }, fail);
  const leave = (reason: SignalboxError): void => {
    if (ended || !flight.committed) return;
    flight.committed.cancel(reason);
    fail(reason);
  };
  abort.listen(leave);

  /** Moves the head by at least one chunk, or to the end; readers at the head share one pull. */
  const pull = (): Promise<void> => {
    pulling ??= pullOnce().finally(() => {
      pulling = undefined;
    });
    return pulling;
  };
  const pullOnce = async (): Promise<void> => {
    if (!flight.committed) await opening;
    const source = flight.committed;
    if (ended || !source) return;
    try {
      const chunk = await source.next();
      if (ended) return;
      if (chunk) append(chunk);
      else {
        ended = true;
        resolveAnswer(finish(source));
      }
    } catch (thrown) {
      fail(thrown);
    }
  };
  /** Moves the head without waiting; `false` when nothing is ready. */
  const advance = (): boolean => {
    if (ended || pulling || !flight.committed) return false;
    try {
      const chunk = flight.committed.poll();
      if (chunk) append(chunk);
      return chunk !== undefined;
    } catch (thrown) {
      fail(thrown);
      return false;
    }
  };

  const flight: StreamFlight<Source, Whole> & { committed: Source | undefined } = {
    committed: undefined,
    answer,
    read(by) {
      shared ||= by.joined;
      while (advance());
      let at = tail;
      const source = flight.committed;
      const catchUp = source && appended > 0 ? soFar(source.assembler) : [];
      // What is told as said so far, and is on its way into the line, must not be told twice.
      let skip = source && appended > 0 ? source.seen - appended : 0;
      const take = (): ChatChunk | undefined => {
        const chunk = catchUp.shift();
        if (chunk) return chunk;
        while (at.next) {
          if (by.joined && tail.size - at.size > LONGEST_LAG) throw letGo(by, flight.committed?.assembler);
          at = at.next;
          if (skip === 0) return shared ? structuredClone(at.chunk) : at.chunk;
          skip -= 1;
        }
        return undefined;
      };
      return {
        poll() {
          const ready = take() ?? (advance() ? take() : undefined);
          if (!ready && failure) throw failure;
          return ready;
        },
        async next() {
          for (;;) {
            const ready = take();
            if (ready) return ready;
            if (failure) throw failure;
            if (ended) return null;
            await pull();
          }
        },
      };
    },
  };
  return flight;
}

/** What was said so far, in few chunks; the end is told only where it has come. */
function soFar(assembler: Assembler): ChatChunk[] {
  const chunks = chunksOf(assembler.reply());
  return assembler.finishReason === null
    ? chunks.filter(({ choices }) => choices[0] !== undefined && choices[0].finish_reason === null)
    : chunks;
}

function sizeOf(chunk: ChatChunk): number {
  const delta = chunk.choices[0]?.delta;
  if (!delta) return 1;
  let size = 1 + (delta.content?.length ?? 0) + (delta.reasoning_content?.length ?? 0);
  for (const call of delta.tool_calls ?? []) size += call.function?.arguments?.length ?? 0;
  return size;
}

function letGo(reader: StreamGuest, said: Assembler | undefined): SignalboxError {
  const message = "This reader fell too far behind a shared stream";
  const partial = said && partOf(said);
  const error = new SignalboxError("stream_interrupted", message, { detail: "slow_reader", partial });
  reader.leave(error);
  return error;
}
