import { expect, it } from "vitest";
import { createRouter, simulated } from "../../../src/index.js";
import { createVirtualClock } from "../../../src/testing/virtual-clock.js";

const messages = [{ role: "user" as const, content: "Hello" }];

it("stats tell what was measured of each candidate that was asked, by kind too", async () => {
  const clock = createVirtualClock();
  const quick = simulated({ id: "quick", reply: "one two three four five", ttftMs: 100, tokensPerSecond: 50, clock });
  const idle = simulated({ id: "idle", clock });
  const router = createRouter({ providers: [quick, idle], strategy: "ordered", clock });
  for (const taskType of ["translate", "translate", "summarise"]) {
    const asked = router.chat({ messages }, { taskType });
    await clock.advance(2_000);
    await asked;
  }
  const { candidates } = router.stats();
  expect(candidates.map(({ id }) => id)).toEqual(["quick/quick-1"]);
  const [measured] = candidates;
  expect(measured).toMatchObject({ attempts: 3, costUsd: 0, cachedShare: 0 });
  expect(measured?.successRate).toBeGreaterThan(0.95);
  expect(measured?.total.p50).toBeGreaterThanOrEqual(100);
  expect(measured?.total.p99).toBeLessThan(2_000);
  expect(Object.keys(measured?.kinds ?? {})).toEqual(["translate", "summarise"]);
  expect(measured?.kinds.translate?.samples).toBeGreaterThan(measured?.kinds.summarise?.samples ?? 0);
  expect(JSON.parse(JSON.stringify(candidates))).toEqual(candidates);
  await router.close();
});
