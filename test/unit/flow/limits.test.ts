import { createRouter, type Router } from "signalbox";
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

  test("full: saturated, with a hint when to come back, nothing sent and nobody blamed", async () => {
    const clock = createVirtualClock();
    const { upstream } = counted("a", clock, 100);
    const limits = { a: { maxConcurrent: 1, queueItems: 2 } };
    const router = createRouter({ providers: [upstream], clock, limits });
    const works = [router.chat(ask("1")), router.chat(ask("2")), router.chat(ask("3"))];
    const error = await failureOf(router.chat(ask("4")));
    expect([error.kind, error.attempts.length, error.retryable]).toEqual(["saturated", 0, true]);
    expect(error.retryAfterMs).toBeGreaterThan(0);
    await clock.advance(1_000);
    await Promise.all(works);
    expect(router.health().candidates[0]?.status).toBe("healthy");
  });

  test("blocked while it waited: unavailable, with who is blocked and for how long", async () => {
    const clock = createVirtualClock();
    const limited = broken("rate_limit", { retryAfterMs: 30_000 });
    const upstream = provider("a", { clock, otherwise: { error: limited, delayMs: 100 } });
    const router = createRouter({ providers: [upstream], clock, limits: { a: { maxConcurrent: 1 } } });
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
    const limits = { a: { maxConcurrent: 1, queueItems: 0 } };
    const router = createRouter({ providers: [upstream, provider("b")], clock, limits, strategy: "ordered" });
    const first = router.chat(ask("1"));
    expect((await router.chat(ask("2"))).route.provider).toBe("b");
    await clock.advance(100);
    await first;
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
  const limits = { a: { maxConcurrent: 4, queueItems: 20, queueMs: 400 } };
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
