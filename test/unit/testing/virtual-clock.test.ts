import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

describe("virtual clock", () => {
  it("fires timers when they are due, each at its own moment, ties in the order set", async () => {
    const clock = createVirtualClock({ startMs: 100 });
    const log: string[] = [];
    const note = (name: string) => () => log.push(`${name}@${clock.now()}`);
    clock.setTimeout(note("late"), 50);
    clock.setTimeout(note("first"), 10);
    clock.setTimeout(note("second"), 10);
    await clock.advance(9);
    expect(log).toEqual([]);
    await clock.advance(1);
    await clock.advance(100);
    expect(log).toEqual(["first@110", "second@110", "late@150"]);
    expect(clock.now()).toBe(210);
  });

  it("lets promise chains run between two timers, so that a chain of waits fits one advance", async () => {
    const clock = createVirtualClock();
    const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
    const log: number[] = [];
    const chain = (async () => {
      for (let n = 0; n < 3; n++) {
        await wait(100);
        await Promise.resolve().then(() => {});
        log.push(clock.now());
      }
    })();
    await clock.advance(300);
    expect(log).toEqual([100, 200, 300]);
    await chain;
  });

  it("forgets cleared timers, and counts those that are set", async () => {
    const clock = createVirtualClock();
    const handle = clock.setTimeout(() => expect.unreachable(), 10);
    expect(clock.pendingTimers).toBe(1);
    clock.clearTimeout(handle);
    clock.clearTimeout(undefined);
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(20);
  });

  it("never fires inside setTimeout, nor late for a delay that is no number", async () => {
    const clock = createVirtualClock();
    let fired = 0;
    for (const delay of [0, -5, Number.NaN]) clock.setTimeout(() => fired++, delay);
    expect(fired).toBe(0);
    await clock.advance(0);
    expect(fired).toBe(3);
  });

  it("fires late what was due while the process slept", async () => {
    const clock = createVirtualClock();
    const at: number[] = [];
    clock.setTimeout(() => at.push(clock.now()), 10);
    clock.setTimeout(() => at.push(clock.now()), 2_000);
    await clock.suspend(1_000);
    expect(at).toEqual([1_000]);
    await clock.advance(1_000);
    expect(at).toEqual([1_000, 2_000]);
  });

  it("sets the wall clock apart from the monotonic one", async () => {
    const clock = createVirtualClock({ startMs: 5, startWallMs: 1_000_000 });
    await clock.advance(10);
    expect([clock.now(), clock.wallNow()]).toEqual([15, 1_000_010]);
    clock.jumpWall(-3_600_000);
    expect([clock.now(), clock.wallNow()]).toEqual([15, 1_000_010 - 3_600_000]);
  });
});
