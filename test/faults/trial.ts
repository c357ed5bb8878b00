import assert from "node:assert/strict";
import {
  type CallOptions,
  type ChatChunk,
  type ChatRequest,
  createRouter,
  type EventMap,
  type Provider,
  type RoutedReply,
  type Router,
  type RouterOptions,
  SignalboxError,
} from "signalbox";
import {
  answers,
  createFaultServer,
  createVirtualClock,
  type FaultServer,
  json,
  seededRandom,
  type VirtualClock,
} from "signalbox/testing";
import { assertNoSecrets, listed, providerOf, REQUEST, type Side } from "./sides.js";

export interface TrialOptions {
  readonly a?: Side | undefined;
  /** `false`: no second provider. */
  readonly b?: Side | false | undefined;
  /** In place of both. */
  readonly providers?: ((clock: VirtualClock) => readonly Provider[]) | undefined;
  readonly router?: Partial<RouterOptions> | undefined;
}

/** What came of one request. */
export interface Outcome {
  readonly reply: RoutedReply | undefined;
  readonly error: SignalboxError | undefined;
  /** What the consumer was handed: of a stream, also where it broke. */
  readonly text: string;
  readonly chunks: readonly ChatChunk[];
  /** Virtual milliseconds it took. */
  readonly tookMs: number;
}

/** How long a busy machine may take over what is done in a moment otherwise, real milliseconds. */
const PATIENCE_MS = 30_000;
const SLOW_STEPS = 4_000;

const EVENTS: readonly (keyof EventMap)[] = [
  "request",
  "decision",
  "attempt",
  "retry",
  "fallback",
  "cache",
  "breaker",
  "health",
  "degraded",
  "budget",
  "warning",
  "done",
];

/** Two fault servers, a router over them on a virtual clock, and everything it said. */
export class Trial {
  readonly a: FaultServer;
  readonly b: FaultServer;
  readonly clock: VirtualClock = createVirtualClock();
  readonly router: Router;
  readonly events: { readonly name: keyof EventMap; readonly event: unknown }[] = [];
  readonly outcomes: Outcome[] = [];
  readonly #cleanUps: (() => unknown)[] = [];
  readonly #rejections: unknown[] = [];
  readonly #onRejection = (reason: unknown): void => void this.#rejections.push(reason);

