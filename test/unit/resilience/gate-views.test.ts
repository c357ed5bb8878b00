import { describe, expect, it } from "vitest";
import type { SharedGateState } from "../../../src/contract/shared-state.js";
import type { ErrorKind } from "../../../src/errors/kinds.js";
import { SignalboxError, type SignalboxErrorInit } from "../../../src/errors/signalbox-error.js";
import type { Gate } from "../../../src/resilience/gate.js";
import { createGates } from "../../../src/resilience/gates.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

function setUp(mayProbe?: (id: string) => boolean) {
  const clock = createVirtualClock({ startMs: 1_000 });
  const gates = createGates({}, { clock, random: () => 0.5, mayProbe });
  const a = gates.candidate("p/a", "p");
  const b = gates.candidate("p/b", "p");
  const now = () => clock.now();
  const fail = (gate: Gate, times: number, kind: ErrorKind, init: SignalboxErrorInit = {}) => {
    for (let n = 0; n < times; n += 1) {
      const token = gate.acquire(now());
      if (token >= 0) gate.settle(token, now(), new SignalboxError(kind, kind, init), { alternatives: true });
    }
  };
  return { clock, gates, a, b, now, fail, view: (gate: Gate) => gate.view(now()) };
}

const unreachable = { detail: "connect" };
const remote = (change: Partial<SharedGateState>): SharedGateState => ({
  state: "closed",
  openForMs: 0,
  coolDownForMs: 0,
  disabled: null,
  reason: null,
  ...change,
});

describe("the view of a gate", () => {
  it("shows nothing before anything happened", () => {
    const { a, view } = setUp();
    const nothing = { state: "closed", reason: null, coolDownUntilMs: Number.NEGATIVE_INFINITY, disabled: null };
    expect(view(a)).toMatchObject(nothing);
  });

  it("is of whichever is worse, the candidate's circuit or its provider's", async () => {
    const { clock, a, b, fail, view } = setUp();
    fail(a, 5, "server", { status: 500 });
    expect([view(a).state, view(b).state]).toEqual(["open", "closed"]);
    expect(view(a).reason).toBe("5 failures in a row");
    await clock.advance(3_750);
    expect(view(a).state).toBe("half_open");
    fail(b, 5, "network", unreachable);
    expect([view(a).state, view(b).state]).toEqual(["open", "open"]);
    const { sinceMs } = view(a);
    expect(sinceMs).toBe(4_750);
    await clock.advance(3_750);
    expect([view(a).state, view(b).state]).toEqual(["half_open", "half_open"]);
    b.settle(b.acquire(clock.now()), clock.now(), null);
    b.settle(b.acquire(clock.now()), clock.now(), null);
    expect([view(a).state, view(b).state]).toEqual(["half_open", "closed"]);
  });

  it("is of the candidate's own circuit where both stand alike", async () => {
    const { clock, a, fail, view } = setUp();
    const late = Array.from({ length: 5 }, () => a.acquire(clock.now()));
    fail(a, 5, "network", unreachable);
    await clock.advance(100);
    for (const token of late) a.settle(token, clock.now(), new SignalboxError("server", "late"));
    expect(view(a)).toMatchObject({ state: "open", sinceMs: 1_100 });
  });

  it("names a cool-down's reason while it lasts and the breaker is closed, and its end for ever", async () => {
    const { clock, a, fail, view } = setUp();
    fail(a, 1, "rate_limit", { retryAfterMs: 500 });
    expect(view(a)).toMatchObject({ state: "closed", reason: "rate_limit", coolDownUntilMs: 1_500 });
    await clock.advance(500);
    expect(view(a)).toMatchObject({ state: "closed", reason: null, coolDownUntilMs: 1_500 });
    const late = a.acquire(clock.now());
    fail(a, 5, "server", { status: 500 });
    a.settle(late, clock.now(), new SignalboxError("rate_limit", "late", { retryAfterMs: 9_000 }));
    expect(view(a)).toMatchObject({ state: "open", reason: "5 failures in a row", coolDownUntilMs: 10_500 });
  });

  it("shows the longer cool-down, of the candidate or of the provider", () => {
    const { a, b, fail, view } = setUp();
    const late = b.acquire(1_000);
    fail(a, 1, "rate_limit", { retryAfterMs: 3_600_000 });
    b.settle(late, 1_000, new SignalboxError("quota", "spent", { retryAfterMs: 60_000 }));
    expect(view(a)).toMatchObject({ reason: "rate_limit", coolDownUntilMs: 3_601_000 });
    expect(view(b)).toMatchObject({ reason: "quota", coolDownUntilMs: 61_000 });
  });

  it("says why it is disabled: by hand, by its own answer, by its provider's", () => {
    const { a, b, fail, view } = setUp();
    fail(a, 1, "model_not_found", { status: 404 });
    expect([view(a).disabled, view(a).reason, view(b).disabled]).toEqual(["model_not_found", "model_not_found", null]);
    b.disable("by hand");
    expect([view(b).disabled, view(b).reason]).toEqual(["by hand", "by hand"]);
    b.enable();
    fail(b, 1, "auth", { status: 401 });
    expect([view(a).disabled, view(b).disabled]).toEqual(["model_not_found", "auth"]);
  });
});

