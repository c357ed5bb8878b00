import { describe, expect, it } from "vitest";
import type { BreakerState } from "../../../src/contract/events.js";
import type { ErrorKind } from "../../../src/errors/kinds.js";
import { SignalboxError, type SignalboxErrorInit } from "../../../src/errors/signalbox-error.js";
import type { Gate } from "../../../src/resilience/gate.js";
import { createGates, type GatesDeps, nearestToReopen } from "../../../src/resilience/gates.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

const errorOf = (kind: ErrorKind, init: SignalboxErrorInit = {}) => new SignalboxError(kind, kind, init);

function setUp(more: Partial<GatesDeps> = {}, random = () => 0.5) {
  const clock = createVirtualClock({ startMs: 1_000 });
  const changes: [string, BreakerState, BreakerState][] = [];
  const closed: string[] = [];
  const gates = createGates(
    {},
    {
      clock,
      random,
      onBreaker: (id, from, to) => changes.push([id, from, to]),
      onClosed: (id) => closed.push(id),
      ...more,
    },
  );
  const a = gates.candidate("p/a", "p");
  const b = gates.candidate("p/b", "p");
  const other = gates.candidate("q/a", "q");
  const call = (gate: Gate, outcome: SignalboxError | null, ttftMs: number | null = 200, alternatives = true) => {
    const token = gate.acquire(clock.now());
    if (token >= 0) gate.settle(token, clock.now(), outcome, { ttftMs, alternatives });
    return token >= 0;
  };
  const fail = (gate: Gate, times: number, kind: ErrorKind, init?: SignalboxErrorInit) => {
    for (let i = 0; i < times; i++) call(gate, errorOf(kind, init));
  };
  const blocked = (gate: Gate) => gate.blocked(clock.now());
  return { clock, changes, closed, gates, a, b, other, call, fail, blocked };
}

describe("which failures count, and against whom", () => {
  it("opens one candidate on server errors and leaves its siblings alone", () => {
    const { a, b, other, fail, blocked } = setUp();
    fail(a, 5, "server", { status: 500 });
    expect([blocked(a), blocked(b), blocked(other)]).toEqual(["breaker_open", null, null]);
  });

  it("opens the whole provider when it cannot be reached", () => {
    const { a, b, other, fail, blocked, changes } = setUp();
    fail(a, 3, "network", { detail: "connect" });
    fail(b, 2, "network", { detail: "dns" });
    expect([blocked(a), blocked(b), blocked(other)]).toEqual(["breaker_open", "breaker_open", null]);
    expect(changes).toEqual([
      ["p/a", "closed", "open"],
      ["p/b", "closed", "open"],
    ]);
  });

  it("takes any answer as a sign that the provider can be reached", () => {
    const { a, b, fail, blocked } = setUp();
    for (let i = 0; i < 5; i++) {
      fail(a, 4, "network", { detail: "connect" });
      fail(b, 12, "invalid_request", { status: 400 });
    }
    expect(blocked(a)).toBe(null);
  });

  it("never opens on callers' mistakes (the seed's breaker tripped on HTTP 400)", () => {
    const { a, fail, blocked } = setUp();
    for (const kind of ["invalid_request", "context_length", "content_filter", "unsupported", "cancelled"] as const) {
      fail(a, 60, kind, { status: 400 });
    }
    expect(blocked(a)).toBe(null);
  });

  it("never opens on what was refused here", () => {
    const { a, fail, blocked } = setUp();
    for (const kind of ["saturated", "budget_exceeded", "unavailable", "no_candidate"] as const) fail(a, 60, kind);
    fail(a, 60, "timeout", { detail: "queue" });
    fail(a, 60, "timeout", { detail: "total" });
    expect(blocked(a)).toBe(null);
  });

  it("opens at once on a hanging head or first token, where another candidate is healthy", () => {
    for (const detail of ["headers", "first_token"]) {
      const { a, call, blocked } = setUp();
      call(a, errorOf("timeout", { detail }), null, false);
      expect(blocked(a)).toBe(null);
      call(a, errorOf("timeout", { detail }), null, true);
      expect(blocked(a)).toBe("breaker_open");
    }
  });

  it("takes no word about alternatives for none", () => {
    const { a, clock, blocked } = setUp();
    a.settle(a.acquire(clock.now()), clock.now(), errorOf("timeout", { detail: "headers" }));
    for (let i = 0; i < 60; i++) a.settle(a.acquire(clock.now()), clock.now(), null, { ttftMs: 90_000 - 1_000 * i });
    expect(blocked(a)).toBe(null);
  });

  it("frees a probe that ended in a caller's mistake or a cancel", async () => {
    const { a, clock, fail, call, blocked } = setUp();
    fail(a, 5, "server");
    await clock.advance(5_000);
    call(a, errorOf("invalid_request", { status: 400 }));
    call(a, errorOf("cancelled"));
    a.release(a.acquire(clock.now()));
    expect(blocked(a)).toBe(null);
    expect(a.view(clock.now()).state).toBe("half_open");
    call(a, null);
    call(a, null);
    expect(a.view(clock.now()).state).toBe("closed");
  });
});

