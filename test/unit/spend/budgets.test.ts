import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAbortSource } from "../../../src/engine/abort-source.js";
import { type BudgetRefusal, type BudgetRule, createBudgets, type Reservation } from "../../../src/spend/budgets.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

const HOUR = 3_600_000;
const perTenant: BudgetRule = { per: "tenant", maxUsd: 1, windowMs: HOUR };

function setUp(rules: readonly BudgetRule[] = [perTenant], maxKeys?: number) {
  const clock = createVirtualClock({ startMs: 12_345 });
  const budgets = createBudgets(rules, { clock, maxKeys });
  return { clock, budgets };
}

const refused = (result: Reservation | BudgetRefusal): result is BudgetRefusal => "refusedBy" in result;
function held(result: Reservation | BudgetRefusal): Reservation {
  if (refused(result)) throw new Error(`refused by ${result.key}`);
  return result;
}

describe("a budget", () => {
  it("holds before the call and settles on what it cost", () => {
    const { budgets } = setUp();
    const reservation = held(budgets.reserve({ tenant: "acme" }, 0.6));
    expect(budgets.read("acme")).toEqual([
      { per: "tenant", key: "acme", spentUsd: 0, reservedUsd: 0.6, remainingUsd: 0.4, maxUsd: 1, windowMs: HOUR },
    ]);
    reservation.settle(0.1);
    expect(budgets.read("acme")[0]).toMatchObject({ spentUsd: 0.1, reservedUsd: 0, remainingUsd: 0.9 });
  });

  it("gives everything back on release, and ends only once", () => {
    const { budgets } = setUp();
    const reservation = held(budgets.reserve({ tenant: "acme" }, 0.6));
    reservation.release();
    reservation.settle(0.6);
    reservation.release();
    expect(budgets.read("acme")[0]).toMatchObject({ spentUsd: 0, reservedUsd: 0 });
  });

  it("is exact under a thousand calls at once", async () => {
    const { budgets } = setUp();
    const outcomes = await Promise.all(
      Array.from({ length: 1_000 }, async (_, i) => {
        await Promise.resolve();
        const result = budgets.reserve({ tenant: "acme" }, 0.01);
        if (refused(result)) return "refused";
        await new Promise((resolve) => setImmediate(resolve));
        if (i % 10 === 0) result.release();
        else result.settle(0.01);
        return "spent";
      }),
    );
    expect(outcomes.filter((outcome) => outcome === "spent")).toHaveLength(100);
    expect(budgets.read("acme")[0]?.spentUsd).toBeLessThanOrEqual(1);
    expect(budgets.read("acme")[0]).toMatchObject({ reservedUsd: 0 });
  });

  it("keeps one tenant's money from another's", () => {
    const { budgets } = setUp();
    held(budgets.reserve({ tenant: "a" }, 1));
    expect(refused(budgets.reserve({ tenant: "a" }, 0.01))).toBe(true);
    expect(refused(budgets.reserve({ tenant: "b" }, 1))).toBe(false);
    expect(refused(budgets.reserve({}, 1_000))).toBe(false);
  });

  it("names the rule, the purse and when to come back", async () => {
    const { budgets, clock } = setUp();
    held(budgets.reserve({ tenant: "a" }, 0.7)).settle(0.7);
    await clock.advance(HOUR / 2);
    held(budgets.reserve({ tenant: "a" }, 0.3)).settle(0.3);
    const result = budgets.reserve({ tenant: "a" }, 0.5);
    if (!refused(result)) throw new Error("not refused");
    expect(result).toMatchObject({ refusedBy: perTenant, key: "a" });
    // The first 70 cents leave the window half an hour from now, at most one slot (1/59 of the window) late.
    expect(result.retryAfterMs).toBeGreaterThanOrEqual(HOUR / 2);
    expect(result.retryAfterMs).toBeLessThanOrEqual(HOUR / 2 + HOUR / 59 + 1);
    await clock.advance(result.retryAfterMs);
    expect(refused(budgets.reserve({ tenant: "a" }, 0.5))).toBe(false);
  });

  it("says so where it is only held by calls under way, and where it can never fit", () => {
    const { budgets } = setUp();
    held(budgets.reserve({ tenant: "a" }, 1));
    expect(budgets.reserve({ tenant: "a" }, 0.5)).toMatchObject({ retryAfterMs: 1_000 });
    expect(budgets.reserve({ tenant: "b" }, 2)).toMatchObject({ retryAfterMs: HOUR });
    expect(budgets.reserve({ tenant: "b" }, Number.POSITIVE_INFINITY)).toMatchObject({ retryAfterMs: HOUR });
  });

  it("holds in every purse or in none", () => {
    const { budgets } = setUp([
      { per: "router", maxUsd: 10, windowMs: HOUR },
      { per: "provider", maxUsd: 0.5, windowMs: HOUR },
      { per: "tag", maxUsd: 5, windowMs: HOUR, key: "batch" },
    ]);
    const keys = { tenant: "a", provider: "glm", tags: ["batch", "nightly", "batch"] };
    expect(budgets.reserve(keys, 0.6)).toMatchObject({ key: "glm" });
    expect(budgets.read().every(({ reservedUsd }) => reservedUsd === 0)).toBe(true);
    held(budgets.reserve(keys, 0.4));
    expect(budgets.read().map(({ per, key, reservedUsd }) => [per, key, reservedUsd])).toEqual([
      ["router", "router", 0.4],
      ["provider", "glm", 0.4],
      ["tag", "batch", 0.4],
    ]);
    expect([budgets.refusedBy(keys, 0.1), budgets.refusedBy(keys, 0.2)?.maxUsd]).toEqual([undefined, 0.5]);
    expect(budgets.refusedBy({ provider: "kimi" }, 0.2)).toBeUndefined();
  });

  it("costs nothing where there is none", () => {
    const { budgets } = setUp([]);
    held(budgets.reserve({ tenant: "a" }, Number.POSITIVE_INFINITY)).settle(1);
    expect(budgets.read()).toEqual([]);
  });

  it("takes rubbish amounts for nothing held, and an unknown cost for all of it", () => {
    const { budgets } = setUp();
    for (const usd of [Number.NaN, -5]) held(budgets.reserve({ tenant: "a" }, usd)).settle(Number.NaN);
    expect(budgets.read("a")[0]).toMatchObject({ spentUsd: 0, reservedUsd: 0 });
    held(budgets.reserve({ tenant: "a" }, 0.25)).settle(Number.NaN);
    expect(budgets.read("a")[0]).toMatchObject({ spentUsd: 0.25, reservedUsd: 0 });
  });

  it("shows a full purse to whoever has not spent", () => {
    const { budgets } = setUp();
    expect(budgets.read("new")).toMatchObject([{ key: "new", remainingUsd: 1 }]);
    expect(budgets.read()).toEqual([]);
  });

  it("keeps a bounded number of owners apart; the least spender goes, nobody is refused, and idle ones go", async () => {
    const warnings: string[] = [];
    const clock = createVirtualClock({ startMs: 12_345 });
    const onWarning = (code: string): void => void warnings.push(code);
    const budgets = createBudgets([perTenant], { clock, maxKeys: 3, onWarning });
    for (const [tenant, usd] of [
      ["a", 0.5],
      ["b", 0.3],
      ["c", 0.4],
    ] as const) {
      held(budgets.reserve({ tenant }, usd)).settle(usd);
    }
    expect(warnings).toEqual(["budget_keys_near"]);
    held(budgets.reserve({ tenant: "d" }, 0.6)).settle(0.6);
    held(budgets.reserve({ tenant: "e" }, 0.6)).settle(0.6);
    expect(budgets.read().map(({ key, spentUsd }) => [key, spentUsd])).toEqual([
      ["a", 0.5],
      ["d", 0.6],
      ["e", 0.6],
    ]);
    expect(budgets.read("b")).toMatchObject([{ spentUsd: 0, remainingUsd: 1 }]);
    expect(warnings).toEqual(["budget_keys_near", "budget_keys_forgotten"]);
    await clock.advance(2 * HOUR);
    for (const tenant of ["f", "g", "h"]) held(budgets.reserve({ tenant }, 0.6));
    expect(budgets.read().map(({ key }) => key)).toEqual(["f", "g", "h"]);
  });

  it("forgets no owner with a call under way, whatever the cap", () => {
    const { budgets } = setUp([perTenant], 2);
    const calls = ["a", "b", "c"].map((tenant) => held(budgets.reserve({ tenant }, 1)));
    for (const tenant of ["a", "b", "c"]) expect(refused(budgets.reserve({ tenant }, 1))).toBe(true);
    for (const call of calls) call.settle(1);
    expect(budgets.read().map(({ spentUsd }) => spentUsd)).toEqual([1, 1, 1]);
  });

  it("books what a call cost beyond what was held, and then refuses", () => {
    const { budgets } = setUp();
    held(budgets.reserve({ tenant: "a" }, 0.1)).settle(3);
    expect(budgets.read("a")[0]).toMatchObject({ spentUsd: 3, remainingUsd: 0 });
    expect(refused(budgets.reserve({ tenant: "a" }, 0))).toBe(true);
  });
});