  private constructor(a: FaultServer, b: FaultServer, options: TrialOptions) {
    this.a = a;
    this.b = b;
    const providers = [...(options.providers?.(this.clock) ?? [providerOf("a", a, this.clock, options.a)])];
    if (options.b !== false && options.providers === undefined)
      providers.push(providerOf("b", b, this.clock, options.b));
    this.router = createRouter({
      providers,
      clock: this.clock,
      random: seededRandom(7),
      strategy: listed,
      ...options.router,
    });
    for (const name of EVENTS) this.router.on(name, (event) => this.events.push({ name, event }));
    process.on("unhandledRejection", this.#onRejection);
  }

  static async start(options: TrialOptions = {}): Promise<Trial> {
    const [a, b] = await Promise.all([createFaultServer(), createFaultServer()]);
    return new Trial(a.otherwise(answers("from a")), b.otherwise(answers("from b")), options);
  }

  /** Runs when the trial is over. */
  cleanUp(run: () => unknown): void {
    this.#cleanUps.push(run);
  }

  /** One whole answer. */
  chat(request: Partial<ChatRequest> = {}, options: CallOptions = {}): Promise<Outcome> {
    const startedAtMs = this.clock.now();
    return this.router.chat({ ...REQUEST, ...request }, options).then(
      (reply) => this.#note({ reply, text: reply.choices[0].message.content ?? "" }, startedAtMs),
      (error: unknown) => this.#note({ error: mine(error) }, startedAtMs),
    );
  }

  /** One streamed answer, read to its end. `onChunk` may take its time. */
  async stream(
    request: Partial<ChatRequest> = {},
    options: CallOptions = {},
    onChunk?: (chunk: ChatChunk) => unknown,
  ): Promise<Outcome> {
    const startedAtMs = this.clock.now();
    const stream = this.router.stream({ ...REQUEST, ...request }, options);
    const chunks: ChatChunk[] = [];
    const text = () => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
    try {
      for await (const chunk of stream) {
        chunks.push(chunk);
        await onChunk?.(chunk);
      }
      return this.#note({ reply: await stream.reply, chunks, text: text() }, startedAtMs);
    } catch (error) {
      return this.#note({ error: mine(error), chunks, text: text() }, startedAtMs);
    }
  }

  /**
   * Lets virtual time pass, in steps, with room for the sockets in between, until `work` settles or `withinMs` is over.
   * On a busy machine the clock may outrun the sockets, and what they cause then waits for a clock that stands still: so
   * the same time passes once more, slowly.
   */
  async drive<T>(work: Promise<T>, withinMs: number, stepMs = Math.max(10, withinMs / 200)): Promise<T> {
    let settled = false;
    const watched = work.finally(() => {
      settled = true;
    });
    watched.catch(() => {});
    for (let passedMs = 0; passedMs <= withinMs; passedMs += stepMs) {
      await breathe(settled ? 0 : 3);
      if (settled) return watched;
      await this.clock.advance(stepMs);
    }
    for (let n = 0; n < SLOW_STEPS && !settled; n++) {
      await breathe(2);
      await this.clock.advance(withinMs / SLOW_STEPS);
    }
    assert.ok(settled, `not settled after ${withinMs} ms of virtual time`);
    return watched;
  }

  /** The event's occurrences, oldest first. */
  told<Name extends keyof EventMap>(name: Name): EventMap[Name][] {
    return this.events.filter((entry) => entry.name === name).map((entry) => entry.event as EventMap[Name]);
  }

  /** Why provider a's candidate would not be asked now; `null` where it would. */
  exclusionOfA(): string | null {
    return this.router.explain(REQUEST).excluded.find(({ id }) => id.startsWith("a/"))?.reason ?? null;
  }

  /** Opens the breaker of provider a by five failures, and waits until it is half-open. */
  async halfOpenA(): Promise<void> {
    this.a.script(...Array.from({ length: 5 }, () => json(500, {})));
    for (let n = 0; n < 5; n++) await this.chat();
    assert.equal(this.exclusionOfA(), "breaker_open");
    await this.clock.advance(5_000);
    assert.equal(this.exclusionOfA(), null, "half-open");
  }

  /** What every trial ends with: see the README of this folder. */
  async finish(): Promise<void> {
    try {
      await Promise.all([this.a.idle(PATIENCE_MS), this.b.idle(PATIENCE_MS)]);
      // What is still to be written to a store gets some seconds.
      await this.drive(this.router.close(), 5_000);
      // A finished stream may take a moment to see its connection end.
      const endsAt = performance.now() + PATIENCE_MS;
      while (this.clock.pendingTimers > 0 && performance.now() < endsAt) await breathe(2);
      assert.equal(this.clock.pendingTimers, 0, "a timer was left behind");
      for (const { error, reply } of this.outcomes) assertNoSecrets(error ?? reply?.route);
      for (const { name, event } of this.events) assertNoSecrets(event, `event ${name}`);
      this.#assertCountedOnce();
      await breathe(0);
      assert.deepEqual(this.#rejections, [], "unhandled rejections");
    } finally {
      process.off("unhandledRejection", this.#onRejection);
      await Promise.all([this.a.close(), this.b.close(), ...this.#cleanUps.map((run) => run())]);
    }
  }

  #note(seen: Partial<Outcome>, startedAtMs: number): Outcome {
    const none = { reply: undefined, error: undefined, text: "", chunks: [] };
    const outcome = { ...none, ...seen, tookMs: this.clock.now() - startedAtMs };
    this.outcomes.push(outcome);
    return outcome;
  }

  /** One `done` per request, and one `attempt` per upstream call that it lists. */
  #assertCountedOnce(): void {
    const begun = this.told("request").map(({ requestId }) => requestId);
    const ended = this.told("done").map(({ requestId }) => requestId);
    assert.deepEqual([...ended].sort(), [...begun].sort(), "requests and their ends");
    const attempts = this.told("attempt");
    const outcomes = (of: readonly { readonly outcome: string }[]) => of.map(({ outcome }) => outcome);
    const listed = this.told("done").flatMap((done) => outcomes(done.attempts));
    assert.deepEqual(listed.sort(), outcomes(attempts).sort(), "attempt events and the attempts of all requests");
    for (const { requestId, cache, attempts: own } of this.told("done")) {
      const told = attempts.filter((attempt) => attempt.requestId === requestId);
      // A call that went on for others after its own request had left is in the record of one of them.
      if (told.length !== own.length && this.told("done").some(({ outcome }) => outcome === "cancelled")) continue;
      assert.deepEqual(outcomes(told), outcomes(own), `attempt events and the attempts of a request (${cache})`);
    }
  }
}

/** Real milliseconds, for sockets. */
export const breathe = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function mine(error: unknown): SignalboxError {
  assert.ok(SignalboxError.isInstance(error), `rejected with something else: ${error}`);
  return error;
}
