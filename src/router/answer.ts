import { type StoredReply, unpackReply } from "../cache/stored-reply.js";
import type { ChatReply } from "../chat/reply.js";
import { validateOutput } from "../chat/validate-output.js";
import type { CallOptions } from "../contract/call-options.js";
import type { CallContext } from "../contract/provider.js";
import type { CacheStatus } from "../contract/records.js";
import { withContext } from "../errors/signalbox-error.js";
import type { Answer } from "../flow/attempt-chat.js";
import type { Flight, Seat } from "../flow/flight.js";
import { leftEarly, type StartedStream } from "../flow/reader-stream.js";
import { asError, type Departure, depart } from "./depart.js";
import { ageOf, lookUp, lookUpDeep } from "./lookup.js";
import type { RouterParts } from "./parts.js";
import { type RoutedReply, recordAnswer, recordFailure } from "./records.js";
import { beginRun, type Run } from "./run.js";
import { findSimilar, type Similar } from "./similar.js";
import { deferredStream, drain, guarded, wholeStream, withoutUsage } from "./stream-readers.js";

/** How often a reader boards another flight after the one it had joined failed; then it flies alone. */
const MOST_JOINS = 2;

/** Answers one chat request. Rejects with a SignalboxError, recorded once. */
export async function answerChat(
  parts: RouterParts,
  request: Parameters<typeof beginRun>[1],
  second: CallOptions | CallContext | undefined,
  bound: CallOptions,
): Promise<RoutedReply> {
  const run = beginRun(parts, request, second, bound, false);
  const stored = await usable(run, lookUp(parts, run) ?? (await lookUpDeep(parts, run)));
  if (stored) return fromCache(parts, run, stored);
  const like = await findLike(parts, run);
  if (like?.serve) return fromCache(parts, run, like.serve, like.similar.match.score);
  for (let joins = 0; ; joins += 1) {
    const boarded = board(parts, run, joins < MOST_JOINS);
    const { flight, seat, joined } = boarded;
    // A stream moves only while someone reads it, and whoever opened this one may stop.
    if (flight.stream) void drain(guarded(flight.stream.read(false), seat));
    try {
      const answer = await seat.wait(flight.answer);
      seat.done();
      if (like) observe(parts, like.similar, answer);
      return landed(parts, run, boarded, answer);
    } catch (thrown) {
      seat.done();
      const error = asError(thrown);
      if (joined && !seat.gone) continue;
      recordFailure(parts, run, error, statusOf(parts, run, joined));
      throw error;
    }
  }
}

/** Starts one streamed answer. Rejects where nothing could be started; later failures reach the stream's reader. */
export async function answerStream(
  parts: RouterParts,
  request: Parameters<typeof beginRun>[1],
  second: CallOptions | CallContext | undefined,
  bound: CallOptions,
): Promise<StartedStream<RoutedReply>> {
  const run = beginRun(parts, request, second, bound, true);
  const stored = await usable(run, lookUp(parts, run) ?? (await lookUpDeep(parts, run)));
  const wantsUsage = request.stream_options?.include_usage === true;
  if (stored) {
    const reply = fromCache(parts, run, stored);
    return wholeStream(reply, Promise.resolve(reply), wantsUsage);
  }
  const like = await findLike(parts, run);
  if (like?.serve) {
    const reply = fromCache(parts, run, like.serve, like.similar.match.score);
    return wholeStream(reply, Promise.resolve(reply), wantsUsage);
  }
  const boarded = board(parts, run, true);
  const { flight, seat, joined } = boarded;
  let settled = false;
  const reply = seat.wait(flight.answer).then(
    (answer) => {
      settled = true;
      seat.done();
      if (like) observe(parts, like.similar, answer);
      return landed(parts, run, boarded, answer);
    },
    (thrown) => {
      settled = true;
      seat.done();
      const error = asError(thrown);
      recordFailure(parts, run, error, statusOf(parts, run, joined));
      throw error;
    },
  );
  reply.catch(() => {});
  if (!flight.stream) return deferredStream(reply, wantsUsage, () => settled || seat.leave(leftEarly()));
  const reader = flight.stream.read(joined);
  const rest = flight.stream;
  return {
    ...(wantsUsage ? guarded(reader, seat) : withoutUsage(guarded(reader, seat))),
    reply,
    drain: () => void drain(guarded(rest.read(false), seat)),
    leave: () => {
      if (!settled) seat.leave(leftEarly());
    },
  };
}

interface Boarded {
  readonly flight: Flight;
  readonly seat: Seat;
  readonly joined: boolean;
  /** The flight's own departure; `undefined` for one who joined. */
  readonly departure: Departure | undefined;
}