describe("slow calls", () => {
  it("are those past ten seconds and three times the candidate's own median", () => {
    const thinker = setUp();
    for (let i = 0; i < 20; i++) thinker.call(thinker.a, null, 12_000);
    for (let i = 0; i < 50; i++) thinker.call(thinker.a, null, 35_000 - i);
    // The first call has no median to be held against; the median then says that twelve seconds are usual here.
    expect(thinker.blocked(thinker.a)).toBe(null);
    const quick = setUp();
    for (let i = 0; i < 50; i++) quick.call(quick.a, null, 300);
    for (let i = 0; i < 39; i++) quick.call(quick.a, null, 10_001);
    expect(quick.blocked(quick.a)).toBe(null);
    quick.call(quick.a, null, 10_001);
    expect(quick.blocked(quick.a)).toBe("breaker_open");
    const justUnder = setUp();
    for (let i = 0; i < 100; i++) justUnder.call(justUnder.a, null, 10_000);
    expect(justUnder.blocked(justUnder.a)).toBe(null);
  });

  it("never open the only candidate", () => {
    const { a, call, blocked } = setUp();
    for (let i = 0; i < 20; i++) call(a, null, 300, false);
    for (let i = 0; i < 100; i++) call(a, null, 60_000, false);
    expect(blocked(a)).toBe(null);
  });
});

