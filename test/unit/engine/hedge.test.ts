import { createRouter, type Provider } from "signalbox";
import { createVirtualClock, scriptedProvider, seededRandom, testModel } from "signalbox/testing";
import { expect, test } from "vitest";
import type { SharedState } from "../../../src/contract/shared-state.js";
import { ask, broken, costOf, eventsOf, failureOf, listenTo, provider, readAll } from "./support.js";

const HEDGE = { hedge: { afterMs: 100, maxShare: 1 }, strategy: "ordered" } as const;

test("the second wins: the first is aborted, nobody's failure, and both are paid for", async () => {
  const clock = createVirtualClock();
  const slow = provider("slow", { clock, otherwise: { text: "late", delayMs: 10_000 } });
  const quick = provider("quick", { clock, otherwise: { text: "soon", delayMs: 50 } });
  const router = createRouter({ providers: [slow, quick], clock, ...HEDGE });
  const told = listenTo(router);
  const work = router.chat(ask());
  await clock.advance(99);
  expect(quick.calls).toHaveLength(0);
  await clock.advance(51);
  const { route, choices } = await work;
  expect([choices[0].message.content, route.provider, route.latencyMs]).toEqual(["soon", "quick", 150]);
  expect(route.attempts.map(({ provider, outcome, detail }) => [provider, outcome, detail])).toEqual([
    ["quick", "success", undefined],
    ["slow", "cancelled", "hedge_lost"],
  ]);
  // Nobody says what the loser was billed; its prompt was read, at the least.
  expect(route.attempts[1]?.costUsd).toBeGreaterThan(0);
  expect(route.costUsd).toBeCloseTo(costOf("soon") + (route.attempts[1]?.costUsd ?? 0), 12);
  expect(slow.calls[0]?.context.signal.aborted).toBe(true);
  expect(eventsOf(told, "attempt").map(({ role }) => role)).toEqual(["hedge", "first"]);
  expect(eventsOf(told, "fallback")).toEqual([]);
  expect(router.health().candidates[0]?.status).toBe("unknown");
  expect(clock.pendingTimers).toBe(0);
});

test("the first wins: the second is aborted, and the route says why the first was chosen", async () => {
  const clock = createVirtualClock();
  const first = provider("first", { clock, otherwise: { text: "here", delayMs: 150 } });
  const second = provider("second", { clock, otherwise: { text: "too late", delayMs: 1_000 } });
  const strategy = { name: "s", score: ({ position }: { position: number }) => -position, reason: reasonOf };
  const router = createRouter({ providers: [first, second], clock, ...HEDGE, strategy });
  const work = router.chat(ask());
  await clock.advance(150);
  const { route } = await work;
  expect([route.provider, route.reasons]).toEqual(["first", ["because first/m"]]);
  expect(second.calls[0]?.context.signal.aborted).toBe(true);
  await clock.advance(10_000);
  expect(router.stats().attempts.attempts).toBe(2);
});

function reasonOf({ id }: { id: string }): string {
  return `because ${id}`;
}

test("a quick first answer is never hedged", async () => {
  const clock = createVirtualClock();
  const second = provider("second", { clock });
  const router = createRouter({ providers: [provider("first", { clock }), second], clock, ...HEDGE });
  await router.chat(ask());
  await clock.advance(10_000);
  expect(second.calls).toHaveLength(0);
});

test("both fail: the next candidate takes over, and each failure stays with who failed", async () => {
  const clock = createVirtualClock();
  const a = provider("a", { clock, otherwise: { error: broken("server"), delayMs: 200 } });
  const b = provider("b", { clock, otherwise: { error: broken("network"), delayMs: 200 } });
  const router = createRouter({ providers: [a, b, provider("c", { clock })], clock, ...HEDGE });
  const work = router.chat(ask());
  await clock.advance(300);
  const { route } = await work;
  expect(route.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
    ["a", "server"],
    ["b", "network"],
    ["c", "success"],
  ]);
});

