import { describe, expect, it } from "vitest";
import type { BreakerState } from "../../../src/contract/events.js";
import { type Breaker, type BreakerOptions, createBreaker } from "../../../src/resilience/breaker.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

interface Change {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly reason: string;
  readonly openMs: number;
}

function setUp(options: BreakerOptions = {}, random = () => 0.5) {
  const clock = createVirtualClock();
  const changes: Change[] = [];
  const breaker = createBreaker(options, {
    clock,
    random,
    onChange: (from, to, reason, openMs) => changes.push({ from, to, reason, openMs }),
  });
  const call = (failed: boolean, slow = false, alternatives = false) => {
    const token = breaker.acquire(clock.now());
    if (token >= 0) breaker.settle(token, clock.now(), failed, slow, alternatives);
    return token >= 0;
  };
  const times = (n: number, failed: boolean, slow = false, alternatives = false) => {
    for (let i = 0; i < n; i++) call(failed, slow, alternatives);
  };
  return { clock, changes, breaker, call, times };
}

const stateOf = (breaker: Breaker, clock: { now(): number }) => breaker.state(clock.now());

describe("what opens a breaker", () => {
  it("opens at the fifth failure in a row, not at the fourth", () => {
    const { breaker, clock, times, call } = setUp();
    times(4, true);
    expect(stateOf(breaker, clock)).toBe("closed");
    call(true);
    expect(stateOf(breaker, clock)).toBe("open");
    expect(breaker.reason).toBe("5 failures in a row");
  });

  it("starts the row anew with every success", () => {
    const { breaker, clock, call, times } = setUp({ minCalls: 1_000 });
    for (let round = 0; round < 20; round++) {
      times(4, true);
      call(false);
    }
    expect(stateOf(breaker, clock)).toBe("closed");
  });

  it("opens at half of eight calls, and not on seven", () => {
    const seven = setUp({ consecutive: 100 });
    seven.times(3, false);
    seven.times(4, true);
    expect(stateOf(seven.breaker, seven.clock)).toBe("closed");
    const eight = setUp({ consecutive: 100 });
    eight.times(4, false);
    eight.times(4, true);
    expect(stateOf(eight.breaker, eight.clock)).toBe("open");
    expect(eight.breaker.reason).toBe("4 of 8 calls failed");
  });

  it("does not open on a success, however bad the rate", () => {
    const { breaker, clock, times, call } = setUp({ consecutive: 100 });
    times(7, true);
    call(false);
    expect(stateOf(breaker, clock)).toBe("closed");
    call(true);
    expect(stateOf(breaker, clock)).toBe("open");
  });

  it("opens on slow calls only where another candidate is healthy", () => {
    const alone = setUp();
    alone.times(50, false, true, false);
    expect(stateOf(alone.breaker, alone.clock)).toBe("closed");
    alone.call(false, true, true);
    expect(stateOf(alone.breaker, alone.clock)).toBe("open");
    expect(alone.breaker.reason).toBe("50 of 50 calls were slow");
  });

  it("needs four slow calls of five", () => {
    const { breaker, clock, times, call } = setUp();
    times(2, false);
    times(7, false, true, true);
    expect(stateOf(breaker, clock)).toBe("closed");
    call(false, true, true);
    expect(stateOf(breaker, clock)).toBe("open");
  });

  it("counts only the last 50 calls", () => {
    const { breaker, clock, times } = setUp({ consecutive: 1_000 });
    times(1_000, false);
    times(24, true);
    expect(stateOf(breaker, clock)).toBe("closed");
    times(1, true);
    expect(stateOf(breaker, clock)).toBe("open");
  });

  it("opens at once when told to", () => {
    const { breaker, clock } = setUp();
    breaker.trip(breaker.acquire(0), 0, "headers timeout");
    expect(stateOf(breaker, clock)).toBe("open");
  });
});

describe("forgetting", () => {
  it("forgets failures after ten idle minutes (cockatiel's sampling breaker still counted 101 of them)", async () => {
    const { breaker, clock, times, call } = setUp({ consecutive: 1_000, minCalls: 200, windowCalls: 1_000 });
    times(101, true);
    await clock.advance(600_000);
    call(true);
    expect(stateOf(breaker, clock)).toBe("closed");
    const row = setUp();
    row.times(4, true);
    await row.clock.advance(600_000);
    row.call(true);
    expect(stateOf(row.breaker, row.clock)).toBe("closed");
  });

  it("lets a call count for exactly a minute", async () => {
    const { breaker, clock, times, call } = setUp({ consecutive: 100 });
    times(7, true);
    await clock.advance(59_999);
    call(true);
    expect(stateOf(breaker, clock)).toBe("open");
    const later = setUp({ consecutive: 100 });
    later.times(7, true);
    await later.clock.advance(60_000);
    later.call(true);
    expect(stateOf(later.breaker, later.clock)).toBe("closed");
  });

  it("is not moved by the wall clock (cockatiel stayed open when it was set back an hour)", async () => {
    const { breaker, clock, times } = setUp();
    times(5, true);
    clock.jumpWall(-3_600_000);
    await clock.advance(5_000);
    expect(stateOf(breaker, clock)).toBe("half_open");
  });
});

