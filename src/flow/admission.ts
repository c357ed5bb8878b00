import { requestChars } from "../chat/tokens.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Reservation } from "../spend/budgets.js";
import type { Call } from "./call.js";
import type { Candidate } from "./candidate.js";

/** Leave to call a candidate now: what was taken for it, to be given back when the call settles. */
export interface Admission {
  /** The gate's token. */
  readonly lease: number;
  /** Gives back the place in the limiter and settles the money held; called once. */
  readonly leave: ((error: SignalboxError | null, costUsd: number | null) => void) | undefined;
}

/** `"blocked"`: the gate says no. `"spent"`: the request has made all the calls it may. */
export type Admitted = Admission | "blocked" | "spent";

/** Gives a place in a limiter back. */
type Place = (error?: SignalboxError | null) => void;

type Take = (candidate: Candidate, nowMs: number) => number;

/**
 * A place in the candidate's limiter (waiting for it where there is a queue), the gate's lease, money for the call and
 * one of the request's calls, in this order: what is waited for comes first, what is counted comes last.
 *
 * @throws SignalboxError `saturated`, `budget_exceeded`, `timeout` or the abort's reason
 */
export function admit(call: Call, candidate: Candidate, take: Take): Admitted | Promise<Admitted> {
  const { limiter } = candidate;
  if (!limiter) return enter(call, candidate, take, undefined);
  const { priority = "default" } = call.options;
  const size = requestChars(call.request);
  const place = limiter.enter({
    priority,
    deadline: call.deadline,
    abort: call.abort,
    bytes: 2 * size,
    tokens: size / 3,
  });
  if (typeof place === "function") return enter(call, candidate, take, place);
  return place.then((leave) => {
    // The wait may have outlived the caller or the deadline.
    const over = overBy(call);
    if (!over) return enter(call, candidate, take, leave);
    leave();
    throw over;
  });
}

/** Why the request is over; `undefined` while it is not. No upstream call starts after that. */
export function overBy({ abort, deadline }: Call): SignalboxError | undefined {
  if (abort.reason) return abort.reason;
  if (deadline.remainingMs() > 0) return undefined;
  return new SignalboxError("timeout", "The request's deadline has passed", { detail: "total" });
}

function enter(call: Call, candidate: Candidate, take: Take, place: Place | undefined): Admitted | Promise<Admitted> {
  const { services } = call;
  const lease = take(candidate, services.clock.now());
  if (lease < 0) {
    place?.();
    return "blocked";
  }
  const giveUp = (thrown: unknown): never => {
    candidate.gate.release(lease);
    place?.();
    throw thrown;
  };
  try {
    const hold = services.reserve?.(call, candidate);
    if (!(hold instanceof Promise)) return held(call, candidate, lease, place, hold);
    return hold.then((late) => held(call, candidate, lease, place, late), giveUp);
  } catch (thrown) {
    return giveUp(thrown);
  }
}

/** The last step: one of the request's calls. */
function held(
  call: Call,
  candidate: Candidate,
  lease: number,
  place: Place | undefined,
  hold: Reservation | undefined,
): Admitted {
  if (call.abort.reason || !call.budget.take()) {
    hold?.release();
    candidate.gate.release(lease);
    place?.();
    if (call.abort.reason) throw call.abort.reason;
    return "spent";
  }
  if (!hold && !place) return { lease, leave: undefined };
  const leave = (error: SignalboxError | null, costUsd: number | null): void => {
    place?.(error);
    // An unknown price is held at its estimate; a call that cost nothing gives all of it back.
    if (costUsd === null) hold?.settle(Number.NaN);
    else hold?.settle(costUsd);
  };
  return { lease, leave };
}