test("both fail and nobody is left: both may be asked again", async () => {
  const clock = createVirtualClock();
  const a = provider("a", { clock, script: [{ error: broken("auth"), delayMs: 200 }] });
  const b = provider("b", { clock, script: [{ error: broken("server"), delayMs: 200 }], otherwise: "second time" });
  const router = createRouter({ providers: [a, b], clock, ...HEDGE });
  const work = router.chat(ask());
  await clock.advance(10_000);
  expect((await work).choices[0].message.content).toBe("second time");
  expect([a.calls.length, b.calls.length]).toEqual([1, 2]);
});

test.each(["invalid_request", "content_filter"] as const)("%s ends the race at once", async (kind) => {
  const clock = createVirtualClock();
  const a = provider("a", { clock, otherwise: { error: broken(kind), delayMs: 150 } });
  const b = provider("b", { clock, otherwise: { text: "evaded", delayMs: 1_000 } });
  const router = createRouter({ providers: [a, b], clock, ...HEDGE });
  const work = failureOf(router.chat(ask()));
  await clock.advance(150);
  const error = await work;
  expect([error.kind, b.calls[0]?.context.signal.aborted]).toEqual([kind, true]);
});

test("the second call goes to another provider, even where a model of the same one is next", async () => {
  const clock = createVirtualClock();
  const models = [testModel("m1"), testModel("m2")];
  const both = scriptedProvider({ id: "both", models, clock, otherwise: { text: "late", delayMs: 5_000 } });
  const router = createRouter({ providers: [both, provider("other", { clock })], clock, ...HEDGE });
  const work = router.chat(ask());
  await clock.advance(100);
  expect((await work).route.provider).toBe("other");
  expect(both.calls).toHaveLength(1);
});

test("a candidate that cannot be hedged to is not lost: it is still there when the first fails", async () => {
  const clock = createVirtualClock();
  const a = provider("a", { clock, otherwise: { error: broken(), delayMs: 300 } });
  const b = provider("b", { clock, otherwise: { text: "b", delayMs: 150 } });
  const router = createRouter({ providers: [a, b], clock, ...HEDGE, limits: { b: { maxConcurrent: 1 } } });
  // b's only place is taken when the hedge is due, and free when the first fails.
  const occupied = router.chat(ask("other"), { allow: ["b"] });
  const work = router.chat(ask());
  await clock.advance(450);
  await occupied;
  const { route } = await work;
  expect(route.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
    ["a", "server"],
    ["b", "success"],
  ]);
  expect(b.calls).toHaveLength(2);
});

test("no money for a second call: the first goes on alone, and no error gets out", async () => {
  const clock = createVirtualClock();
  const a = provider("a", { clock, otherwise: { text: "alone", delayMs: 500 } });
  const b = provider("b", { clock });
  const budgets = [{ per: "provider" as const, key: "b", maxUsd: 1e-9, windowMs: 60_000 }];
  const router = createRouter({ providers: [a, b], clock, ...HEDGE, budgets });
  const work = router.chat(ask());
  await clock.advance(500);
  expect((await work).choices[0].message.content).toBe("alone");
  expect(b.calls).toHaveLength(0);
  expect(router.budgets().every(({ reservedUsd }) => reservedUsd === 0)).toBe(true);
});