describe("cool-downs", () => {
  it("keep to the vendor's hint, up to an hour", async () => {
    for (const [hint, waits] of [
      [1_000, 1_000],
      [60_000, 60_000],
      [3_600_000, 3_600_000],
      [1e12, 3_600_000],
    ] as const) {
      const { a, clock, fail, blocked } = setUp();
      fail(a, 1, "rate_limit", { status: 429, retryAfterMs: hint });
      expect(a.retryAtMs(clock.now())).toBe(1_000 + waits);
      await clock.advance(waits - 1);
      expect(blocked(a)).toBe("cool_down");
      await clock.advance(1);
      expect(blocked(a)).toBe(null);
    }
  });

  it("are never shortened by a later, shorter hint (LiteLLM did)", () => {
    const { a, clock, fail } = setUp();
    const late = [a.acquire(0), a.acquire(0)];
    fail(a, 1, "rate_limit", { retryAfterMs: 60_000 });
    for (const token of late) a.settle(token, clock.now(), errorOf("rate_limit", { retryAfterMs: 1_000 }));
    expect(a.retryAtMs(clock.now())).toBe(61_000);
  });

  it("last a jittered default without a hint, or with a hint of nothing", () => {
    const seen = new Set<number>();
    for (const [random, hint] of [
      [0, undefined],
      [0.999_999, undefined],
      [0.5, 0],
    ] as const) {
      const { a, clock, fail } = setUp({}, () => random);
      fail(a, 1, "rate_limit", { status: 429, retryAfterMs: hint });
      seen.add(Math.round(a.retryAtMs(clock.now()) - clock.now()));
    }
    const [least = 0, most = 0, middle = 0] = [...seen];
    expect(most).toBeCloseTo(2 * least, -1);
    expect(middle).toBeCloseTo(1.5 * least, -1);
  });

  it("let 429s by the hundred leave the breaker alone", async () => {
    const { a, clock, call, blocked } = setUp();
    for (let i = 0; i < 100; i++) {
      call(a, errorOf("rate_limit", { status: 429, retryAfterMs: 10 }));
      await clock.advance(10);
    }
    expect(a.view(clock.now()).state).toBe("closed");
    expect(blocked(a)).toBe(null);
  });

  it("let a request's own retry pass where no vendor asked for the wait", () => {
    const { a, clock, fail } = setUp();
    fail(a, 1, "overloaded", { status: 529 });
    expect(a.acquire(clock.now())).toBe(-1);
    expect(a.acquireRetry(clock.now())).toBeGreaterThanOrEqual(0);
    fail(a, 1, "overloaded", { status: 529 });
    a.settle(0, clock.now(), errorOf("rate_limit", { retryAfterMs: 2_000 }));
    expect(a.acquireRetry(clock.now())).toBe(-1);
  });

  it("let no retry pass a disable, whoever is disabled", () => {
    const one = setUp();
    one.fail(one.a, 1, "model_not_found", { status: 404 });
    expect([one.a.acquireRetry(one.clock.now()), one.b.acquireRetry(one.clock.now()) >= 0]).toEqual([-1, true]);
    const all = setUp();
    all.fail(all.a, 1, "auth", { status: 401 });
    expect([all.a.acquireRetry(all.clock.now()), all.b.acquireRetry(all.clock.now())]).toEqual([-1, -1]);
  });

  it("count overload as a failure too", async () => {
    const { a, clock, call } = setUp();
    for (let i = 0; i < 5; i++) {
      call(a, errorOf("overloaded", { status: 503 }));
      await clock.advance(10_001);
    }
    expect(a.view(clock.now()).reason).toBe("5 failures in a row");
  });
});

describe("who is told of a cool-down", () => {
  it("is the candidate it holds for, or every candidate of its provider", () => {
    const told: [string, number, string][] = [];
    const { a, fail } = setUp({ onCoolDown: (id, forMs, reason) => told.push([id, forMs, reason]) });
    fail(a, 1, "rate_limit", { retryAfterMs: 2_000 });
    expect(told.splice(0)).toEqual([["p/a", 2_000, "rate_limit"]]);
    const { b, fail: failToo } = setUp({ onCoolDown: (id, forMs, reason) => told.push([id, forMs, reason]) });
    failToo(b, 1, "quota", { retryAfterMs: 3_000 });
    expect(told).toEqual([
      ["p/a", 3_000, "quota"],
      ["p/b", 3_000, "quota"],
    ]);
  });
});

describe("quota", () => {
  it("waits for the stated reset, for every model of the provider", () => {
    const { a, b, other, clock, fail, blocked } = setUp();
    fail(a, 1, "quota", { status: 429, retryAfterMs: 5 * 3_600_000 });
    expect([blocked(a), blocked(b), blocked(other)]).toEqual(["cool_down", "cool_down", null]);
    expect(b.retryAtMs(clock.now()) - clock.now()).toBe(5 * 3_600_000);
  });

  it("doubles from 15 minutes to 6 hours where no reset is stated, once per round of calls", async () => {
    const { a, clock, call } = setUp();
    const waits: number[] = [];
    for (let round = 0; round < 7; round++) {
      const tokens = [a.acquire(clock.now()), a.acquire(clock.now()), a.acquire(clock.now())];
      for (const token of tokens) a.settle(token, clock.now(), errorOf("quota", { status: 402 }));
      const waitMs = a.retryAtMs(clock.now()) - clock.now();
      waits.push(waitMs / 60_000);
      await clock.advance(waitMs);
    }
    expect(waits).toEqual([15, 30, 60, 120, 240, 360, 360]);
    call(a, null);
    call(a, errorOf("quota", { status: 402 }));
    expect((a.retryAtMs(clock.now()) - clock.now()) / 60_000).toBe(15);
  });
});