describe("waiting for money", () => {
  const setUpLine = () => {
    const { budgets, clock } = setUp();
    const abort = createAbortSource();
    const deadline = { remainingMs: () => Number.POSITIVE_INFINITY };
    const log: string[] = [];
    /** Asks until it may run or is refused for good; the log tells when. */
    const ask = async (name: string, want: number | { mostUsd: number; leastUsd: number }) => {
      const who = {};
      for (;;) {
        const result = budgets.reserve({ tenant: "a" }, want, who);
        if (!refused(result)) {
          log.push(name);
          return result;
        }
        if (!result.wait) {
          log.push(`${name} refused`);
          return undefined;
        }
        await result.wait({ who, deadline, abort });
      }
    };
    return { budgets, clock, ask, log };
  };

  it("gives turns in order, as far as the money goes", async () => {
    const { ask, log, clock } = setUpLine();
    const first = await ask("first", 0.9);
    const waiting = [ask("second", 0.5), ask("third", 0.4), ask("fourth", 0.3)];
    await clock.advance(0);
    expect(log).toEqual(["first"]);
    first?.settle(0.1);
    await clock.advance(0);
    expect(log).toEqual(["first", "second", "third"]);
    (await waiting[0])?.settle(0.5);
    await clock.advance(0);
    expect(log).toEqual(["first", "second", "third"]);
    (await waiting[1])?.settle(0.4);
    await clock.advance(0);
    expect(log).toEqual(["first", "second", "third", "fourth refused"]);
  });

  it("lets small calls pass a large one for a second, then keeps the money for it", async () => {
    const { ask, log, clock } = setUpLine();
    const first = await ask("first", 0.6);
    void ask("large", 0.8);
    const small = await ask("small", 0.1);
    await clock.advance(1_000);
    void ask("late", 0.1);
    await clock.advance(0);
    expect(log).toEqual(["first", "small"]);
    small?.release();
    first?.release();
    await clock.advance(0);
    expect(log).toEqual(["first", "small", "large", "late"]);
  });

  it("hands an unused turn on after a second", async () => {
    const { budgets, ask, log, clock } = setUpLine();
    const first = await ask("first", 0.9);
    const result = budgets.reserve({ tenant: "a" }, 0.9);
    if (!refused(result)) throw new Error("not refused");
    const deadline = { remainingMs: () => Number.POSITIVE_INFINITY };
    const gone = result.wait?.({ who: {}, deadline, abort: createAbortSource() });
    void ask("second", 0.9);
    first?.release();
    await gone;
    expect(log).toEqual(["first"]);
    await clock.advance(1_000);
    expect(log).toEqual(["first", "second"]);
  });

  it("one call whose longest answer does not fit runs alone, and no other beside it", async () => {
    const { ask, log, clock, budgets } = setUpLine();
    const unlimited = { mostUsd: 3, leastUsd: 0.01 };
    const first = await ask("first", unlimited);
    const second = ask("second", unlimited);
    void ask("third", 0.01);
    await clock.advance(0);
    expect(log).toEqual(["first"]);
    first?.settle(0.9);
    await clock.advance(0);
    expect(log).toEqual(["first", "second"]);
    (await second)?.settle(2);
    await clock.advance(0);
    expect(log).toEqual(["first", "second", "third refused"]);
    expect(budgets.read("a")).toMatchObject([{ spentUsd: 2.9, reservedUsd: 0, remainingUsd: 0 }]);
  });
});

