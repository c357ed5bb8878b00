import { createRouter, type EventMap } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { expect, test } from "vitest";
import { ask, double, failing } from "./doubles.js";

test("1,000 calls at once beside a dead primary give 1,000 answers, and the dead one is left alone afterwards", async () => {
  const clock = createVirtualClock();
  const primary = double("primary", { fail: () => failing() });
  const backup = double("backup");
  const router = createRouter({ providers: [primary, backup], strategy: "ordered", clock });
  const attempts: EventMap["attempt"][] = [];
  let openedAtMs = Number.POSITIVE_INFINITY;
  router.on("attempt", (attempt) => void attempts.push(attempt));
  router.on("breaker", ({ candidate, to }) => {
    if (candidate === "primary/m" && to === "open") openedAtMs = Math.min(openedAtMs, clock.now());
  });

  const first = await Promise.all(Array.from({ length: 1_000 }, (_, i) => router.chat(ask(`question ${i}`))));
  expect(first.every((reply) => reply.route.provider === "backup")).toBe(true);
  expect(attempts.filter((attempt) => attempt.provider === "primary" && attempt.startedAtMs > openedAtMs)).toEqual([]);
  expect(attempts).toHaveLength(primary.calls + backup.calls);

  const callsBefore = primary.calls;
  const second = await Promise.all(Array.from({ length: 1_000 }, (_, i) => router.chat(ask(`again ${i}`))));
  expect(second.every((reply) => reply.route.provider === "backup")).toBe(true);
  expect(primary.calls).toBe(callsBefore);
  expect(attempts).toHaveLength(primary.calls + backup.calls);
  const { requests } = router.stats();
  expect([requests.requests, requests.ok]).toEqual([2_000, 2_000]);
});

test("after the open time one probe goes to the dead provider, and everyone is still answered", async () => {
  const clock = createVirtualClock();
  const primary = double("primary", { fail: () => failing() });
  const backup = double("backup");
  const router = createRouter({ providers: [primary, backup], strategy: "ordered", clock });
  await Promise.all(Array.from({ length: 10 }, (_, i) => router.chat(ask(`${i}`))));
  const callsBefore = primary.calls;
  await clock.advance(6_000);
  const replies = await Promise.all(Array.from({ length: 50 }, (_, i) => router.chat(ask(`later ${i}`))));
  expect(replies.every((reply) => reply.route.provider === "backup")).toBe(true);
  expect(primary.calls - callsBefore).toBe(1);
});

test("two routers in one process share nothing", async () => {
  const shared = double("shared", { fail: (call) => (call <= 5 ? failing() : undefined) });
  const one = createRouter({ providers: [shared, double("b")], strategy: "ordered" });
  const two = createRouter({ providers: [shared, double("b")], strategy: "ordered" });
  for (let i = 0; i < 5; i += 1) await one.chat(ask("x"));
  expect((await two.chat(ask("x"))).route.provider).toBe("shared");
  expect(one.health().candidates[0]?.status).toBe("unhealthy");
});
