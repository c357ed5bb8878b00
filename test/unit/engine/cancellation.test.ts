import { createRouter, type Provider, type Router } from "signalbox";
import { createVirtualClock, type VirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, eventsOf, failureOf, listenTo, provider, readAll } from "./support.js";

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** What a request that is over must have given back. */
async function expectNothingLeft(router: Router, clock: VirtualClock): Promise<void> {
  await clock.settle();
  expect(clock.pendingTimers).toBe(0);
  expect(router.budgets().every(({ reservedUsd }) => reservedUsd === 0)).toBe(true);
  const counts: number[] = [];
  const score = ({ inFlight }: { inFlight: number }) => counts.push(inFlight);
  router.explain(ask(), { strategy: { name: "count", score } });
  expect(counts.every((count) => count === 0)).toBe(true);
  // Nothing is in flight, so closing has nothing to wait for.
  const closed = router.close().then(() => "closed");
  expect(await Promise.race([closed, settle().then(settle)])).toBe("closed");
}

const budgets = [{ per: "router" as const, maxUsd: 100, windowMs: 1e9 }];

describe("an abort reaches the upstream within the tick and leaves nothing behind", () => {
  const hang = { otherwise: { hang: true } } as const;
  const states: [string, Parameters<typeof provider>[1], boolean, number][] = [
    ["waiting for an answer", hang, false, 10],
    ["waiting for a stream's head", hang, true, 10],
    ["before the first content", { otherwise: { pieces: [1_000, "late"] } }, true, 10],
    ["between two pieces", { otherwise: { pieces: ["now", 1_000, "later"] } }, true, 10],
  ];
  test.each(states)("%s", async (_, options, streamed, afterMs) => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, ...options });
    const router = createRouter({
      providers: [upstream, provider("b", { clock })],
      clock,
      budgets,
      strategy: "ordered",
    });
    const told = listenTo(router);
    const controller = new AbortController();
    const { signal } = controller;
    const work = streamed ? readAll(router.stream(ask(), { signal })) : failureOf(router.chat(ask(), { signal }));
    await clock.advance(afterMs);
    controller.abort("enough");
    expect(upstream.calls[0]?.context.signal.aborted).toBe(true);
    const outcome = await work;
    const error = "error" in outcome ? outcome.error : outcome;
    expect([error?.kind, error?.name, error?.cause]).toEqual(["cancelled", "AbortError", "enough"]);
    expect(error?.attempts.map(({ outcome }) => outcome)).toEqual(["cancelled"]);
    expect(told.map(({ name }) => name)).toEqual(["request", "decision", "attempt", "done"]);
    expect(eventsOf(told, "done")[0]?.outcome).toBe("cancelled");
    expect(router.health().candidates.map(({ status }) => status)).toEqual(["unknown", "unknown"]);
    await expectNothingLeft(router, clock);
  });

  test("while waiting in a queue: the place goes to the next", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { text: "ok", delayMs: 100 } });
    const router = createRouter({ providers: [upstream], clock, limits: { a: { maxConcurrent: 1 } } });
    const controller = new AbortController();
    const first = router.chat(ask("1"));
    const leaves = failureOf(router.chat(ask("2"), { signal: controller.signal }));
    const third = router.chat(ask("3"));
    controller.abort();
    expect((await leaves).kind).toBe("cancelled");
    await clock.advance(200);
    await Promise.all([first, third]);
    expect(upstream.calls).toHaveLength(2);
    await expectNothingLeft(router, clock);
  });

  test("as the place in the queue is given: nothing is sent for who has left", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, script: [{ text: "ok", delayMs: 100 }] });
    const router = createRouter({ providers: [upstream], clock, limits: { a: { maxConcurrent: 1 } } });
    const controller = new AbortController();
    router.once("attempt", () => controller.abort());
    const first = router.chat(ask("1"));
    const leaves = failureOf(router.chat(ask("2"), { signal: controller.signal }));
    await clock.advance(100);
    await first;
    expect((await leaves).kind).toBe("cancelled");
    expect(upstream.calls).toHaveLength(1);
    await expectNothingLeft(router, clock);
  });

  test("while waiting for a retry", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { error: broken() } });
    const router = createRouter({ providers: [upstream], clock, random: () => 0.9 });
    const controller = new AbortController();
    const work = failureOf(router.chat(ask(), { signal: controller.signal }));
    await clock.advance(10);
    controller.abort();
    expect((await work).kind).toBe("cancelled");
    await clock.advance(60_000);
    expect(upstream.calls).toHaveLength(1);
    await expectNothingLeft(router, clock);
  });

  test("before anything was sent, and after everything has come", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock });
    const router = createRouter({ providers: [upstream], clock });
    const told = listenTo(router);
    const gone = await failureOf(router.chat(ask(), { signal: AbortSignal.abort("early") }));
    expect([gone.kind, gone.cause, upstream.calls.length]).toEqual(["cancelled", "early", 0]);
    expect(told.map(({ name }) => name)).toEqual(["request", "done"]);
    const controller = new AbortController();
    await router.chat(ask(), { signal: controller.signal });
    controller.abort();
    await expectNothingLeft(router, clock);
  });

  test("while a second cache tier is asked: the caller does not wait for it, and nothing is sent", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock });
    const store = { get: () => new Promise<never>(() => {}), set: async () => {}, delete: async () => {} };
    const router = createRouter({ providers: [upstream], clock, cache: { store } });
    const told = listenTo(router, ["request", "done"]);
    const controller = new AbortController();
    const work = failureOf(router.chat(ask(), { signal: controller.signal }));
    await settle();
    controller.abort();
    expect((await work).kind).toBe("cancelled");
    await clock.advance(1_000);
    expect(upstream.calls).toHaveLength(0);
    expect(told.map(({ name }) => name)).toEqual(["request", "done"]);
  });

  test("a provider deaf to its signal is left behind", async () => {
    const deaf: Provider = { ...provider("a"), chat: () => new Promise(() => {}) };
    const clock = createVirtualClock();
    const router = createRouter({ providers: [deaf], clock });
    const controller = new AbortController();
    const work = failureOf(router.chat(ask(), { signal: controller.signal }));
    controller.abort();
    expect((await work).kind).toBe("cancelled");
    await expectNothingLeft(router, clock);
  });
});

