import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ErrorKind } from "../../../src/errors/kinds.js";
import { SignalboxError } from "../../../src/errors/signalbox-error.js";
import type { Gate } from "../../../src/resilience/gate.js";
import { createGates, nearestToReopen } from "../../../src/resilience/gates.js";

type Outcome =
  | readonly [kind: ErrorKind, detail?: string | undefined, status?: number | undefined, retryAfterMs?: number]
  | null;

const OUTCOMES: readonly Outcome[] = [
  null,
  null,
  ["server", undefined, 500],
  ["server", undefined, 500],
  ["network", "connect"],
  ["network", "connect"],
  ["network", "reset"],
  ["timeout", "first_token"],
  ["timeout", "idle", 200],
  ["rate_limit", undefined, 429],
  ["rate_limit", undefined, 429, 30_000],
  ["rate_limit", undefined, 429, 500],
  ["overloaded", undefined, 529],
  ["quota", undefined, 402],
  ["auth", undefined, 401],
  ["permission", undefined, 403],
  ["model_not_found", undefined, 404],
  ["invalid_request", undefined, 400],
  ["content_filter", undefined, 400],
  ["cancelled"],
];

type Simple = "start" | "retry" | "force" | "disable" | "enable" | "reset";

type Step =
  | { readonly type: "call"; readonly gate: number; readonly outcome: number; readonly alternatives: boolean }
  | { readonly type: Simple; readonly gate: number }
  | { readonly type: "end"; readonly which: number; readonly outcome: number }
  | { readonly type: "leave"; readonly which: number }
  | { readonly type: "advance"; readonly ms: number };

const gate = fc.nat(2);
const outcome = fc.nat(OUTCOMES.length - 1);
const which = fc.nat(999);
const simple = (type: Simple) => fc.record({ type: fc.constant(type), gate });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ type: fc.constant("call" as const), gate, outcome, alternatives: fc.boolean() }),
  },
  { weight: 4, arbitrary: simple("start") },
  { weight: 1, arbitrary: simple("retry") },
  { weight: 1, arbitrary: simple("force") },
  { weight: 1, arbitrary: fc.oneof(simple("disable"), simple("enable"), simple("reset")) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("end" as const), which, outcome }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("leave" as const), which }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("advance" as const), ms: fc.nat(40_000) }) },
);

class World {
  now = 0;
  readonly gates: readonly Gate[];
  readonly flying: { gate: Gate; token: number; probe: boolean; atMs: number }[] = [];
  readonly changes: string[] = [];

  constructor(random: () => number) {
    const clock = { now: () => this.now, wallNow: () => 0, setTimeout: () => 0, clearTimeout: () => {} };
    const onBreaker = (id: string, from: string, to: string) => this.changes.push(`${id} ${from} ${to}`);
    const made = createGates({}, { clock, random, onBreaker });
    this.gates = [made.candidate("p/a", "p"), made.candidate("p/b", "p"), made.candidate("q/a", "q")];
  }

  at(index: number): Gate {
    return this.gates[index % this.gates.length] as Gate;
  }

  run(s: Step): void {
    if (s.type === "advance") this.now += s.ms;
    else if (s.type === "call") {
      const call = this.start(this.at(s.gate), "acquire");
      if (call !== undefined) this.end(call, s.outcome, s.alternatives);
    } else if (s.type === "end" || s.type === "leave") {
      const call = this.flying[s.which % Math.max(1, this.flying.length)];
      if (call === undefined) return;
      if (s.type === "end") this.end(call, s.outcome, true);
      else {
        this.flying.splice(this.flying.indexOf(call), 1);
        call.gate.release(call.token);
      }
    } else this.simple(s.type, this.at(s.gate));
  }

  simple(type: Simple, on: Gate): void {
    if (type === "start") this.start(on, "acquire");
    else if (type === "retry") this.start(on, "acquireRetry");
    else if (type === "force") this.start(on, "force");
    else if (type === "disable") on.disable("by hand");
    else on[type]();
  }

