import { SignalboxError } from "../errors/signalbox-error.js";
import { createAbortSource } from "./abort-source.js";
import { admit } from "./admission.js";
import type { Call } from "./call.js";
import type { Candidate } from "./candidate.js";
import type { AttemptFunction } from "./walk.js";

/** Asking a second provider while the first is slow. Costs money; off unless given. */
export interface HedgeOptions {
  /** Wait before the second call, milliseconds. @default the candidate's own 95 % first-token time, at least 1_000 */
  readonly afterMs?: number | undefined;
  /** Share of requests that may be hedged, 0..1. @default 0.05 */
  readonly maxShare?: number | undefined;
}

/** Counts requests and hedges of one router, so that extra load stays under its cap. */
export interface HedgeBudget {
  readonly options: HedgeOptions;
  /** A request came. */
  seen(): void;
  /** Whether one more may be hedged; counts it. */
  take(): boolean;
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
    take() {
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

/**
 * The first attempt of a request, and a second one at another candidate when the first has said nothing for too long.
 * Whoever answers first wins; the loser is aborted, nobody's failure, and both are paid for.
 */
export function hedged<T>(attempt: AttemptFunction<T>, budget: HedgeBudget): AttemptFunction<T> {
  return (call, candidate, admission) => {
    if (call.role !== "first") return attempt(call, candidate, admission);
    budget.seen();
    const { clock } = call.services;
    const first = branch(call);
    return new Promise<T>((resolve, reject) => {
      let running = 1;
      let won = false;
      let second: Branch | undefined;
      const follow = (work: Promise<T>, own: Branch, other: () => Branch | undefined): void => {
        work.then(
          (value) => {
            if (won) return abandon(value);
            won = true;
            clock.clearTimeout(timer);
            other()?.abort.abort(lost());
            call.ttftMs = own.call.ttftMs;
            resolve(value);
          },
          (thrown) => {
            running -= 1;
            if (won || running > 0) return;
            clock.clearTimeout(timer);
            reject(thrown);
          },
        );
      };
      const timer = clock.setTimeout(
        () => {
          const started = startSecond(call, attempt, budget);
          if (!started) return;
          running += 1;
          second = started.branch;
          follow(started.work, second, () => first);
        },
        waitOf(candidate, budget.options),
      );
      follow(attempt(first.call, candidate, admission), first, () => second);
    });
  };
}

/** A second answer that came all the same: a stream has to be ended. */
function abandon(value: unknown): void {
  (value as { cancel?: (reason: SignalboxError) => void } | null)?.cancel?.(lost());
}

interface Branch {
  readonly call: Call;
  readonly abort: Call["abort"];
}

/** The same call with an end of its own, tied to the call's. */
function branch(call: Call): Branch {
  const abort = createAbortSource();
  call.abort.listen((reason) => abort.abort(reason));
  return { call: { ...call, abort }, abort };
}

function startSecond<T>(
  call: Call,
  attempt: AttemptFunction<T>,
  budget: HedgeBudget,
): { branch: Branch; work: Promise<T> } | undefined {
  if (call.abort.reason || !call.queue.more() || !budget.take()) return undefined;
  const candidate = call.queue.next();
  if (!candidate?.retries.withdraw(1)) return undefined;
  const admission = admit(call, candidate, ({ gate }, nowMs) => gate.acquire(nowMs));
  // Whoever has to queue for a place comes too late to help.
  if (admission instanceof Promise) {
    admission.then((late) => typeof late === "string" || late.leave?.(null, 0)).catch(() => {});
    return undefined;
  }
  if (typeof admission === "string") return undefined;
  const second = branch(call);
  second.call.role = "hedge";
  return { branch: second, work: attempt(second.call, candidate, admission) };
}

function waitOf({ metrics }: Candidate, { afterMs }: HedgeOptions): number {
  if (afterMs !== undefined) return afterMs;
  const usual = metrics.quantile(0.95, "ttft");
  return Math.max(LEAST_WAIT_MS, Number.isFinite(usual) ? usual : metrics.ttftMs);
}

function lost(): SignalboxError {
  return new SignalboxError("cancelled", "Another candidate answered first", { detail: "hedge_lost" });
}
