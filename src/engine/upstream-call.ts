import { estimateUsage } from "../chat/create-reply.js";
import type { FinishReason } from "../chat/reply.js";
import type { Usage } from "../chat/usage.js";
import { countsOf } from "../chat/usage.js";
import { vendorName } from "../chat/vendor-name.js";
import type { CallContext } from "../contract/provider.js";
import type { Attempt, AttemptRole } from "../contract/records.js";
import { oneLine } from "../errors/one-line.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { costOf } from "../pricing/cost.js";
import { createPhaseTimer, type PhaseTimer, type TimeoutPhase } from "../resilience/phase-timer.js";
import type { Admission } from "./admission.js";
import type { Call } from "./call.js";
import type { Candidate } from "./candidate.js";
import { costOfAll } from "./costs.js";
import { LentBudget } from "./lent-budget.js";
import { Phases, type Progress } from "./phases.js";
import { providerError } from "./provider-error.js";
import { tellDegraded } from "./tell-degraded.js";
import { withPhases } from "./timeouts.js";

/** First content later than this may count as slow, milliseconds. */
const SLOW_MS = 10_000;

/** A probe that took so many times what is usual for its candidate, or this part of the time it may take, has failed. */
const PROBE_FACTOR = 3;

/** Characters of a failed call's message in records. */
const MAX_MESSAGE = 400;

const PHASE_WORDS: Record<TimeoutPhase, string> = {
  headers: "sent no response head in time",
  first_token: "sent no content in time",
  idle_content: "kept its answer open without a word",
  idle_bytes: "went silent in the middle of its answer",
  total: "could not answer before the request's deadline",
};

/** An answer that comes in pieces, as its call needs to know it. */
export interface OpenAnswer {
  usage(): Usage;
  /** The call was ended from this side, perhaps while nobody was waiting for a piece. */
  ended(reason: SignalboxError): void;
}

function nameOf(name: unknown): string | undefined {
  return typeof name === "string" && name !== "" ? vendorName(name) : undefined;
}

/** One upstream call from its first byte to its record: its abort, its clock, its lease, and the one settling. */
export class UpstreamCall {
  readonly call: Call;
  readonly candidate: Candidate;
  readonly role: AttemptRole;
  readonly context: CallContext;
  readonly phases: Phases;
  readonly #timer: PhaseTimer;
  readonly #controller = new AbortController();
  readonly #number: number;
  readonly #startedAtMs: number;
  #leave: (() => void) | undefined;
  readonly #admission: Admission;
  readonly #streamed: boolean;
  #firstTokenAtMs: number | null = null;
  #abortedBy: SignalboxError | undefined;
  #rejectWaiting: ((reason: SignalboxError) => void) | undefined;
  #settled = false;
  #cached = false;
  #head: { readonly id: string; readonly model: string } | null = null;
  #finishReason: FinishReason | null = null;
  #toldUsd: number | null | undefined;
  /** Set while a stream is past the commit gate. */
  answer: OpenAnswer | undefined;

  constructor(call: Call, candidate: Candidate, admission: Admission, streamed: boolean) {
    const { services, deadline, budget, options, requestId } = call;
    this.call = call;
    this.candidate = candidate;
    this.role = call.role;
    this.#admission = admission;
    this.#streamed = streamed;
    this.#number = budget.used;
    this.#startedAtMs = services.clock.now();
    candidate.metrics.start(this.#startedAtMs);
    services.calling?.(candidate, 1);
    this.#timer = createPhaseTimer(services.clock, deadline, (phase) => this.#expire(phase));
    this.context = {
      // Plain values, not getters: an object literal with an accessor costs a hidden class of its own each time.
      signal: this.#controller.signal,
      deadline,
      requestId,
      tenant: options.tenant,
      conversationId: options.conversationId,
      recalled: true,
      metadata: options.metadata,
      sessionKey: options.sessionKey,
      headers: options.headers,
      attempts: new LentBudget(budget, call.queue),
      transport: services.transport,
      report: (progress, which) => this.#progress(progress, which),
      warn: (code, message) => services.warnOnce(code, `${candidate.id}: ${message}`, requestId),
    };
    this.#leave = call.abort.listen((reason) => this.abort(reason));
    const timeouts = options.timeouts ? withPhases(candidate.timeouts, options.timeouts) : candidate.timeouts;
    this.phases = new Phases(this.#timer, timeouts, candidate.info, streamed, (ms) => this.#patience(ms));
    call.report?.("called");
  }

  /** Waits for the provider, but never longer than this call lives: a provider deaf to its signal is left behind. */
  wait<T>(work: PromiseLike<T> | T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#abortedBy) reject(this.#abortedBy);
      else this.#rejectWaiting = reject;
      Promise.resolve(work).then(resolve, reject);
    });
  }

