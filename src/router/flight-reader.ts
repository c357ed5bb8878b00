import { copyReply } from "../chat/copy-reply.js";
import type { CallOptions } from "../contract/call-options.js";
import type { CacheStatus, RouteHead } from "../contract/records.js";
import { asSignalboxError, type SignalboxError, withContext } from "../errors/signalbox-error.js";
import type { Answer } from "../flow/attempt-chat.js";
import { costOfAll } from "../flow/costs.js";
import { cancelledBy, type Flight, type Subscription } from "../flow/flight.js";
import type { CallQueue } from "./call-queue.js";
import type { RouterParts } from "./parts.js";
import { type RoutedReply, recordAnswer, recordFailure } from "./records.js";
import type { Run } from "./run.js";
import { startFlight } from "./start-flight.js";
import { drain, guarded } from "./stream-readers.js";

/** How many flights of equal requests a reader may join before it sends its own: each that failed costs it time. */
const MOST_JOINS = 2;

/** The flight that a reader waits for. */
export interface ReadFlight {
  readonly flight: Flight;
  readonly subscription: Subscription;
  /** Whether an equal request had sent it. */
  readonly joined: boolean;
  /** Why its candidates were chosen; `undefined` where it was joined. */
  readonly queue: CallQueue | undefined;
}

/**
 * One reader's way to an answer: a flight of its own, or an equal request's. A failure is not shared as an answer is:
 * where a flight that was joined fails, its reader goes on to another, as long as nothing of it was handed out.
 */
export class FlightReader {
  readonly #parts: RouterParts;
  readonly #run: Run;
  #joins = 0;
  #failed: SignalboxError | undefined;
  current: ReadFlight;
  /** A piece of the answer is with the reader: what fails now is the reader's to know. */
  delivered = false;

  /** @throws SignalboxError where nothing could be started; recorded */
  constructor(parts: RouterParts, run: Run) {
    this.#parts = parts;
    this.#run = run;
    try {
      this.current = this.#joinOrStart();
    } catch (thrown) {
      const error = withContext(asSignalboxError(thrown), { requestId: run.requestId });
      recordFailure(parts, run, error, "bypass");
      throw error;
    }
  }

