import type { AttemptRole } from "../contract/records.js";
import { mayAskAgain } from "../errors/policy.js";
import { asSignalboxError, SignalboxError, withContext } from "../errors/signalbox-error.js";
import { retryDelayMs } from "../resilience/backoff.js";
import type { Leave } from "../resilience/limiter.js";
import { retrySameProvider } from "../resilience/retry.js";
import { type Admission, admit, isAdmission, isHeldMoney, overBy, placeInAny } from "./admission.js";
import type { Call, HeldMoney } from "./call.js";
import type { Candidate } from "./candidate.js";
import { tellDegraded } from "./tell-degraded.js";

/** What each candidate that was asked failed with last. */
export type Failures = Map<Candidate, SignalboxError>;

/**
 * One upstream call at one candidate; settles itself, rejects with a SignalboxError.
 *
 * @param failures where an attempt that asks others too notes how these failed.
 */
export type AttemptFunction<T> = (
  call: Call,
  candidate: Candidate,
  admission: Admission,
  failures?: Failures,
) => Promise<T>;

/** A candidate that was not asked because calls under way hold the money for it. */
interface Held {
  readonly candidate: Candidate;
  readonly money: HeldMoney;
}

const NONE: readonly Held[] = Object.freeze([]);

/** A failing vendor's own hint is worth a wait up to here; past it the caller is told `retryAfterMs` instead. */
const LONGEST_HINT_MS = 2_000;
/** Kinds that only time mends: for these a request waits as long as `retry.maxWaitMs` lets it. */
export const WAITED_FOR: ReadonlySet<string> = new Set(["rate_limit", "overloaded"]);

/**
 * Tries candidates until one answers: the next untried one at once while a failure's kind allows it, and the same
 * ones again with backoff only when none is left. Rejects with the last attempt's error, all attempts inside.
 *
 * @param after who answered before and was cut.
 */
export async function walk<T>(
  call: Call,
  attempt: AttemptFunction<T>,
  after?: { readonly candidate: Candidate; readonly error: SignalboxError },
): Promise<T> {
  const failed: Failures = new Map();
  const { policies } = call.services;
  let last = after?.error;
  let from = after?.candidate;
  let tooSmall = 0;
  let refused: SignalboxError | undefined;
  let thrifty = false;
  let { excluded } = call;
  let waited = false;
  /** Those that calls under way leave no money for; they are asked again once it is this request's turn. */
  let held: readonly Held[] = NONE;
  for (;;) {
    const over = overBy(call);
    if (over) throw ended(call, over);
    let candidate = call.queue.next();
    let place: Leave | undefined;
    const [first] = held;
    if (!candidate && first) {
      for (const each of held) call.queue.putBack(each.candidate);
      held = NONE;
      try {
        await first.money.wait();
      } catch (thrown) {
        if (call.abort.reason) throw ended(call, call.abort.reason);
        refused = asSignalboxError(thrown);
        break;
      }
      continue;
    }
    if (!candidate) {
      // A request that has waited for a place may wait for a cool-down to end, too; any other is told of it at once.
      const full = call.queue.full(waited && !last);
      if (full.size === 0) break;
      waited = true;
      try {
        const free = await placeInAny(call, full);
        place = free.leave;
        candidate = call.queue.nextAt(free.limiter);
      } catch (thrown) {
        if (call.abort.reason) throw ended(call, call.abort.reason);
        const error = asSignalboxError(thrown);
        if (error.kind !== "unavailable") last ??= error;
        break;
      }
    }
    if (!candidate || candidate.info.contextWindow <= tooSmall) {
      place?.();
      continue;
    }
    try {
      const admitting = admit(call, candidate, call.forced ? takeForced : takeFree, place);
      const admission = admitting instanceof Promise ? await admitting : admitting;
      if (admission === "blocked") continue;
      if (admission === "spent") {
        last ??= new SignalboxError("unavailable", "The request has made all the calls it may", { detail: "attempts" });
        break;
      }
      if (isHeldMoney(admission) && call.role !== "shadow") {
        held = [...held, { candidate, money: admission }];
        continue;
      }
      if (!isAdmission(admission)) {
        const refusal = isHeldMoney(admission) ? admission.refusal : admission;
        // Not asked and no failure: whoever costs less may still be had for what is left, unless the budget rejects.
        const { nextCandidate } = policies.of(refusal.kind, refusal.detail);
        refused = nextCandidate ? sooner(refused, refusal) : refusal;
        thrifty ||= refusal.detail === "degrade";
        excluded = [...excluded, { id: candidate.id, reason: "budget" }];
        if (nextCandidate) continue;
        break;
      }
      if (held.length > 0) {
        thrifty ||= held.some(({ money }) => money.refusal.detail === "degrade");
        excluded = [...excluded, ...held.map(({ candidate: { id } }) => ({ id, reason: "budget" as const }))];
      }
      call.queue.asking(candidate, excluded);
      if (from && last) movedOn(call, from, candidate, last);
      else candidate.retries.deposit();
      const answer = await attempt(call, candidate, admission, failed);
      if (thrifty) tellDegraded(call, "budget");
      return answer;
    } catch (thrown) {
      last = asSignalboxError(thrown);
      from = candidate;
      failed.set(candidate, last);
      const policy = policies.of(last.kind, last.detail);
      if (!policy.nextCandidate && !policy.sameProvider) throw ended(call, last);
      if (!policy.nextCandidate || call.options.fallback === false) break;
      if (policy.onlyLargerWindow) tooSmall = candidate.info.contextWindow;
    }
  }
  if (!last) throw refused ? ended(call, withContext(refused, { excluded })) : blockedNow(call);
  for (const candidate of failed.keys()) if (candidate.info.contextWindow <= tooSmall) failed.delete(candidate);
  const answer = await again(call, failed, last, attempt);
  if (thrifty) tellDegraded(call, "budget");
  return answer;
}