test("whom there is no money for is passed over, and still there when the first has given its own back", async () => {
  const clock = createVirtualClock();
  const priced = (output: number) => [testModel("m", { usdPerMTok: { input: 0, output } })];
  const a = provider("a", { clock, models: priced(1), otherwise: { error: broken(), delayMs: 300 } });
  const b = provider("b", { clock, models: priced(1.5), otherwise: { text: "b", delayMs: 50 } });
  const c = provider("c", { clock, models: priced(0.1), otherwise: { error: broken(), delayMs: 100 } });
  // Of 1,000 tokens' money a holds 667 and b wants it all: only c fits beside a.
  const budgets = [{ per: "router" as const, maxUsd: 0.0015, windowMs: 60_000 }];
  const router = createRouter({ providers: [a, b, c], clock, ...HEDGE, budgets });
  const work = router.chat({ ...ask(), max_tokens: 1_000 });
  await clock.advance(200);
  expect([b.calls.length, c.calls.length]).toEqual([0, 1]);
  await clock.advance(150);
  const { route } = await work;
  expect(route.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
    ["c", "server"],
    ["a", "server"],
    ["b", "success"],
  ]);
  expect(router.budgets().every(({ reservedUsd }) => reservedUsd === 0)).toBe(true);
});

test.each([
  ["in time", 60],
  ["after the first has answered", 150],
])("a fleet's purse that answers %s: what was taken is used or given back", async (_, answersAfterMs) => {
  const clock = createVirtualClock();
  let taken = 0;
  let given = 0;
  const give = () => {
    given += 1;
  };
  const hold = { settle: give, release: give };
  const shared: SharedState = {
    join: () => ({
      publish: () => {},
      mayProbe: () => true,
      calling: () => {},
      callingElsewhere: () => 0,
      // The first call's money is at hand; for the second the others have to be asked.
      take: () => {
        taken += 1;
        if (taken === 1) return hold;
        return new Promise((resolve) => void clock.setTimeout(() => resolve(hold), answersAfterMs));
      },
      close: async () => {},
    }),
  };
  const a = provider("a", { clock, otherwise: { text: "a", delayMs: 200 } });
  const b = provider("b", { clock, otherwise: { text: "b", delayMs: 10 } });
  const budgets = [{ per: "router" as const, maxUsd: 1, windowMs: 60_000 }];
  const limits = { b: { maxConcurrent: 1 } };
  const router = createRouter({ providers: [a, b], clock, ...HEDGE, budgets, limits, shared });
  const work = router.chat(ask());
  await clock.advance(300);
  expect((await work).route.provider).toBe(answersAfterMs < 100 ? "b" : "a");
  expect([taken, given, b.calls.length]).toEqual([2, 2, answersAfterMs < 100 ? 1 : 0]);
  expect(router.budgets().every(({ reservedUsd }) => reservedUsd === 0)).toBe(true);
  // The place is free again.
  const again = router.chat(ask(), { allow: ["b"] });
  await clock.advance(answersAfterMs + 10);
  expect((await again).route.provider).toBe("b");
});

test("fallback: false asks nobody else, slow or not", async () => {
  const clock = createVirtualClock();
  const b = provider("b", { clock });
  const slow = provider("a", { clock, otherwise: { text: "own", delayMs: 5_000 } });
  const router = createRouter({ providers: [slow, b], clock, ...HEDGE });
  const work = router.chat(ask(), { fallback: false });
  await clock.advance(5_000);
  expect([(await work).route.provider, b.calls.length]).toEqual(["a", 0]);
});

test("the share of hedged requests is capped", async () => {
  const clock = createVirtualClock();
  const slow = provider("slow", { clock, otherwise: { text: "slow", delayMs: 500 } });
  const second = provider("second", { clock, otherwise: { text: "second", delayMs: 1_000 } });
  const router = createRouter({ providers: [slow, second], clock, strategy: "ordered", hedge: { afterMs: 100 } });
  for (let i = 0; i < 200; i += 1) {
    const work = router.chat(ask(`${i}`));
    await clock.advance(500);
    await work;
  }
  // 5 % of 200, and the one that stands at the start.
  expect(second.calls.length).toBe(11);
});

