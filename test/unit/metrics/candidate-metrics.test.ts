import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCandidateMetrics } from "../../../src/metrics/candidate-metrics.js";
import type { Sample } from "../../../src/metrics/types.js";
import { wilsonLower } from "../../../src/metrics/wilson.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

const prior = { ttftMs: 800, tokensPerSecond: 50, successRate: 0.98 };
const good: Sample = { ok: true, counted: true, ttftMs: 300, latencyMs: 1_300, outputTokens: 100, costUsd: 0.002 };
const bad: Sample = { ok: false, counted: true, ttftMs: null, latencyMs: 10, outputTokens: 0, costUsd: null };

function setUp() {
  const clock = createVirtualClock();
  const metrics = createCandidateMetrics({ clock }, prior);
  const settle = (sample: Partial<Sample> = {}, times = 1) => {
    for (let i = 0; i < times; i++) {
      metrics.start(clock.now());
      metrics.settle({ ...good, ...sample }, clock.now());
    }
  };
  const fail = (times = 1) => settle(bad, times);
  const pass = async (ms: number) => {
    await clock.advance(ms);
    metrics.refresh(clock.now());
  };
  return { clock, metrics, settle, fail, pass };
}

describe("before anything was measured", () => {
  it("answers with what was declared (the seed filtered every unmeasured provider out)", () => {
    const { metrics } = setUp();
    expect(metrics).toMatchObject({ ttftMs: 800, successRate: 0.98, recentSuccessRate: 0.98, samples: 0, attempts: 0 });
    expect(metrics.tokensPerSecond).toBeCloseTo(50);
    expect(metrics.lastSettledAtMs).toBe(Number.NEGATIVE_INFINITY);
    expect(metrics.costUsd).toBe(null);
    expect(metrics.quantile(0.5, "ttft")).toBe(Number.NaN);
  });
});

describe("what calls teach", () => {
  it("keeps first token, speed, whole time, cost and cached share apart", () => {
    const { metrics, settle } = setUp();
    settle({ cachedShare: 0.25 }, 200);
    expect(metrics.ttftMs / 300).toBeCloseTo(1, 1);
    expect(metrics.tokensPerSecond).toBeCloseTo(100, 0);
    expect(metrics.latencyMs / 1_300).toBeCloseTo(1, 1);
    expect(metrics.costUsd).toBeCloseTo(0.002, 6);
    expect(metrics.cachedShare).toBeCloseTo(0.25, 6);
    expect(metrics.outputTokens).toBeCloseTo(100, 6);
    expect([metrics.attempts, Math.round(metrics.samples)]).toEqual([200, 200]);
  });

  it("is mostly measurement after three calls", () => {
    const { metrics, settle } = setUp();
    settle({}, 3);
    expect(metrics.ttftMs).toBeLessThan(340);
  });

  it("never takes a failure for a fast answer (the seed did: one that failed in 10 ms looked fast)", () => {
    const { metrics, settle, fail } = setUp();
    settle({}, 20);
    const before = [metrics.ttftMs, metrics.latencyMs, metrics.tokensPerSecond, metrics.quantile(0.5, "total")];
    fail(500);
    expect([metrics.ttftMs, metrics.latencyMs, metrics.tokensPerSecond, metrics.quantile(0.5, "total")]).toEqual(
      before,
    );
    expect(metrics.successRate).toBeLessThan(0.1);
  });

  it("adds up to the whole time where answers come in one piece and nobody sees the first token", () => {
    const { metrics, settle } = setUp();
    settle({ ttftMs: null, latencyMs: 4_000, outputTokens: 160 }, 100);
    expect(metrics.ttftMs).toBeCloseTo(800, -2);
    expect(metrics.ttftMs + (160 * 1_000) / metrics.tokensPerSecond).toBeCloseTo(4_000, -2);
    const quick = setUp();
    quick.settle({ ttftMs: null, latencyMs: 200, outputTokens: 50 }, 100);
    expect(quick.metrics.ttftMs + (50 * 1_000) / quick.metrics.tokensPerSecond).toBeCloseTo(200, -1);
    expect(quick.metrics.quantile(0.5, "ttft")).toBe(Number.NaN);
  });

  it("learns from answers of a word in one piece how long the first token takes", () => {
    const { metrics, settle } = setUp();
    settle({ ttftMs: null, latencyMs: 5_000, outputTokens: 1 }, 20);
    expect(metrics.ttftMs / 5_000).toBeCloseTo(1, 1);
    expect(metrics.tokensPerSecond).toBeCloseTo(50);
  });

  it("learns nothing from a call that does not count, and still takes its place back", () => {
    const { metrics, settle } = setUp();
    const version = metrics.version;
    settle({ counted: false, ttftMs: 1, latencyMs: 1 }, 50);
    settle({ counted: false, ok: false }, 50);
    expect(metrics).toMatchObject({ ttftMs: 800, successRate: 0.98, attempts: 0, inFlight: 0, version });
  });

  it("ignores rubbish: negative times, no tokens, answers too short to tell a speed", () => {
    const { metrics, settle } = setUp();
    settle({ ttftMs: -1, latencyMs: -1, outputTokens: -1, costUsd: null }, 5);
    settle({ ttftMs: 300, latencyMs: 300, outputTokens: 3 }, 5);
    settle({ ttftMs: 400, latencyMs: 300, outputTokens: 30 }, 5);
    expect(metrics.tokensPerSecond).toBeCloseTo(50);
    expect(Number.isFinite(metrics.ttftMs)).toBe(true);
  });

  it("counts calls under way, never below none", () => {
    const { metrics } = setUp();
    metrics.start(0);
    metrics.start(0);
    expect(metrics.inFlight).toBe(2);
    for (let i = 0; i < 3; i++) metrics.settle({ ...good, counted: false }, 0);
    expect(metrics.inFlight).toBe(0);
  });
});

