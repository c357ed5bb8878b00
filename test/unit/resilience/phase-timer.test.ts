import { expect, it } from "vitest";
import type { Clock } from "../../../src/core/clock.js";
import { createPhaseTimer } from "../../../src/resilience/phase-timer.js";

/** A clock whose timers are fired by hand, as early or as late as a test wants. */
function handClock() {
  const armed: { fire: () => void; delayMs: number }[] = [];
  const clock: Clock & { nowMs: number } = {
    nowMs: 0,
    now: () => clock.nowMs,
    wallNow: () => 0,
    setTimeout: (fire, delayMs) => armed.push({ fire, delayMs }),
    clearTimeout: () => {},
  };
  return { clock, armed };
}

it("a timer that fires a fraction of a millisecond early ends its phase, and is not armed again", () => {
  const { clock, armed } = handClock();
  const ended: string[] = [];
  createPhaseTimer(clock, Number.POSITIVE_INFINITY, (phase) => ended.push(phase)).enter("headers", 300);
  clock.nowMs = 299.4;
  armed[0]?.fire();
  expect(ended).toEqual(["headers"]);
  expect(armed).toHaveLength(1);
});

it("one that fires a whole millisecond early waits for the rest", () => {
  const { clock, armed } = handClock();
  const ended: string[] = [];
  createPhaseTimer(clock, Number.POSITIVE_INFINITY, (phase) => ended.push(phase)).enter("headers", 300);
  clock.nowMs = 299;
  armed[0]?.fire();
  expect(ended).toEqual([]);
  expect(armed[1]?.delayMs).toBe(1);
});