describe("disabling", () => {
  it("bars the provider after a refused key, tries again after 10 minutes, then after longer, at most an hour", async () => {
    const { a, b, clock, call, blocked } = setUp();
    const waits: number[] = [];
    for (let round = 0; round < 5; round++) {
      call(a, errorOf("auth", { status: 401 }));
      expect([blocked(a), blocked(b)]).toEqual(["disabled", "disabled"]);
      const waitMs = a.retryAtMs(clock.now()) - clock.now();
      waits.push(waitMs / 60_000);
      await clock.advance(waitMs);
      expect(blocked(a)).toBe(null);
      expect(a.probing).toBe(true);
    }
    expect(waits).toEqual([10, 20, 40, 60, 60]);
    call(a, null);
    call(a, null);
    expect(a.view(clock.now())).toMatchObject({ state: "closed", disabled: null });
    call(a, errorOf("auth", { status: 401 }));
    expect(a.retryAtMs(clock.now()) - clock.now()).toBe(600_000);
  });

  it("tries a disabled provider with one call, not with all", async () => {
    const { a, b, clock, fail } = setUp();
    fail(a, 1, "auth", { status: 401 });
    await clock.advance(600_000);
    const tokens = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? a : b).acquire(clock.now()));
    expect(tokens.filter((token) => token >= 0)).toHaveLength(1);
  });

  it("bars only the model that is missing or not permitted", () => {
    for (const kind of ["model_not_found", "permission"] as const) {
      const { a, b, fail, blocked, clock } = setUp();
      fail(a, 1, kind, { status: 404 });
      expect([blocked(a), blocked(b)]).toEqual(["disabled", null]);
      expect(a.view(clock.now()).disabled).toBe(kind);
    }
  });

  it("does not take the rest of a burst of 401s for more bad news", () => {
    const { a, clock } = setUp();
    const tokens = Array.from({ length: 50 }, () => a.acquire(clock.now()));
    for (const token of tokens) a.settle(token, clock.now(), errorOf("auth", { status: 401 }));
    expect(a.retryAtMs(clock.now()) - clock.now()).toBe(600_000);
  });

  it("is lifted by hand", () => {
    const { a, b, fail, blocked } = setUp();
    fail(a, 1, "auth", { status: 401 });
    b.enable();
    expect([blocked(a), blocked(b)]).toEqual([null, null]);
    fail(a, 1, "model_not_found", { status: 404 });
    a.enable();
    expect(blocked(a)).toBe(null);
  });

  it("lasts until enable when done by hand", async () => {
    const { a, clock, blocked, gates } = setUp();
    a.disable("maintenance");
    await clock.advance(1e9);
    expect(blocked(a)).toBe("disabled");
    expect(a.retryAtMs(clock.now())).toBe(Number.POSITIVE_INFINITY);
    expect(a.view(clock.now()).disabled).toBe("maintenance");
    expect(gates.candidate("p/a", "p")).toBe(a);
    a.enable();
    expect(blocked(a)).toBe(null);
  });

  it("is forgotten by reset, with everything else", () => {
    const { a, b, clock, fail, blocked } = setUp();
    fail(a, 1, "auth", { status: 401 });
    fail(b, 1, "quota", { status: 402 });
    a.disable("x");
    a.reset();
    expect([blocked(a), blocked(b)]).toEqual([null, null]);
    expect(a.view(clock.now()).state).toBe("closed");
  });

  it("is forgotten with cool-downs of both sorts and what was usual for it", () => {
    const { a, clock, call, fail, blocked } = setUp();
    for (let i = 0; i < 40; i++) call(a, null, 20_000, false);
    fail(a, 1, "overloaded", { status: 529 });
    a.reset();
    expect(blocked(a)).toBe(null);
    // Twenty seconds were usual before; they no longer are.
    for (let i = 0; i < 50; i++) call(a, null, 10);
    for (let i = 0; i < 40; i++) call(a, null, 20_000);
    expect(blocked(a)).toBe("breaker_open");
    expect(a.view(clock.now()).reason).toMatch(/slow/);
  });

  it("says which cool-down lasts longer", () => {
    const { a, clock, fail } = setUp();
    const late = a.acquire(clock.now());
    fail(a, 1, "overloaded", { status: 529 });
    expect(a.view(clock.now()).reason).toBe("overloaded");
    a.settle(late, clock.now(), errorOf("rate_limit", { retryAfterMs: 60_000 }));
    expect(a.view(clock.now())).toMatchObject({ reason: "rate_limit", coolDownUntilMs: 61_000 });
  });

  it("is no longer a disable once the re-probe failed in another way", async () => {
    const { a, clock, fail, call, blocked } = setUp();
    fail(a, 1, "model_not_found", { status: 404 });
    await clock.advance(3_600_000);
    call(a, errorOf("server", { status: 500 }));
    expect(blocked(a)).toBe("breaker_open");
  });
});

