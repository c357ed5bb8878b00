import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Breaker, createBreaker } from "../../../src/resilience/breaker.js";

const WINDOW_MS = 60_000;
const LEASE_MS = 60_000;

/** What became of a call. */
interface Started {
  end: "none" | "well" | "failed" | "void";
}

/** The breaker as its rules say it, with lists instead of rings and nothing clever. */
class Model {
  now = 0;
  state: "closed" | "open" | "half_open" = "closed";
  calls: { at: number; started: Started; failed: boolean; slow: boolean }[] = [];
  /** Every call since the last change of state, as they were started. */
  starts: Started[] = [];
  lastAt = Number.NEGATIVE_INFINITY;
  /** Slow answers since the last one in good time. */
  slowRow = 0;
  openings = 0;
  cleanSince = 0;
  openUntil = 0;
  successes = 0;
  /** Counts changes of state: calls of an earlier era say nothing. */
  era = 0;
  leases = 0;
  lease: { id: number; endsAt: number } | null = null;

  look(): void {
    if (this.state === "open" && this.now >= this.openUntil) this.become("half_open");
  }

  become(state: Model["state"]): void {
    this.state = state;
    this.calls = [];
    this.starts = [];
    this.lastAt = Number.NEGATIVE_INFINITY;
    this.slowRow = 0;
    this.successes = 0;
    this.lease = null;
    this.cleanSince = this.now;
    this.era++;
  }

  open(): void {
    // Equal jitter with a random source that always says one half.
    this.openUntil = this.now + Math.min(20_000, 5_000 * 2 ** this.openings) * 0.75;
    this.openings++;
    this.become("open");
  }

  record(started: Started, failed: boolean, slow: boolean): void {
    if (this.now - this.lastAt >= WINDOW_MS) for (const old of this.starts) if (old.end === "failed") old.end = "well";
    started.end = failed ? "failed" : "well";
    this.calls.push({ at: this.now, started, failed, slow });
    this.calls = this.calls.filter((call) => call.at > this.now - WINDOW_MS).slice(-50);
    this.lastAt = this.now;
    if (failed) {
      this.openings = Math.max(0, this.openings - Math.floor((this.now - this.cleanSince) / 60_000));
      this.cleanSince = this.now;
    }
    if (!failed) this.slowRow = slow ? this.slowRow + 1 : 0;
    const n = this.calls.length;
    const failures = this.calls.filter((call) => call.failed);
    const slowOnes = this.calls.filter((call) => call.slow).length;
    const trips =
      (failed && (this.row(started) >= 5 || (n >= 8 && failures.length >= 0.5 * (n + this.out(failures))))) ||
      (!failed && slow && (n >= 8 ? slowOnes / n >= 0.8 : this.slowRow >= 8));
    if (trips) this.open();
  }

  /** How many calls started one after the other have failed, this one among them. */
  row(started: Started): number {
    const known = this.starts.filter(({ end }) => end !== "void");
    const at = known.indexOf(started);
    let from = at;
    while (known[from - 1]?.end === "failed") from--;
    let to = at;
    while (known[to + 1]?.end === "failed") to++;
    return to - from + 1;
  }

  /** Calls without an end that were started between the failed ones. */
  out(failures: readonly { started: Started }[]): number {
    const places = failures.map(({ started }) => this.starts.indexOf(started));
    const between = this.starts.slice(Math.min(...places), Math.max(...places));
    return between.filter(({ end }) => end === "none").length;
  }
}

/** A call under way, in both worlds. */
interface Flying {
  readonly token: number;
  readonly era: number;
  readonly started: Started;
  /** The model's lease, `null` for an ordinary call. */
  readonly lease: number | null;
}

type Command =
  | { readonly type: "start" }
  | { readonly type: "end"; readonly which: number; readonly failed: boolean; readonly slow: boolean }
  | { readonly type: "cancel"; readonly which: number }
  | { readonly type: "call"; readonly failed: boolean; readonly slow: boolean }
  | { readonly type: "advance"; readonly ms: number }
  | { readonly type: "force" };

