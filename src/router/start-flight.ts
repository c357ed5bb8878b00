import type { ChatRequest } from "../chat/request.js";
import { createAbortSource } from "../engine/abort-source.js";
import { type Answer, attemptChat } from "../engine/attempt-chat.js";
import { type Call, forkOf } from "../engine/call.js";
import { withUsage } from "../engine/checked-reply.js";
import type { DegradeOptions, Rungs } from "../engine/degrade.js";
import { type CommittedStream, openStream } from "../engine/stream/open-stream.js";
import { storedStream } from "../engine/stream/stored-stream.js";
import { createStreamFlight, type StreamFlight } from "../engine/stream/stream-flight.js";
import { tellDegraded } from "../engine/tell-degraded.js";
import { type AttemptFunction, walk } from "../engine/walk.js";
import { within } from "../engine/within.js";
import type { Exclusion } from "../errors/kinds.js";
import { asSignalboxError, type SignalboxError } from "../errors/signalbox-error.js";
import { ageOf } from "../memory/stored-reply.js";
import { CallQueue } from "./call-queue.js";
import type { PlannedCandidate } from "./candidates.js";
import { RequestRanker } from "./decision.js";
import { blockedError, forcedGroups } from "./no-candidate.js";
import type { RouterParts } from "./parts.js";
import { createHardFilter, planOf } from "./plan.js";
import { rememberAnswer } from "./remember-answer.js";
import type { RoutedFlight } from "./routed-flight.js";
import { FORGOTTEN, type Run } from "./run.js";
import type { TenantPlaces } from "./tenant-limits.js";
import { askedOf, inTurn, isWaitedFor, mayWait, waits } from "./wait-for-turn.js";

/** Plans, ranks and starts the upstream work of one request. @throws SignalboxError where nobody may be asked */
export function startFlight(parts: RouterParts, run: Run): RoutedFlight {
  const { services, options, events } = parts;
  const nowMs = services.clock.now();
  const plan = planOf(run.selection.groups, run.filter, nowMs);
  const ranker = new RequestRanker(parts, run, services.random);
  const empty = plan.groups.every((group) => group.length === 0);
  const forced = empty ? forcedGroups(parts, plan.excluded, nowMs) : undefined;
  const blocked = empty && !forced ? blockedError(parts, run, plan.excluded, nowMs) : undefined;
  if (blocked && !options.degrade && !mayWait(parts, run, blocked)) throw blocked;
  let groups = forced ?? plan.groups;
  const entry = options.decisionLog ? parts.kit.decisions?.entryOf(parts, run) : undefined;
  const listening = events.has("decision");
  const observed = parts.features?.decided ? run.features : undefined;
  const decided = (candidate: PlannedCandidate, excluded: readonly Exclusion[]): void => {
    const among = (groups.find((group) => group.includes(candidate)) ?? []).filter(aChoice(candidate, excluded));
    entry?.decided(candidate, among, ranker.sequence);
    const strategy = run.chooser.strategy.name;
    if (observed) parts.features?.onDecided(observed, { strategy, candidate: candidate.id, excluded });
    if (!listening) return;
    const { requestId } = run;
    events.emit("decision", { requestId, strategy, candidate: candidate.id, excluded });
  };
  const queue = new CallQueue(groups, ranker, run.home, entry || listening || observed ? decided : undefined);
  const call = createCall(parts, run, queue, plan.excluded, forced !== undefined);
  if (run.turn?.forgotten) tellDegraded(call, FORGOTTEN);
  const replan = (): Call | undefined => {
    const again = planOf(run.selection.groups, run.filter, services.clock.now());
    if (again.groups.every((group) => group.length === 0)) return undefined;
    groups = again.groups;
    queue.restart(groups);
    return forkOf(call, {
      excluded: again.excluded,
      forced: false,
      role: call.attempts.length > 0 ? "retry" : "first",
    });
  };
  const ladder: Ladder = { parts, run, call, queue, ranker, blocked, replan, place: parts.tenants?.enter(call) };
  const flight = run.streamed ? streamFlight(ladder) : chatFlight(ladder);
  if (entry)
    flight.answer.then(
      () => entry.ended(call, true),
      () => entry.ended(call, false),
    );
  return flight;
}