describe("over any sequence", () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant("reserve" as const), cents: fc.integer({ min: 1, max: 40 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant("settle" as const),
        which: fc.nat(99),
        share: fc.integer({ min: 0, max: 10 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("release" as const), which: fc.nat(99) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("advance" as const), ms: fc.nat(HOUR) }) },
  );

  it("no window ever holds more than the budget, and nothing stays held", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: "max" }), async (steps) => {
        const { budgets, clock } = setUp();
        const open: { reservation: Reservation; cents: number }[] = [];
        const spent: { atMs: number; usd: number }[] = [];
        for (const s of steps) {
          if (s.type === "advance") await clock.advance(s.ms);
          else if (s.type === "reserve") {
            const result = budgets.reserve({ tenant: "a" }, s.cents / 100);
            if (!refused(result)) open.push({ reservation: result, cents: s.cents });
            else expect(result.retryAfterMs).toBeGreaterThan(0);
          } else {
            const [call] = open.splice(s.which % Math.max(1, open.length), 1);
            if (call === undefined) continue;
            if (s.type === "release") call.reservation.release();
            else {
              const usd = (call.cents * s.share) / 1_000;
              call.reservation.settle(usd);
              spent.push({ atMs: clock.now(), usd });
            }
          }
          const inWindow = spent.filter(({ atMs }) => atMs > clock.now() - HOUR).reduce((sum, { usd }) => sum + usd, 0);
          const reading = budgets.read("a")[0];
          expect(inWindow).toBeLessThanOrEqual(1 + 1e-6);
          // Never less than what the window truly holds, and not more than a slot's worth too much.
          expect(reading?.spentUsd).toBeGreaterThanOrEqual(inWindow - 1e-9);
          const withSlot = spent.filter(({ atMs }) => atMs > clock.now() - (HOUR * 61) / 59);
          expect(reading?.spentUsd).toBeLessThanOrEqual(withSlot.reduce((sum, { usd }) => sum + usd, 0) + 1e-9);
          const underWay = open.reduce((sum, { cents }) => sum + cents / 100, 0);
          expect(reading?.reservedUsd).toBeCloseTo(underWay, 9);
        }
        for (const { reservation } of open) reservation.release();
        expect(budgets.read("a")[0]?.reservedUsd).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it("lets a refused call through after the time it named, if nobody else spends", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat(600_000)), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 100 }),
        async (spends, cents) => {
          const { budgets, clock } = setUp();
          for (const [spend, waitMs] of spends) {
            const result = budgets.reserve({ tenant: "a" }, spend / 100);
            if (!refused(result)) result.settle(spend / 100);
            await clock.advance(waitMs);
          }
          const result = budgets.reserve({ tenant: "a" }, cents / 100);
          if (!refused(result)) return;
          await clock.advance(result.retryAfterMs);
          expect(refused(budgets.reserve({ tenant: "a" }, cents / 100))).toBe(false);
        },
      ),
      { numRuns: 100 },
    );
  });
});