/** A seat on an equal request's flight, or a flight of one's own. */
function board(parts: RouterParts, run: Run, mayJoin: boolean): Boarded {
  const key = flightKeyOf(run);
  const shared = key !== undefined && mayJoin ? parts.flights.get(key) : undefined;
  if (shared)
    return { flight: shared, seat: parts.flights.seat(shared, run.options.signal), joined: true, departure: undefined };
  let departure: Departure;
  try {
    departure = depart(parts, run);
  } catch (thrown) {
    const error = asError(thrown);
    recordFailure(parts, run, error, "bypass");
    throw withContext(error, { requestId: run.requestId });
  }
  const { flight } = departure;
  if (key !== undefined) parts.flights.add(key, flight);
  return { flight, seat: parts.flights.seat(flight, run.options.signal), joined: false, departure };
}

/** Equal requests under equal constraints share a flight; without a cache key nobody shares. */
function flightKeyOf({ cacheKey, options }: Run): string | undefined {
  if (cacheKey === undefined || options.cache === false || options.output) return undefined;
  const { allow, deny, require, maxCostUsd, fallback, strategy } = options;
  if (!allow && !deny && !require && maxCostUsd === undefined && fallback === undefined && strategy === undefined) {
    return cacheKey;
  }
  const name = typeof strategy === "object" ? strategy.name : strategy;
  return `${cacheKey} ${JSON.stringify([allow, deny, require, maxCostUsd, fallback, name])}`;
}

function statusOf(parts: RouterParts, run: Run, joined: boolean): CacheStatus {
  if (joined) return "joined";
  return parts.caching && run.cacheKey ? "miss" : "bypass";
}

/** A flight's answer as this reader's reply. */
function landed(
  parts: RouterParts,
  run: Run,
  { flight, joined, departure }: Boarded,
  { candidate, reply, parsed }: Answer,
): RoutedReply {
  const { call } = flight;
  const own = joined ? undefined : call.fromCache;
  const status = own?.status ?? statusOf(parts, run, joined);
  const { events, learning } = parts;
  if (events.has("cache")) events.emit("cache", { requestId: run.requestId, status });
  learning.remember(run.requestId, candidate.id, run.cacheKey, run.view);
  run.turn?.complete(reply.choices[0].message);
  if (!joined) parts.shadow?.after(run, candidate);
  return recordAnswer(parts, run, {
    reply,
    provider: candidate.provider.id,
    model: candidate.info.id,
    cache: own ?? { status },
    attempts: joined ? [] : call.attempts.slice(),
    reasons: departure?.queue.reasonsFor(candidate) ?? [],
    degraded: call.degraded.slice(),
    ttftMs: joined ? null : call.ttftMs,
    view: run.view,
    parsed,
  });
}

/** A stored answer that may serve: it meets the call's output schema, where there is one. */
interface Usable {
  readonly stored: StoredReply;
  readonly reply: ChatReply;
  readonly parsed: { readonly value: unknown } | undefined;
}

async function usable({ options }: Run, stored: StoredReply | undefined): Promise<Usable | undefined> {
  if (!stored) return undefined;
  const reply = unpackReply(stored);
  if (!options.output) return { stored, reply, parsed: undefined };
  const result = await validateOutput(options.output, reply.choices[0].message.content ?? "");
  return "value" in result ? { stored, reply, parsed: { value: result.value } } : undefined;
}

/** An answer to a like question: to serve, or in shadow mode to hold against the fresh one. */
interface Like {
  readonly similar: Similar;
  readonly serve: Usable | undefined;
}

async function findLike(parts: RouterParts, run: Run): Promise<Like | undefined> {
  if (!parts.caching?.similar) return undefined;
  const similar = await findSimilar(parts, run);
  if (!similar) return undefined;
  const serve = parts.caching.similar.mode === "serve" ? await usable(run, similar.stored) : undefined;
  return { similar, serve };
}

function observe({ caching }: RouterParts, { match, stored }: Similar, { reply }: Answer): void {
  caching?.similar?.index.observe(match, stored.text ?? "", reply.choices[0].message.content ?? "");
}

/** A stored answer as this reader's reply. @param score how alike the question was, where it was not the same */
function fromCache(parts: RouterParts, run: Run, { stored, reply, parsed }: Usable, score?: number): RoutedReply {
  const { events, learning } = parts;
  const status = score === undefined ? "hit" : "similar";
  if (events.has("cache")) events.emit("cache", { requestId: run.requestId, status });
  const ageMs = ageOf(parts, stored);
  learning.remember(run.requestId, stored.candidate, run.cacheKey);
  run.turn?.complete(reply.choices[0].message);
  return recordAnswer(parts, run, {
    reply,
    provider: stored.provider,
    model: stored.candidate.slice(stored.provider.length + 1),
    cache: {
      status,
      ageMs,
      ...(score === undefined ? {} : { score }),
      ...(stored.costUsd === null ? {} : { savedUsd: stored.costUsd }),
    },
    attempts: [],
    reasons: ["answered from the cache"],
    degraded: [],
    ttftMs: null,
    parsed,
  });
}