/** Of two refusals the one that ends first. */
function sooner(one: SignalboxError | undefined, other: SignalboxError): SignalboxError {
  const never = Number.POSITIVE_INFINITY;
  return one && (one.retryAfterMs ?? never) <= (other.retryAfterMs ?? never) ? one : other;
}

const takeFree = ({ gate }: Candidate, nowMs: number): number => gate.acquire(nowMs);
const takeForced = ({ gate }: Candidate, nowMs: number): number => gate.force(nowMs);
const takeAgain = ({ gate }: Candidate, nowMs: number): number => gate.acquireRetry(nowMs);

/** Same-provider retries: the last thing tried, with p-retry as the loop. Each goes to the best of those that failed. */
async function again<T>(call: Call, failed: Failures, last: SignalboxError, attempt: AttemptFunction<T>): Promise<T> {
  const { clock, random, backoff, events, policies } = call.services;
  let candidate: Candidate | undefined;
  let error = last;
  const choose = (): void => {
    candidate = call.queue.again(failed, (each) => mayAskAgain(each, policies.of));
    if (candidate) error = failed.get(candidate) ?? last;
  };
  choose();
  if (!candidate) throw gaveUp(call, last);
  const controller = new AbortController();
  const leave = call.abort.listen((reason) => controller.abort(reason));
  const ask = async (): Promise<T> => {
    const to = candidate as Candidate;
    let admission = await admit(call, to, takeAgain);
    while (isHeldMoney(admission) && (await admission.wait().then(yes, no)))
      admission = await admit(call, to, takeAgain);
    if (!isAdmission(admission)) {
      // Its breaker has opened meanwhile, or no call or money is left.
      failed.delete(to);
      throw last;
    }
    call.role = "retry";
    try {
      return await attempt(call, to, admission);
    } catch (thrown) {
      last = asSignalboxError(thrown);
      failed.set(to, last);
      throw last;
    }
  };
  try {
    return await retrySameProvider<T>({
      error: last,
      attempt: ask,
      maxAttempts: call.budget.limit - call.budget.used + 1 - call.spare,
      delayMs: (_, n) => {
        choose();
        const { backoffBaseMs = backoff.baseMs } = policies.of(error.kind, error.detail);
        const baseMs = Math.min(backoffBaseMs, backoff.baseMs);
        return retryDelayMs(error.retryAfterMs, n, random, { baseMs, capMs: backoff.capMs });
      },
      mayRetry: () =>
        candidate !== undefined &&
        mayRetry(call, error) &&
        candidate.retries.withdraw(error.kind === "timeout" ? 2 : 1),
      signal: controller.signal,
      deadline: call.deadline,
      clock,
      onRetry: (_, delayMs) => {
        if (!candidate || !events.has("retry")) return;
        events.emit("retry", { requestId: call.requestId, candidate: candidate.id, error: error.kind, delayMs });
      },
    });
  } catch (thrown) {
    throw gaveUp(call, thrown as SignalboxError);
  } finally {
    leave();
  }
}

const yes = (): boolean => true;
const no = (): boolean => false;

function mayRetry(call: Call, error: SignalboxError): boolean {
  const { backoff, policies } = call.services;
  if (!mayAskAgain(error, policies.of)) return false;
  if (error.retryAfterMs === undefined) return true;
  const longestMs = WAITED_FOR.has(error.kind) ? backoff.maxWaitMs : LONGEST_HINT_MS;
  return error.retryAfterMs <= longestMs && error.retryAfterMs < call.deadline.remainingMs();
}

function movedOn(call: Call, from: Candidate, to: Candidate, error: SignalboxError): void {
  const { events } = call.services;
  call.role = "fallback" satisfies AttemptRole;
  // Charged to the target, never refused: one provider's outage must not stop another from helping.
  to.retries.withdraw(1);
  if (events.has("fallback")) {
    events.emit("fallback", { requestId: call.requestId, from: from.id, to: to.id, error: error.kind });
  }
}

/** Every candidate of the plan was refused by its gate between plan and attempt: the request had waited for a place. */
function blockedNow(call: Call): SignalboxError {
  const message = "Every candidate was blocked when it was this request's turn";
  return ended(call, new SignalboxError("unavailable", message, call.queue.blocked()));
}

/** The failure after which nobody else is asked; where all are blocked by now it says when the first will be back. */
function gaveUp(call: Call, error: SignalboxError): SignalboxError {
  const { retryAfterMs = 0 } = call.queue.blocked();
  const sooner = retryAfterMs > 0 && retryAfterMs < (error.retryAfterMs ?? Number.POSITIVE_INFINITY);
  return ended(call, error, sooner && error.retryable ? retryAfterMs : undefined);
}

/** The error as the caller gets it: with the request's id and all its attempts. */
export function ended(call: Call, error: SignalboxError, retryAfterMs = error.retryAfterMs): SignalboxError {
  return withContext(error, { requestId: call.requestId, attempts: call.attempts.slice(), retryAfterMs });
}
