import fc from "fast-check";
import { describe, expect, it } from "vitest";
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

describe("use", () => {
  it("is told once, also where a sync is lost, and what others used is told apart", () => {
    const heard: unknown[] = [];
    const usage = new Usage({
      candidates: ["p/m"],
      apply: () => {},
      read: () => ({ state: "closed", openForMs: 0, coolDownForMs: 0, disabled: null, reason: null }),
      used: (...told) => void heard.push(told),
    });
    usage.incoming({}, { "r:p/m": 10, "t:p/m": 1_000 });
    usage.use("p/m", 1, 100);
    expect(JSON.parse(usage.outgoing().used)).toEqual({ "r:p/m": 1, "t:p/m": 100 });
    usage.lost();
    usage.use("p/m", 1, 50);
    expect(JSON.parse(usage.outgoing().used)).toEqual({ "r:p/m": 2, "t:p/m": 150 });
    usage.incoming({ "p/m": 3, rubbish: "x" }, { "r:p/m": 15, "t:p/m": 1_200 });
    expect(heard).toEqual([["p/m", 3, 50]]);
    expect(usage.elsewhere("p/m")).toBe(3);
    // The server forgot: sums begin anew, and nobody is charged.
    usage.outgoing();
    usage.incoming({}, {});
    expect(heard.length).toBe(1);
    expect(usage.elsewhere("p/m")).toBe(0);
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
