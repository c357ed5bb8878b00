import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SharedHold, SharedPurse, SharedRefusal } from "../../../../src/contract/shared-state.js";
import { Purse, type PurseHost } from "../../../../src/integrations/redis/purse.js";
import { createVirtualClock } from "../../../../src/testing/virtual-clock.js";
import { LedgerDouble } from "./ledger-double.js";

const RULE: SharedPurse = { per: "router", key: "router", maxUsd: 1e-6, windowMs: 1e9 };
const MAX = 1_000;
const usd = (nano: number): number => nano / 1e9;
const isHold = (outcome: SharedHold | SharedRefusal): outcome is SharedHold => "settle" in outcome;

type Fate = "arrives" | "request lost" | "answer lost";

/** A few processes, one ledger, and a line between them that does what it is told. */
function fleet(size: number, onUnavailable: "refuse" | "spend" = "refuse") {
  const clock = createVirtualClock();
  const ledger = new LedgerDouble(MAX);
  const line = { up: true, fate: "arrives" as Fate };
  const counts = { overspent: 0, alone: 0, hungry: 0 };
  const epochs = Array.from({ length: size }, () => ledger.epoch);
  const purses: Purse[] = epochs.map((_, who) => {
    const host: PurseHost = {
      clock,
      waitMs: 1_000,
      onUnavailable,
      up: () => line.up,
      async carry(_purse, errand) {
        const { fate } = line;
        if (!line.up || fate === "request lost") throw new Error("lost");
        const reply = ledger.carry(String(who), epochs[who] ?? 0, errand);
        if (fate === "answer lost") throw new Error("lost");
        return reply;
      },
      hungry: () => {
        counts.hungry += 1;
        for (const [other, purse] of purses.entries()) if (other !== who) purse.giveBack();
      },
      overspent: (dollars) => {
        counts.overspent += dollars;
      },
      refusedAlone: () => {
        counts.alone += 1;
      },
    };
    return new Purse("p", RULE, host);
  });
  /** Every process hears of the new epoch and tells what it knows; then lending goes on. */
  const rejoin = async (): Promise<void> => {
    for (const [who, purse] of purses.entries()) {
      if (epochs[who] === ledger.epoch) continue;
      epochs[who] = ledger.epoch;
      purse.reseed();
    }
    await clock.advance(0);
    ledger.grace = false;
  };
  return { clock, ledger, line, counts, purses, rejoin };
}

/** What a promise comes to, as virtual time goes by. */
async function landed<T>(clock: { advance(ms: number): Promise<void> }, work: Promise<T> | T): Promise<T> {
  for (let i = 0; i < 30; i++) await clock.advance(50);
  return work;
}

