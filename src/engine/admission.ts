import { estimateRequestTokens, requestChars } from "../chat/tokens.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { expectedCostUsd } from "../pricing/cost.js";
import type { Entrant, Leave, Limiter } from "../resilience/limiter.js";
import type { Reservation } from "../spend/budgets.js";
import { type AbortSource, createAbortSource } from "./abort-source.js";
import type { Call, HeldMoney, Reserved } from "./call.js";
import type { Candidate } from "./candidate.js";
import { leftUsd } from "./costs.js";

/** Leave to call a candidate now: what was taken for it, to be given back when the call settles. */
export interface Admission {
  /** The gate's token. */
  readonly lease: number;
  /** Gives back the place in the limiter and settles the money held; called once. */
  readonly leave: ((error: SignalboxError | null, costUsd: number | null) => void) | undefined;
}

/**
 * `"blocked"`: the gate says no. `"spent"`: the request has made all the calls it may. Held money: calls under way have
 * it, and a wait may help. An error: there is no money for this candidate, in a budget or in what earlier calls left of
 * the request's `maxCostUsd`; another may cost less. Whatever it is, all that was taken has been given back.
 */
export type Admitted = Admission | "blocked" | "spent" | HeldMoney | SignalboxError;

export function isAdmission(admitted: Admitted): admitted is Admission {
  return typeof admitted === "object" && "lease" in admitted;
}

export function isHeldMoney(admitted: Admitted | Reserved | undefined): admitted is HeldMoney {
  return typeof admitted === "object" && "wait" in admitted;
}

/** A place in a limiter, and whose limiter it is. */
export interface Place {
  readonly limiter: Limiter;
  readonly leave: Leave;
}

type Take = (candidate: Candidate, nowMs: number) => number;

/**
 * A place in the candidate's limiter (waiting for it where there is a queue), the gate's lease, money for the call and
 * one of the request's calls, in this order: what is waited for comes first, what is counted comes last.
 *
 * @throws SignalboxError `saturated`, `timeout` or the abort's reason
 */
export function admit(
  call: Call,
  candidate: Candidate,
  take: Take,
  held?: Leave | undefined,
): Admitted | Promise<Admitted> {
  const { limiter } = candidate;
  if (isTooExpensive(call, candidate)) {
    held?.();
    const words = "What is left of the request's maxCostUsd pays for no further call";
    return new SignalboxError("budget_exceeded", words, { detail: "max_cost" });
  }
  if (!limiter || held) return enter(call, candidate, take, held);
  const place = limiter.enter(entrantOf(call, call.abort));
  if (typeof place === "function") return enter(call, candidate, take, place);
  return place.then((leave) => enter(call, candidate, take, stillWanted(call, leave)));
}

/**
 * A place in whichever of these full limiters has one first.
 *
 * @throws SignalboxError once all of them have refused: `saturated`, `timeout` or the abort's reason
 */
export async function placeInAny(call: Call, limiters: ReadonlySet<Limiter>): Promise<Place> {
  const race = createAbortSource();
  const stopListening = call.abort.listen((reason) => race.abort(reason));
  const entrant = entrantOf(call, race, (limiter, nowMs) => call.queue.readyAtMs(limiter, nowMs));
  try {
    return await new Promise<Place>((resolve, reject) => {
      let waiting = limiters.size;
      const refused = (thrown: unknown): void => {
        waiting -= 1;
        if (waiting === 0) reject(thrown);
      };
      for (const limiter of limiters) {
        Promise.resolve(limiter.enter(entrant))
          .then((leave) => {
            if (!race.reason) resolve({ limiter, leave: stillWanted(call, leave) });
            // Two may have had room in the same moment, or the caller has left.
            else {
              leave();
              refused(race.reason);
            }
            race.abort(new SignalboxError("cancelled", "Another candidate had room first"));
          })
          .catch(refused);
      }
    });
  } finally {
    stopListening();
  }
}

/** The place, unless the wait for it has outlived the caller or the deadline. */
function stillWanted(call: Call, leave: Leave): Leave {
  const over = overBy(call);
  if (!over) return leave;
  leave();
  throw over;
}

function entrantOf(
  { options, request, deadline }: Call,
  abort: AbortSource,
  readyAtMs?: Entrant["readyAtMs"],
): Entrant {
  const size = requestChars(request);
  return {
    priority: options.priority ?? "default",
    tenant: options.tenant,
    deadline,
    abort,
    bytes: 2 * size,
    tokens: size / 3,
    readyAtMs,
  };
}

/** The plan has looked at the limit itself; here it counts what was spent since. */
function isTooExpensive(call: Call, { info }: Candidate): boolean {
  if (call.options.maxCostUsd === undefined || call.attempts.length === 0) return false;
  return expectedCostUsd(info.usdPerMTok, estimateRequestTokens(call.request), 0, 1) > leftUsd(call);
}

/** Why the request is over; `undefined` while it is not. No upstream call starts after that. */
export function overBy({ abort, deadline }: Call): SignalboxError | undefined {
  if (abort.reason) return abort.reason;
  if (deadline.remainingMs() > 0) return undefined;
  return new SignalboxError("timeout", "The request's deadline has passed", { detail: "total" });
}

function enter(call: Call, candidate: Candidate, take: Take, place: Leave | undefined): Admitted | Promise<Admitted> {
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
  place: Leave | undefined,
  reserved: Reserved | undefined,
): Admitted {
  const refused = SignalboxError.isInstance(reserved) || isHeldMoney(reserved) ? reserved : undefined;
  const hold = refused ? undefined : (reserved as Reservation | undefined);
  if (refused || call.abort.reason || !call.budget.take()) {
    hold?.release();
    candidate.gate.release(lease);
    place?.();
    if (call.abort.reason) throw call.abort.reason;
    return refused ?? "spent";
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