/** Tells the candidates that could have been chosen instead: neither full nor left out. */
function aChoice(chosen: PlannedCandidate, excluded: readonly Exclusion[]): (candidate: PlannedCandidate) => boolean {
  return (candidate) =>
    candidate === chosen || (candidate.limiter?.hasRoom() !== false && excluded.every(({ id }) => id !== candidate.id));
}

function createCall(
  parts: RouterParts,
  run: Run,
  queue: CallQueue,
  excluded: readonly Exclusion[],
  forced: boolean,
): Call {
  const { requestId, request, options, streamed, startedAtMs, deadline, budget } = run;
  return {
    services: parts.services,
    requestId,
    request,
    options: parts.options.fallback === false ? { ...options, fallback: options.fallback ?? false } : options,
    streamed,
    characteristics: run.characteristics,
    startedAtMs,
    deadline,
    budget,
    report: run.report,
    spare: asksAgain(parts.options.degrade) ? 1 : 0,
    queue,
    forced,
    excluded,
    attempts: [],
    found: { ttftMs: null, fromCache: undefined, kept: undefined },
    degraded: [],
    abort: createAbortSource(),
    features: run.features,
    role: "first",
  };
}

/** Whether a rung of the ladder calls a provider. */
function asksAgain(options: DegradeOptions | undefined): boolean {
  return options !== undefined && (options.to ?? options.shrink ?? options.waitMs) !== undefined;
}

/** One call and what stands below its first walk. */
interface Ladder {
  readonly parts: RouterParts;
  readonly run: Run;
  readonly call: Call;
  readonly queue: CallQueue;
  readonly ranker: RequestRanker;
  /** Why the plan was empty, where it was. */
  readonly blocked: SignalboxError | undefined;
  /** The call as things stand now, its queue begun again; `undefined` if every candidate is still set aside. */
  replan(): Call | undefined;
  /** The request's place among its tenant's, held until its answer is whole. */
  readonly place: ReturnType<TenantPlaces["enter"]>;
}

function chatFlight(ladder: Ladder): RoutedFlight {
  const { parts, run, call } = ladder;
  const ask = parts.features ? parts.features.aroundAttempt(attemptChat) : attemptChat;
  const judges = run.options.output !== undefined || parts.options.repairJson !== undefined;
  const plain: AttemptFunction<Answer> = judges && parts.kit.output ? parts.kit.output.around(ask) : ask;
  const { escalate: options = {} } = parts.options;
  const { to } = options;
  const whole = async (stored: Answer): Promise<Answer> => stored;
  const { kit } = parts;
  const work =
    to !== undefined && kit.escalate
      ? kit.escalate(
          call,
          () => descend(ladder, ask, whole),
          () => queueOf(ladder, to),
          options,
          plain,
        )
      : descend(ladder, plain, whole);
  const answer = work.then((given) => remembered(ladder, given));
  return tracked(ladder, answer, undefined);
}

function streamFlight(ladder: Ladder): RoutedFlight {
  const { parts, call } = ladder;
  const restart = parts.options.streams?.onInterrupted === "restart";
  const ask = parts.features ? parts.features.aroundAttempt(openStream) : openStream;
  const open = async (): Promise<CommittedStream> => {
    const stream = await descend(ladder, ask, async (stored) => storedStream(stored));
    return restart && parts.kit.restart ? parts.kit.restart(call, stream) : stream;
  };
  const finish = ({ candidate, assembler }: CommittedStream): Answer => {
    return { candidate, reply: withUsage(assembler.reply(), call) };
  };
  const stream = createStreamFlight(open, finish, call.abort);
  const answer = stream.answer
    .then((given) => parts.kit.output?.check(call, given) ?? given)
    .then((given) => remembered(ladder, given));
  return tracked(ladder, answer, stream);
}

/** What every reader of an answer may rely on: it is noted and stored, and features have seen it. */
function remembered({ parts, run, call }: Ladder, given: Answer): Answer {
  const answer = rememberAnswer(parts, run, call, given);
  if (run.features) parts.features?.onAnswered(run.features, answer);
  return answer;
}