describe("forgetting", () => {
  it("heals after an outage (the seed's lifetime rate never did: 0 of the next 1,000 requests)", async () => {
    const { metrics, settle, fail, pass } = setUp();
    for (let i = 0; i < 100; i++) {
      settle();
      await pass(100);
    }
    for (let i = 0; i < 60; i++) {
      fail();
      await pass(1_000);
    }
    expect(metrics.recentSuccessRate).toBeLessThan(0.2);
    let calls = 0;
    for (; metrics.successRate < 0.9 && calls < 1_000; calls++) {
      settle();
      await pass(1_000);
    }
    expect(calls).toBeLessThan(200);
  });

  it("sees trouble in the recent rate within seconds", async () => {
    const { metrics, settle, fail, pass } = setUp();
    for (let i = 0; i < 600; i++) {
      settle();
      await pass(100);
    }
    for (let i = 0; i < 50; i++) {
      fail();
      await pass(100);
    }
    expect(metrics.recentSuccessRate).toBeLessThan(0.75);
    expect(metrics.recentSuccessRate).toBeLessThan(metrics.successRate);
  });

  it("follows a change of speed within a few half-lives", async () => {
    const { metrics, settle, pass } = setUp();
    for (let i = 0; i < 300; i++) {
      settle();
      await pass(1_000);
    }
    for (let i = 0; i < 180; i++) {
      settle({ ttftMs: 3_000, latencyMs: 4_000 });
      await pass(1_000);
    }
    expect(metrics.ttftMs).toBeGreaterThan(2_500);
  });

  it("shows staleness: few samples are left, and rates drift back to what was declared", async () => {
    const { metrics, fail, pass } = setUp();
    fail(50);
    expect(metrics.successRate).toBeLessThan(0.05);
    await pass(60_000);
    expect(metrics.samples).toBeCloseTo(25, 6);
    await pass(6 * 3_600_000);
    expect(metrics.samples).toBeLessThan(1e-6);
    expect(metrics.successRate).toBeCloseTo(0.98, 2);
    expect(metrics.lastSettledAtMs).toBe(0);
  });

  it("lets numbers age only on refresh, and only once a second", async () => {
    const { metrics, clock, fail } = setUp();
    fail(10);
    const rate = metrics.successRate;
    await clock.advance(500);
    metrics.refresh(clock.now());
    expect(metrics.successRate).toBe(rate);
    await clock.advance(500);
    expect(metrics.successRate).toBe(rate);
    metrics.refresh(clock.now());
    expect(metrics.successRate).toBeGreaterThan(rate);
  });

  it("starts reliability again at its prior when told that the line is back, and keeps its times", () => {
    const { metrics, settle, fail } = setUp();
    settle({ kind: "debug" }, 10);
    fail(40);
    metrics.restartReliability();
    expect([metrics.successRate, metrics.recentSuccessRate]).toEqual([0.98, 0.98]);
    expect(metrics.ttftMs).toBeLessThan(350);
    expect(metrics.byKind("debug").successRate).toBeCloseTo(0.98);
  });
});