  start(on: Gate, how: "acquire" | "acquireRetry" | "force") {
    const before = on.blocked(this.now);
    // A retry that passes a cool-down of a closed breaker is no probe.
    const probe = on.view(this.now).state !== "closed";
    const token = on[how](this.now);
    if (how === "acquire") expect(token >= 0).toBe(before === null);
    // A retry passes cool-downs that are our own idea; a forced call passes an open breaker. Nothing passes more.
    if (how === "acquireRetry" && token >= 0) expect([null, "cool_down"]).toContain(before);
    if (how === "force" && token >= 0) expect([null, "breaker_open"]).toContain(before);
    if (token < 0) return undefined;
    const call = { gate: on, token, probe, atMs: this.now };
    this.flying.push(call);
    return call;
  }

  end(call: { gate: Gate; token: number }, index: number, alternatives: boolean): void {
    this.flying.splice(
      this.flying.findIndex((flying) => flying.token === call.token && flying.gate === call.gate),
      1,
    );
    const [kind, detail, status, retryAfterMs] = OUTCOMES[index] ?? [];
    const error = kind === undefined ? null : new SignalboxError(kind, kind, { detail, status, retryAfterMs });
    const untilMs = call.gate.view(this.now).coolDownUntilMs;
    call.gate.settle(call.token, this.now, error, { ttftMs: 100, alternatives });
    expect(call.gate.view(this.now).coolDownUntilMs).toBeGreaterThanOrEqual(untilMs);
  }
}

const steps = fc.array(step, { minLength: 20, maxLength: 200, size: "max" });
const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });

describe("gates, over any sequence of calls", () => {
  it("let in exactly whom they do not call blocked, and nobody before the time they name", () => {
    fc.assert(
      fc.property(steps, random, (sequence, r) => {
        const world = new World(() => r);
        for (const s of sequence) {
          world.run(s);
          for (const g of world.gates) {
            const reason = g.blocked(world.now);
            const atMs = g.retryAtMs(world.now);
            if (reason === null) expect(atMs).toBe(world.now);
            else expect(atMs).toBeGreaterThan(world.now);
            expect(reason === "disabled").toBe(g.view(world.now).disabled !== null);
            if (g.probing) expect(reason).toBe(null);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("have one probe per candidate out at a time, within its lease", () => {
    fc.assert(
      fc.property(steps, random, (sequence, r) => {
        const world = new World(() => r);
        for (const s of sequence) {
          world.run(s);
          for (const g of world.gates) {
            if (g.view(world.now).state !== "half_open") continue;
            const since = g.view(world.now).sinceMs;
            const live = world.flying.filter(
              (c) => c.gate === g && c.probe && c.atMs >= since && world.now < c.atMs + 60_000,
            );
            expect(live.length).toBeLessThanOrEqual(1);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("always come back: an hour later, with no call under way, all that no hand disabled may be asked", () => {
    fc.assert(
      fc.property(steps, random, (sequence, r) => {
        const world = new World(() => r);
        for (const s of sequence) world.run(s);
        for (const { gate: g, token } of world.flying) g.release(token);
        world.now += 6 * 3_600_000;
        for (const g of world.gates) {
          g.enable();
          expect(g.blocked(world.now)).toBe(null);
          for (let i = 0; i < 2; i++) g.settle(g.acquire(world.now), world.now, null);
          expect(g.view(world.now)).toMatchObject({ state: "closed", disabled: null });
        }
      }),
      { numRuns: 200 },
    );
  });

  it("force at most one call a second", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(900), { minLength: 5, maxLength: 40 }), (waits) => {
        const world = new World(() => 0.5);
        const failure = OUTCOMES.findIndex((o) => o?.[0] === "server");
        for (const g of world.gates) {
          for (let i = 0; i < 5; i++)
            world.run({ type: "call", gate: world.gates.indexOf(g), outcome: failure, alternatives: true });
        }
        let forced = 0;
        for (const ms of waits) {
          world.now += ms;
          if (world.now >= 3_750) break;
          const nearest = nearestToReopen(world.gates, world.now);
          const token = nearest?.force(world.now) ?? -1;
          if (nearest !== null && token >= 0) {
            forced++;
            nearest.settle(token, world.now, new SignalboxError("server", "still down", { status: 500 }));
          }
        }
        expect(forced).toBeLessThanOrEqual(Math.floor(Math.min(world.now, 3_750) / 1_000) + 1);
        expect(forced).toBeGreaterThan(0);
      }),
    );
  });
});
