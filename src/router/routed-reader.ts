import { copyReply } from "../chat/copy-reply.js";
import type { ChatReply } from "../chat/reply.js";
import type { CallOptions } from "../contract/call-options.js";
import type { CacheStatus, RouteHead } from "../contract/records.js";
import type { Answer } from "../engine/attempt-chat.js";
import { costOfAll } from "../engine/costs.js";
import { FlightReader, type Sharer } from "../engine/flight-reader.js";
import { interruption, partOf } from "../engine/interruption.js";
import type { Seat } from "../engine/seat.js";
import { type ChangedStream, changedReply } from "../engine/stream/changed-stream.js";
import type { CommittedStream } from "../engine/stream/open-stream.js";
import type { AttemptSummary } from "../errors/kinds.js";
import { nameAll } from "../errors/name-all.js";
import { asSignalboxError, type SignalboxError, withContext } from "../errors/signalbox-error.js";
import { DEFAULT_ATTEMPTS } from "../resilience/attempt-budget.js";
import { lastsFor } from "../resilience/moving-deadline.js";
import type { RouterParts } from "./parts.js";
import { type RoutedReply, recordAnswer, recordFailure } from "./records.js";
import type { RoutedFlight } from "./routed-flight.js";
import type { Run } from "./run.js";
import { startFlight } from "./start-flight.js";

export type RoutedReader = FlightReader<Answer, RoutedFlight, RoutedReply>;

/** How a reader's answer reaches its caller. */
export interface Shown {
  /** Told of the answer before it is written down. */
  readonly onAnswer?: ((answer: Answer) => void) | undefined;
  /** The chunks that the caller reads, where features change them. */
  stream?: ChangedStream | undefined;
}

/**
 * A request's way to its answer, whose end is recorded once.
 *
 * @throws SignalboxError where nothing could be started; recorded
 */
export function readFlight(parts: RouterParts, run: Run, shown: Shown): RoutedReader {
  try {
    return new FlightReader(parts.flights, new RoutedSharer(parts, run, shown));
  } catch (thrown) {
    const refusal = parts.services.policies.applied(asSignalboxError(thrown));
    const error = withContext(refusal, { requestId: run.requestId });
    recordFailure(parts, run, error, "bypass");
    throw error;
  }
}

class RoutedSharer implements Sharer<Answer, RoutedFlight, RoutedReply> {
  readonly requestId: string;
  readonly signal: AbortSignal | undefined;
  readonly streamed: boolean;
  readonly deadlineAtMs: number;
  readonly key: string | undefined;
  readonly mostJoins: number;
  readonly #parts: RouterParts;
  readonly #run: Run;
  readonly #shown: Shown;
  /** Calls of flights that failed, whose first callers had left. */
  #inherited: readonly AttemptSummary[] | undefined = undefined;

  constructor(parts: RouterParts, run: Run, shown: Shown) {
    this.requestId = run.requestId;
    this.signal = run.options.signal;
    this.streamed = run.streamed;
    this.deadlineAtMs = run.deadline.atMs();
    this.key = flightKeyOf(run, parts.options.limits !== undefined);
    this.mostJoins = (run.options.retry?.attempts ?? parts.options.retry?.attempts ?? DEFAULT_ATTEMPTS) + 1;
    this.#parts = parts;
    this.#run = run;
    this.#shown = shown;
  }

  mayJoin({ deadline }: RoutedFlight): boolean {
    const { closed, staleMs } = this.#parts;
    if (closed.by || staleMs === 0) return !closed.by;
    // When its time is up the flight gives a stale answer; who would leave it before gets none.
    const ownMs = this.#run.deadline.remainingMs();
    const leftMs = deadline.remainingMs();
    return leftMs <= ownMs && lastsFor(leftMs, ownMs);
  }

  start(): RoutedFlight {
    const { closed } = this.#parts;
    if (closed.by) throw closed.by;
    return startFlight(this.#parts, this.#run);
  }

  movesOn(from: Seat<RoutedFlight>): void {
    this.#inherited = this.#callsOf(from);
  }

  /** The calls that are this reader's to record; `undefined` where all are another's. */
  #callsOf(seat: Seat<RoutedFlight>): readonly AttemptSummary[] | undefined {
    const before = this.#inherited;
    if (!seat.leads()) return before;
    const { flight } = seat;
    const calls = flight.call.attempts.slice(flight.booked);
    flight.booked += calls.length;
    return before ? [...before, ...calls] : calls;
  }

  answered(seat: Seat<RoutedFlight>, answer: Answer): RoutedReply | Promise<RoutedReply> {
    this.#shown.onAnswer?.(answer);
    const { features } = this.#parts;
    const changes = features?.reply ?? features?.replied;
    return changes ? this.#changed(seat, answer) : this.#recorded(seat, answer, answer.reply);
  }

