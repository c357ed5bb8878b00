import type { RepairJson } from "../chat/repair-json.js";
import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type { EventMap } from "../contract/events.js";
import type { AttemptBudget, CallContext } from "../contract/provider.js";
import type { Attempt, AttemptRole } from "../contract/records.js";
import type { Characteristics } from "../contract/strategy.js";
import type { Timeouts } from "../contract/timeouts.js";
import type { Transport } from "../contract/transport.js";
import type { Clock } from "../core/clock.js";
import type { ContainedEmitter } from "../core/emitter.js";
import type { Random } from "../core/random.js";
import type { AttemptSummary, Exclusion } from "../errors/kinds.js";
import type { Policies } from "../errors/policies.js";
import type { Policy } from "../errors/policy.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import type { Limiter } from "../resilience/limiter.js";
import type { MovingDeadline } from "../resilience/moving-deadline.js";
import type { Reservation } from "../spend/budgets.js";
import type { AbortSource } from "./abort-source.js";
import type { Candidate } from "./candidate.js";
import type { FeatureRuns } from "./feature-run.js";

/** Calls under way hold the money that this one lacks: it may wait for them to settle. */
export interface HeldMoney {
  /** What the request is told if it does not wait. */
  readonly refusal: SignalboxError;
  /** Resolves when it is this request's turn to ask again. @throws SignalboxError detail `held`, or the abort's reason */
  wait(): Promise<void>;
}

export type Reserved = Reservation | HeldMoney | SignalboxError;

export type Reserve = (call: Call, candidate: Candidate) => Reserved | Promise<Reserved>;

/** What the flow is lent by the router; shared by all its calls. */
export interface FlowServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly timeouts: Timeouts;
  readonly events: ContainedEmitter<EventMap>;
  /** What follows from each kind of failure here. */
  readonly policies: Policies;
  /** How vendors over HTTP send their requests, unless they have their own way. */
  readonly transport: Transport | undefined;
  /** Mends JSON that is nearly right, if the user gave a function that does. */
  readonly repairJson: RepairJson | undefined;
  /** Backoff of same-provider retries: the first wait's ceiling and the cap, milliseconds. */
  readonly backoff: {
    readonly baseMs: number;
    readonly capMs: number;
    /** How long a vendor's hint may keep a rate-limited request waiting. */
    readonly maxWaitMs: number;
  };
  /** Reads a settled attempt: metrics, stats, learner. @param slept its times say nothing: the process was suspended @param policy what follows, if it failed */
  settled(
    attempt: Attempt,
    candidate: Candidate,
    request: Characteristics,
    slept: boolean,
    policy: Policy | undefined,
  ): void;
  /** A quality signal: whether an answer kept the form it was asked for in. */
  judged(candidate: Candidate, valid: boolean): void;
  /** Holds money for one call, or says why there is none; absent where no budget is set. */
  readonly reserve: Reserve | undefined;
  /** A call to a candidate began (1) or ended (-1); absent where no other process wants to know. */
  readonly calling: ((candidate: Candidate, change: 1 | -1) => void) | undefined;
  /** Tells the features in use of a settled attempt; `undefined` if there are none. */
  readonly features: { onSettled(runs: FeatureRuns, attempt: Attempt): void } | undefined;
  /** As `warn`, but the same words only once. */
  warnOnce(code: string, message: string, requestId?: string): void;
  /** Whether anyone heard. */
  warn(code: string, message: string, requestId?: string): boolean;
}

/** Which candidates may be asked, in which order. Made by the router's plan; the flow only walks it. */
export interface CandidateQueue {
  /** The best candidate not taken yet that has a free place; taking it is the caller's promise to try it. */
  next(): Candidate | undefined;
  /**
   * The limiters of those not taken yet, once `next` has found none: each of them is full.
   *
   * @param cooling also those of whom nobody may be asked before a cool-down ends.
   */
  full(cooling: boolean): ReadonlySet<Limiter>;
  /** As `next`, but behind this limiter, where the caller holds a place. */
  nextAt(limiter: Limiter): Candidate | undefined;
  /** When `nextAt` would find someone; `nowMs` where it would now. */
  readyAtMs(limiter: Limiter, nowMs: number): number;
  /** Whether anyone is left who could be asked, at once or after a wait for a place. */
  more(): boolean;
  /** As `next`, but only at another provider, and only one that could start at once; nothing is taken otherwise. */
  nextBeside(candidate: Candidate): Candidate | undefined;
  /** Those blocked now, and milliseconds until the first of all may be asked; `undefined` where none ever may. */
  blocked(): { readonly excluded: readonly Exclusion[]; readonly retryAfterMs: number | undefined };
  /** A taken candidate is asked now. @param excluded who may not be, by the plan or for want of money. */
  asking(candidate: Candidate, excluded: readonly Exclusion[]): void;
  /** A taken candidate that was not asked may be taken again. */
  putBack(candidate: Candidate): void;
  /** A candidate that was tried, and may be asked again after a wait: the best of those. */
  again(
    failed: ReadonlyMap<Candidate, SignalboxError>,
    mayAskAgain: (error: SignalboxError) => boolean,
  ): Candidate | undefined;
}

/** One request on its way. */
export interface Call {
  readonly services: FlowServices;
  readonly requestId: string;
  readonly request: ChatRequest;
  readonly options: CallOptions;
  readonly streamed: boolean;
  /** How the request looks; of it the flow hands on what is known without reading it. */
  readonly characteristics: Characteristics;
  readonly startedAtMs: number;
  readonly deadline: MovingDeadline;
  readonly budget: AttemptBudget;
  /** Tells the outer router, where one asks, how far the answer has come. */
  readonly report: CallContext["report"];
  /** Calls that retries of the same provider leave for what comes after them. */
  readonly spare: number;
  readonly queue: CandidateQueue;
  /** Whom the plan left out. */
  readonly excluded: readonly Exclusion[];
  /** Every upstream call so far, in order. */
  readonly attempts: AttemptSummary[];
  /** Shared by all paths that the request takes. */
  readonly found: Found;
  /** Rungs of degradation taken. */
  readonly degraded: string[];
  /** Set when nobody waits any more: ends attempts and waits. */
  readonly abort: AbortSource;
  /** Every breaker is open and this request may try one all the same. */
  readonly forced: boolean;
  /** The features' views of this request; `undefined` if no feature is in use. */
  readonly features: FeatureRuns | undefined;
  /** Takes the next attempt's role, `first` to begin with. */
  role: AttemptRole;
}

/** What is found out about an answer on its way, whichever path it comes on. */
export interface Found {
  /** From the request's start to the first content of the answer, milliseconds. */
  ttftMs: number | null;
  /** Set where the answer came from a cache: a decorated provider's own, or a stale entry of the router's. */
  fromCache: FromCache | undefined;
  /** Keys under which decorators on the way, and routers within, may keep the answer. */
  kept: readonly string[] | undefined;
}

export interface FromCache {
  readonly status: "hit" | "stale";
  readonly ageMs?: number | undefined;
  readonly savedUsd?: number | undefined;
}

/** The same request on another path. */
export function forkOf(call: Call, how: Partial<Call>): Call {
  return { ...call, ...how };
}
