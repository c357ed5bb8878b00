import { createRouter } from "signalbox";
import { createVirtualClock, scriptedProvider } from "signalbox/testing";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { createPhaseTimer } from "../../../src/resilience/phase-timer.js";
import { ask } from "./doubles.js";

test("close() does not wait for a reader that stopped reading, and keeps the rest of the answer for it", async () => {
  const clock = createVirtualClock();
  const provider = scriptedProvider({ id: "p", otherwise: "one two three four", clock });
  const router = createRouter({ providers: [provider], clock });
  const iterator = router.stream(ask("x"))[Symbol.asyncIterator]();
  const first = await iterator.next();
  const closed = router.close();
  for (let i = 0; i < 20; i += 1) await clock.advance(100);
  await closed;
  let text = first.value?.choices[0]?.delta.content ?? "";
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    text += next.value.choices[0]?.delta.content ?? "";
  }
  expect(text).toBe("one two three four");
});

test("while its reader pauses, a stream's timer does not keep the process alive", () => {
  const held: boolean[] = [];
  const clock = {
    ...systemClock,
    setTimeout: () => ({ ref: () => held.push(true), unref: () => held.push(false) }),
    clearTimeout() {},
  };
  const timer = createPhaseTimer(clock, { atMs: () => clock.now() + 60_000 }, () => {});
  timer.enter("headers", 1_000);
  expect(held).toEqual([]);
  timer.pause();
  expect(held).toEqual([false]);
  timer.enter("idle_content", 1_000);
  expect(held.at(-1)).toBe(true);
});
