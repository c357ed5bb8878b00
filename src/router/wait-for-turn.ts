import { requestChars } from "../chat/tokens.js";
import type { Call } from "../engine/call.js";
import { ended, WAITED_FOR } from "../engine/walk.js";
import type { AttemptSummary } from "../errors/kinds.js";
import { asSignalboxError, type SignalboxError, withContext } from "../errors/signalbox-error.js";
import { soonestOf } from "../resilience/wait-room.js";
import type { PlannedCandidate } from "./candidates.js";
import { blockedError } from "./no-candidate.js";
import type { RouterParts } from "./parts.js";
import { planOf } from "./plan.js";
import type { Run } from "./run.js";

/** What a request that waits needs of its flight. */
interface Waits {
  readonly parts: RouterParts;
  readonly run: Run;
  readonly call: Call;
  /** The call as things stand now; `undefined` if every candidate is still set aside. */
  replan(): Call | undefined;
}

/**
 * Whether a request waits for the first candidate to be back. A request of an outer router does not, because the outer
 * router may have other candidates. `degrade.waitMs` is a wait of its own.
 */
export function waits({ options, services }: RouterParts, { nested, options: { fallback } }: Run): boolean {
  if (nested || fallback === false || services.backoff.maxWaitMs === 0) return false;
  return options.degrade?.waitMs === undefined || options.retry?.maxWaitMs !== undefined;
}

/** Whether a wait may help after this error: a candidate that may serve the request will be back in time. */
export function mayWait(parts: RouterParts, run: Run, error: SignalboxError): boolean {
  const nowMs = parts.services.clock.now();
  const untilMs = nowMs + Math.min(parts.services.backoff.maxWaitMs, run.deadline.remainingMs());
  return waits(parts, run) && isWaitedFor(error) && backAtMs(run, error, nowMs) <= untilMs;
}

/**
 * After an error that only time mends: waits for this request's turn, and starts again; over and over while there is
 * time, and the request has calls left.
 *
 * @throws SignalboxError the error, with the time after which it is worth coming back
 */
export async function inTurn<T>(
  waits: Waits,
  error: SignalboxError,
  maxWaitMs: number,
  start: (call: Call) => Promise<T>,
): Promise<T> {
  const untilMs = waits.parts.services.clock.now() + maxWaitMs;
  let last = error;
  do {
    const turn = turnOf(waits, last, untilMs, start);
    if (!turn) break;
    try {
      return await turn;
    } catch (thrown) {
      last = asSignalboxError(thrown);
    }
  } while (isWaitedFor(last));
  throw last;
}

/** Whether only time mends it, and the vendor has not said that this very request is not to be sent again. */
export function isWaitedFor({ kind, detail, final }: SignalboxError): boolean {
  return !final && (kind === "unavailable" ? detail === undefined : WAITED_FOR.has(kind));
}

/** Starts when it is this request's turn; `undefined` if it would not come in time, or the request has no call left. */
function turnOf<T>(
  { parts, run, call, replan }: Waits,
  error: SignalboxError,
  untilMs: number,
  start: (call: Call) => Promise<T>,
): Promise<T> | undefined {
  const nowMs = parts.services.clock.now();
  const giveUpAtMs = Math.min(untilMs, nowMs + call.deadline.remainingMs());
  const { abort, budget } = call;
  if (abort.reason || budget.used >= budget.limit || !(backAtMs(run, error, nowMs) <= giveUpAtMs)) return undefined;
  return new Promise<T>((resolve, reject) => {
    let leave: (() => void) | undefined;
    const stopListening = abort.listen((reason) => {
      leave?.();
      reject(ended(call, reason));
    });
    const giveUp = (): void => {
      stopListening();
      reject(setAside(parts, run, error));
    };
    leave = parts.waiting.enter({
      priority: call.options.priority ?? "default",
      tenant: call.options.tenant,
      bytes: 2 * requestChars(call.request),
      among: awaited(run, nowMs, askedOf(call)),
      giveUpAtMs,
      go() {
        const next = replan();
        if (!next) return giveUp();
        stopListening();
        resolve(start(next));
      },
      giveUp,
    });
    if (!leave) giveUp();
  });
}

/**
 * Those that may serve the request and will be back by themselves. One that this request has asked, and that is not set
 * aside, is not waited for.
 */
function awaited({ selection, filter }: Run, nowMs: number, asked: ReadonlySet<string>): readonly PlannedCandidate[] {
  const { all } = selection;
  const found = all.filter((candidate) => {
    const { id, gate } = candidate;
    if (filter.reason(candidate) !== null || !gate.passes(nowMs)) return false;
    return !asked.has(id) || gate.blocked(nowMs) !== null;
  });
  // The same list for all who wait for the same: it is looked at once for all of them.
  return found.length === all.length ? all : found;
}

/** When the first of them may be asked; `Infinity` if no wait helps. */
function backAtMs(run: Run, error: SignalboxError, nowMs: number): number {
  const among = awaited(run, nowMs, askedOf(error));
  return among.length === 0 ? Number.POSITIVE_INFINITY : soonestOf(among, nowMs);
}

/** The ids of the candidates that were called. */
export function askedOf({ attempts }: { readonly attempts: readonly AttemptSummary[] }): ReadonlySet<string> {
  return new Set(attempts.map(({ provider, model }) => `${provider}/${model}`));
}

/** The error of a request that could not wait any longer. */
function setAside(parts: RouterParts, run: Run, error: SignalboxError): SignalboxError {
  const nowMs = parts.services.clock.now();
  const { groups, excluded } = planOf(run.selection.groups, run.filter, nowMs);
  const isBlocked = groups.every((group) => group.length === 0);
  if (isBlocked && error.attempts.length === 0) return blockedError(parts, run, excluded, nowMs);
  const atMs = backAtMs(run, error, nowMs);
  return atMs < Number.POSITIVE_INFINITY ? withContext(error, { retryAfterMs: Math.ceil(atMs - nowMs) }) : error;
}
