import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { type Clock, MAX_TIMER_MS } from "../../../src/core/clock.js";
import { sleep } from "../../../src/core/sleep.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

describe("sleep", () => {
  it("waits as long as it is told, on the clock it is given", async () => {
    const clock = createVirtualClock();
    let woke = false;
    sleep(250, { clock }).then(() => {
      woke = true;
    });
    await clock.advance(249);
    expect(woke).toBe(false);
    await clock.advance(1);
    expect(woke).toBe(true);
  });

  it("rejects with the reason as soon as the signal aborts, and leaves nothing behind", async () => {
    const clock = createVirtualClock();
    const controller = new AbortController();
    const asleep = sleep(60_000, { clock, signal: controller.signal });
    expect([clock.pendingTimers, getEventListeners(controller.signal, "abort").length]).toEqual([1, 1]);
    controller.abort("gone");
    await expect(asleep).rejects.toBe("gone");
    expect([clock.pendingTimers, getEventListeners(controller.signal, "abort").length]).toEqual([0, 0]);
  });

  it("does not begin where the signal has aborted already", async () => {
    const clock = createVirtualClock();
    await expect(sleep(10, { clock, signal: AbortSignal.abort("before") })).rejects.toBe("before");
    expect(clock.pendingTimers).toBe(0);
  });

  it("takes its listener away when it wakes", async () => {
    const clock = createVirtualClock();
    const controller = new AbortController();
    const asleep = sleep(10, { clock, signal: controller.signal });
    await clock.advance(10);
    await asleep;
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  it("is never over before its time where a timer fires a fraction early, as those of Node do", async () => {
    const clock = createVirtualClock();
    const early: Clock = { ...clock, setTimeout: (wake, ms) => clock.setTimeout(wake, ms > 1 ? ms - 0.5 : 1) };
    let wokeAtMs = 0;
    const asleep = sleep(250, { clock: early }).then(() => {
      wokeAtMs = clock.now();
    });
    await clock.advance(300);
    await asleep;
    expect(wokeAtMs).toBeGreaterThanOrEqual(250);
    expect(clock.pendingTimers).toBe(0);
    const controller = new AbortController();
    const left = sleep(250, { clock: early, signal: controller.signal });
    await clock.advance(249.7);
    controller.abort("gone");
    await expect(left).rejects.toBe("gone");
    expect(clock.pendingTimers).toBe(0);
  });

  it("never overflows a timer, and takes negative waits for none", async () => {
    const clock = createVirtualClock();
    let woke = 0;
    for (const ms of [1e300, Number.POSITIVE_INFINITY, MAX_TIMER_MS + 1]) sleep(ms, { clock }).then(() => woke++);
    await clock.advance(MAX_TIMER_MS - 1);
    expect(woke).toBe(0);
    await clock.advance(1);
    expect(woke).toBe(3);
    sleep(-5, { clock }).then(() => woke++);
    await clock.advance(0);
    expect(woke).toBe(4);
  });
});
