import type { ChatReply } from "../chat/reply.js";
import type { Usage } from "../chat/usage.js";
import type { Assignment, CacheStatus, RepairedPart, RequestRecord, Route, RouteCache } from "../contract/records.js";
import { extended } from "../core/extended.js";
import { assignmentOf } from "../engine/assignment.js";
import type { Parsed } from "../engine/attempt-chat.js";
import { costOfAll } from "../engine/costs.js";
import type { ReplyStream } from "../engine/stream/reader-stream.js";
import type { AttemptSummary } from "../errors/kinds.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { LearnerTicket, LearnerView } from "../strategies/learner/learner.js";
import type { RouterParts } from "./parts.js";
import type { Run } from "./run.js";

/** A route as the router writes it: with what feedback from another process needs. */
export interface TicketedRoute extends Route {
  /** Learned from by `feedback`; holds no word of the request. */
  readonly ticket?: LearnerTicket | undefined;
}

/** An answer of the router: the provider's reply, its usage, and how it came about. */
export interface RoutedReply<Output = unknown> extends ChatReply {
  /** The tokens of the answer; estimated if the vendor told none. */
  usage: Usage;
  /** How the answer came about. */
  route: TicketedRoute;
  /** The validated value, where the call gave an `output` schema. */
  parsed?: Output;
}

/** An answer whose `parsed` is there if the call gave an `output` schema. */
export type ReplyOf<Output> = unknown extends Output ? RoutedReply : RoutedReply<Output> & { parsed: Output };

/** A streamed answer of the router; see {@link ReplyStream}. */
export type RouterStream<Output = unknown> = ReplyStream<RoutedReply<Output>>;

/** How a reader's answer came about, before it is written down. */
export interface Outcome {
  readonly reply: ChatReply;
  readonly provider: string;
  readonly model: string;
  readonly cache: RouteCache;
  readonly attempts: readonly AttemptSummary[];
  readonly reasons: readonly string[];
  readonly degraded: readonly string[];
  readonly ttftMs: number | null;
  /** What a ticket is made of, when somebody wants it. */
  readonly view?: LearnerView | undefined;
  readonly parsed?: Parsed | undefined;
  readonly repairedArguments?: true | undefined;
}

/**
 * A route whose ticket waits until somebody wants it: reading the request for feedback costs more than routing it.
 * As JSON it is plain data, ticket included.
 */
class WrittenRoute implements TicketedRoute {
  /** What `console.log` calls it; minified, it would be a stray letter. */
  static readonly name = "Route";
  readonly requestId: string;
  readonly provider: string;
  readonly model: string;
  readonly strategy: string;
  readonly degraded: readonly string[];
  readonly reasons: readonly string[];
  readonly costUsd: number | null;
  readonly latencyMs: number;
  readonly ttftMs: number | null;
  readonly attempts: readonly AttemptSummary[];
  readonly cache: RouteCache;
  declare readonly repaired?: readonly RepairedPart[];
  declare readonly experiment?: Assignment;
  readonly #view: LearnerView | undefined;

  constructor(
    requestId: string,
    strategy: string,
    outcome: Outcome,
    costUsd: number | null,
    latencyMs: number,
    experiment: Assignment | undefined,
  ) {
    this.requestId = requestId;
    this.provider = outcome.provider;
    this.model = outcome.model;
    this.strategy = strategy;
    this.degraded = outcome.degraded;
    this.reasons = outcome.reasons;
    this.costUsd = costUsd;
    this.latencyMs = latencyMs;
    this.ttftMs = outcome.ttftMs;
    this.attempts = outcome.attempts;
    this.cache = outcome.cache;
    this.#view = outcome.view;
    const repaired = repairedParts(outcome);
    if (repaired) this.repaired = repaired;
    if (experiment) this.experiment = experiment;
  }

  get ticket(): LearnerTicket | undefined {
    return this.#view?.ticket();
  }

  toJSON(): TicketedRoute {
    const { ticket } = this;
    return ticket === undefined ? { ...this } : { ...this, ticket };
  }
}

function repairedParts({ reply, parsed, repairedArguments }: Outcome): readonly RepairedPart[] | undefined {
  // A router within, which mended its answer.
  const within = (reply as Partial<RoutedReply>).route?.repaired?.includes("tool_arguments");
  const called: readonly RepairedPart[] | undefined = repairedArguments || within ? ["tool_arguments"] : undefined;
  return parsed?.repaired ? ["output", ...(called ?? [])] : called;
}

const ZERO: Usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, estimated: true };

/** Writes the route, records the request, and tells listeners: the one end of every answered request. */
export function recordAnswer(parts: RouterParts, run: Run, outcome: Outcome): RoutedReply {
  const { reply, provider, model, cache, attempts, degraded, ttftMs, parsed } = outcome;
  const latencyMs = parts.services.clock.now() - run.startedAtMs;
  const costUsd = costOfAll(attempts);
  const strategy = run.chooser.strategy.name;
  const route = new WrittenRoute(run.requestId, strategy, outcome, costUsd, latencyMs, assignmentOf(run.options));
  const usage = reply.usage ?? ZERO;
  record(parts, run, {
    outcome: "ok",
    provider,
    model,
    latencyMs,
    ttftMs,
    usage,
    costUsd,
    cache: cache.status,
    savedUsd: cache.savedUsd ?? 0,
    degraded,
    attempts,
  });
  return extended(reply, parsed ? { usage, route, parsed: parsed.value } : { usage, route });
}

/** Records a request that ended without an answer. */
export function recordFailure(parts: RouterParts, run: Run, error: SignalboxError, cache: CacheStatus): void {
  record(parts, run, {
    outcome: error.kind,
    detail: error.detail,
    provider: error.provider ?? null,
    model: error.model ?? null,
    latencyMs: parts.services.clock.now() - run.startedAtMs,
    ttftMs: null,
    usage: null,
    costUsd: costOfAll(error.attempts),
    cache,
    savedUsd: 0,
    degraded: [],
    attempts: error.attempts,
  });
}

type Ending = Omit<RequestRecord, "requestId" | "strategy" | "kind" | "tenant" | "tags" | "streamed" | "startedAtMs">;

function record({ stats, events, features, services }: RouterParts, run: Run, ending: Ending): void {
  const { requestId, options, streamed, startedAtMs } = run;
  const full: RequestRecord = {
    requestId,
    strategy: run.chooser.strategy.name,
    kind: run.characteristics.knownKind ?? null,
    tenant: options.tenant,
    tags: options.tags,
    streamed,
    startedAtMs,
    ...ending,
  };
  stats.request(full);
  if (events.has("done")) events.emit("done", full);
  if (run.features) {
    features?.onEnded(run.features, full, (message) => services.warn("feature_failed", message, requestId));
  }
}
