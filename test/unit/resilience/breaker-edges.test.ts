import { describe, expect, it } from "vitest";
import { type BreakerOptions, createBreaker } from "../../../src/resilience/breaker.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

function setUp(options: BreakerOptions = {}) {
  const clock = createVirtualClock();
  const changes: string[] = [];
  const breaker = createBreaker(options, {
    clock,
    random: () => 0.5,
    onChange: (from, to, reason, openMs) => changes.push(`${from} ${to}: ${reason}, ${openMs}`),
  });
  const times = (n: number, failed: boolean, slow = false, alternatives = false) => {
    for (let i = 0; i < n; i++) {
      breaker.settle(breaker.acquire(clock.now()), clock.now(), failed, slow, alternatives);
    }
  };
  return { clock, breaker, changes, times };
}

describe("what a breaker tells", () => {
  it("names every change and its cause", async () => {
    const { clock, breaker, changes, times } = setUp();
    times(5, true);
    await clock.advance(3_750);
    breaker.state(clock.now());
    times(1, true);
    breaker.tryEarly(clock.now());
    breaker.acquire(clock.now());
    breaker.reset();
    expect(changes).toEqual([
      "closed open: 5 failures in a row, 3750",
      "open half_open: open time over, 0",
      "half_open open: probe failed, 7500",
      "open half_open: tried early: all are open, 0",
      "half_open closed: reset, 0",
    ]);
    breaker.trip(breaker.acquire(clock.now()), clock.now(), "told to", 9);
    await clock.advance(9);
    times(2, false);
    expect(changes.slice(5)).toEqual([
      "closed open: told to, 9",
      "open half_open: open time over, 0",
      "half_open closed: probes succeeded, 0",
    ]);
  });

  it("is nothing where a closed one is reset", () => {
    const { breaker, changes, times } = setUp();
    times(4, true);
    breaker.reset();
    times(4, true);
    expect([changes, breaker.reason]).toEqual([[], null]);
  });

  it("keeps the reason it opened for while it is tried", async () => {
    const { clock, breaker, times } = setUp();
    times(5, true);
    await clock.advance(3_750);
    expect([breaker.state(clock.now()), breaker.reason]).toEqual(["half_open", "5 failures in a row"]);
  });
});

describe("calls that say nothing", () => {
  it("are not slow and have no alternatives unless that is said", () => {
    const { clock, breaker } = setUp();
    for (let n = 0; n < 50; n += 1) breaker.settle(breaker.acquire(0), 0, false, true);
    for (let n = 0; n < 50; n += 1) breaker.settle(breaker.acquire(0), 0, false);
    breaker.settle(breaker.acquire(0), 0, false, true, true);
    expect(breaker.state(clock.now())).toBe("closed");
  });

  it("open on slowness only in company, and on eight calls", () => {
    const { clock, breaker, times } = setUp();
    times(7, false, true, true);
    expect(breaker.state(clock.now())).toBe("closed");
    times(1, false, true, true);
    expect(breaker.state(clock.now())).toBe("open");
  });

  it("end a row only where they went well, not where they were slow", () => {
    const { clock, breaker, times } = setUp({ minCalls: 100 });
    times(4, true);
    times(1, false, true, true);
    times(4, true);
    expect(breaker.state(clock.now())).toBe("closed");
    times(1, true);
    expect(breaker.state(clock.now())).toBe("open");
  });

  it("hold no lease once they are released, and free nobody else's", async () => {
    const { clock, breaker, times } = setUp();
    times(5, true);
    await clock.advance(3_750);
    const probe = breaker.acquire(clock.now());
    breaker.release(probe - 1);
    expect(breaker.acquire(clock.now())).toBe(-1);
    breaker.release(probe);
    expect(breaker.acquire(clock.now())).toBeGreaterThan(probe);
  });

  it("open nothing as a probe once its lease is gone", async () => {
    const { clock, breaker, times } = setUp();
    times(5, true);
    await clock.advance(3_750);
    const probe = breaker.acquire(clock.now());
    breaker.release(probe);
    breaker.settle(probe, clock.now(), true);
    breaker.trip(probe, clock.now(), "late");
    breaker.trip(0, clock.now(), "nobody's");
    breaker.settle(0, clock.now(), true);
    expect(breaker.state(clock.now())).toBe("half_open");
  });
});

describe("an open time from outside", () => {
  it("counts from now, and does nothing where it is over or shorter", () => {
    const { breaker, changes } = setUp();
    breaker.openUntil(1_000, 1_000, "over");
    expect(breaker.state(1_000)).toBe("closed");
    breaker.openUntil(5_000, 1_000, "fleet");
    breaker.openUntil(5_000, 2_000, "the same");
    breaker.openUntil(4_000, 2_000, "shorter");
    expect(breaker.openUntilMs).toBe(5_000);
    expect(changes).toEqual(["closed open: fleet, 4000"]);
  });

  it("opens what is half-open, whatever stood before", async () => {
    const { clock, breaker, times } = setUp();
    times(5, true);
    breaker.openUntil(100_000, clock.now(), "long");
    breaker.tryEarly(clock.now());
    breaker.acquire(clock.now());
    breaker.openUntil(50_000, clock.now(), "shorter than what stood");
    expect([breaker.state(clock.now()), breaker.openUntilMs]).toEqual(["open", 50_000]);
  });
});

describe("an open time that was given", () => {
  it("does not lengthen the next one of its own", async () => {
    const { clock, breaker, changes, times } = setUp();
    breaker.trip(breaker.acquire(0), 0, "told to", 10);
    await clock.advance(10);
    times(2, false);
    times(5, true);
    expect(changes.at(-1)).toBe("closed open: 5 failures in a row, 3750");
  });
});

describe("a row of failures", () => {
  it("is broken by a minute of silence, not by a millisecond less", async () => {
    const joined = setUp({ minCalls: 100 });
    joined.times(4, true);
    await joined.clock.advance(59_999);
    joined.times(1, true);
    expect(joined.breaker.state(joined.clock.now())).toBe("open");
    const broken = setUp({ minCalls: 100 });
    broken.times(4, true);
    await broken.clock.advance(60_000);
    broken.times(4, true);
    expect(broken.breaker.state(broken.clock.now())).toBe("closed");
    broken.times(1, true);
    expect(broken.breaker.state(broken.clock.now())).toBe("open");
  });
});