describe("coming back", () => {
  it("says when a candidate should be probed, and tells when it closed", async () => {
    const { a, b, clock, fail, closed } = setUp();
    expect(a.probing).toBe(false);
    fail(a, 5, "server", { status: 500 });
    expect(a.probing).toBe(false);
    await clock.advance(5_000);
    expect([a.probing, b.probing]).toEqual([true, false]);
    const probe = a.acquire(clock.now());
    expect(a.probing).toBe(false);
    expect(closed).toEqual([]);
    a.settle(probe, clock.now(), null);
    expect([a.probing, closed]).toEqual([false, ["p/a"]]);
  });

  it("closes both levels with the same call", async () => {
    const { a, clock, fail, call, closed } = setUp();
    fail(a, 4, "server", { status: 500 });
    // Both open: the provider by five failed connects, the candidate by its server errors.
    const late = a.acquire(clock.now());
    fail(a, 5, "network", { detail: "connect" });
    a.settle(late, clock.now(), errorOf("server", { status: 500 }));
    expect(a.view(clock.now()).state).toBe("open");
    await clock.advance(5_000);
    call(a, null);
    expect(a.view(clock.now()).state).toBe("closed");
    expect(closed).toEqual(expect.arrayContaining(["p/a", "p/b"]));
  });

  it("asks the fleet before it lends a probe", async () => {
    let allowed = false;
    const { a, clock, fail } = setUp({ mayProbe: () => allowed });
    fail(a, 5, "server");
    await clock.advance(5_000);
    expect(a.acquire(clock.now())).toBe(-1);
    allowed = true;
    expect(a.acquire(clock.now())).toBeGreaterThanOrEqual(0);
  });
});