/** The walk, hedged where that is on, and the rungs of degradation below it. */
function descend<T extends Answer | CommittedStream>(
  ladder: Ladder,
  plain: AttemptFunction<T>,
  fromStored: (answer: Answer) => Promise<T>,
): Promise<T> {
  const { parts, run, blocked } = ladder;
  const attempt = parts.hedging ? parts.hedging(plain) : plain;
  const { features } = parts;
  const { degrade: options } = parts.options;
  const { degrade } = parts.kit;
  const ask = (call: Call): Promise<T> =>
    features ? features.aroundFlight(call, () => walk(call, attempt)) : walk(call, attempt);
  const orDegrade = (call: Call, asked: Promise<T>): Promise<T> => {
    if (!options || !degrade) return asked;
    const rungs = rungsOf(ladder, plain, fromStored);
    return asked.catch((thrown) => degrade(call, asSignalboxError(thrown), options, plain, rungs));
  };
  const begin = (): Promise<T> => orDegrade(ladder.call, blocked ? Promise.reject(blocked) : ask(ladder.call));
  const walked = ladder.place instanceof Promise ? ladder.place.then(begin) : begin();
  if (!waits(parts, run)) return walked;
  return walked.catch((thrown) => {
    const error = asSignalboxError(thrown);
    if (!isWaitedFor(error)) throw error;
    return inTurn(ladder, error, parts.services.backoff.maxWaitMs, (call) => orDegrade(call, ask(call)));
  });
}

function rungsOf<T>(ladder: Ladder, plain: AttemptFunction<T>, fromStored: (answer: Answer) => Promise<T>): Rungs<T> {
  const { parts, run, call } = ladder;
  return {
    queue: (to, request) => queueOf(ladder, to, request),
    async stale(maxAgeMs) {
      const { cache } = parts.kit;
      const stored = cache?.lookUpStale(parts, run, maxAgeMs);
      const candidate = stored && parts.byId.get(stored.candidate);
      const found = candidate && cache && (await within(call, cache.usable(parts, run, stored)));
      if (!found) return undefined;
      call.found.fromCache = {
        status: "stale",
        ageMs: ageOf(stored, parts.services.clock.wallNow()),
        savedUsd: stored.costUsd ?? undefined,
      };
      return fromStored({ candidate, reply: found.reply, parsed: found.parsed });
    },
    waited: (error, waitMs) =>
      // The first error says more about the request than what became of the wait.
      inTurn(ladder, error, waitMs, (again) => walk(forkOf(again, { spare: 0 }), plain)).catch(() => undefined),
  };
}

/**
 * A queue of other models, or of the request's own as things stand now. Of other models those already asked are left
 * out; a call that wants one candidate only keeps to the one it has.
 */
function queueOf(
  { parts, run, call, ranker }: Ladder,
  to: string | readonly string[] | undefined,
  request: ChatRequest = run.request,
): CallQueue {
  const models = typeof to === "string" ? [to] : to;
  const { clock } = parts.services;
  const { groups } = models ? parts.selector.select({ messages: request.messages, models }) : run.selection;
  // A smaller request may fit where the whole one did not.
  const filter = request === run.request ? run.filter : createHardFilter(parts, request, run.options);
  const plan = planOf(groups, filter, clock.now());
  const before = askedOf(call);
  const single = call.options.fallback === false && before.size > 0;
  if (!models && !single) return new CallQueue(plan.groups, ranker);
  const kept = ({ id }: PlannedCandidate): boolean => (models ? !single && !before.has(id) : before.has(id));
  return new CallQueue(
    plan.groups.map((group) => group.filter(kept)),
    ranker,
  );
}

/** Counts the work as in flight until it has settled. */
function tracked(
  { parts: { active }, call, queue, place }: Ladder,
  answer: Promise<Answer>,
  stream: StreamFlight | undefined,
): RoutedFlight {
  const { abort, deadline } = call;
  const flight: RoutedFlight = {
    call,
    queue,
    abort,
    deadline,
    answer,
    stream,
    settled: undefined,
    leader: undefined,
    patient: undefined,
    readers: 0,
    booked: 0,
  };
  if (place) void giveBack(place, answer);
  active.add(abort);
  answer.then(
    (given) => {
      flight.settled = given;
      active.delete(abort);
    },
    () => void active.delete(abort),
  );
  return flight;
}

/** The place is free again once the answer is whole, or there will be none. */
async function giveBack(place: NonNullable<Ladder["place"]>, answer: Promise<Answer>): Promise<void> {
  try {
    const leave = await place;
    await answer.then(
      () => leave(null),
      () => leave(),
    );
  } catch {
    // The request has been told why there is no place.
  }
}
