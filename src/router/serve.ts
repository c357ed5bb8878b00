import { packReply, type StoredReply } from "../cache/stored-reply.js";
import { refusal } from "../cache/write-gate.js";
import { countsOf } from "../chat/usage.js";
import type { AttemptRole } from "../contract/records.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { createAbortSource } from "../flow/abort-source.js";
import { type Answer, attemptChat } from "../flow/attempt-chat.js";
import type { Call } from "../flow/call.js";
import { withUsage } from "../flow/checked-reply.js";
import type { Flight } from "../flow/flight.js";
import { openStream } from "../flow/open-stream.js";
import { restartable } from "../flow/restart.js";
import { createStreamFlight } from "../flow/stream-flight.js";
import { walk } from "../flow/walk.js";
import { CallQueue } from "./call-queue.js";
import { RequestRanker } from "./decision.js";
import { blockedError, forcedGroups } from "./no-candidate.js";
import type { RouterParts } from "./parts.js";
import { planOf } from "./plan.js";
import type { Run } from "./run.js";

/** What memory holds for this request, where the candidate that answered would be eligible now. */
export function lookUp(parts: RouterParts, run: Run): StoredReply | undefined {
  const { caching } = parts;
  if (!caching || !run.cacheKey || !mayRead(run)) return undefined;
  return eligible(parts, run, caching.responses.peek(run.cacheKey));
}

/** What the second tier holds; `undefined` where there is none to ask. */
export function lookUpDeep(parts: RouterParts, run: Run): Promise<StoredReply | undefined> | undefined {
  const { caching } = parts;
  if (!caching || !run.cacheKey || !mayRead(run)) return undefined;
  return caching.responses.load(run.cacheKey)?.then((stored) => eligible(parts, run, stored));
}

function mayRead({ options }: Run): boolean {
  const mode = options.cache ? options.cache.mode : undefined;
  return mode !== "write" && mode !== "refresh";
}

function eligible(parts: RouterParts, run: Run, stored: StoredReply | undefined): StoredReply | undefined {
  const candidate = stored && parts.byId.get(stored.candidate);
  if (!candidate || !run.selection.all.includes(candidate)) return undefined;
  return run.filter.reason(candidate) === null ? stored : undefined;
}

/** A flight under way, with the queue that says why its candidate was chosen. */
export interface Departure {
  readonly flight: Flight;
  readonly queue: CallQueue;
  readonly ranker: RequestRanker;
}

/** Plans, ranks and starts the upstream work of one request. @throws SignalboxError where nobody may be asked */
export function depart(parts: RouterParts, run: Run): Departure {
  const { services } = parts;
  const nowMs = services.clock.now();
  const plan = planOf(run.selection.groups, run.filter, nowMs);
  const ranker = new RequestRanker(parts, run, services.random);
  const empty = plan.groups.every((group) => group.length === 0);
  const forced = empty ? forcedGroups(parts, plan.excluded, nowMs) : undefined;
  if (empty && !forced) throw blockedError(parts, run, plan.excluded, nowMs);
  const queue = new CallQueue(forced ?? plan.groups, ranker, run.home);
  const call = createCall(parts, run, queue, forced !== undefined);
  const flight = run.streamed ? streamFlight(parts, run, call) : chatFlight(parts, run, call);
  if (parts.events.has("decision") && queue.first) {
    const strategy = run.chooser.strategy.name;
    const candidate = queue.first.id;
    parts.events.emit("decision", { requestId: run.requestId, strategy, candidate, excluded: plan.excluded });
  }
  return { flight, queue, ranker };
}

function createCall(parts: RouterParts, run: Run, queue: CallQueue, forced: boolean): Call {
  const { requestId, request, options, streamed, startedAtMs, deadline, deadlineAtMs, budget } = run;
  return {
    services: parts.services,
    requestId,
    request,
    options: parts.options.fallback === false ? { ...options, fallback: options.fallback ?? false } : options,
    streamed,
    startedAtMs,
    deadline,
    deadlineAtMs,
    budget,
    queue,
    forced,
    attempts: [],
    ttftMs: null,
    providerCache: undefined,
    degraded: [],
    abort: createAbortSource(),
    role: "first" satisfies AttemptRole,
  };
}

/** Notes the work as in flight until it has settled. */
function airborne(parts: RouterParts, call: Call, answer: Promise<Answer>): void {
  const land = (): void => void parts.active.delete(call.abort);
  parts.active.add(call.abort);
  answer.then(land, land);
}

function chatFlight(parts: RouterParts, run: Run, call: Call): Flight {
  const answer = walk(call, attemptChat).then((landed) => keep(parts, run, call, landed));
  airborne(parts, call, answer);
  return { call, answer, stream: undefined, seats: 0 };
}

function streamFlight(parts: RouterParts, run: Run, call: Call): Flight {
  const restart = parts.options.streams?.onInterrupted === "restart";
  const open = async () => {
    const stream = await walk(call, openStream);
    return restart ? restartable(call, stream) : stream;
  };
  const stream = createStreamFlight(open, (source) => withUsage(source.assembler.reply(), call), call.abort);
  const answer = stream.answer.then((landed) => keep(parts, run, call, landed));
  airborne(parts, call, answer);
  return { call, answer, stream, seats: 0 };
}

/** Once per flight: what the answer teaches, and the cache. */
function keep(parts: RouterParts, run: Run, call: Call, landed: Answer): Answer {
  const { candidate, reply } = landed;
  if (parts.affinity && candidate.provider.prefixCache && reply.usage && !reply.usage.estimated) {
    const { cacheRead } = countsOf(reply.usage);
    parts.affinity.served(run.chain, candidate.id, parts.services.clock.now(), cacheRead);
  }
  parts.toolLoops.began(reply.choices[0].message, candidate.id);
  store(parts, run, call, landed);
  return landed;
}

function store({ caching, events, services }: RouterParts, run: Run, call: Call, { candidate, reply }: Answer): void {
  const { cacheKey, options, requestId } = run;
  if (!caching || !cacheKey || (options.cache && options.cache.mode === "read")) return;
  const reason = call.degraded.length > 0 ? "degraded" : refusal(run.request, reply, caching.gate);
  let kept = false;
  if (reason === null) {
    const costUsd = call.attempts.at(-1)?.costUsd ?? null;
    const about = {
      provider: candidate.provider.id,
      candidate: candidate.id,
      storedAtWallMs: services.clock.wallNow(),
      costUsd,
    };
    const cache = options.cache || {};
    kept = caching.responses.put(cacheKey, packReply(reply, about), {
      ttlMs: cache.ttlMs,
      tags: cache.tags,
      tenant: options.tenant,
      conversationId: options.conversationId,
    });
  }
  if (events.has("cache")) {
    events.emit("cache", {
      requestId,
      status: kept ? "stored" : "refused",
      reason: reason ?? (kept ? undefined : "size"),
    });
  }
}

/** The end of a flight as an error that knows its request. */
export function asError(thrown: unknown): SignalboxError {
  if (SignalboxError.isInstance(thrown)) return thrown;
  return new SignalboxError("server", "The router failed unexpectedly", { cause: thrown });
}