describe("how long it stays open", () => {
  it("waits between half and all of 5 s x 2^n, at most 20 s", async () => {
    for (const [random, share] of [
      [() => 0, 0.5],
      [() => 0.999_999, 1],
    ] as const) {
      const { breaker, clock, changes, times } = setUp({}, random);
      times(5, true);
      for (let n = 0; n < 10; n++) {
        const opened = changes.at(-1);
        expect(opened?.openMs).toBeCloseTo(share * Math.min(20_000, 5_000 * 2 ** n), 0);
        await clock.advance(opened?.openMs ?? 0);
        expect(stateOf(breaker, clock)).toBe("half_open");
        times(1, true);
      }
    }
  });

  it("forgives one opening per clean minute, so that flapping escalates and calm does not", async () => {
    const { clock, changes, call, times } = setUp();
    const openTimes: number[] = [];
    const cycle = async (cleanMs: number) => {
      times(5, true);
      const openMs = changes.at(-1)?.openMs ?? 0;
      openTimes.push(openMs);
      await clock.advance(openMs);
      call(false);
      call(false);
      await clock.advance(cleanMs);
    };
    await cycle(59_999);
    await cycle(59_999);
    await cycle(120_000);
    await cycle(0);
    expect(openTimes).toEqual([3_750, 7_500, 15_000, 7_500]);
  });
});

describe("while it is open", () => {
  it("counts its time from its opening, not from the last request (the seed's breaker did)", async () => {
    const { breaker, clock, times, call } = setUp();
    const late = Array.from({ length: 20 }, () => breaker.acquire(0));
    times(5, true);
    for (const token of late) {
      await clock.advance(150);
      call(true);
      breaker.settle(token, clock.now(), true);
    }
    expect(clock.now()).toBe(3_000);
    expect(breaker.retryAtMs(clock.now())).toBe(3_750);
  });

  it("lets nothing through (the seed's sent anyway when all were open)", async () => {
    const { clock, times, call } = setUp();
    times(5, true);
    for (let i = 0; i < 37; i++) {
      expect(call(false)).toBe(false);
      await clock.advance(100);
    }
  });
});

describe("half-open", () => {
  async function halfOpen(options: BreakerOptions = {}) {
    const all = setUp(options);
    all.times(5, true);
    await all.clock.advance(10_000);
    return all;
  }

  it("lets exactly one of fifty callers probe (cockatiel ran the other 49 right behind it)", async () => {
    const { breaker, clock } = await halfOpen();
    const tokens = Array.from({ length: 50 }, () => breaker.acquire(clock.now()));
    expect(tokens.filter((token) => token >= 0)).toHaveLength(1);
  });

  it("closes after one success", async () => {
    const { breaker, clock, call } = await halfOpen();
    call(false);
    expect(stateOf(breaker, clock)).toBe("closed");
  });

  it("closes after two successes where two are asked (the seed's breaker never left half-open)", async () => {
    const { breaker, clock, call, changes } = await halfOpen({ closeAfter: 2 });
    call(false);
    expect(stateOf(breaker, clock)).toBe("half_open");
    call(false);
    expect(stateOf(breaker, clock)).toBe("closed");
    expect(changes.map(({ to }) => to)).toEqual(["open", "half_open", "closed"]);
  });

  it("gives the probe's place back after every success (the seed's best breaker wedged: 1 ok, 19 rejected)", async () => {
    const { call } = await halfOpen();
    const admitted = Array.from({ length: 20 }, () => call(false)).filter(Boolean);
    expect(admitted).toHaveLength(20);
  });

  it("opens again on any failure", async () => {
    const { breaker, clock, call } = await halfOpen({ closeAfter: 2 });
    call(false);
    call(true);
    expect(stateOf(breaker, clock)).toBe("open");
  });

  it("frees the place of a cancelled probe at once", async () => {
    const { breaker, clock } = await halfOpen();
    breaker.release(breaker.acquire(clock.now()));
    expect(breaker.acquire(clock.now())).toBeGreaterThanOrEqual(0);
  });

  it("does not wait for ever for a hung probe (opossum blocked all calls behind one)", async () => {
    const { breaker, clock } = await halfOpen();
    const hung = breaker.acquire(clock.now());
    await clock.advance(59_999);
    expect(breaker.acquire(clock.now())).toBe(-1);
    await clock.advance(1);
    const second = breaker.acquire(clock.now());
    expect(second).toBeGreaterThan(hung);
    breaker.settle(hung, clock.now(), true);
    expect(stateOf(breaker, clock)).toBe("half_open");
    breaker.settle(second, clock.now(), false);
    breaker.settle(breaker.acquire(clock.now()), clock.now(), false);
    expect(stateOf(breaker, clock)).toBe("closed");
  });

  it("ignores probes and calls of an earlier state", async () => {
    const { breaker, clock, times } = setUp();
    const old = breaker.acquire(0);
    times(5, true);
    breaker.settle(old, 0, true);
    await clock.advance(10_000);
    expect(stateOf(breaker, clock)).toBe("half_open");
    breaker.settle(old, clock.now(), false);
    breaker.settle(old, clock.now(), false);
    expect(stateOf(breaker, clock)).toBe("half_open");
    const probe = breaker.acquire(clock.now());
    breaker.settle(old, clock.now(), true);
    expect(stateOf(breaker, clock)).toBe("half_open");
    breaker.settle(probe, clock.now(), false);
    breaker.settle(breaker.acquire(clock.now()), clock.now(), false);
    times(1, false);
    for (let i = 0; i < 10; i++) breaker.settle(old, clock.now(), true);
    expect(stateOf(breaker, clock)).toBe("closed");
  });
});

