import { createRouter } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { expect, test } from "vitest";
import { ask, double, failing } from "./doubles.js";

test("health says since when, whether or not anybody looked or listened then", async () => {
  const clock = createVirtualClock();
  const began = clock.wallNow();
  let down = false;
  const provider = double("a", { fail: () => (down ? failing() : undefined) });
  const router = createRouter({ providers: [provider, double("b")], strategy: "ordered", clock });
  await clock.advance(10_000);
  await router.chat(ask("x"));
  await clock.advance(10_000);
  expect(router.health().candidates).toMatchObject([
    { id: "a/m", status: "healthy", sinceMs: began + 10_000 },
    { id: "b/m", status: "unknown", sinceMs: began },
  ]);
  down = true;
  for (let call = 0; call < 6; call += 1) await router.chat(ask(`y${call}`));
  await clock.advance(1_000);
  expect(router.health().candidates[0]).toMatchObject({ status: "unhealthy", sinceMs: began + 20_000 });
});

test("a probe that finds a provider down tells so", async () => {
  const clock = createVirtualClock();
  const probe = async () => {
    throw failing("auth");
  };
  const router = createRouter({
    providers: [{ ...double("a"), probe }, double("b")],
    probe: { intervalMs: 1_000 },
    clock,
  });
  const told: string[] = [];
  router.on("health", ({ candidate, to }) => told.push(`${candidate} ${to}`));
  await clock.advance(1_500);
  expect(told).toEqual(["a/m disabled"]);
  await router.close();
});
