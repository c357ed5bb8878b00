import pRetry from "p-retry";
import type { Deadline } from "../contract/provider.js";
import { type Clock, MAX_TIMER_MS } from "../core/clock.js";
import { sleep } from "../core/sleep.js";
import { cancelledBy, SignalboxError } from "../errors/signalbox-error.js";

export interface RetryOptions<T> {
  /** The failure in hand: the provider was asked once already, and said this. */
  readonly error: SignalboxError;
  /** Asks once more. What it throws is final unless it is a SignalboxError that `mayRetry` accepts. */
  readonly attempt: () => Promise<T>;
  /** Calls of this provider in all, the one that failed included. */
  readonly maxAttempts: number;
  /** Asked last before each wait, so it may spend a token of a budget. */
  readonly mayRetry: (error: SignalboxError) => boolean;
  /** Milliseconds before retry `n`, counted from 1. */
  readonly delayMs: (error: SignalboxError, n: number) => number;
  readonly signal?: AbortSignal | undefined;
  readonly deadline?: Deadline | undefined;
  readonly clock: Clock;
  readonly onRetry?: ((error: SignalboxError, delayMs: number, n: number) => void) | undefined;
}

/**
 * The last resort: the same provider again, after a wait. p-retry is the loop; what it lacks is decided in its
 * `shouldRetry`: per-error waits, abort within the wait, the deadline, budgets. It is not given the signal, because it
 * would throw away an answer that arrived (and was paid for) just before an abort.
 *
 * @throws the last failure; kind `cancelled` as soon as the signal aborts, even during an attempt
 */
export async function retrySameProvider<T>(options: RetryOptions<T>): Promise<T> {
  const { signal } = options;
  let first = true;
  const run = async (): Promise<T> => {
    if (first) {
      first = false;
      throw new Failed(options.error);
    }
    try {
      return await untilAborted(options.attempt(), signal);
    } catch (error) {
      throw new Failed(error);
    }
  };
  try {
    return await pRetry(run, {
      retries: retriesOf(options.maxAttempts),
      minTimeout: 0,
      factor: 1,
      shouldRetry: ({ error, attemptNumber }) => waitForTurn(options, (error as Failed).failure, attemptNumber),
    });
  } catch (error) {
    if (signal?.aborted) throw cancelledBy(signal);
    throw error instanceof Failed ? error.failure : error;
  }
}

/** p-retry reads a missing, `NaN` or infinite count as licence to go on. */
function retriesOf(maxAttempts: number): number {
  return maxAttempts > 1 ? Math.min(Math.ceil(maxAttempts) - 1, 1_000) : 0;
}

/** One wrapper for whatever was thrown: p-retry would retry an abort, refuse a `TypeError` and rename a string. */
class Failed extends Error {
  readonly failure: unknown;

  constructor(failure: unknown) {
    super();
    this.failure = failure;
  }
}

async function waitForTurn<T>(options: RetryOptions<T>, failure: unknown, n: number): Promise<boolean> {
  const { signal, deadline, clock } = options;
  if (!SignalboxError.isInstance(failure) || failure.kind === "cancelled" || signal?.aborted) return false;
  const delayMs = clampWait(options.delayMs(failure, n));
  // Waiting past the deadline, or up to it, leaves no time to ask.
  if (deadline !== undefined && delayMs >= deadline.remainingMs()) return false;
  if (!options.mayRetry(failure)) return false;
  options.onRetry?.(failure, delayMs, n);
  await sleep(delayMs, { clock, signal });
  return deadline === undefined || deadline.remainingMs() > 0;
}

/** A wait that is not a number becomes a second, never a busy loop. */
function clampWait(delayMs: number): number {
  if (Number.isNaN(delayMs)) return 1_000;
  return Math.min(Math.max(delayMs, 0), MAX_TIMER_MS);
}

/** The promise's outcome, or a rejection as soon as the signal aborts; the loser's rejection stays handled. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(cancelledBy(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
