import { createRouter, type Router } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, eventsOf, failureOf, listenTo, provider, readAll } from "./support.js";

const pieces = [10, "one ", 10, "two ", 10, "three"];

function rig(script: Parameters<typeof provider>[1] = {}) {
  const clock = createVirtualClock();
  const upstream = provider("a", { clock, otherwise: { pieces }, ...script });
  const router = createRouter({ providers: [upstream], clock, cache: {} });
  return { clock, upstream, router, told: listenTo(router, ["done", "attempt"]) };
}

/** What the requests say was called and paid, and what was. */
function books(router: Router) {
  const { requests, attempts } = router.stats();
  return [
    [requests.attempts, requests.costUsd.toFixed(12)],
    [attempts.attempts, attempts.costUsd.toFixed(12)],
  ];
}

describe("the calls of a shared flight are booked once, to somebody", () => {
  test.each(["chat", "stream"] as const)(
    "%s: the one who opened it has left: to the first who gets it",
    async (how) => {
      const { clock, upstream, router, told } = rig();
      const asked = (signal?: AbortSignal) =>
        how === "chat" ? router.chat(ask(), { signal }) : router.stream(ask(), { signal }).reply;
      const controller = new AbortController();
      const leader = failureOf(asked(controller.signal));
      await clock.advance(5);
      const others = [asked(), asked()];
      await clock.advance(10);
      controller.abort();
      expect((await leader).attempts).toEqual([]);
      await clock.advance(100);
      const routes = (await Promise.all(others)).map(({ route }) => route);
      expect(routes.map(({ cache, attempts }) => [cache.status, attempts.length])).toEqual([
        ["miss", 1],
        ["joined", 0],
      ]);
      expect(routes[1]?.costUsd).toBe(0);
      expect(routes[0]?.costUsd).toBeGreaterThan(0);
      expect(upstream.calls).toHaveLength(1);
      expect(eventsOf(told, "done").map(({ outcome, attempts }) => [outcome, attempts.length])).toEqual([
        ["cancelled", 0],
        ["ok", 1],
        ["ok", 0],
      ]);
      const [requests, attempts] = books(router);
      expect(requests).toEqual(attempts);
    },
  );

  test.each(["chat", "stream"] as const)(
    "%s: the one who opened it runs out of time before anything came, alone again: to that one",
    async (how) => {
      const { clock, router, told } = rig();
      const first =
        how === "chat" ? router.chat(ask(), { timeoutMs: 5 }) : router.stream(ask(), { timeoutMs: 5 }).reply;
      const outOfTime = failureOf(first);
      const controller = new AbortController();
      const patient = failureOf(router.chat(ask(), { signal: controller.signal }));
      await clock.advance(1);
      controller.abort();
      await clock.advance(100);
      expect((await patient).kind).toBe("cancelled");
      expect((await outOfTime).attempts).toMatchObject([{ provider: "a", outcome: "timeout", detail: "total" }]);
      expect(eventsOf(told, "attempt")).toHaveLength(1);
      expect(books(router)).toEqual([
        [1, "0.000000000000"],
        [1, "0.000000000000"],
      ]);
    },
  );

  test("what was called before the one who opened it left is its own, and not booked again", async () => {
    const clock = createVirtualClock();
    const first = provider("a", { clock, otherwise: { error: broken(), delayMs: 10 } });
    const second = provider("b", { clock, otherwise: { text: "late", delayMs: 50 } });
    const router = createRouter({ providers: [first, second], clock, cache: {}, strategy: "ordered" });
    const controller = new AbortController();
    const leader = failureOf(router.chat(ask(), { signal: controller.signal }));
    await clock.advance(5);
    const other = router.chat(ask());
    await clock.advance(20);
    controller.abort();
    expect((await leader).attempts.map(({ provider }) => provider)).toEqual(["a"]);
    await clock.advance(100);
    expect((await other).route.attempts.map(({ provider }) => provider)).toEqual(["b"]);
    const [requests, attempts] = books(router);
    expect(requests).toEqual(attempts);
  });

  test("who is told at the first chunk that the calls are its own has them in the end; the others stay joined", async () => {
    const { clock, router } = rig();
    const controller = new AbortController();
    const leader = readAll(router.stream(ask(), { signal: controller.signal }));
    const others = [router.stream(ask()), router.stream(ask()), router.stream(ask())];
    const reads = others.map((stream) => readAll(stream));
    await clock.advance(15);
    controller.abort();
    await leader;
    // The last one asks first.
    const told = others.toReversed().map(({ route }) => route?.cache.status);
    expect(told).toEqual(["miss", "joined", "joined"]);
    await clock.advance(100);
    await Promise.all(reads);
    const replies = await Promise.all(others.map(({ reply }) => reply));
    expect(replies.map(({ route }) => [route.cache.status, route.attempts.length])).toEqual([
      ["joined", 0],
      ["joined", 0],
      ["miss", 1],
    ]);
  });

  test("a call that fails after its first caller has left is in the record of one who asks again", async () => {
    const { clock, router } = rig({ script: [{ error: broken("server", { detail: "bug" }), delayMs: 50 }] });
    const controller = new AbortController();
    const leader = failureOf(router.chat(ask(), { signal: controller.signal }));
    const others = [router.chat(ask()), router.chat(ask())];
    await clock.advance(10);
    controller.abort();
    await leader;
    await clock.advance(500);
    const routes = (await Promise.all(others)).map(({ route }) => route);
    expect(routes.map(({ cache, attempts }) => [cache.status, attempts.map(({ outcome }) => outcome)])).toEqual([
      ["miss", ["server", "success"]],
      ["joined", []],
    ]);
    const [requests, attempts] = books(router);
    expect(requests).toEqual(attempts);
  });

  test("whose time is up asks nobody else, where others had more and left", async () => {
    const { clock, upstream, router } = rig({ otherwise: { hang: true } });
    const work = [10, 20, 30].map((timeoutMs) => failureOf(router.chat(ask(), { timeoutMs })));
    await clock.advance(100);
    for (const error of await Promise.all(work)) expect(error).toMatchObject({ kind: "timeout", detail: "total" });
    expect(upstream.calls).toHaveLength(1);
    const [requests, attempts] = books(router);
    expect(requests).toEqual(attempts);
  });

  test("all leave one after another: the call that is aborted then is the last one's", async () => {
    const { clock, router, told } = rig();
    const controllers = [new AbortController(), new AbortController(), new AbortController()];
    const reads = controllers.map(({ signal }) => readAll(router.stream(ask(), { signal })));
    await clock.advance(15);
    for (const at of [1, 0, 2]) {
      controllers[at]?.abort();
      await clock.settle();
    }
    await Promise.all(reads);
    expect(eventsOf(told, "done").map(({ outcome, attempts }) => [outcome, attempts.length])).toEqual([
      ["cancelled", 0],
      ["cancelled", 0],
      ["cancelled", 1],
    ]);
    const [requests, attempts] = books(router);
    expect(requests).toEqual(attempts);
  });
});
