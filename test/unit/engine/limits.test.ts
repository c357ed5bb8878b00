import { createRouter, type Router, type RouterOptions } from "signalbox";
import { createVirtualClock, scriptedProvider, seededRandom, testModel, type VirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, eventsOf, failureOf, listenTo, provider, readAll } from "./support.js";

/** Counts the calls that run at once. */
function counted(id: string, clock: VirtualClock, delayMs: number, models = [testModel("m")]) {
  const seen = { now: 0, most: 0 };
  const upstream = scriptedProvider({ id, models, clock, otherwise: { text: "ok", delayMs } });
  const { chat } = upstream;
  upstream.chat = async (request, context) => {
    seen.now += 1;
    seen.most = Math.max(seen.most, seen.now);
    // A call that was aborted is over for its vendor, however long the double takes to notice.
    let over = false;
    const end = () => {
      if (!over) seen.now -= 1;
      over = true;
    };
    context.signal.addEventListener("abort", end);
    return chat(request, context).finally(end);
  };
  return { upstream, seen };
}

const order = (router: Router): string[] => {
  const done: string[] = [];
  router.on("done", ({ tags }) => void done.push(tags?.[0] ?? ""));
  return done;
};

describe("calls at once", () => {
  test("never more than set, and everyone is served", async () => {
    const clock = createVirtualClock();
    const { upstream, seen } = counted("a", clock, 100);
    const router = createRouter({ providers: [upstream], clock, limits: { a: { maxConcurrent: 3, queueMs: 60_000 } } });
    const works = Array.from({ length: 30 }, (_, i) => router.chat(ask(`${i}`)));
    await clock.advance(1_000);
    await Promise.all(works);
    expect([seen.most, clock.now()]).toEqual([3, 1_000]);
  });

  test("a provider's limit is for its models together, a candidate's for itself", async () => {
    const clock = createVirtualClock();
    const models = [testModel("m1"), testModel("m2"), testModel("m3")];
    const { upstream, seen } = counted("a", clock, 100, models);
    const limits = { a: { maxConcurrent: 2, queueMs: 60_000 }, "a/m3": { maxConcurrent: 1, queueMs: 60_000 } };
    const router = createRouter({ providers: [upstream], clock, limits });
    const works = ["m1", "m2", "m3"].flatMap((model) =>
      Array.from({ length: 4 }, (_, i) => router.chat({ ...ask(`${i}`), model })),
    );
    await clock.advance(10_000);
    await Promise.all(works);
    expect(seen.most).toBe(3);
  });

  test("a limit for nobody here is an option error", () => {
    const options = { providers: [provider("a")], limits: { glmm: { maxConcurrent: 1 } } };
    expect(() => createRouter(options)).toThrow(
      expect.objectContaining({ kind: "invalid_options", path: "limits.glmm" }),
    );
  });

  test("an urgent request does not wait in the line of a less urgent one whose answer it could share", async () => {
    const clock = createVirtualClock();
    const { upstream } = counted("a", clock, 100);
    const cache = { ttlMs: 60_000 };
    const router = createRouter({ providers: [upstream], clock, cache, limits: { a: { maxConcurrent: 1 } } });
    const done = order(router);
    const works = ["first", "second", "same"].map((text) =>
      router.chat(ask(text), { priority: "batch", tags: [`batch ${text}`] }),
    );
    for (const tag of ["urgent", "joined"]) {
      works.push(router.chat(ask("same"), { priority: "interactive", tags: [tag] }));
    }
    await clock.advance(1_000);
    await Promise.all(works);
    expect(done).toEqual(["batch first", "urgent", "joined", "batch second", "batch same"]);
    expect(upstream.calls).toHaveLength(4);
  });

  test("unlimited by default", async () => {
    const clock = createVirtualClock();
    const { upstream, seen } = counted("a", clock, 100);
    const router = createRouter({ providers: [upstream], clock });
    const works = Array.from({ length: 500 }, (_, i) => router.chat(ask(`${i}`)));
    await clock.advance(100);
    await Promise.all(works);
    expect(seen.most).toBe(500);
  });
});

