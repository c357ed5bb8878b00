import type { ChatChunk } from "../chat/chunk.js";
import type { ChunkSource } from "./answer.js";

/** Characters put into one piece of the body at most; a reader that wants more asks again. */
const PIECE_CHARS = 64 * 1024;

/** Writes an answer's chunks as the text of a door's events. */
export interface EventWriter {
  /** The events that a chunk makes; `""` if it makes none. */
  chunk(chunk: ChatChunk): string;
  /** The events after the last chunk. */
  end(): string;
  /** The events of a failure; they are the last. */
  fail(thrown: unknown): string;
  /** What is sent after a time of silence. */
  readonly heartbeat: string;
}

/** How the body of a streamed answer is sent. */
export interface EventBodyOptions {
  readonly writer: EventWriter;
  /** What the body begins with. @default "" */
  readonly opening?: string | undefined;
  /** Says when a heartbeat is due. */
  readonly watch: SilenceWatch;
  /** The caller's: once it aborts, the body fails with its reason, as that of a real fetch does. */
  readonly signal?: AbortSignal | undefined;
}

type Step = IteratorResult<ChatChunk>;

/** Says that the time is over and nothing has come. */
export const SILENCE = Symbol("silence");

const encoder = new TextEncoder();

/** Waits for chunks, but for each no longer than the time of silence. */
export interface SilenceWatch {
  /** The step, or {@link SILENCE}; after that the same step can be awaited again. */
  wait(step: Promise<Step>): Promise<Step | typeof SILENCE>;
  stop(): void;
}

/** One timer for all waits of a stream: a timer for each would cost every event. */
export function createSilenceWatch(ms: number): SilenceWatch {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let give: ((silence: typeof SILENCE) => void) | undefined;
  let sinceMs = 0;
  const arm = (delayMs: number): void => {
    timer = setTimeout(check, delayMs);
  };
  const check = (): void => {
    timer = undefined;
    const leftMs = sinceMs + ms - performance.now();
    if (leftMs > 0.5) arm(leftMs);
    else give?.(SILENCE);
  };
  return {
    wait(step) {
      if (ms === 0) return step;
      sinceMs = performance.now();
      return new Promise((resolve, reject) => {
        give = resolve;
        if (timer === undefined) arm(ms);
        step.then(resolve, reject);
      });
    },
    stop: () => clearTimeout(timer),
  };
}

/**
 * The body of a streamed answer as server-sent events. Nothing is read ahead of the reader, and everything that is ready
 * when it asks goes out as one piece.
 *
 * @param first the source's first step, which may be pending still.
 */
export function eventBody(
  first: Promise<Step>,
  source: ChunkSource,
  { writer, opening = "", watch, signal }: EventBodyOptions,
): ReadableStream<Uint8Array> {
  let waiting: Promise<Step> | undefined = first;
  let ended = false;
  let text = opening;

  const take = (step: Step): void => {
    waiting = undefined;
    if (!step.done) text += writer.chunk(step.value);
    else {
      ended = true;
      text += writer.end();
    }
  };
  const fill = async (): Promise<void> => {
    try {
      while (!ended && text.length < PIECE_CHARS) {
        const ready = waiting ? undefined : source.poll?.();
        if (ready) {
          text += writer.chunk(ready);
          continue;
        }
        if (text !== "") return;
        waiting ??= source.next();
        const step = await watch.wait(waiting);
        if (step === SILENCE) {
          text = writer.heartbeat;
          return;
        }
        take(step);
      }
    } catch (thrown) {
      if (signal?.aborted) return;
      ended = true;
      source.leave();
      // The writer may be who failed; then the answer goes on behind it.
      source.leave();
      text += writer.fail(thrown);
    }
  };

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await fill();
        if (signal?.aborted) {
          watch.stop();
          source.leave();
          throw signal.reason;
        }
        const piece = encoder.encode(text);
        text = "";
        if (piece.length > 0) controller.enqueue(piece);
        if (!ended) return;
        watch.stop();
        controller.close();
      },
      cancel() {
        ended = true;
        watch.stop();
        source.leave();
      },
    },
    { highWaterMark: 0 },
  );
}
