import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SharedCounts } from "../../../../src/contract/shared-state.js";
import { countsBy } from "../../../../src/integrations/redis/counts.js";
import { readGate, readMessage } from "../../../../src/integrations/redis/messages.js";
import { settingsOf } from "../../../../src/integrations/redis/options.js";
import { portOf } from "../../../../src/integrations/redis/port.js";
import { RecentSpend } from "../../../../src/integrations/redis/recent-spend.js";
import { Usage } from "../../../../src/integrations/redis/usage.js";

describe("messages", () => {
  it("are believed where they make sense", () => {
    const state = { state: "open", openForMs: 5, coolDownForMs: 0, disabled: "no", reason: "x".repeat(500) };
    const read = readMessage(JSON.stringify({ kind: "gate", from: "a", candidate: "p/m", state }));
    expect(read).toEqual({
      kind: "gate",
      from: "a",
      candidate: "p/m",
      state: { state: "open", openForMs: 5, coolDownForMs: 0, disabled: null, reason: "x".repeat(100) },
    });
    expect(readMessage('{"kind":"hungry","from":"a","purse":"p"}')).toEqual({ kind: "hungry", from: "a", purse: "p" });
  });

  it("of any other kind are none, and never throw", () => {
    fc.assert(fc.property(fc.string(), (text) => readMessage(text) === undefined));
    fc.assert(fc.property(fc.jsonValue(), (value) => void readMessage(JSON.stringify(value))));
    for (const openForMs of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e12, "5", null]) {
      expect(readGate({ state: "open", openForMs, coolDownForMs: 0 })).toBeUndefined();
    }
    expect(readGate({ state: "ajar", openForMs: 1, coolDownForMs: 0 })).toBeUndefined();
  });
});

describe("recent spending", () => {
  it("is told whole, no dollar older than it is, and forgotten after its window", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 1, max: 50 })), { minLength: 1 }),
        (bookings) => {
          const recent = new RecentSpend(1_000);
          let now = 0;
          const booked: [atMs: number, amount: number][] = [];
          for (const [wait, amount] of bookings) {
            now += wait;
            recent.book(now, amount);
            booked.push([now, amount]);
          }
          const told = recent.byAge(now);
          const inWindow = booked.filter(([at]) => now - at <= 1_000).reduce((sum, [, amount]) => sum + amount, 0);
          const all = told.reduce((sum, [, amount]) => sum + amount, 0);
          expect(all).toBeGreaterThanOrEqual(inWindow);
          // Younger than an age is what was spent since; the telling may only make money look younger.
          for (const limit of [0, 200, 500, 1_000]) {
            const younger = booked.filter(([at]) => now - at <= limit).reduce((sum, [, amount]) => sum + amount, 0);
            const toldYounger = told.filter(([age]) => age <= limit).reduce((sum, [, amount]) => sum + amount, 0);
            expect(toldYounger).toBeGreaterThanOrEqual(younger);
          }
          expect(recent.byAge(now + 3_000)).toEqual([]);
        },
      ),
    );
  });
});