describe("refused calls", () => {
  it("do not dilute the rate (after 500 of them opossum read 1 %)", async () => {
    const { breaker, clock, times, call } = setUp({ consecutive: 100 });
    times(8, true);
    for (let i = 0; i < 500; i++) expect(call(true)).toBe(false);
    await clock.advance(10_000);
    call(false);
    times(4, false);
    times(4, true);
    expect(stateOf(breaker, clock)).toBe("open");
  });

  it("are told when to come back", async () => {
    const { breaker, clock, times } = setUp();
    expect(breaker.retryAtMs(0)).toBe(0);
    times(5, true);
    expect(breaker.retryAtMs(0)).toBe(3_750);
    await clock.advance(3_750);
    expect(breaker.retryAtMs(3_750)).toBe(3_750);
    breaker.acquire(3_750);
    expect(breaker.retryAtMs(3_750)).toBe(63_750);
  });
});

describe("by hand and from outside", () => {
  it("forgets everything on reset", () => {
    const { breaker, clock, times, changes } = setUp();
    times(5, true);
    breaker.reset();
    expect(stateOf(breaker, clock)).toBe("closed");
    times(4, true);
    breaker.reset();
    times(4, true);
    expect(stateOf(breaker, clock)).toBe("closed");
    times(1, true);
    expect(changes.at(-1)?.openMs).toBe(3_750);
  });

  it("tries early when forced, one probe at a time", () => {
    const { breaker, clock, times } = setUp();
    times(5, true);
    breaker.tryEarly(clock.now());
    expect(breaker.acquire(clock.now())).toBeGreaterThanOrEqual(0);
    breaker.tryEarly(clock.now());
    expect(breaker.acquire(clock.now())).toBe(-1);
  });

  it("is not opened at once by a call of an earlier state, nor by one that lost its lease", async () => {
    const { breaker, clock, times, changes } = setUp();
    const old = breaker.acquire(0);
    times(5, true);
    breaker.trip(old, 0, "late");
    await clock.advance(10_000);
    breaker.trip(old, clock.now(), "late");
    const probe = breaker.acquire(clock.now());
    breaker.trip(old, clock.now(), "late");
    breaker.trip(0, clock.now(), "late");
    breaker.settle(probe, clock.now(), false);
    breaker.trip(probe, clock.now(), "settled already");
    breaker.settle(breaker.acquire(clock.now()), clock.now(), false);
    breaker.trip(old, clock.now(), "late");
    expect(changes.map(({ to }) => to)).toEqual(["open", "half_open", "closed"]);
    breaker.trip(breaker.acquire(clock.now()), clock.now(), "now");
    expect(changes.at(-1)).toMatchObject({ to: "open", reason: "now" });
  });

  it("lengthens an open time from outside and never shortens it", () => {
    const { breaker, times, changes } = setUp();
    breaker.openUntil(4_000, 0, "fleet");
    expect(breaker.retryAtMs(0)).toBe(4_000);
    breaker.openUntil(2_000, 0, "fleet");
    breaker.openUntil(-1, 0, "fleet");
    expect(breaker.retryAtMs(0)).toBe(4_000);
    breaker.openUntil(9_000, 0, "fleet");
    expect(breaker.retryAtMs(0)).toBe(9_000);
    expect(changes).toEqual([{ from: "closed", to: "open", reason: "fleet", openMs: 4_000 }]);
    breaker.reset();
    times(5, true);
    expect(changes.at(-1)?.openMs).toBe(3_750);
  });
});