describe("a token taken by force", () => {
  it("is an ordinary one where nothing blocks, and spends no turn", () => {
    const { gates, a, now } = setUp();
    expect(a.force(now())).toBeGreaterThanOrEqual(0);
    expect(gates.mayForce(now())).toBe(true);
  });
});

describe("a call that is a probe", () => {
  it.each([
    ["the candidate's own breaker", "server", { status: 500 }],
    ["its provider's", "network", unreachable],
  ] as const)("is told from others while it is out: of %s", async (_name, kind, init) => {
    const { clock, a, b, fail, now } = setUp();
    const before = a.acquire(now());
    expect([a.probes(before), a.probes(0), a.probes(-1)]).toEqual([false, false, false]);
    fail(a, 5, kind, init);
    expect([a.probes(before), a.probes(0)]).toEqual([false, false]);
    await clock.advance(3_750);
    const probe = a.acquire(now());
    const beside = b.acquire(now());
    expect([a.probes(probe), a.probes(before), b.probes(beside)]).toEqual([true, false, false]);
    a.settle(probe, now(), null);
    expect([a.probes(probe), a.probes(a.acquire(now()))]).toEqual([false, false]);
  });
});

describe("a probe that somebody else may forbid", () => {
  it("is asked for only where a breaker is half-open, the candidate's or its provider's", async () => {
    const asked: string[] = [];
    const { clock, a, b, fail, now } = setUp((id) => {
      asked.push(id);
      return false;
    });
    fail(a, 5, "server", { status: 500 });
    expect(asked).toEqual([]);
    await clock.advance(3_750);
    expect([a.acquire(now()), asked]).toEqual([-1, ["p/a"]]);
    expect(b.acquire(now())).toBeGreaterThanOrEqual(0);
    fail(b, 5, "network", unreachable);
    await clock.advance(3_750);
    expect([b.acquire(now()), asked]).toEqual([-1, ["p/a", "p/b"]]);
  });

  it("that is forbidden spends no turn of the pool", () => {
    const { gates, a, fail, now } = setUp(() => false);
    fail(a, 5, "server", { status: 500 });
    expect([a.forcible(now()), a.force(now()), gates.mayForce(now())]).toEqual([true, -1, true]);
  });

  it("that is allowed spends one, even with the first token of all", () => {
    const { gates, a, now } = setUp(() => true);
    a.applyRemote(remote({ state: "open", openForMs: 9_000 }), now());
    expect([a.force(now()) >= 0, gates.mayForce(now())]).toEqual([true, false]);
  });
});

describe("an end of which nothing more is told", () => {
  it("has no alternatives: a hanging head does not open at once", () => {
    const { a, now, view } = setUp();
    a.settle(a.acquire(now()), now(), new SignalboxError("timeout", "hung", { detail: "headers" }));
    expect(view(a).state).toBe("closed");
  });

  it("and no status shows no provider that can be reached", async () => {
    const { clock, a, b, fail, view } = setUp();
    fail(a, 5, "network", unreachable);
    await clock.advance(3_750);
    fail(a, 3, "network", { detail: "reset" });
    expect(view(b).state).toBe("half_open");
    fail(a, 1, "server", { status: 500 });
    expect(view(b).state).toBe("closed");
  });
});