describe("counts", () => {
  type Counts = { -readonly [K in keyof SharedCounts]: number };
  const nothing = (): Counts => countsBy(() => 0);
  const setUp = () => {
    let mine = nothing();
    const heard: [string, Partial<SharedCounts>][] = [];
    const usage = new Usage({
      candidates: ["p/m"],
      apply: () => {},
      read: () => ({ state: "closed", openForMs: 0, coolDownForMs: 0, disabled: null, reason: null }),
      counted: () => {
        const counts = mine;
        mine = nothing();
        return counts;
      },
      heard: (candidate, counts) => void heard.push([candidate, withoutZeros(counts)]),
    });
    const count = (more: Partial<SharedCounts>): void => {
      mine = { ...mine, ...more };
    };
    return { usage, heard, count, told: () => JSON.parse(usage.outgoing().counted) };
  };
  const withoutZeros = (counts: SharedCounts): Partial<SharedCounts> =>
    Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== 0));

  it("are told once, also where a sync is lost, and what others counted is told apart", () => {
    const { usage, heard, count, told } = setUp();
    usage.incoming({}, {});
    count({ requests: 1, tokens: 100 });
    expect(told()).toEqual({ "requests:p/m": 1, "tokens:p/m": 100 });
    usage.lost();
    count({ requests: 1, tokens: 50 });
    expect(told()).toEqual({ "requests:p/m": 2, "tokens:p/m": 150 });
    usage.incoming({ "p/m": 3, rubbish: "x" }, { "requests:p/m": "5", "tokens:p/m": "200", "failures:p/m": "many" });
    expect(heard).toEqual([["p/m", { requests: 3, tokens: 50 }]]);
    expect(usage.elsewhere("p/m")).toBe(3);
    // The server forgot: sums begin anew, and nobody is charged.
    told();
    usage.incoming({}, {});
    expect(heard.length).toBe(1);
    expect(usage.elsewhere("p/m")).toBe(0);
  });

  it("give a newcomer the fleet's averages, as told by few calls", () => {
    const { usage, heard } = setUp();
    const sums = { "successes:p/m": 900, "failures:p/m": 100, "firstTokens:p/m": 900, "firstTokenMs:p/m": 450_000 };
    usage.incoming({}, { ...sums, "requests:p/m": 5_000, "other:p/m": 7 });
    expect(heard).toEqual([["p/m", { successes: 9, failures: 1, firstTokens: 9, firstTokenMs: 4_500 }]]);
    expect(usage.reading()["p/m"]).toMatchObject({
      successes: 900,
      successRate: 0.9,
      ttftMs: 500,
      tokensPerSecond: null,
    });
  });

  it("of many processes add up: each ends with the sum of all", () => {
    const steps = fc.array(fc.tuple(fc.nat(3), fc.nat(50), fc.boolean()), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(steps, (rounds) => {
        const server = new Map<string, number>();
        const members = Array.from({ length: 4 }, setUp);
        const own = [0, 0, 0, 0];
        const sync = (at: number, lost: boolean): void => {
          const { usage, told } = members[at]!;
          const counted: { [field: string]: number } = told();
          if (lost) {
            usage.lost();
            return;
          }
          for (const [field, amount] of Object.entries(counted)) server.set(field, (server.get(field) ?? 0) + amount);
          usage.incoming({}, Object.fromEntries([...server].map(([field, amount]) => [field, String(amount)])));
        };
        for (let at = 0; at < 4; at++) sync(at, false);
        for (const [at, successes, lost] of rounds) {
          members[at]!.count({ successes });
          own[at]! += successes;
          sync(at, lost);
        }
        for (const at of [0, 1, 2, 3, 0, 1, 2, 3]) sync(at, false);
        const all = own.reduce((sum, one) => sum + one, 0);
        for (const [at, { heard, usage }] of members.entries()) {
          expect(heard.reduce((sum, [, { successes = 0 }]) => sum + successes, 0)).toBe(all - own[at]!);
          expect(usage.reading()["p/m"]?.successes).toBe(all);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("construction", () => {
  const node = { isReady: true, sendCommand: async () => "x", duplicate: () => null };
  const io = { status: "ready", call: async () => "x", duplicate: () => null };
  const cluster = { isOpen: true, masters: [], sendCommand: async (...all: unknown[]) => all, duplicate: () => null };

  it("knows its clients, and how each is spoken to", async () => {
    expect(await portOf(node).command("k", ["GET", "k"])).toBe("x");
    expect(await portOf(io).command("k", ["GET", "k"])).toBe("x");
    expect(await portOf(cluster).command("k", ["GET", "k"])).toEqual(["k", false, ["GET", "k"]]);
    expect(() => portOf({ ...node, isReady: false })).toThrow(/not connected/);
    expect(() => portOf({ ...io, status: "connecting" })).toThrow(/not connected/);
    for (const wrong of [null, undefined, 7, "redis://x", {}, { send_command() {} }, { sendCommand() {} }]) {
      expect(() => portOf(wrong as never)).toThrow(/client/);
    }
  });

  it("checks every option", () => {
    expect(settingsOf({ client: node })).toMatchObject({
      namespace: "signalbox",
      syncMs: 250,
      waitMs: 1_000,
      onUnavailable: "refuse",
    });
    const wrong = { namespace: "", syncMs: 5, timeoutMs: Number.POSITIVE_INFINITY, waitMs: -1, onUnavailable: "retry" };
    for (const [name, value] of Object.entries(wrong)) {
      expect(() => settingsOf({ client: node, [name]: value } as never), name).toThrow(new RegExp(name));
    }
  });
});