describe("when all are open", () => {
  it("one call a second may try the nearest to reopen, and no more", async () => {
    const { gates, clock, fail } = setUp();
    const near = gates.candidate("x/1", "x");
    const far = gates.candidate("y/1", "y");
    fail(far, 5, "server");
    await clock.advance(1_000);
    fail(far, 5, "server");
    fail(near, 5, "server");
    await clock.advance(10);
    expect(nearestToReopen([near, far], clock.now())?.id).toBe("y/1");
    expect(nearestToReopen([far, near], clock.now())?.id).toBe("y/1");
    const forced = far.force(clock.now());
    expect(forced).toBeGreaterThanOrEqual(0);
    expect(gates.mayForce(clock.now())).toBe(false);
    expect(nearestToReopen([near, far], clock.now())).toBe(null);
    expect(near.force(clock.now())).toBe(-1);
    await clock.advance(999);
    expect(near.force(clock.now())).toBe(-1);
    await clock.advance(1);
    // The first probe is still out, so the other one is the nearest.
    expect(nearestToReopen([near, far], clock.now())?.id).toBe("x/1");
    expect(near.force(clock.now())).toBeGreaterThanOrEqual(0);
  });

  it("never passes a cool-down, a disable, or a candidate that is free", () => {
    const { a, other, clock, fail, gates } = setUp();
    const third = gates.candidate("r/a", "r");
    fail(a, 5, "server");
    expect(nearestToReopen([a, other], clock.now())).toBe(null);
    fail(other, 1, "rate_limit", { retryAfterMs: 60_000 });
    third.disable("x");
    expect(nearestToReopen([other, third], clock.now())).toBe(null);
    expect([other.force(clock.now()), third.force(clock.now())]).toEqual([-1, -1]);
    expect(nearestToReopen([a, other, third], clock.now())?.id).toBe("p/a");
    expect(nearestToReopen([other, third, a], clock.now())?.id).toBe("p/a");
    expect(nearestToReopen([], clock.now())).toBe(null);
  });

  it("forces no second probe while one is out, here or at the provider", async () => {
    const { a, b, clock, fail } = setUp();
    fail(a, 5, "network", { detail: "connect" });
    expect(a.force(clock.now())).toBeGreaterThanOrEqual(0);
    await clock.advance(1_000);
    expect([a.forcible(clock.now()), b.forcible(clock.now())]).toEqual([false, false]);
    expect([a.force(clock.now()), b.force(clock.now())]).toEqual([-1, -1]);
  });

  it("closes after the forced probe and one more went well", () => {
    const { a, clock, fail, call } = setUp();
    fail(a, 5, "server");
    a.settle(a.force(clock.now()), clock.now(), null);
    call(a, null);
    expect(a.view(clock.now()).state).toBe("closed");
  });
});

describe("a fleet", () => {
  it("shares open times, cool-downs and closings as durations", async () => {
    const here = setUp();
    const there = setUp();
    here.fail(here.a, 5, "server");
    const seen = JSON.parse(JSON.stringify(here.a.exportState(here.clock.now())));
    expect(seen).toMatchObject({ state: "open", openForMs: 3_750, coolDownForMs: 0, disabled: null });
    await there.clock.advance(77_000);
    there.a.applyRemote(seen, there.clock.now());
    expect(there.blocked(there.a)).toBe("breaker_open");
    expect(there.a.retryAtMs(there.clock.now()) - there.clock.now()).toBe(3_750);
    there.a.applyRemote({ ...seen, openForMs: 10 }, there.clock.now());
    expect(there.a.retryAtMs(there.clock.now()) - there.clock.now()).toBe(3_750);
    there.a.applyRemote({ ...seen, state: "closed", openForMs: 0 }, there.clock.now());
    expect(there.blocked(there.a)).toBe(null);
    there.a.applyRemote({ ...seen, state: "closed", openForMs: 0, coolDownForMs: 9_000 }, there.clock.now());
    expect(there.blocked(there.a)).toBe("cool_down");
    await there.clock.advance(1_000);
    expect(there.a.exportState(there.clock.now())).toMatchObject({
      state: "closed",
      openForMs: 0,
      coolDownForMs: 8_000,
    });
  });

  it("does not let another process close what opened here", () => {
    const { a, clock, fail, blocked } = setUp();
    fail(a, 5, "server");
    a.applyRemote({ state: "closed", openForMs: 0, coolDownForMs: 0, disabled: null, reason: null }, clock.now());
    expect(blocked(a)).toBe("breaker_open");
  });
});