  /** Ends the call from this side; what waits on it rejects with `reason`. */
  abort(reason: SignalboxError): void {
    if (this.#settled || this.#abortedBy) return;
    this.#abortedBy = reason;
    // Who leaves, or is out of time, is nobody's failure: nothing is to be classified, and the call is on record before
    // its caller hears of it. A stream past the gate is told as cut, and says so itself.
    if (reason.kind === "cancelled" || (reason.detail === "total" && !this.answer)) {
      this.#settle(reason, this.answer?.usage() ?? null);
    }
    this.#rejectWaiting?.(reason);
    this.#controller.abort(reason);
    this.answer?.ended(reason);
  }

  /** What the provider itself says that the call cost; counts instead of a price list. */
  paid(costUsd: number | null | undefined): void {
    if (costUsd !== undefined) this.#toldUsd = costUsd;
  }

  /** The first content has come: the answer is committed to this candidate. */
  firstToken(): void {
    this.#firstTokenAtMs ??= this.call.services.clock.now();
  }

  /** What `thrown` means; an end that came from this side stays what it was. */
  errorOf(thrown: unknown): SignalboxError {
    if (this.#abortedBy) return this.#abortedBy;
    const { request, services } = this.call;
    const error = providerError(thrown, this.candidate, request, services.clock.wallNow());
    if (error.attempts.length > 0) this.paid(costOfAll(error.attempts));
    return services.policies.applied(error);
  }

  /** Whether a decorator has the answer, without asking anybody. */
  get cached(): boolean {
    return this.#cached;
  }

  succeed(usage: Usage | null, head: { id: string; model: string } | null, finishReason: FinishReason | null): void {
    this.#head = head;
    this.#finishReason = finishReason;
    this.#settle(null, usage);
  }

  /** Settles as failed, or as nobody's fault where the end came from the caller or a won race. */
  fail(error: SignalboxError, usage: Usage | null = null, alternatives = false): void {
    this.#settle(error, usage, alternatives);
    // Whatever the provider still does is of no use to anyone.
    this.#abortedBy ??= error;
    this.#controller.abort(error);
  }

  #settle(error: SignalboxError | null, given: Usage | null, alternatives = false): void {
    if (this.#settled) return;
    this.#settled = true;
    const { call, candidate } = this;
    const nowMs = call.services.clock.now();
    const slept = this.#timer.slept(nowMs);
    call.services.calling?.(candidate, -1);
    this.#timer.clear();
    this.#leave?.();
    if (this.#cached && !error) {
      this.#settleCached(given, nowMs);
      return;
    }
    const latencyMs = nowMs - this.#startedAtMs;
    const ttftMs = this.#firstTokenAtMs === null ? null : this.#firstTokenAtMs - this.#startedAtMs;
    // Nobody says what a hedge's loser was billed; its prompt was read, at the least.
    const usage = given ?? (error?.detail === "hedge_lost" ? estimateUsage(call.request, "") : null);
    const costUsd = this.#toldUsd !== undefined ? this.#toldUsd : this.#priceOf(usage, error);
    const attempt: Attempt = {
      requestId: call.requestId,
      number: this.#number,
      role: this.role,
      candidate: candidate.id,
      provider: candidate.provider.id,
      model: candidate.info.id,
      streamed: this.#streamed,
      startedAtMs: this.#startedAtMs,
      firstTokenAtMs: this.#firstTokenAtMs,
      settledAtMs: nowMs,
      latencyMs,
      ttftMs,
      outcome: error ? error.kind : "success",
      detail: error?.detail,
      status: error?.status,
      vendorCode: error?.vendorCode,
      message: error ? oneLine(error.message, MAX_MESSAGE) : undefined,
      upstreamRequestId: error ? this.#upstreamIdOf(error) : undefined,
      retryAfterMs: error?.retryAfterMs,
      usage,
      costUsd,
      responseId: nameOf(this.#head?.id),
      responseModel: nameOf(this.#head?.model),
      finishReason: this.#finishReason ?? undefined,
    };
    const { provider, model, outcome, detail, message, upstreamRequestId, retryAfterMs } = attempt;
    if (!error) {
      if (this.#firstTokenAtMs !== null) call.found.ttftMs = this.#firstTokenAtMs - call.startedAtMs;
      // A stored answer on the way may have been refused.
      call.found.fromCache = undefined;
    }
    call.attempts.push({
      provider,
      model,
      outcome,
      detail,
      latencyMs,
      costUsd,
      message,
      upstreamRequestId,
      retryAfterMs,
    });
    const policy = error ? call.services.policies.of(error.kind, error.detail) : undefined;
    // While the process slept, connections broke and time passed that is nobody's; what a vendor answered still counts.
    const unheard = slept && error !== null && error.status === undefined;
    if (unheard || error?.kind === "cancelled" || error?.detail === "total") {
      candidate.gate.release(this.#admission.lease);
    } else {
      // Slowness counts against a candidate only where another could have been asked; few answers are slow.
      const others = alternatives || (ttftMs !== null && ttftMs >= SLOW_MS && call.queue.more());
      candidate.gate.settle(this.#admission.lease, nowMs, error, {
        ttftMs: slept ? null : ttftMs,
        alternatives: others,
        requestId: call.requestId,
        policy,
      });
    }
    // After the gate has heard: whoever is given the place asks it.
    this.#admission.leave?.(error, costUsd);
    call.services.settled(attempt, candidate, call.characteristics, slept, policy);
    if (call.features) call.services.features?.onSettled(call.features, attempt);
  }

  /** A router within names its own calls; its `requestId` is no vendor's. */
  #upstreamIdOf({ requestId, attempts }: SignalboxError): string | undefined {
    const within = attempts.at(-1);
    if (within) return within.upstreamRequestId;
    return requestId === this.call.requestId ? undefined : requestId;
  }

  #priceOf(usage: Usage | null, error: SignalboxError | null): number | null {
    if (usage !== null) return costOf(countsOf(usage), this.candidate.info.usdPerMTok);
    return error ? 0 : null;
  }

  /** A decorator had the answer: no upstream was called, so no record is made and nobody is judged. */
  #settleCached(usage: Usage | null, nowMs: number): void {
    const { call, candidate } = this;
    const latencyMs = nowMs - this.#startedAtMs;
    candidate.metrics.settle({ ok: true, counted: false, ttftMs: null, latencyMs, outputTokens: 0, costUsd: 0 }, nowMs);
    candidate.gate.release(this.#admission.lease);
    this.#admission.leave?.(null, 0);
    const savedUsd = usage && costOf(countsOf(usage), candidate.info.usdPerMTok);
    call.found.fromCache = { status: "hit", savedUsd: savedUsd ?? undefined };
  }

  #progress(progress: Progress, which: string | undefined): void {
    if (progress === "degraded") {
      if (which !== undefined) tellDegraded(this.call, which);
      return;
    }
    if (progress === "kept") {
      const { found, report } = this.call;
      // A decorator says so at each retry.
      if (which !== undefined && !found.kept?.includes(which)) found.kept = [...(found.kept ?? []), which];
      report?.(progress, which);
      return;
    }
    if (progress === "cached") this.#cached = true;
    else this.call.report?.(progress);
    if (this.#settled) return;
    if (progress === "content") this.firstToken();
    this.phases.told(progress);
  }

  /** A probe is a live request that others could answer: it gives a candidate that may still hang only part of a phase. */
  #patience(ms: number): number {
    const { call, candidate } = this;
    if (!candidate.gate.probes(this.#admission.lease) || call.options.fallback === false) return ms;
    if (!call.queue.more() || call.budget.used >= call.budget.limit) return ms;
    const usualMs = candidate.metrics.quantile(0.5, this.#streamed ? "ttft" : "total");
    return Math.min(ms, Math.max(ms / PROBE_FACTOR, Number.isFinite(usualMs) ? PROBE_FACTOR * usualMs : 0));
  }

  #expire(phase: TimeoutPhase): void {
    const { provider, info } = this.candidate;
    const detail = phase === "idle_bytes" || phase === "idle_content" ? "idle" : phase;
    const where = { detail, provider: provider.id, model: info.id };
    this.abort(new SignalboxError("timeout", `${provider.id} ${PHASE_WORDS[phase]}`, where));
  }
}