describe("the lower bound", () => {
  it("puts 990 of 1,000 above 1 of 1", () => {
    const one = setUp();
    one.settle();
    const many = setUp();
    for (let i = 0; i < 100; i++) {
      many.settle({}, 99 / 10);
      if (i % 10 === 9) many.fail();
    }
    expect(many.metrics.successLowerBound).toBeGreaterThan(one.metrics.successLowerBound + 0.2);
    expect(one.metrics.successLowerBound).toBeLessThan(one.metrics.successRate);
  });

  it("stands while others are asked for a minute, and falls where nothing was heard for twenty", async () => {
    const { metrics, settle, pass } = setUp();
    settle({}, 3);
    const fresh = metrics.successLowerBound;
    await pass(60_000);
    expect(metrics.successLowerBound).toBeCloseTo(fresh, 2);
    await pass(1_200_000);
    expect(metrics.successLowerBound).toBeLessThan(fresh - 0.1);
  });

  it("is Wilson's: 0.930 for 98 of 100, 0.207 for 1 of 1, 0 for none", () => {
    expect(wilsonLower(0.98, 100)).toBeCloseTo(0.93, 3);
    expect(wilsonLower(1, 1)).toBeCloseTo(0.2065, 3);
    expect([wilsonLower(1, 0), wilsonLower(0, 10)]).toEqual([0, 0]);
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.01, max: 1e6, noNaN: true }),
        (p, n) => {
          const lower = wilsonLower(p, n);
          expect(lower).toBeGreaterThanOrEqual(0);
          expect(lower).toBeLessThanOrEqual(p + 1e-9);
        },
      ),
    );
  });
});

describe("by kind of request", () => {
  it("is the whole where a kind is new, and its own as it is used", () => {
    const { metrics, settle } = setUp();
    settle({ kind: "chat" }, 50);
    expect(metrics.byKind("debug")).toMatchObject({ ttftMs: metrics.ttftMs, samples: 0 });
    settle({ kind: "debug", ttftMs: 2_000, latencyMs: 3_000, outputTokens: 500 }, 1);
    const early = metrics.byKind("debug").ttftMs;
    settle({ kind: "debug", ttftMs: 2_000, latencyMs: 3_000, outputTokens: 500 }, 60);
    const late = metrics.byKind("debug");
    expect(early).toBeLessThan(1_000);
    expect(late.ttftMs).toBeGreaterThan(1_850);
    expect(late.outputTokens).toBeGreaterThan(450);
    expect(metrics.byKind("chat").ttftMs).toBeLessThan(500);
  });

  it("keeps sixteen apart and the rest together", () => {
    const { metrics, settle } = setUp();
    for (let i = 0; i < 1_000; i++) settle({ kind: `kind ${i}` });
    expect(metrics.byKind("kind 3").samples).toBeCloseTo(1);
    expect(metrics.byKind("kind 900").samples).toBeCloseTo(984, -1);
  });
});

describe("quantiles", () => {
  it("are within one per cent, of successes only", () => {
    const { metrics, settle, fail } = setUp();
    for (let i = 1; i <= 1_000; i++) settle({ ttftMs: i, latencyMs: 10 * i });
    fail(5_000);
    for (const p of [0.5, 0.95, 0.99]) {
      expect(Math.abs(metrics.quantile(p, "ttft") / (1_000 * p) - 1)).toBeLessThan(0.011);
      expect(Math.abs(metrics.quantile(p, "total") / (10_000 * p) - 1)).toBeLessThan(0.011);
    }
    expect(metrics.quantile(0.95, "output") / 100).toBeCloseTo(1, 1);
  });
});

describe("across processes", () => {
  const calls = fc.array(
    fc.record({
      ok: fc.boolean(),
      ttftMs: fc.integer({ min: 1, max: 60_000 }),
      kind: fc.constantFrom("chat", "debug"),
    }),
    { maxLength: 40 },
  );

  it("two that tell each other know what one would have known", () => {
    fc.assert(
      fc.property(calls, calls, (here, there) => {
        const [a, b, both] = [setUp(), setUp(), setUp()];
        for (const call of here) {
          a.settle(call);
          both.settle(call);
        }
        for (const call of there) {
          b.settle(call);
          both.settle(call);
        }
        a.metrics.hear(b.metrics.untold());
        for (const name of [
          "ttftMs",
          "tokensPerSecond",
          "successRate",
          "recentSuccessRate",
          "samples",
          "attempts",
        ] as const) {
          expect(a.metrics[name]).toBeCloseTo(both.metrics[name], 6);
        }
        expect(a.metrics.latencyMs).toBeCloseTo(both.metrics.latencyMs, 6);
        expect(a.metrics.costUsd ?? 0).toBeCloseTo(both.metrics.costUsd ?? 0, 6);
      }),
      { numRuns: 50 },
    );
  });

  it("tells each call once, and never what it heard", () => {
    const { metrics, settle, fail } = setUp();
    settle({ ttftMs: 200, latencyMs: 1_200, outputTokens: 100 }, 2);
    fail(1);
    const told = metrics.untold();
    expect(told).toMatchObject({ successes: 2, failures: 1, firstTokens: 2, firstTokenMs: 400, latencyMs: 2_400 });
    expect(told).toMatchObject({ outputTokens: 200, paced: 2, msPerToken: 20 });
    metrics.hear(told);
    expect(Object.values(metrics.untold()).every((count) => count === 0)).toBe(true);
    expect(metrics.attempts).toBe(6);
  });
});