describe("the queue", () => {
  test("interactive goes before default, default before batch", async () => {
    const clock = createVirtualClock();
    const { upstream } = counted("a", clock, 100);
    const router = createRouter({ providers: [upstream], clock, limits: { a: { maxConcurrent: 1, queueMs: 60_000 } } });
    const done = order(router);
    const works = (["default", "batch", "batch", "default", "interactive"] as const).map((priority, i) =>
      router.chat(ask(`${i}`), { priority, tags: [`${priority} ${i}`] }),
    );
    await clock.advance(1_000);
    await Promise.all(works);
    expect(done).toEqual(["default 0", "interactive 4", "default 3", "batch 1", "batch 2"]);
  });

  test.each([{ maxQueue: 2 }, { queueItems: 2 }, { maxQueue: 2, queueItems: 9 }])(
    "full with %j: saturated, with a hint when to come back, nothing sent and nobody blamed",
    async (queue) => {
      const clock = createVirtualClock();
      const { upstream } = counted("a", clock, 100);
      const limits = { a: { maxConcurrent: 1, ...queue } };
      const router = createRouter({ providers: [upstream], clock, limits });
      const works = [router.chat(ask("1")), router.chat(ask("2")), router.chat(ask("3"))];
      const error = await failureOf(router.chat(ask("4")));
      expect([error.kind, error.attempts.length, error.retryable]).toEqual(["saturated", 0, true]);
      expect(error.retryAfterMs).toBeGreaterThan(0);
      await clock.advance(1_000);
      await Promise.all(works);
      expect(router.health().candidates[0]?.status).toBe("healthy");
    },
  );

  test("blocked while it waited: unavailable, with who is blocked and for how long", async () => {
    const clock = createVirtualClock();
    const limited = broken("rate_limit", { retryAfterMs: 30_000 });
    const upstream = provider("a", { clock, otherwise: { error: limited, delayMs: 100 } });
    const limits = { a: { maxConcurrent: 1 } };
    const router = createRouter({ providers: [upstream], clock, limits, retry: { maxWaitMs: 0 } });
    const works = ["1", "2", "3"].map((text) => failureOf(router.chat(ask(text))));
    await clock.advance(100);
    const [first, ...waited] = await Promise.all(works);
    expect(first?.kind).toBe("rate_limit");
    for (const error of waited) {
      expect([error.kind, error.retryAfterMs, error.attempts]).toEqual(["unavailable", 30_000, []]);
      expect(error.excluded).toEqual([{ id: "a/m", reason: "cool_down" }]);
    }
    expect(upstream.calls).toHaveLength(1);
  });

  test("a full line moves on to another candidate", async () => {
    const clock = createVirtualClock();
    const { upstream } = counted("a", clock, 100);
    const limits = { a: { maxConcurrent: 1, maxQueue: 0 } };
    const router = createRouter({ providers: [upstream, provider("b")], clock, limits, strategy: "ordered" });
    const first = router.chat(ask("1"));
    expect((await router.chat(ask("2"))).route.provider).toBe("b");
    await clock.advance(100);
    await first;
  });
});

