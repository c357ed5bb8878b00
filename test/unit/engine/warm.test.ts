import { createRouter } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { expect, test } from "vitest";
import { ask, broken, costOf, failureOf, provider } from "./support.js";

function rig(otherwise: Parameters<typeof provider>[1] = {}) {
  const clock = createVirtualClock();
  const upstream = provider("a", { clock, otherwise: { text: "warm", delayMs: 100 }, ...otherwise });
  const router = createRouter({ providers: [upstream], clock, cache: {}, retry: { attempts: 1 } });
  return { clock, upstream, router };
}
const list = (count: number) => Array.from({ length: count }, (_, i) => ask(`question ${i}`));

test("asks a few at a time, tells how far it is, and the answers are hits afterwards", async () => {
  const { clock, upstream, router } = rig();
  await Promise.all([router.chat(ask("question 3")), clock.advance(100)]);
  const seen: number[] = [];
  const work = router.warm(list(10), {
    concurrency: 3,
    onProgress: ({ done, total }) => void seen.push(done * 100 + total),
  });
  await clock.settle();
  expect(upstream.calls).toHaveLength(1 + 3);
  await clock.advance(1_000);
  const report = await work;
  expect(report).toEqual({
    asked: 9,
    present: 1,
    refused: 0,
    failures: [],
    aborted: false,
    costUsd: expect.closeTo(9 * costOf("warm"), 12),
  });
  expect(seen).toEqual([110, 210, 310, 410, 510, 610, 710, 810, 910, 1010]);
  expect((await router.chat(ask("question 7"))).route.cache.status).toBe("hit");
  expect(upstream.calls).toHaveLength(10);
});

test("failures are reported by their place, and stop nobody", async () => {
  const { clock, router } = rig({
    script: ["one", broken("invalid_request"), { error: broken("server"), delayMs: 5 }],
  });
  const work = router.warm([...list(4), { messages: [] }]);
  await clock.advance(1_000);
  const { failures, asked } = await work;
  expect(failures).toEqual([
    { index: 1, kind: "invalid_request" },
    { index: 2, kind: "server" },
    { index: 4, kind: "invalid_request" },
  ]);
  expect(asked).toBe(2);
});

test("a signal stops it: what is under way is aborted, nothing more is asked", async () => {
  const { clock, upstream, router } = rig();
  const controller = new AbortController();
  const work = router.warm(list(20), { concurrency: 2, signal: controller.signal });
  await clock.advance(250);
  controller.abort();
  const report = await work;
  expect([report.aborted, report.asked]).toEqual([true, 4]);
  expect(report.failures.map(({ kind }) => kind)).toEqual(["cancelled", "cancelled"]);
  expect(upstream.calls).toHaveLength(6);
});

test("one who watches and throws stops nothing", async () => {
  const { clock, router } = rig();
  const onProgress = () => {
    throw new Error("watcher");
  };
  const work = router.warm(list(3), { onProgress });
  await clock.advance(1_000);
  expect((await work).asked).toBe(3);
});

test("rubbish is refused with its path", async () => {
  const { router } = rig();
  const bad = async (requests: unknown, options?: unknown) => {
    const { kind, path } = await failureOf(router.warm(requests as never, options as never));
    return [kind, path];
  };
  expect(await bad(undefined)).toEqual(["invalid_request", "requests"]);
  expect(await bad([], { concurrency: 0 })).toEqual(["invalid_options", "options.concurrency"]);
  expect(await bad([], { concurrency: Number.NaN })).toEqual(["invalid_options", "options.concurrency"]);
  expect(await bad([], { signal: 1 })).toEqual(["invalid_options", "options.signal"]);
  expect(await bad([], { onProgress: 1 })).toEqual(["invalid_options", "options.onProgress"]);
  expect(await bad([], { speed: 1 })).toEqual(["invalid_options", "options.speed"]);
  expect(await router.warm([])).toEqual({ asked: 0, present: 0, refused: 0, failures: [], aborted: false, costUsd: 0 });
});

test("evicts nothing: what a full cache holds stays, and only what is past its time makes room", async () => {
  const clock = createVirtualClock();
  const upstream = provider("a", { clock });
  const router = createRouter({ providers: [upstream], clock, cache: { maxEntries: 12, ttlMs: 1_000 } });
  const held = list(12);
  for (const request of held) await router.chat(request);
  const others = Array.from({ length: 40 }, (_, i) => ask(`other ${i}`));
  const { asked, refused, failures } = await router.warm(others, { concurrency: 3 });
  // What found no room is told, and was the last to be paid for.
  expect([asked, refused, failures]).toEqual([3, 40, []]);
  for (const request of held) expect((await router.chat(request)).route.cache.status).toBe("hit");
  expect(router.stats().cache?.removed.evicted).toBe(0);
  await clock.advance(1_000);
  await router.warm(others.slice(0, 12));
  for (const request of others.slice(0, 12)) expect((await router.chat(request)).route.cache.status).toBe("hit");
});

test("tells of answers that may not be stored, and goes on; without a cache nobody is asked", async () => {
  const { clock, upstream, router } = rig();
  const warm = { ...ask("warm"), temperature: 1 };
  const work = router.warm([warm, ...list(3).slice(1), ask("question 2")], { concurrency: 2 });
  await clock.advance(1_000);
  expect(await work).toMatchObject({ asked: 2, present: 1, refused: 1 });
  expect(upstream.calls).toHaveLength(2);
  const bare = createRouter({ providers: [upstream], clock });
  expect(await bare.warm(list(5))).toMatchObject({ asked: 0, refused: 5, costUsd: 0 });
  expect(upstream.calls).toHaveLength(2);
});

test.each([
  ["a temperature", {}, {}, { temperature: 0.7 }],
  ["a tenant is required and missing", { tenancy: "required" }, {}, {}],
  ["a view without the cache", {}, { cache: false }, {}],
  ["a view that only reads it", {}, { cache: { mode: "read" } }, {}],
  ["a cache without a lifetime", { ttlMs: 0 }, {}, {}],
] as const)("nobody is asked for an answer that cannot be kept: %s", async (_name, cache, bound, fields) => {
  const upstream = provider("a");
  const router = createRouter({ providers: [upstream], cache }).with(bound);
  const report = await router.warm(list(3).map((request) => ({ ...request, ...fields })));
  expect(upstream.calls).toHaveLength(0);
  expect(report).toEqual({ asked: 0, present: 0, refused: 3, failures: [], aborted: false, costUsd: 0 });
});