const which = fc.nat({ max: 1_000 });
const outcome = { failed: fc.boolean(), slow: fc.boolean() };
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant("start" as const) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("end" as const), which, ...outcome }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("cancel" as const), which }) },
  { weight: 12, arbitrary: fc.record({ type: fc.constant("call" as const), ...outcome }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("advance" as const), ms: fc.integer({ min: 0, max: 90_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("force" as const) }) },
);

class World {
  readonly model = new Model();
  readonly breaker: Breaker;
  readonly flying: Flying[] = [];

  constructor() {
    const clock = { now: () => this.model.now, wallNow: () => 0, setTimeout: () => 0, clearTimeout: () => {} };
    this.breaker = createBreaker({ closeAfter: 2 }, { clock, random: () => 0.5 });
  }

  run(command: Command): void {
    const { model } = this;
    if (command.type === "advance") model.now += command.ms;
    else if (command.type === "start") this.start(false);
    else if (command.type === "force") this.start(true);
    else if (command.type === "call") {
      const call = this.start(false);
      if (call !== undefined) this.end(call, command.failed, command.slow);
    } else if (command.type === "end" && this.flying.length > 0) {
      const call = this.flying[command.which % this.flying.length];
      if (call !== undefined) this.end(call, command.failed, command.slow);
    } else if (command.type === "cancel" && this.flying.length > 0) {
      const call = this.flying[command.which % this.flying.length];
      if (call === undefined) return;
      this.flying.splice(this.flying.indexOf(call), 1);
      this.breaker.release(call.token);
      call.started.end = "void";
      if (call.lease !== null && model.lease?.id === call.lease) model.lease = null;
    }
  }

  start(force: boolean): Flying | undefined {
    const { model, breaker } = this;
    if (force) breaker.tryEarly(model.now);
    const token = breaker.acquire(model.now);
    model.look();
    if (force && model.state === "open") model.become("half_open");
    const busy = model.lease !== null && model.now < model.lease.endsAt;
    const may = model.state === "closed" || (model.state === "half_open" && !busy);
    expect(token >= 0).toBe(may);
    if (!may) return undefined;
    let lease: number | null = null;
    if (model.state === "half_open") {
      lease = ++model.leases;
      model.lease = { id: lease, endsAt: model.now + LEASE_MS };
    }
    const started: Started = { end: "none" };
    if (model.state === "closed") model.starts.push(started);
    const call = { token, era: model.era, started, lease };
    this.flying.push(call);
    return call;
  }

  end(call: Flying, failed: boolean, slow: boolean): void {
    const { model, breaker } = this;
    this.flying.splice(this.flying.indexOf(call), 1);
    breaker.settle(call.token, model.now, failed, slow, true);
    if (model.state === "closed") {
      if (call.era === model.era) model.record(call.started, failed, slow);
    } else if (call.lease !== null && model.lease?.id === call.lease) {
      model.lease = null;
      if (failed) model.open();
      else if (++model.successes >= 2) model.become("closed");
    }
  }
}

const commands = fc.array(command, { minLength: 20, maxLength: 300, size: "max" });

describe("the breaker against its rules", () => {
  it("is in the state that the rules say after any sequence of calls", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        for (const step of sequence) {
          world.run(step);
          world.model.look();
          expect(world.breaker.state(world.model.now)).toBe(world.model.state);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("reaches every state, and changes it, in such sequences", () => {
    const seen = new Set<string>();
    let changes = 0;
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        for (const step of sequence) {
          world.run(step);
          seen.add(world.breaker.state(world.model.now));
        }
        changes += world.model.era;
      }),
      { numRuns: 200 },
    );
    expect([...seen].sort()).toEqual(["closed", "half_open", "open"]);
    expect(changes).toBeGreaterThan(200);
  });

  it("never has two live probes, and always leaves open", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const world = new World();
        for (const step of sequence) world.run(step);
        const { model, breaker } = world;
        model.now += 20_000 + LEASE_MS;
        expect(breaker.state(model.now)).not.toBe("open");
        expect(breaker.acquire(model.now)).toBeGreaterThanOrEqual(0);
        if (breaker.state(model.now) === "half_open") expect(breaker.acquire(model.now)).toBe(-1);
      }),
      { numRuns: 300 },
    );
  });
});
