import { expect, it } from "vitest";
import type { Clock } from "../../../src/core/clock.js";
import { createMovingDeadline } from "../../../src/resilience/moving-deadline.js";
import { createPhaseTimer } from "../../../src/resilience/phase-timer.js";

/** A clock whose timers are fired by hand, as early or as late as a test wants. */
function handClock() {
  const armed: { fire: () => void; delayMs: number }[] = [];
  const cleared: unknown[] = [];
  const clock: Clock & { nowMs: number } = {
    nowMs: 0,
    now: () => clock.nowMs,
    wallNow: () => 0,
    setTimeout: (fire, delayMs) => armed.push({ fire, delayMs }),
    clearTimeout: (handle) => void cleared.push(handle),
  };
  return { clock, armed, cleared };
}

/** A timer begun at 1,000 ms, so that a moment is no duration, and what it ended with. */
function begun(totalAtMs = Number.POSITIVE_INFINITY) {
  const hand = handClock();
  hand.clock.nowMs = 1_000;
  const ended: string[] = [];
  const timer = createPhaseTimer(hand.clock, { atMs: () => totalAtMs }, (phase) => ended.push(phase));
  /** Fires the newest timer at this time. */
  const fireAt = (nowMs: number): void => {
    hand.clock.nowMs = nowMs;
    hand.armed.at(-1)?.fire();
  };
  return { ...hand, timer, ended, fireAt };
}

const NEVER = { atMs: () => Number.POSITIVE_INFINITY };

it("a timer that fires a fraction of a millisecond early ends its phase, and is not armed again", () => {
  const { clock, armed } = handClock();
  const ended: string[] = [];
  createPhaseTimer(clock, NEVER, (phase) => ended.push(phase)).enter("headers", 300);
  clock.nowMs = 299.4;
  armed[0]?.fire();
  expect(ended).toEqual(["headers"]);
  expect(armed).toHaveLength(1);
});

it("one that fires a whole millisecond early waits for the rest", () => {
  const { clock, armed } = handClock();
  const ended: string[] = [];
  createPhaseTimer(clock, NEVER, (phase) => ended.push(phase)).enter("headers", 300);
  clock.nowMs = 299;
  armed[0]?.fire();
  expect(ended).toEqual([]);
  expect(armed[1]?.delayMs).toBe(1);
});

it("a later deadline costs no timer call, an earlier one moves the timer", () => {
  const { timer, armed, cleared, fireAt, ended, clock } = begun();
  timer.enter("headers", 300);
  timer.enter("first_token", 500);
  expect([armed.map(({ delayMs }) => delayMs), cleared]).toEqual([[300], []]);
  fireAt(1_300);
  expect([armed.map(({ delayMs }) => delayMs), ended]).toEqual([[300, 200], []]);
  clock.nowMs = 1_350;
  timer.enter("idle_content", 50);
  expect([armed.at(-1)?.delayMs, cleared]).toEqual([50, [2]]);
  fireAt(1_400);
  expect(ended).toEqual(["idle_content"]);
});

it("of phase, silence and total whichever is due ends it, the total before the others", () => {
  const silent = begun();
  silent.timer.enter("first_token", 1_000, 300);
  silent.clock.nowMs = 1_200;
  silent.timer.heard();
  silent.fireAt(1_300);
  expect([silent.ended, silent.armed.at(-1)?.delayMs]).toEqual([[], 200]);
  silent.fireAt(1_500);
  expect(silent.ended).toEqual(["idle_bytes"]);
  const total = begun(1_300);
  total.timer.enter("headers", 300, 300);
  total.fireAt(1_300);
  expect(total.ended).toEqual(["total"]);
});

it("says how long the phase still has; a pause leaves only the total", () => {
  const { timer, clock, fireAt, ended, armed } = begun(9_000);
  timer.enter("headers", 300, 100);
  clock.nowMs = 1_100;
  expect(timer.leftMs()).toBe(200);
  timer.pause();
  expect(timer.leftMs()).toBe(Number.POSITIVE_INFINITY);
  fireAt(1_100);
  expect([ended, armed.at(-1)?.delayMs]).toEqual([[], 7_900]);
  fireAt(9_000);
  expect([ended, timer.leftMs()]).toEqual([["total"], Number.POSITIVE_INFINITY]);
});

it("more than a second late is a sleep: the phase begins anew, the total does not", () => {
  const { timer, fireAt, ended, armed } = begun(4_000);
  timer.enter("headers", 300, 200);
  expect([timer.slept(2_200), timer.slept(2_201)]).toEqual([false, true]);
  fireAt(2_201);
  expect([ended, armed.at(-1)?.delayMs, timer.slept(2_201)]).toEqual([[], 200, true]);
  fireAt(4_500);
  expect(ended).toEqual(["total"]);
  const awake = begun();
  awake.timer.enter("headers", 300);
  awake.fireAt(2_300);
  expect([awake.ended, awake.timer.slept(2_300)]).toEqual([["headers"], false]);
});

it("a sleep in a pause starts no phase", () => {
  const { timer, fireAt, ended, armed } = begun();
  timer.enter("headers", 300);
  timer.pause();
  fireAt(5_000);
  expect([ended, armed.length]).toEqual([[], 1]);
});

it("once over nothing more happens: a phase, a late timer, a second end", () => {
  const { timer, armed, cleared, fireAt, ended } = begun(5_000);
  timer.enter("headers", 300);
  timer.clear();
  expect(cleared).toEqual([1]);
  timer.clear();
  expect(cleared).toEqual([1]);
  timer.enter("first_token", 10);
  fireAt(9_000);
  expect([ended, armed.length, timer.slept(99_000)]).toEqual([[], 1, false]);
});

it("a total that has moved later when its time comes is waited for anew", () => {
  const { clock, armed } = handClock();
  const ended: string[] = [];
  const total = createMovingDeadline(clock, 100);
  createPhaseTimer(clock, total, (phase) => ended.push(phase)).enter("headers", 10_000);
  expect(armed[0]?.delayMs).toBe(100);
  total.extend(250);
  clock.nowMs = 100;
  armed[0]?.fire();
  expect([ended, armed[1]?.delayMs]).toEqual([[], 150]);
  clock.nowMs = 250;
  armed[1]?.fire();
  expect(ended).toEqual(["total"]);
});

it("a deadline within another follows it, until it is moved by itself", () => {
  const { clock } = handClock();
  const outer = createMovingDeadline(clock, 100);
  const inner = createMovingDeadline(clock, 500, outer);
  clock.nowMs = 40;
  expect([inner.atMs(), inner.remainingMs()]).toEqual([100, 60]);
  outer.extend(300);
  expect(inner.remainingMs()).toBe(260);
  outer.extend(900);
  expect(inner.atMs()).toBe(500);
  inner.extend(700);
  clock.nowMs = 800;
  expect([inner.atMs(), inner.remainingMs(), outer.remainingMs()]).toEqual([700, 0, 100]);
});