test("by default the wait is the time in which the candidate gives 95 % of its first tokens", async () => {
  const clock = createVirtualClock();
  const a = provider("a", { clock, otherwise: { pieces: [2_000, "x"] } });
  const b = provider("b", { clock });
  const hedge = { maxShare: 1 };
  const router = createRouter({ providers: [a, b], clock, strategy: "ordered", hedge });
  for (let i = 0; i < 20; i += 1) {
    const measured = router.stream(ask(`${i}`), { fallback: false }).reply;
    await clock.advance(2_000);
    await measured;
  }
  const reply = router.stream(ask("now")).reply;
  await clock.advance(1_950);
  expect(b.calls).toHaveLength(0);
  await clock.advance(60);
  await reply;
  expect(a.calls).toHaveLength(21);
});

test("streams: the loser is aborted before its first token, and the winner's first-token time is told", async () => {
  const clock = createVirtualClock();
  const slow = provider("slow", { clock, otherwise: { pieces: [5_000, "late"] } });
  const quick = provider("quick", { clock, otherwise: { pieces: [50, "so", 10, "on"] } });
  const router = createRouter({ providers: [slow, quick], clock, ...HEDGE });
  const stream = router.stream(ask());
  const read = readAll(stream);
  await clock.advance(200);
  expect((await read).text).toBe("soon");
  const { route } = await stream.reply;
  expect([route.provider, route.ttftMs, slow.calls[0]?.context.signal.aborted]).toEqual(["quick", 150, true]);
  expect(route.attempts.map(({ outcome }) => outcome)).toEqual(["cancelled", "success"]);
});

test("streams: the caller's abort reaches both", async () => {
  const clock = createVirtualClock();
  const a = provider("a", { clock, otherwise: { hang: true } });
  const b = provider("b", { clock, otherwise: { hang: true } });
  const router = createRouter({ providers: [a, b], clock, ...HEDGE });
  const controller = new AbortController();
  const read = readAll(router.stream(ask(), { signal: controller.signal }));
  await clock.advance(150);
  controller.abort();
  expect([a, b].map(({ calls }) => calls[0]?.context.signal.aborted)).toEqual([true, true]);
  expect((await read).error?.kind).toBe("cancelled");
  expect(clock.pendingTimers).toBe(0);
});

test("whatever happens, no counter, place or dollar is left behind", async () => {
  const clock = createVirtualClock();
  const random = seededRandom(11);
  const wild = (id: string): Provider =>
    provider(id, {
      clock,
      otherwise: () => {
        const dice = random();
        const delayMs = Math.floor(random() * 400);
        if (dice < 0.3) return { error: broken(dice < 0.15 ? "server" : "rate_limit"), delayMs };
        return dice < 0.4 ? { hang: true } : { text: id, delayMs };
      },
    });
  const router = createRouter({
    providers: [wild("a"), wild("b"), wild("c")],
    clock,
    random,
    ...HEDGE,
    limits: { "*": { maxConcurrent: 3 } },
    budgets: [{ per: "router", maxUsd: 100, windowMs: 1e9 }],
    timeouts: { headersMs: 300, totalMs: 2_000 },
  });
  const told = listenTo(router, ["attempt", "done"]);
  const works: Promise<unknown>[] = [];
  for (let i = 0; i < 120; i += 1) {
    const controller = new AbortController();
    const options = { signal: controller.signal };
    works.push(i % 2 ? router.chat(ask(`${i}`), options) : router.stream(ask(`${i}`), options).reply);
    await clock.advance(Math.floor(random() * 60));
    if (i % 5 === 0) controller.abort();
  }
  await clock.advance(60_000);
  await Promise.allSettled(works);
  expect(eventsOf(told, "done")).toHaveLength(120);
  expect(clock.pendingTimers).toBe(0);
  expect(router.budgets().every(({ reservedUsd }) => reservedUsd === 0)).toBe(true);
  let seen: readonly number[] = [];
  const look = {
    name: "look",
    rank: (context: { candidates: readonly { inFlight: number }[] }) => {
      seen = context.candidates.map(({ inFlight }) => inFlight);
      return [];
    },
  };
  router.reset();
  router.explain(ask(), { strategy: look });
  expect(seen).toEqual([0, 0, 0]);
});
