import { SignalboxError } from "../errors/signalbox-error.js";
import { createAbortSource } from "./abort-source.js";
import { type Admission, admit, isAdmission } from "./admission.js";
import { type Call, forkOf } from "./call.js";
import type { Candidate } from "./candidate.js";
import type { AttemptFunction } from "./walk.js";

/** Asking a second provider while the first is slow. Costs money; off unless given. */
export interface HedgeOptions {
  /**
   * Wait before the second call, milliseconds.
   * @default the time in which the candidate gives 95 % of its first tokens (of its whole answers where they are not
   * streamed), at least 1_000
   */
  readonly afterMs?: number | undefined;
  /** Share of requests that may be hedged, 0..1. @default 0.05 */
  readonly maxShare?: number | undefined;
}

/** Counts requests and hedges of one router, so that extra load stays under its cap. */
export interface HedgeBudget {
  readonly options: HedgeOptions;
  /** A request came. */
  seen(): void;
  /** Whether one more may be hedged. */
  may(): boolean;
  /** One was hedged. */
  take(): void;
}

const DEFAULT_SHARE = 0.05;
const LEAST_WAIT_MS = 1_000;

export function createHedgeBudget(options: HedgeOptions): HedgeBudget {
  const share = options.maxShare ?? DEFAULT_SHARE;
  // Like a bucket that holds ten hedges at most: a quiet hour does not pay for a burst.
  let tokens = 1;
  return {
    options,
    seen() {
      tokens = Math.min(10, tokens + share);
    },
    // Forgives the rounding of many small shares.
    may: () => tokens > 1 - 1e-9,
    take() {
      tokens = Math.max(0, tokens - 1);
    },
  };
}

/**
 * The first attempt of a request, and a second one at another provider when the first has said nothing for too long.
 * Whoever answers first wins; the loser is aborted, nobody's failure, and both are paid for.
 */
export function hedged<T>(attempt: AttemptFunction<T>, budget: HedgeBudget): AttemptFunction<T> {
  return (call, candidate, admission, failures = new Map()) => {
    if (call.role !== "first" || call.options.fallback === false) return attempt(call, candidate, admission);
    budget.seen();
    return new Promise<T>((resolve, reject) => {
      const { clock } = call.services;
      const racers: Racer[] = [];
      let running = 0;
      let over = false;
      const end = (): void => {
        over = true;
        clock.clearTimeout(timer);
        for (const { abort } of racers) abort.abort(lost());
      };
      const follow = (racer: Racer, work: Promise<T>): void => {
        racers.push(racer);
        running += 1;
        work.then(
          (value) => {
            if (over) return abandon(value);
            // The winner's end stays tied to the call's, not to the race's.
            racers.splice(racers.indexOf(racer), 1);
            end();
            resolve(value);
          },
          (error: SignalboxError) => {
            running -= 1;
            if (over) return;
            failures.set(racer.candidate, error);
            // What no other candidate may mend ends the race; else the one still running may save the request.
            if (running > 0 && mayBeMended(call, error)) return;
            end();
            reject(mayBeMended(call, error) ? failures.get(candidate) : error);
          },
        );
      };
      const startSecond = (second: Candidate, itsAdmission: Admission): void => {
        if (over || !budget.may()) {
          second.gate.release(itsAdmission.lease);
          itsAdmission.leave?.(lost(), 0);
          call.queue.putBack(second);
          return;
        }
        second.retries.withdraw(1);
        budget.take();
        const racer = racerOf(call, second, "hedge");
        follow(racer, attempt(racer.call, second, itsAdmission));
      };
      const timer = clock.setTimeout(
        () => void findSecond(call, candidate, budget, startSecond),
        waitOf(call, candidate, budget.options),
      );
      const first = racerOf(call, candidate, "first");
      follow(first, attempt(first.call, candidate, admission));
    });
  };
}

function mayBeMended({ services }: Call, { kind, detail }: SignalboxError): boolean {
  const { nextCandidate, sameProvider } = services.policies.of(kind, detail);
  return nextCandidate || sameProvider;
}

/** A second answer that came all the same: a stream has to be ended. */
function abandon(value: unknown): void {
  (value as { cancel?: (reason: SignalboxError) => void } | null)?.cancel?.(lost());
}

interface Racer {
  readonly candidate: Candidate;
  readonly call: Call;
  readonly abort: Call["abort"];
}

/** The same call with an end of its own, tied to the call's. */
function racerOf(call: Call, candidate: Candidate, role: Call["role"]): Racer {
  const abort = createAbortSource();
  call.abort.listen((reason) => abort.abort(reason));
  return { candidate, call: forkOf(call, { abort, role }), abort };
}

/** Finds another provider that could start at once and that there is money for; the others stay to be asked later. */
async function findSecond(
  call: Call,
  first: Candidate,
  budget: HedgeBudget,
  found: (candidate: Candidate, admission: Admission) => void,
): Promise<void> {
  // Two at once could each spend all that one call may cost.
  if (call.abort.reason || !budget.may() || call.options.maxCostUsd !== undefined) return;
  const passedOver: Candidate[] = [];
  try {
    for (let candidate = call.queue.nextBeside(first); candidate; candidate = call.queue.nextBeside(first)) {
      passedOver.push(candidate);
      const admitting = admit(call, candidate, ({ gate }, nowMs) => gate.acquire(nowMs));
      // Only a fleet's purse has to be waited for, and not for long.
      const admission = admitting instanceof Promise ? await admitting : admitting;
      if (!isAdmission(admission)) continue;
      passedOver.pop();
      found(candidate, admission);
      return;
    }
  } catch {
    // No place after all, or the caller has left: the first goes on alone.
  } finally {
    for (const candidate of passedOver) call.queue.putBack(candidate);
  }
}

/** How long an answer, or its first token where it is streamed, takes with this candidate at the most, usually. */
function waitOf({ streamed }: Call, { metrics }: Candidate, { afterMs }: HedgeOptions): number {
  if (afterMs !== undefined) return afterMs;
  const usual = metrics.quantile(0.95, streamed ? "ttft" : "total");
  return Math.max(LEAST_WAIT_MS, Number.isFinite(usual) ? usual : metrics.ttftMs);
}

function lost(): SignalboxError {
  return new SignalboxError("cancelled", "Another candidate answered first", { detail: "hedge_lost" });
}
