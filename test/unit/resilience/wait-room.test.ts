import { createVirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { type Waiter, WaitRoom } from "../../../src/resilience/wait-room.js";

const MINUTE_MS = 60_000;

function setUp() {
  const clock = createVirtualClock();
  const room = new WaitRoom(clock);
  const gate = (readyAtMs: number) => ({
    readyAtMs,
    blocked(nowMs: number) {
      return nowMs < this.readyAtMs ? "cool_down" : null;
    },
    onTrial: () => false,
    retryAtMs(nowMs: number) {
      return Math.max(nowMs, this.readyAtMs);
    },
  });
  const ends: string[] = [];
  const waiter = (name: string, among: Waiter["among"], more: Partial<Waiter> = {}): Waiter => ({
    priority: "default",
    tenant: undefined,
    bytes: 10,
    among,
    giveUpAtMs: MINUTE_MS,
    go: () => ends.push(`${name} goes at ${clock.now()}`),
    giveUp: () => ends.push(`${name} gives up at ${clock.now()}`),
    ...more,
  });
  return { clock, room, gate, ends, waiter };
}

describe("the room of those who wait", () => {
  test("the first goes when somebody is back; the next one by one, or two for each success", async () => {
    const { clock, room, gate, ends, waiter } = setUp();
    const a = gate(1_000);
    const among = [{ gate: a }];
    for (let i = 0; i < 6; i += 1) room.enter(waiter(`${i}`, among));
    await clock.advance(1_000);
    expect(ends).toEqual(["0 goes at 1000"]);
    await clock.advance(100);
    expect(ends.slice(1)).toEqual(["1 goes at 1100"]);
    room.succeeded(a);
    expect(ends.slice(2)).toEqual(["2 goes at 1100", "3 goes at 1100"]);
    await clock.advance(200);
    expect(ends.slice(4)).toEqual(["4 goes at 1200", "5 goes at 1300"]);
    expect(room.size).toBe(0);
  });

  test("whoever waits for another goes past one whose candidates are away", async () => {
    const { clock, room, gate, ends, waiter } = setUp();
    room.enter(waiter("first", [{ gate: gate(5_000) }]));
    room.enter(waiter("second", [{ gate: gate(1_000) }, { gate: gate(9_000) }]));
    await clock.advance(5_000);
    expect(ends).toEqual(["second goes at 1000", "first goes at 5000"]);
  });

  test("the urgent go first, and tenants take turns", async () => {
    const { clock, room, gate, ends, waiter } = setUp();
    const among = [{ gate: gate(1_000) }];
    for (const name of ["a1", "a2", "a3"]) room.enter(waiter(name, among, { tenant: "a" }));
    room.enter(waiter("b1", among, { tenant: "b" }));
    room.enter(waiter("urgent", among, { priority: "interactive" }));
    await clock.advance(2_000);
    expect(ends.map((end) => end.split(" ", 1)[0])).toEqual(["urgent", "a1", "b1", "a2", "a3"]);
  });

  test("patience ends, who leaves is forgotten, and nothing is left behind", async () => {
    const { clock, room, gate, ends, waiter } = setUp();
    const among = [{ gate: gate(5_000) }];
    room.enter(waiter("hasty", among, { giveUpAtMs: 2_000 }));
    const leave = room.enter(waiter("leaver", among));
    leave?.();
    await clock.advance(MINUTE_MS);
    expect(ends).toEqual(["hasty gives up at 2000"]);
    expect([room.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  test("it is bounded", () => {
    const { room, gate, waiter } = setUp();
    const among = [{ gate: gate(5_000) }];
    for (let i = 0; i < 2_000; i += 1) expect(room.enter(waiter(`${i}`, among))).toBeDefined();
    expect(room.enter(waiter("one more", among))).toBeUndefined();
  });

  test("who goes may make others wait again, within the same turn", async () => {
    const { clock, room, gate, ends, waiter } = setUp();
    const a = gate(1_000);
    const among = [{ gate: a }];
    const go = (): void => {
      ends.push("first goes");
      a.readyAtMs = 3_000;
    };
    room.enter(waiter("first", among, { go }));
    room.enter(waiter("second", among));
    await clock.advance(3_000);
    expect(ends).toEqual(["first goes", "second goes at 3000"]);
  });
});