  /** Waits for the answer; to be called once. Rejects with a SignalboxError. Either end is recorded once. */
  async reply(onAnswer?: (answer: Answer) => void): Promise<RoutedReply> {
    for (;;) {
      const { current } = this;
      const { flight, subscription, joined } = current;
      // Who waits for the whole answer of a stream must not wait for its other readers.
      if (joined && flight.stream && !this.#run.streamed) void drain(guarded(flight.stream.read(true), subscription));
      try {
        const answer = await subscription.wait(flight.answer);
        subscription.done();
        onAnswer?.(answer);
        return this.#routed(current, answer);
      } catch (thrown) {
        subscription.done();
        if (this.moved(current)) continue;
        throw this.#failure(current, this.#failed ?? asSignalboxError(thrown));
      }
    }
  }

  /** Who answers, once that is known. */
  head(): RouteHead | undefined {
    const { flight, joined } = this.current;
    const { call, stream, settled } = flight;
    const { candidate } = stream?.committed ?? settled ?? {};
    if (!candidate) return undefined;
    const { provider, info } = candidate;
    const where = { requestId: this.#run.requestId, provider: provider.id, model: info.id };
    if (joined) return { ...where, cache: { status: "joined" }, costUsd: 0 };
    const own = call.found.fromCache ?? (stream?.committed?.cached ? { status: "hit" as const } : undefined);
    if (own) return { ...where, cache: own, costUsd: costOfAll(call.attempts) };
    return { ...where, cache: { status: statusOf(this.#parts, this.#run, false) } };
  }

  /** Whether the reader is on another flight than `from`, now that this one has failed. */
  moved(from: ReadFlight): boolean {
    if (this.current !== from) return true;
    if (!from.joined || from.subscription.gone || this.delivered || this.#failed) return false;
    try {
      this.current = this.#joinOrStart();
      return true;
    } catch (thrown) {
      this.#failed = withContext(asSignalboxError(thrown), { requestId: this.#run.requestId });
      return false;
    }
  }

  /** What a reader of the stream is told where `thrown` ended it. */
  errorOf(thrown: unknown): unknown {
    return this.#failed ?? thrown;
  }

  /** An equal request's flight, or one of the reader's own. */
  #joinOrStart(): ReadFlight {
    const parts = this.#parts;
    const run = this.#run;
    const { signal } = run.options;
    if (parts.closedBy) throw parts.closedBy;
    if (signal?.aborted) throw cancelledBy(signal, run.requestId);
    const { streamed: mayLeave, deadlineAtMs } = run;
    const key = flightKeyOf(run);
    const shared = key !== undefined && this.#joins < MOST_JOINS ? parts.flights.get(key) : undefined;
    if (shared && hasTimeFor(shared, run)) {
      this.#joins += 1;
      const subscription = parts.flights.subscribe(shared, { signal, mayLeave, deadlineAtMs });
      return { flight: shared, subscription, joined: true, queue: undefined };
    }
    const { flight, queue } = startFlight(parts, run);
    if (key !== undefined && !shared) parts.flights.add(key, flight);
    const subscription = parts.flights.subscribe(flight, { signal, mayLeave, deadlineAtMs });
    return { flight, subscription, joined: false, queue };
  }

  #routed(from: ReadFlight, { candidate, reply, parsed }: Answer): RoutedReply {
    const parts = this.#parts;
    const run = this.#run;
    const { flight, joined, queue } = from;
    const { call } = flight;
    const own = joined ? undefined : call.found.fromCache;
    const status = own?.status ?? statusOf(parts, run, joined);
    const { events, learning } = parts;
    if (events.has("cache")) events.emit("cache", { requestId: run.requestId, status });
    learning.remember(run.requestId, candidate.id, run.cacheKey, run.view);
    run.turn?.complete(reply.choices[0].message);
    if (!joined) parts.shadow?.after(run, candidate);
    return recordAnswer(parts, run, {
      reply: joined ? copyReply(reply) : reply,
      provider: candidate.provider.id,
      model: candidate.info.id,
      cache: own ?? { status },
      attempts: joined ? [] : call.attempts.slice(),
      reasons: queue?.reasonsFor(candidate) ?? [],
      degraded: call.degraded.slice(),
      ttftMs: joined ? null : call.found.ttftMs,
      view: run.view,
      parsed,
    });
  }

  /** The error with the calls that were made for this reader: those of a flight that was joined are its leader's. */
  #failure({ flight, joined }: ReadFlight, error: SignalboxError): SignalboxError {
    const { requestId } = this.#run;
    const attempts = joined ? [] : flight.call.attempts.slice();
    const told = withContext(error, { requestId, attempts });
    recordFailure(this.#parts, this.#run, told, statusOf(this.#parts, this.#run, joined));
    return told;
  }
}

/** Equal requests under equal constraints share a flight; without a cache key nobody shares. */
function flightKeyOf({ cacheKey, options }: Run): string | undefined {
  if (cacheKey === undefined || options.output) return undefined;
  const { allow, deny, require, maxCostUsd, fallback, strategy }: CallOptions = options;
  if (!allow && !deny && !require && maxCostUsd === undefined && fallback === undefined && strategy === undefined) {
    return cacheKey;
  }
  const name = typeof strategy === "object" ? strategy.name : strategy;
  return `${cacheKey} ${JSON.stringify([allow, deny, require, maxCostUsd, fallback, name])}`;
}

/** A flight that is about to run out of time helps nobody who has more of it. */
function hasTimeFor({ call }: Flight, { deadline }: Run): boolean {
  const ownMs = deadline.remainingMs();
  return ownMs === call.deadline.remainingMs() || 2 * call.deadline.remainingMs() >= ownMs;
}

function statusOf(parts: RouterParts, run: Run, joined: boolean): CacheStatus {
  if (joined) return "joined";
  return parts.caching && run.cacheKey ? "miss" : "bypass";
}