describe("at any promise turn", () => {
  const turns = Array.from({ length: 30 }, (_, turn) => turn);

  test.each([true, false])("streamed: %s: one outcome, nothing left behind", async (streamed) => {
    for (const turn of turns) {
      const clock = createVirtualClock();
      const pieces = ["a", "b", "c"];
      const router = createRouter({ providers: [provider("a", { otherwise: { pieces } })], clock, budgets });
      const told = listenTo(router, ["request", "attempt", "done"]);
      const controller = new AbortController();
      const { signal } = controller;
      const stream = streamed ? router.stream(ask(), { signal }) : undefined;
      const work = stream ? readAll(stream) : router.chat(ask(), { signal }).catch((error: unknown) => ({ error }));
      for (let i = 0; i < turn; i += 1) await Promise.resolve();
      controller.abort();
      await work;
      await settle();
      expect(eventsOf(told, "done").length).toBe(eventsOf(told, "request").length);
      const [done] = eventsOf(told, "done");
      expect(done?.attempts.length ?? 0).toBe(eventsOf(told, "attempt").length);
      await expectNothingLeft(router, clock);
    }
  });

  test("an early break as well", async () => {
    for (const turn of turns) {
      const clock = createVirtualClock();
      const upstream = provider("a", { otherwise: { pieces: ["a", "b"] } });
      const router = createRouter({ providers: [upstream], clock });
      const stream = router.stream(ask());
      const reader = stream[Symbol.asyncIterator]();
      void reader.next().catch(() => {});
      for (let i = 0; i < turn; i += 1) await Promise.resolve();
      await reader.return?.();
      await stream.reply.catch(() => {});
      await expectNothingLeft(router, clock);
    }
  });
});

test("a stream that was left before it began sends nothing, whoever reads its reply", async () => {
  const upstream = provider("a");
  const router = createRouter({ providers: [upstream] });
  const stream = router.stream(ask());
  await stream[Symbol.asyncIterator]().return?.();
  expect((await failureOf(stream.reply)).kind).toBe("cancelled");
  await settle();
  expect(upstream.calls).toHaveLength(0);
});