describe("a purse", () => {
  it("waits once, then answers from its slice, and tells what was spent", async () => {
    const { purses, clock, ledger } = fleet(1);
    const first = purses[0]!.take(usd(10));
    expect(first).toBeInstanceOf(Promise);
    const hold = await first;
    expect(isHold(hold)).toBe(true);
    (hold as SharedHold).settle(usd(7));
    (hold as SharedHold).settle(usd(7));
    for (let i = 0; i < 10; i++) expect(purses[0]!.take(usd(1))).not.toBeInstanceOf(Promise);
    await clock.advance(6_000);
    purses[0]!.tend();
    await clock.advance(0);
    expect(ledger.spent()).toBe(7);
  });

  it("refuses at once what never fits, and in the end what is gone", async () => {
    const { purses, clock } = fleet(1);
    expect(purses[0]!.take(usd(1_001))).toEqual({ refused: "exceeded", retryAfterMs: 1e9 });
    const asked = Promise.all(Array.from({ length: 12 }, () => purses[0]!.take(usd(100))));
    const holds = await landed(clock, asked);
    expect(holds.filter(isHold).length).toBe(10);
    // Calls under way hold the rest: it is not spent yet.
    expect(holds.filter((hold) => !isHold(hold))).toEqual([
      { refused: "held", retryAfterMs: 1_000 },
      { refused: "held", retryAfterMs: 1_000 },
    ]);
    for (const hold of holds) if (isHold(hold)) hold.settle(usd(100));
    expect(await landed(clock, purses[0]!.take(usd(100)))).toEqual({ refused: "exceeded", retryAfterMs: 1_000 });
  });

  it("lets a call that does not fit run alone in the fleet, and gives back what it leaves", async () => {
    const { purses, clock, ledger } = fleet(2);
    const [a, b] = purses as [Purse, Purse];
    ((await landed(clock, a.take(usd(100)))) as SharedHold).settle(usd(100));
    const alone = await landed(clock, b.take(usd(5_000), usd(10)));
    expect(isHold(alone)).toBe(true);
    expect(await landed(clock, a.take(usd(5_000), usd(10)))).toEqual({ refused: "held", retryAfterMs: 1_000 });
    expect(await landed(clock, a.take(usd(100)))).toEqual({ refused: "held", retryAfterMs: 1_000 });
    (alone as SharedHold).settle(usd(300));
    const fits = await landed(clock, a.take(usd(600)));
    expect(isHold(fits)).toBe(true);
    expect(await landed(clock, b.take(usd(5_000), usd(10)))).toEqual({ refused: "held", retryAfterMs: 1_000 });
    (fits as SharedHold).settle(usd(600));
    expect(await landed(clock, b.take(usd(5_000), usd(10)))).toEqual({ refused: "exceeded", retryAfterMs: 1_000 });
    expect(ledger.spent()).toBe(1_000);
  });

  it("gets what another holds unused", async () => {
    const { purses, clock, counts } = fleet(2);
    const [a, b] = purses as [Purse, Purse];
    const hold = (await landed(clock, a.take(usd(900)))) as SharedHold;
    hold.release();
    expect(isHold(await landed(clock, b.take(usd(900))))).toBe(true);
    expect(counts.hungry).toBeGreaterThan(0);
  });

  it("goes on with what it has when nobody answers, then refuses, and counts", async () => {
    const { purses, line, counts, clock } = fleet(1);
    ((await purses[0]!.take(usd(10))) as SharedHold).release();
    line.up = false;
    let taken = 0;
    for (let i = 0; i < 100; i++) {
      const outcome = purses[0]!.take(usd(1));
      if (outcome instanceof Promise) throw new Error("waits for nobody");
      if (isHold(outcome)) taken += 1;
      else expect(outcome).toEqual({ refused: "unavailable", retryAfterMs: 1_000 });
    }
    expect(taken).toBeGreaterThanOrEqual(10);
    expect(counts.alone).toBe(100 - taken);
    await clock.advance(0);
  });

  it("waits no longer than it may for an answer that does not come", async () => {
    const { purses, line, clock } = fleet(1);
    line.fate = "request lost";
    const waiting = purses[0]!.take(usd(10));
    await clock.advance(1_000);
    expect(await waiting).toEqual({ refused: "unavailable", retryAfterMs: 1_000 });
  });

  it("spends on where that is the rule, and counts what nobody granted", async () => {
    const { purses, line, counts } = fleet(1, "spend");
    line.up = false;
    for (let i = 0; i < 20; i++) {
      const outcome = purses[0]!.take(usd(100));
      expect(!(outcome instanceof Promise) && isHold(outcome)).toBe(true);
      (outcome as SharedHold).settle(usd(100));
    }
    expect(counts.overspent).toBeCloseTo(usd(2_000), 12);
  });

  it("never spends more than there is: answers lost, requests lost, memory lost", async () => {
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          do: fc.constant("take" as const),
          who: fc.nat(2),
          nano: fc.integer({ min: 1, max: 300 }),
          share: fc.constantFrom(0, 0.5, 1, 1, 1),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant("fate" as const),
          fate: fc.constantFrom<Fate>("arrives", "arrives", "request lost", "answer lost"),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("up" as const), up: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("time" as const), ms: fc.integer({ min: 0, max: 7_000 }) }) },
    );
    const end = fc.record({ do: fc.constant("end" as const), count: fc.integer({ min: 1, max: 4 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 4, arbitrary: step }, { weight: 1, arbitrary: end }), {
          maxLength: 120,
          size: "max",
        }),
        async (steps) => {
          const { purses, clock, ledger, line, counts, rejoin } = fleet(3);
          let spent = 0;
          const open: Promise<void>[] = [];
          const ends: (() => void)[] = [];
          for (const each of steps) {
            if (each.do === "take") {
              const outcome = purses[each.who]!.take(usd(each.nano));
              const cost = Math.floor(each.nano * each.share);
              const use = (hold: SharedHold | SharedRefusal): void => {
                if (!isHold(hold)) return;
                spent += cost;
                // The call takes its time; its end is told later.
                ends.push(() => hold.settle(usd(cost)));
              };
              if (outcome instanceof Promise) open.push(outcome.then(use));
              else use(outcome);
            } else if (each.do === "fate") line.fate = each.fate;
            else if (each.do === "up") line.up = each.up;
            else if (each.do === "end") for (const end of ends.splice(0, each.count)) end();
            else if (each.do === "time") await clock.advance(each.ms);
            else {
              ledger.flush();
              // Nobody is lent anything before every process has been heard.
              Object.assign(line, { up: true, fate: "arrives" });
              await clock.advance(0);
              await rejoin();
            }
            for (const purse of purses) purse.tend();
            await clock.advance(0);
            expect(spent).toBeLessThanOrEqual(MAX);
          }
          Object.assign(line, { up: true, fate: "arrives" });
          for (let i = 0; i < 4; i++) {
            await clock.advance(6_000);
            for (const purse of purses) purse.tend();
          }
          await clock.advance(2_000);
          await Promise.all(open);
          for (const end of ends) end();
          for (const purse of purses) {
            purse.tend();
            await clock.advance(0);
            await purse.leave();
          }
          expect(spent).toBeLessThanOrEqual(MAX);
          expect(counts.overspent).toBe(0);
          expect(ledger.spent()).toBe(spent);
        },
      ),
      { numRuns: 400 },
    );
  });
});
