import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AttemptBudget } from "../../../src/contract/provider.js";
import { createAttemptBudget } from "../../../src/resilience/attempt-budget.js";
import { createRetryBudget } from "../../../src/resilience/retry-budget.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

describe("the attempt budget of a request", () => {
  it("is four calls in all unless told otherwise", () => {
    const budget = createAttemptBudget();
    expect(Array.from({ length: 6 }, () => budget.take())).toEqual([true, true, true, true, false, false]);
    expect([budget.limit, budget.used]).toEqual([4, 4]);
  });

  it("is spent by nested ones, so that layers never multiply calls", () => {
    const outer = createAttemptBudget(4);
    const first = createAttemptBudget(3, outer);
    const second = createAttemptBudget(3, outer);
    const taken = Array.from({ length: 5 }, () => [first.take(), second.take()])
      .flat()
      .filter(Boolean);
    expect(taken).toHaveLength(4);
    expect([outer.used, first.used + second.used]).toEqual([4, 4]);
  });

  it("takes nothing from the outer one where the inner one is empty", () => {
    const outer = createAttemptBudget(4);
    const inner = createAttemptBudget(1, outer);
    expect([inner.take(), inner.take(), inner.take()]).toEqual([true, false, false]);
    expect(outer.used).toBe(1);
  });

  it("never allows more than any layer's limit", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(6), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(3), { maxLength: 40 }),
        (limits, takes) => {
          const layers: AttemptBudget[] = [];
          for (const limit of limits) layers.push(createAttemptBudget(limit, layers.at(-1)));
          for (const which of takes) layers[which % layers.length]?.take();
          for (const layer of layers) expect(layer.used).toBeLessThanOrEqual(layer.limit);
        },
      ),
    );
  });
});

describe("the retry budget of a provider", () => {
  it("starts with ten tokens and refuses the eleventh retry", () => {
    const budget = createRetryBudget({}, { clock: createVirtualClock() });
    expect(Array.from({ length: 12 }, () => budget.withdraw()).filter(Boolean)).toHaveLength(10);
  });

  it("lets a fifth of the traffic retry", () => {
    const budget = createRetryBudget({ perSecond: 0 }, { clock: createVirtualClock() });
    while (budget.withdraw());
    let retries = 0;
    for (let i = 0; i < 1_000; i++) {
      budget.deposit();
      if (budget.withdraw()) retries++;
    }
    expect(retries).toBe(200);
  });

  it("trickles for apps with few requests, up to its capacity", async () => {
    const clock = createVirtualClock();
    const budget = createRetryBudget({}, { clock });
    while (budget.withdraw());
    await clock.advance(4_999);
    expect(budget.withdraw()).toBe(false);
    await clock.advance(1);
    expect(budget.withdraw()).toBe(true);
    await clock.advance(1e9);
    expect(budget.tokens).toBe(10);
  });

  it("takes nothing away where the clock stands still or runs backwards", () => {
    let nowMs = 10_000;
    const clock = { now: () => nowMs, wallNow: () => 0, setTimeout: () => 0, clearTimeout: () => {} };
    const budget = createRetryBudget({}, { clock });
    nowMs = 0;
    expect(budget.tokens).toBe(10);
    while (budget.withdraw());
    nowMs = 10_000;
    expect(budget.tokens).toBe(0);
  });

  it("takes two after a timeout, or none", () => {
    const budget = createRetryBudget({ capacity: 3, perSecond: 0 }, { clock: createVirtualClock() });
    expect([budget.withdraw(2), budget.withdraw(2), budget.withdraw(1)]).toEqual([true, false, true]);
  });

  it("never gives more than deposits, trickle and reserve allow, in any order", async () => {
    const step = fc.oneof(
      fc.constant({ type: "deposit" as const }),
      fc.record({ type: fc.constant("withdraw" as const), cost: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ type: fc.constant("wait" as const), ms: fc.nat(3_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
        let nowMs = 0;
        const clock = { now: () => nowMs, wallNow: () => 0, setTimeout: () => 0, clearTimeout: () => {} };
        const budget = createRetryBudget({}, { clock });
        let deposits = 0;
        let spent = 0;
        for (const s of steps) {
          if (s.type === "deposit") {
            budget.deposit();
            deposits++;
          } else if (s.type === "wait") nowMs += s.ms;
          else if (budget.withdraw(s.cost)) spent += s.cost;
          expect(budget.tokens).toBeGreaterThanOrEqual(0);
          expect(budget.tokens).toBeLessThanOrEqual(10);
        }
        expect(spent).toBeLessThanOrEqual(10 + deposits * 0.2 + nowMs * 0.0002 + 1e-6);
      }),
      { numRuns: 200 },
    );
  });
});