  /** The answer as features show it to this reader. */
  async #changed(seat: Seat<RoutedFlight>, answer: Answer): Promise<RoutedReply> {
    const { features } = this.#parts;
    const { features: runs } = this.#run;
    const { stream } = this.#shown;
    try {
      if (!features || !runs) return this.#recorded(seat, answer, answer.reply);
      const raw = stream ? await stream.whole(answer.reply) : copyReply(answer.reply);
      const reply = await changedReply(features, runs, raw, stream !== undefined);
      features.onReplied(runs, reply);
      return this.#recorded(seat, answer, reply);
    } catch (thrown) {
      throw this.failed(seat, thrown);
    }
  }

  #recorded(seat: Seat<RoutedFlight>, answer: Answer, reply: ChatReply): RoutedReply {
    const parts = this.#parts;
    const run = this.#run;
    const { candidate, parsed, repairedArguments } = answer;
    const { flight, joined } = seat;
    const { call, queue } = flight;
    const attempts = this.#callsOf(seat);
    const own = attempts && call.found.fromCache;
    const status = own?.status ?? statusOf(parts, run, !attempts);
    const { events, learning } = parts;
    if (events.has("cache")) events.emit("cache", { requestId: run.requestId, status });
    const { cacheKey, report } = run;
    const { kept } = call.found;
    learning?.remember(run.requestId, candidate.id, { cacheKey, kept }, run.view);
    if (joined && report) {
      // The flight told its leader alone.
      for (const key of kept ?? []) report("kept", key);
      for (const rung of call.degraded) report("degraded", rung);
    }
    if (own?.status === "hit" && attempts?.length === 0) report?.("cached");
    run.turn?.complete(reply.choices[0].message);
    if (attempts) parts.shadow?.after(run, candidate);
    return recordAnswer(parts, run, {
      reply: joined ? copyReply(reply) : reply,
      provider: candidate.provider.id,
      model: candidate.info.id,
      cache: own ?? { status },
      attempts: attempts ?? [],
      reasons: attempts ? queue.reasonsFor(candidate) : [],
      degraded: call.degraded.slice(),
      ttftMs: joined ? null : call.found.ttftMs,
      view: run.view,
      parsed,
      repairedArguments,
    });
  }

  failed(seat: Seat<RoutedFlight>, thrown: unknown): SignalboxError {
    const { requestId } = this.#run;
    const committed = this.streamed ? seat.flight.stream?.committed : undefined;
    const error = asSignalboxError(thrown);
    // Who leaves in mid-stream has a part of the answer, as all have where the flight itself is cut.
    const cut = committed && error === seat.gone ? cutShort(error, committed, this.#run) : error;
    const attempts = this.#callsOf(seat);
    // What the flight's calls failed with is this reader's answer, too, whoever they are counted for.
    const message = nameAll(cut, attempts ?? seat.flight.call.attempts);
    const about = { requestId, attempts: attempts ?? [] };
    const told = withContext(this.#parts.services.policies.applied(cut), about, message);
    recordFailure(this.#parts, this.#run, told, statusOf(this.#parts, this.#run, !attempts));
    return told;
  }
}

/** Why a stream ended early, with the part that came; a feature that cut it has said why in a kind of its own. */
function cutShort(error: SignalboxError, said: CommittedStream, { features }: Run): SignalboxError {
  if (features?.fault === error) return withContext(error, { partial: partOf(said.assembler) });
  return interruption(error, said);
}

/** Who answers, once that is known. */
export function headOf(parts: RouterParts, run: Run, seat: Seat<RoutedFlight>): RouteHead | undefined {
  const { flight, joined, gone } = seat;
  const { call, stream, settled } = flight;
  const { candidate } = stream?.committed ?? settled ?? {};
  if (!candidate) return undefined;
  const { provider, info } = candidate;
  const where = { requestId: run.requestId, provider: provider.id, model: info.id };
  // Whose calls they are once the first caller has left: of the first who is told so.
  if (gone ? joined : !seat.leads()) return { ...where, cache: { status: "joined" }, costUsd: 0 };
  const own = call.found.fromCache ?? (stream?.committed?.cached ? { status: "hit" as const } : undefined);
  if (own) return { ...where, cache: own, costUsd: costOfAll(call.attempts) };
  return { ...where, cache: { status: statusOf(parts, run, false) } };
}

/**
 * Equal requests under equal constraints share a flight; without a cache key nobody shares.
 *
 * @param limited whether calls may wait in a queue: there an urgent request would wait as long as the less urgent one
 */
function flightKeyOf({ cacheKey, options }: Run, limited: boolean): string | undefined {
  if (cacheKey === undefined || options.output) return undefined;
  const { allow, deny, require, requireTags, headers, maxCostUsd, fallback, strategy, retry, timeouts }: CallOptions =
    options;
  const priority = limited && options.priority !== "default" ? options.priority : undefined;
  const limits = allow || deny || require || requireTags || headers || retry || timeouts;
  const own = limits || maxCostUsd !== undefined || fallback !== undefined || strategy || priority;
  if (!own) return cacheKey;
  const name = typeof strategy === "object" ? strategy.name : strategy;
  const set = [allow, deny, require, requireTags, headers, maxCostUsd, fallback, name, priority, retry, timeouts];
  return `${cacheKey} ${JSON.stringify(set)}`;
}

function statusOf(parts: RouterParts, run: Run, joined: boolean): CacheStatus {
  if (joined) return "joined";
  return parts.caching && run.cacheKey ? "miss" : "bypass";
}
