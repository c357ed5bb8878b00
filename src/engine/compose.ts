import { checkRequest } from "../chat/check.js";
import { copyReply } from "../chat/copy-reply.js";
import { isReplyProblem, normalizeReply } from "../chat/normalize-reply.js";
import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type {
  Feature,
  FeatureAnswer,
  FeatureCandidate,
  FeatureDecision,
  FeatureHost,
  FeatureLease,
} from "../contract/feature.js";
import type { Attempt, RequestRecord } from "../contract/records.js";
import { type Clock, setBackgroundTimeout } from "../core/clock.js";
import { invalidOption, SignalboxError } from "../errors/signalbox-error.js";
import type { Reservation } from "../spend/budgets.js";
import type { Answer } from "./attempt-chat.js";
import type { Call, Reserve } from "./call.js";
import type { Candidate } from "./candidate.js";
import { type FeatureRuns, type Slot, slotFailed } from "./feature-run.js";
import type { AttemptFunction } from "./walk.js";

/** A feature that fills the slot. */
type Filling<S extends Slot> = Feature & Required<Pick<Feature, S>>;

/** How long `router.close()` waits for the features, milliseconds. */
const LONGEST_CLOSE_MS = 5_000;

/** The features of a router, sorted by the slots they fill; a slot that nobody fills is `undefined` and costs nothing. */
export class Features {
  readonly all: readonly Feature[];
  readonly options: readonly Filling<"options">[] | undefined;
  readonly request: readonly Filling<"request">[] | undefined;
  readonly recall: readonly Filling<"recall">[] | undefined;
  readonly exclude: readonly Filling<"exclude">[] | undefined;
  readonly facts: readonly Filling<"facts">[] | undefined;
  readonly admit: readonly Filling<"admit">[] | undefined;
  readonly attempt: readonly Filling<"attempt">[] | undefined;
  readonly flight: readonly Filling<"flight">[] | undefined;
  readonly settled: readonly Filling<"settled">[] | undefined;
  readonly answered: readonly Filling<"answered">[] | undefined;
  readonly replied: readonly Filling<"replied">[] | undefined;
  readonly decided: readonly Filling<"decided">[] | undefined;
  readonly ended: readonly Filling<"ended">[] | undefined;
  /** Features that change a stream, outermost last. */
  readonly stream: readonly Filling<"stream">[] | undefined;
  /** Features that change what a caller gets whole, outermost last. */
  readonly reply: readonly Feature[] | undefined;
  readonly #faces = new WeakMap<Candidate, FeatureCandidate>();

  constructor(all: readonly Feature[]) {
    const filling = <S extends Slot>(slot: S): readonly Filling<S>[] | undefined => {
      const found = all.filter((feature): feature is Filling<S> => feature[slot] !== undefined);
      return found.length > 0 ? found : undefined;
    };
    this.all = all;
    this.options = filling("options");
    this.request = filling("request");
    this.recall = filling("recall");
    this.exclude = filling("exclude");
    this.facts = filling("facts");
    this.admit = filling("admit");
    this.attempt = filling("attempt");
    this.flight = filling("flight");
    this.settled = filling("settled");
    this.answered = filling("answered");
    this.replied = filling("replied");
    this.decided = filling("decided");
    this.ended = filling("ended");
    this.stream = filling("stream")?.slice().reverse();
    const changing = all.filter(({ reply, stream }) => reply ?? stream).reverse();
    this.reply = changing.length > 0 ? changing : undefined;
  }

  /** The router was made. @throws SignalboxError `invalid_options` naming the feature that failed */
  open(host: FeatureHost): void {
    this.all.forEach((feature, index) => {
      try {
        feature.open?.(host);
      } catch (thrown) {
        if (SignalboxError.isInstance(thrown)) throw thrown;
        throw invalidOption(`use[${index}].open`, `of "${feature.name}" failed`);
      }
    });
  }

  /** The router is closed. Never rejects; a feature that hangs is left behind after a while. */
  async close(clock: Clock): Promise<void> {
    const closing = this.all.map(async (feature) => feature.close?.());
    const late = new Promise<void>((resolve) => void setBackgroundTimeout(clock, resolve, LONGEST_CLOSE_MS));
    await Promise.race([Promise.allSettled(closing), late]);
  }

  /** The options that a call has, after all features. @throws SignalboxError where one refuses the call or fails */
  optionsOf(called: CallOptions, requestId: string): CallOptions {
    let options = called;
    for (const feature of this.options ?? []) {
      try {
        options = feature.options(options, requestId) ?? options;
      } catch (thrown) {
        throw SignalboxError.isInstance(thrown) ? thrown : slotFailed(feature, "options", "failed", thrown);
      }
    }
    return options;
  }