describe("what another process saw", () => {
  it("is named after the fleet where it gave no reason", () => {
    const cool = setUp();
    cool.a.applyRemote(remote({ coolDownForMs: 700 }), cool.now());
    expect(cool.view(cool.a)).toMatchObject({ reason: "fleet", coolDownUntilMs: 1_700 });
    const open = setUp();
    open.a.applyRemote(remote({ state: "open", openForMs: 700 }), open.now());
    expect(open.view(open.a)).toMatchObject({ state: "open", reason: "fleet" });
    const named = setUp();
    named.a.applyRemote(remote({ state: "open", openForMs: 700, coolDownForMs: 900, reason: "429" }), named.now());
    expect(named.view(named.a)).toMatchObject({ state: "open", reason: "429", coolDownUntilMs: 1_900 });
  });

  it("sets aside for no longer than a vendor's own answer could", () => {
    const HOUR = 3_600_000;
    for (const forMs of [HOUR + 1, 1e15, Number.POSITIVE_INFINITY]) {
      const { a, view, now } = setUp();
      const told = now();
      a.applyRemote(remote({ coolDownForMs: forMs, reason: "rate_limit" }), told);
      expect(view(a).coolDownUntilMs).toBe(told + HOUR);
      a.applyRemote(remote({ coolDownForMs: forMs, reason: "quota" }), told);
      expect(view(a).coolDownUntilMs).toBe(told + Math.min(forMs, 24 * HOUR));
      a.enable();
      a.applyRemote(remote({ state: "open", openForMs: forMs }), told);
      expect(a.retryAtMs(told)).toBe(told + HOUR);
    }
  });

  it("makes no cool-down and no open time of nothing", () => {
    const { a, now, view } = setUp();
    a.applyRemote(remote({}), now());
    a.applyRemote(remote({ state: "open" }), now());
    expect(view(a)).toMatchObject({ state: "closed", coolDownUntilMs: Number.NEGATIVE_INFINITY, reason: null });
    expect(a.exportState(now())).toEqual(remote({}));
  });

  it("closes what opened from outside, once, and says so", () => {
    const { a, now, fail, view } = setUp();
    a.applyRemote(remote({ state: "open", openForMs: 9_000 }), now());
    a.applyRemote(remote({}), now());
    expect(view(a)).toMatchObject({ state: "closed", reason: "closed by the fleet" });
    fail(a, 5, "server");
    a.applyRemote(remote({}), now());
    expect(view(a).state).toBe("open");
  });

  it("closes nothing that had opened here before", () => {
    const { a, now, fail, view } = setUp();
    fail(a, 5, "server");
    a.applyRemote(remote({ state: "open", openForMs: 9_000 }), now());
    a.applyRemote(remote({}), now());
    expect(view(a).state).toBe("open");
  });

  it("forgets no failure by closing what is closed", async () => {
    const { clock, a, now, fail, view } = setUp();
    a.applyRemote(remote({ state: "open", openForMs: 1 }), now());
    await clock.advance(1);
    for (let n = 0; n < 2; n += 1) a.settle(a.acquire(now()), now(), null);
    expect(view(a).state).toBe("closed");
    fail(a, 4, "server");
    a.applyRemote(remote({}), now());
    fail(a, 1, "server");
    expect(view(a).state).toBe("open");
    // That one opened here.
    a.applyRemote(remote({}), now());
    expect(view(a).state).toBe("open");
  });

  it("says open only where the other is half-open: that is still its own affair", () => {
    const { a, now, view } = setUp();
    a.applyRemote(remote({ state: "open", openForMs: 9_000 }), now());
    a.applyRemote(remote({ state: "half_open" }), now());
    expect(view(a).state).toBe("open");
  });

  it("is forgotten by reset", () => {
    const { a, now, fail, view } = setUp();
    a.applyRemote(remote({ state: "open", openForMs: 9_000 }), now());
    a.reset();
    fail(a, 5, "server");
    a.applyRemote(remote({}), now());
    expect(view(a).state).toBe("open");
  });
});

describe("what others are told", () => {
  it("is how long is left, of the longer of both circuits", async () => {
    const { clock, a, fail, now } = setUp();
    fail(a, 5, "network", unreachable);
    await clock.advance(1_000);
    expect(a.exportState(now())).toMatchObject({ state: "open", openForMs: 2_750, coolDownForMs: 0 });
    await clock.advance(2_750);
    expect(a.exportState(now())).toMatchObject({ state: "half_open", openForMs: 0 });
  });
});
