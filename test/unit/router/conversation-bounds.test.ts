import { createRouter, type RouterOptions } from "signalbox";
import { createVirtualClock, scriptedProvider } from "signalbox/testing";
import { expect, test } from "vitest";
import { ask, double, model } from "./doubles.js";

function setUp(conversations: RouterOptions["conversations"] = {}) {
  const clock = createVirtualClock();
  const provider = scriptedProvider({ id: "p", otherwise: "A", clock });
  const router = createRouter({ providers: [provider], clock, conversations });
  const warnings: string[] = [];
  router.on("warning", ({ code }) => warnings.push(code));
  const sent = (): number | undefined => provider.calls.at(-1)?.request.messages.length;
  return { clock, router, warnings, sent };
}

test("a conversation that was forgotten for others says so, once it goes on", async () => {
  const { router, warnings, sent } = setUp({ max: 3 });
  for (const id of ["a", "b", "c", "d"]) await router.conversation(id).chat("first");
  expect([warnings, router.stats().conversations.kept]).toEqual([[], 3]);
  const kept = await router.conversation("b").chat("second");
  expect([sent(), kept.route.degraded]).toEqual([3, []]);
  const rungs: string[] = [];
  router.on("degraded", ({ rung }) => rungs.push(rung));
  const { route } = await router.conversation("a").chat("second");
  expect([sent(), route.degraded, warnings, rungs]).toEqual([
    1,
    ["conversation_forgotten"],
    ["conversation_forgotten"],
    ["conversation_forgotten"],
  ]);
  expect((await router.conversation("a").chat("third")).route.degraded).toEqual([]);
});

test("one that was idle for too long says so; a new one, a forgotten by hand and a whole history do not", async () => {
  const { clock, router, warnings } = setUp();
  await router.conversation("k").chat("one");
  await clock.advance(3_600_001);
  expect((await router.conversation("k").chat("two")).route.degraded).toEqual(["conversation_forgotten"]);
  router.conversation("k").forget();
  expect((await router.conversation("k").chat("three")).route.degraded).toEqual([]);
  await clock.advance(3_600_001);
  const history = [
    { role: "user", content: "three" },
    { role: "assistant", content: "A" },
    { role: "user", content: "four" },
  ] as const;
  const { route } = await router.chat({ messages: history }, { conversationId: "k" });
  expect([route.degraded, warnings.length]).toEqual([[], 1]);
});

test("all conversations together take no more bytes than they may", async () => {
  const { router } = setUp({ maxBytes: 100_000 });
  for (let i = 0; i < 40; i += 1) {
    await router.conversation(`c${i}`).chat("x".repeat(5_000));
    // Two bytes a character: nine of 5,000 characters fit.
    expect(router.stats().conversations.kept).toBe(Math.min(i + 1, 9));
  }
});

test("of one conversation only what the largest window could be sent is kept", async () => {
  const provider = double("a", { models: [model({ contextWindow: 16_000 })] });
  const router = createRouter({ providers: [provider] });
  for (let i = 0; i < 100; i += 1) await router.chat(ask("x".repeat(20_000)), { conversationId: "c" });
  expect(router.conversation("c").messages().length).toBeLessThan(26);
});