  /** How features see a candidate. */
  faceOf(candidate: Candidate): FeatureCandidate {
    let face = this.#faces.get(candidate);
    if (!face) {
      const { id, provider, info } = candidate;
      face = Object.freeze({ id, provider: provider.id, model: info.id, info });
      this.#faces.set(candidate, face);
    }
    return face;
  }

  /** The request that goes on. @throws SignalboxError where a feature refuses it or fails */
  async change(runs: FeatureRuns): Promise<ChatRequest> {
    for (const feature of this.request ?? []) {
      const changed = await runs.wait(feature, "request", (run) => feature.request(run.request, run));
      if (changed === undefined) continue;
      const issue = checkRequest(changed);
      if (issue) throw runs.rubbish(feature, "request", `request (${issue.path}: ${issue.message})`);
      runs.about.request = changed;
    }
    return runs.about.request;
  }

  /** The first answer that a feature has without asking anybody, and the feature's name. */
  async recalled(runs: FeatureRuns): Promise<{ readonly reply: ChatReply; readonly by: string } | undefined> {
    for (const feature of this.recall ?? []) {
      const given = await runs.wait(feature, "recall", (run) => feature.recall(run));
      if (given !== undefined) return { reply: wholeReply(runs, feature, "recall", given), by: feature.name };
    }
    return undefined;
  }

  /** Why a candidate may not serve. */
  reasonAgainst(runs: FeatureRuns, candidate: Candidate): string | undefined {
    for (const feature of this.exclude ?? []) {
      const reason: unknown = runs.call(feature, "exclude", (run) => feature.exclude(this.faceOf(candidate), run));
      if (reason === undefined || reason === null) continue;
      if (typeof reason !== "string" || reason === "") throw runs.rubbish(feature, "exclude", "word");
      return reason;
    }
    return undefined;
  }

  /** What the features tell strategies of a candidate. A fault ends the request once the ranking is done. */
  factsOf(runs: FeatureRuns, candidate: Candidate): { readonly [fact: string]: unknown } {
    const facts: { [fact: string]: unknown } = {};
    for (const feature of this.facts ?? []) {
      runs.tell(feature, "facts", (run) => Object.assign(facts, feature.facts(this.faceOf(candidate), run)));
    }
    return facts;
  }

  /** Money first, then what the features take; all of it is given back if one of them refuses. */
  reserve(money: Reserve | undefined): Reserve | undefined {
    if (!this.admit) return money;
    return async (call, candidate) => {
      const held = await money?.(call, candidate);
      if (held && !("settle" in held)) return held;
      return this.#leases(call, candidate, held ? [held] : []);
    };
  }

