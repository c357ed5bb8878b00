import type { StartedStream } from "../engine/stream/reader-stream.js";
import { leaving, quietly } from "../errors/leaving.js";
import { SignalboxError } from "../errors/signalbox-error.js";

/** What is in flight on a router, so that closing it can wait or end it. */
export interface Lifetime {
  /** Runs a request unless the router is closed. An error that it ends with tells the caller's line. */
  track<T>(run: () => Promise<T>): Promise<T>;
  trackStream<T>(run: () => Promise<StartedStream<T>>): Promise<StartedStream<T>>;
  /**
   * Refuses what comes, and settles when nothing is in flight any more. It reads streams to their end on behalf of readers
   * that pause; what they have not taken is kept for them.
   */
  close(abort: boolean): Promise<void>;
}

export function createLifetime(onAbort: (reason: SignalboxError) => void, onClosed: () => Promise<void>): Lifetime {
  let inFlight = 0;
  let closing: Promise<void> | undefined;
  let idle: (() => void) | undefined;
  const streams = new Set<Pick<StartedStream<unknown>, "drain">>();

  const enter = (): void => {
    if (closing)
      throw new SignalboxError("unavailable", "The router is closed", { detail: "closed", retryable: false });
    inFlight += 1;
  };
  const leave = (): void => {
    inFlight -= 1;
    if (inFlight === 0) idle?.();
  };

  return {
    track(run) {
      const work = (async () => {
        enter();
        try {
          return await run();
        } catch (thrown) {
          quietly(() => work);
          throw leaving(thrown);
        } finally {
          leave();
        }
      })();
      return work;
    },
    async trackStream(run) {
      enter();
      try {
        const stream = await run();
        streams.add(stream);
        const over = (): void => {
          streams.delete(stream);
          leave();
        };
        stream.reply.then(over, over);
        if (closing) stream.drain();
        return stream;
      } catch (error) {
        leave();
        throw error;
      }
    },
    close(abort) {
      closing ??= new Promise<void>((resolve) => {
        idle = resolve;
        if (inFlight === 0) resolve();
      }).then(onClosed);
      if (abort) onAbort(routerClosed());
      else for (const stream of streams) stream.drain();
      return closing;
    },
  };
}

/** What ends work in flight when its router is closed. */
export function routerClosed(): SignalboxError {
  return new SignalboxError("cancelled", "The router was closed", { detail: "closed" });
}
