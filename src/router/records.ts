import type { ChatReply } from "../chat/reply.js";
import type { Usage } from "../chat/usage.js";
import type { CacheStatus, RequestRecord, Route, RouteCache } from "../contract/records.js";
import type { AttemptSummary } from "../errors/kinds.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { ReplyStream } from "../flow/reader-stream.js";
import type { LearnerTicket, LearnerView } from "../ranking/learner/learner.js";
import type { RouterParts } from "./parts.js";
import type { Run } from "./run.js";

/** A route as the router writes it: with what feedback from another process needs. */
export interface TicketedRoute extends Route {
  /** Learned from by `feedback`; holds no word of the request. */
  readonly ticket?: LearnerTicket | undefined;
}

/** An answer of the router: the provider's reply, its usage, and how it came about. */
export interface RoutedReply<Output = unknown> extends ChatReply {
  usage: Usage;
  route: TicketedRoute;
  /** The validated value, where the call gave an `output` schema. */
  parsed?: Output;
}

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
  readonly parsed?: { readonly value: unknown } | undefined;
}

const ZERO: Usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, estimated: true };

/** Writes the route, records the request, and tells listeners: the one end of every answered request. */
export function recordAnswer(parts: RouterParts, run: Run, outcome: Outcome): RoutedReply {
  const { reply, provider, model, cache, attempts, reasons, degraded, ttftMs, view, parsed } = outcome;
  const latencyMs = parts.services.clock.now() - run.startedAtMs;
  const costUsd = costOfAll(attempts);
  const strategy = run.chooser.strategy.name;
  const { requestId } = run;
  let ticket: LearnerTicket | undefined;
  const route: TicketedRoute = {
    requestId,
    provider,
    model,
    strategy,
    degraded,
    reasons,
    costUsd,
    latencyMs,
    ttftMs,
    attempts,
    cache,
    // Reading the request for feedback costs more than routing it, so it waits until the route is read or sent on.
    get ticket() {
      ticket ??= view?.ticket();
      return ticket;
    },
  };
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
  return parsed ? { ...reply, usage, route, parsed: parsed.value } : { ...reply, usage, route };
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

function record({ stats, events }: RouterParts, run: Run, ending: Ending): void {
  const { requestId, options, streamed, startedAtMs } = run;
  const full: RequestRecord = {
    requestId,
    strategy: run.chooser.strategy.name,
    kind: options.taskType ?? null,
    tenant: options.tenant,
    tags: options.tags,
    streamed,
    startedAtMs,
    ...ending,
  };
  stats.request(full);
  if (events.has("done")) events.emit("done", full);
}

/** Dollars for all upstream calls of a request; `null` where one of them has no known price. */
function costOfAll(attempts: readonly AttemptSummary[]): number | null {
  let sum = 0;
  for (const { costUsd } of attempts) {
    if (costUsd === null) return null;
    sum += costUsd;
  }
  return sum;
}