  async #leases(call: Call, candidate: Candidate, held: FeatureLease[]): Promise<Reservation | SignalboxError> {
    const { features: runs } = call;
    const release = (): void => {
      for (const lease of held) contained(() => (lease.release ? lease.release() : lease.settle?.(0)));
    };
    try {
      for (const feature of this.admit ?? []) {
        if (!runs) break;
        const given: unknown = await runs.wait(feature, "admit", (run) => feature.admit(run, this.faceOf(candidate)));
        if (given === undefined || given === null) continue;
        if (SignalboxError.isInstance(given)) {
          release();
          return given;
        }
        if (!isLease(given)) throw runs.rubbish(feature, "admit", "lease");
        held.push({
          settle: (costUsd) => runs.tell(feature, "admit", () => given.settle?.(costUsd)),
          release: () => runs.tell(feature, "admit", () => (given.release ? given.release() : given.settle?.(0))),
        });
      }
    } catch (thrown) {
      release();
      throw thrown;
    }
    return {
      settle(costUsd) {
        for (const lease of held) lease.settle?.(costUsd);
      },
      release,
    };
  }

  /** One upstream call inside the features that wrap it. A lease that no feature used is given back. */
  aroundAttempt<T extends Told>(plain: AttemptFunction<T>): AttemptFunction<T> {
    const { attempt: wrapping } = this;
    if (!wrapping) return plain;
    return async (call, candidate, admission, failures) => {
      const { features: runs } = call;
      if (!runs) return plain(call, candidate, admission, failures);
      let begun = false;
      const last = (): Promise<T> => {
        begun = true;
        return plain(call, candidate, admission, failures);
      };
      const face = this.faceOf(candidate);
      const whole = wrapping.reduceRight(
        (next, feature) => () =>
          passing(runs, feature, "attempt", next, (step) =>
            runs.wait(feature, "attempt", (run) => feature.attempt(step, run, face)),
          ),
        last,
      );
      try {
        return await whole();
      } finally {
        if (!begun) {
          candidate.gate.release(admission.lease);
          admission.leave?.(null, 0);
        }
      }
    };
  }

  /** The walk inside the features that wrap it. */
  aroundFlight<T extends Told>(call: Call, walk: () => Promise<T>): Promise<T> {
    const { flight: wrapping } = this;
    const { features: runs } = call;
    if (!wrapping || !runs) return walk();
    return wrapping.reduceRight(
      (next, feature) => () =>
        passing(runs, feature, "flight", next, (step) =>
          runs.wait(feature, "flight", (run) => feature.flight(step, run)),
        ),
      walk,
    )();
  }

  onSettled(runs: FeatureRuns, attempt: Attempt): void {
    for (const feature of this.settled ?? []) runs.tell(feature, "settled", (run) => feature.settled(attempt, run));
  }

  onDecided(runs: FeatureRuns, decision: FeatureDecision): void {
    for (const feature of this.decided ?? []) runs.tell(feature, "decided", (run) => feature.decided(decision, run));
  }

  /** @throws SignalboxError the fault of a feature that observes, where there is one */
  onAnswered(runs: FeatureRuns, answer: Answer): void {
    for (const feature of this.answered ?? []) {
      runs.tell(feature, "answered", (run) => feature.answered(run, told(answer)));
    }
    runs.checkpoint();
  }

  onReplied(runs: FeatureRuns, reply: ChatReply): void {
    for (const feature of this.replied ?? []) runs.tell(feature, "replied", (run) => feature.replied(run, reply));
    runs.checkpoint();
  }

  /** The request is over; what fails now is told as a warning. */
  onEnded(runs: FeatureRuns, record: RequestRecord, warn: (message: string) => void): void {
    for (const feature of this.ended ?? []) {
      runs.fault = undefined;
      runs.tell(feature, "ended", (run) => feature.ended(record, run));
      const { fault } = runs as { fault: SignalboxError | undefined };
      if (fault) warn(fault.message);
    }
  }
}

/** What an attempt or a walk settles with: a whole answer, or a stream past the commit gate. */
interface Told {
  readonly candidate: Candidate;
  readonly reply?: ChatReply | undefined;
  cancel?(reason: SignalboxError): void;
}

function told({ candidate, reply }: Told): FeatureAnswer {
  return { provider: candidate.provider.id, model: candidate.info.id, reply: reply && copyReply(reply) };
}

/** Runs a wrapping slot: it may call `next` once, and has to give what that gave. */
async function passing<T extends Told>(
  runs: FeatureRuns,
  feature: Feature,
  slot: "attempt" | "flight",
  next: () => Promise<T>,
  invoke: (step: () => Promise<FeatureAnswer>) => Promise<FeatureAnswer>,
): Promise<T> {
  let over = false;
  let called = false;
  let came: { readonly value: T; readonly shown: FeatureAnswer } | undefined;
  const step = async (): Promise<FeatureAnswer> => {
    if (called || over) throw runs.rubbish(feature, slot, "single call of next");
    called = true;
    const value = await next();
    came = { value, shown: told(value) };
    if (over) value.cancel?.(abandoned());
    return came.shown;
  };
  try {
    const given = await invoke(step);
    if (!came || given !== came.shown) throw runs.rubbish(feature, slot, "answer that next gave");
    return came.value;
  } catch (thrown) {
    came?.value.cancel?.(abandoned());
    throw thrown;
  } finally {
    over = true;
  }
}

function abandoned(): SignalboxError {
  return new SignalboxError("cancelled", "A feature gave the answer up", { detail: "feature" });
}

/** A reply that a feature made. @throws SignalboxError naming the feature where it is none */
export function wholeReply(runs: FeatureRuns, feature: Feature, slot: Slot, given: unknown): ChatReply {
  const reply = normalizeReply(given, runs.about.request.model ?? "auto");
  if (isReplyProblem(reply) && reply.problem !== "empty") throw runs.rubbish(feature, slot, "reply");
  return isReplyProblem(reply) ? (given as ChatReply) : reply;
}

function isLease(given: unknown): given is FeatureLease {
  if (typeof given !== "object" || given === null) return false;
  const { settle, release } = given as { settle?: unknown; release?: unknown };
  return [settle, release].every((each) => each === undefined || typeof each === "function");
}

function contained(work: () => void): void {
  try {
    work();
  } catch {
    // What a lease does when it is given back touches no request.
  }
}