describe("a cool-down while calls wait", () => {
  const limited = broken("rate_limit", { retryAfterMs: 1_000 });

  /** One place, and a first call that is answered with 429 after 100 ms: everyone else waits behind it. */
  function setUp(options: Partial<RouterOptions> = {}) {
    const clock = createVirtualClock();
    const upstream = provider("a", {
      clock,
      script: [{ error: limited, delayMs: 100 }],
      otherwise: { text: "ok", delayMs: 10 },
    });
    const calledAtMs: number[] = [];
    const { chat } = upstream;
    upstream.chat = (request, context) => {
      calledAtMs.push(clock.now());
      return chat(request, context);
    };
    const limits = { a: { maxConcurrent: 1 } };
    const retry = { attempts: 1 };
    const router = createRouter({ providers: [upstream], clock, limits, retry, strategy: "ordered", ...options });
    return { clock, upstream, router, calledAtMs, first: failureOf(router.chat(ask("first"))) };
  }

  test("they wait on, and go one after the other in the order of their priority", async () => {
    const { clock, router, calledAtMs, first } = setUp();
    const done = order(router);
    const works = (["batch", "default", "interactive", "default"] as const).map((priority, i) =>
      router.chat(ask(`${i}`), { priority, tags: [`${priority} ${i}`] }),
    );
    await clock.advance(2_000);
    await Promise.all(works);
    expect((await first).kind).toBe("rate_limit");
    expect(done.slice(1)).toEqual(["interactive 2", "default 1", "default 3", "batch 0"]);
    expect(calledAtMs).toEqual([0, 1_100, 1_110, 1_120, 1_130]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("who cannot meet the deadline leaves at once: saturated, and when to come back", async () => {
    const { clock, router, first } = setUp();
    const hasty = failureOf(router.chat(ask("hasty"), { timeoutMs: 900 }));
    const patient = router.chat(ask("patient"), { timeoutMs: 2_000 });
    await clock.advance(100);
    await first;
    expect(await hasty).toMatchObject({ kind: "saturated", retryAfterMs: 1_000, attempts: [] });
    expect(clock.now()).toBe(100);
    await clock.advance(1_010);
    expect((await patient).route.latencyMs).toBe(1_110);
  });

  test("who comes meanwhile is told at once, if nobody may wait", async () => {
    const { clock, router, first } = setUp({ retry: { attempts: 1, maxWaitMs: 0 } });
    const waits = router.chat(ask("waits"));
    await clock.advance(200);
    await first;
    expect(await failureOf(router.chat(ask("late")))).toMatchObject({ kind: "unavailable", retryAfterMs: 900 });
    await clock.advance(1_000);
    await waits;
  });

  test("never more at once than the limit when it ends", async () => {
    const clock = createVirtualClock();
    const { upstream, seen } = counted("a", clock, 50);
    const { chat } = upstream;
    let calls = 0;
    upstream.chat = async (request, context) => {
      calls += 1;
      if (calls === 2) throw limited;
      return chat(request, context);
    };
    const limits = { a: { maxConcurrent: 3, adaptive: false, queueMs: 60_000 } };
    const router = createRouter({ providers: [upstream], clock, limits });
    const works = Array.from({ length: 40 }, (_, i) => router.chat(ask(`${i}`)));
    await clock.advance(999);
    expect([calls, seen.most, seen.now]).toEqual([3, 2, 0]);
    await clock.advance(2_000);
    await Promise.all(works);
    expect(seen.most).toBe(3);
  });

  test("an abort ends the wait at once and leaves nothing behind", async () => {
    const { clock, router, upstream, first } = setUp();
    const controller = new AbortController();
    const works = ["chat", "stream"].map((text) =>
      text === "chat"
        ? failureOf(router.chat(ask(text), { signal: controller.signal }))
        : failureOf(router.stream(ask(text), { signal: controller.signal }).reply),
    );
    await clock.advance(500);
    await first;
    controller.abort("gone");
    for (const error of await Promise.all(works)) expect(error).toMatchObject({ kind: "cancelled", cause: "gone" });
    expect([clock.pendingTimers, upstream.calls.length]).toEqual([0, 1]);
  });

  test("close() waits for them, close({ abort: true }) ends them", async () => {
    const patient = setUp();
    const served = patient.router.chat(ask("waits"));
    await patient.clock.advance(500);
    const closed = patient.router.close();
    await patient.clock.advance(2_000);
    await closed;
    expect((await served).choices[0].message.content).toBe("ok");
    const hasty = setUp();
    const ended = failureOf(hasty.router.chat(ask("waits")));
    await hasty.clock.advance(500);
    await hasty.router.close({ abort: true });
    expect(await ended).toMatchObject({ kind: "cancelled", detail: "closed" });
    expect(hasty.clock.pendingTimers).toBe(0);
  });

  test("of one model does not hold up calls of another behind the same limit", async () => {
    const clock = createVirtualClock();
    const models = [testModel("m"), testModel("n")];
    const script = [{ error: limited, delayMs: 100 }];
    const upstream = provider("a", { clock, models, script, otherwise: { text: "ok", delayMs: 10 } });
    const limits = { a: { maxConcurrent: 1 } };
    const router = createRouter({ providers: [upstream], clock, limits, retry: { attempts: 1 } });
    const first = failureOf(router.chat({ ...ask("1"), model: "m" }));
    const works = ["m", "n", "m"].map((model) => router.chat({ ...ask("2"), model }));
    await clock.advance(120);
    await first;
    works.push(router.chat({ ...ask("3"), model: "n" }));
    await clock.advance(2_000);
    const latencies = (await Promise.all(works)).map(({ route }) => route.latencyMs);
    expect(latencies).toEqual([1_110, 110, 1_120, 10]);
  });

  test("a place elsewhere that comes free first is taken", async () => {
    const clock = createVirtualClock();
    const a = provider("a", { clock, otherwise: { error: limited, delayMs: 100 } });
    const b = provider("b", { clock, otherwise: { text: "ok", delayMs: 400 } });
    const limits = { "*": { maxConcurrent: 1 } };
    const retry = { attempts: 1 };
    const router = createRouter({ providers: [a, b], clock, limits, retry, strategy: "ordered" });
    const first = failureOf(router.chat(ask("1")));
    const works = [router.chat(ask("2")), router.chat(ask("3"))];
    await clock.advance(1_000);
    await first;
    expect((await Promise.all(works)).map(({ route }) => route.latencyMs)).toEqual([400, 800]);
    expect(a.calls).toHaveLength(1);
  });

  test("that is lifted by hand lets them go", async () => {
    const { clock, router, first } = setUp();
    const works = router.chat(ask("waits"));
    await clock.advance(200);
    await first;
    router.reset("a");
    await clock.advance(10);
    expect((await works).route.latencyMs).toBe(210);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("places come back", () => {
  const limits = { a: { maxConcurrent: 1, queueMs: 60_000 } };

  test.each([
    ["after a failure", { error: broken("unsupported") }],
    ["after a throw", () => Promise.reject(new TypeError("bug"))],
    ["after nonsense", { reply: {} as never }],
  ])("%s", async (_, step) => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, script: [step], otherwise: "next" });
    const router = createRouter({ providers: [upstream], clock, limits, retry: { attempts: 1 } });
    await failureOf(router.chat(ask()));
    expect((await router.chat(ask("2"))).choices[0].message.content).toBe("next");
  });

  test("after an abort, a broken stream and one that was left", async () => {
    const clock = createVirtualClock();
    const pieces = ["one", 10, "two"];
    const cut = { pieces: ["one", broken("network")] };
    const upstream = provider("a", { clock, script: [{ hang: true }, { pieces }, cut], otherwise: "free" });
    const router = createRouter({ providers: [upstream], clock, limits });
    const controller = new AbortController();
    const aborted = failureOf(router.chat(ask(), { signal: controller.signal }));
    await clock.settle();
    controller.abort();
    await aborted;
    for await (const _ of router.stream(ask())) break;
    expect((await readAll(router.stream(ask()))).error?.kind).toBe("stream_interrupted");
    expect((await router.chat(ask())).choices[0].message.content).toBe("free");
  });
});

test("chaos: never over the limit, everyone ends, every place comes back", async () => {
  const clock = createVirtualClock();
  const random = seededRandom(3);
  const { upstream, seen } = counted("a", clock, 50);
  const limits = { a: { maxConcurrent: 4, maxQueue: 20, queueMs: 400 } };
  const router = createRouter({ providers: [upstream], clock, limits, random });
  const told = listenTo(router, ["done"]);
  const works: Promise<unknown>[] = [];
  for (let i = 0; i < 300; i += 1) {
    const controller = new AbortController();
    const priority = (["interactive", "default", "batch"] as const)[Math.floor(random() * 3)];
    const timeoutMs = random() < 0.3 ? 1 + random() * 300 : 10_000;
    works.push(router.chat(ask(`${i}`), { signal: controller.signal, priority, timeoutMs }).catch(() => {}));
    if (random() < 0.2) controller.abort();
    if (random() < 0.3) await clock.advance(random() * 80);
  }
  await clock.advance(60_000);
  await Promise.all(works);
  expect(seen.most).toBeLessThanOrEqual(4);
  expect(eventsOf(told, "done")).toHaveLength(300);
  expect(clock.pendingTimers).toBe(0);
  const after = Array.from({ length: 4 }, (_, i) => router.chat(ask(`after ${i}`)));
  await clock.advance(50);
  await Promise.all(after);
  expect(seen.now).toBe(0);
});
