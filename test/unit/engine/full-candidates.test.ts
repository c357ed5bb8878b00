import fc from "fast-check";
import { createRouter, type RouterOptions } from "signalbox";
import { createVirtualClock, testModel, type VirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, eventsOf, failureOf, listenTo, provider, readAll } from "./support.js";

const slow = (id: string, clock: VirtualClock, delayMs: number, models = [testModel("m")]) =>
  provider(id, { clock, models, otherwise: { text: `${id} says`, delayMs } });

/** Two providers with one place each unless told otherwise: `a`, asked first, takes 100 ms, `b` 40 ms. */
function setUp(options: Partial<RouterOptions> = {}) {
  const clock = createVirtualClock();
  const a = slow("a", clock, 100);
  const b = slow("b", clock, 40);
  const limits = { a: { maxConcurrent: 1 }, b: { maxConcurrent: 1 } };
  const router = createRouter({ providers: [a, b], clock, limits, strategy: "ordered", ...options });
  return { clock, a, b, router };
}

describe("a full candidate", () => {
  test("is passed over for the next that has room, without a wait", async () => {
    const { clock, router, a, b } = setUp();
    const works = [router.chat(ask("1")), router.chat(ask("2"))];
    await clock.settle();
    expect([a.calls.length, b.calls.length]).toEqual([1, 1]);
    await clock.advance(100);
    const routes = (await Promise.all(works)).map(({ route }) => route);
    expect(routes.map(({ attempts }) => attempts.map((attempt) => attempt.provider))).toEqual([["a"], ["b"]]);
  });

  test("is passed over by streams too; that is a decision, not a fallback", async () => {
    const { clock, router } = setUp();
    const told = listenTo(router, ["fallback", "decision"]);
    const works = [readAll(router.stream(ask("1"))), readAll(router.stream(ask("2")))];
    await clock.advance(100);
    expect((await Promise.all(works)).map(({ text }) => text)).toEqual(["a says", "b says"]);
    expect(eventsOf(told, "fallback")).toEqual([]);
    expect(eventsOf(told, "decision").map(({ candidate }) => candidate)).toEqual(["a/m", "b/m"]);
  });

  test("of the first model of a list gives way to the second, and is waited for once that has failed", async () => {
    const clock = createVirtualClock();
    const a = slow("a", clock, 100);
    const b = provider("b", { clock, models: [testModel("n")], otherwise: broken("unsupported") });
    const router = createRouter({ providers: [a, b], clock, limits: { a: { maxConcurrent: 1 } } });
    const works = [router.chat({ ...ask("1"), model: "m" }), router.chat({ ...ask("2"), models: ["m", "n"] })];
    await clock.advance(200);
    const { route } = (await Promise.all(works))[1] as Awaited<(typeof works)[number]>;
    expect(route.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
      ["b", "unsupported"],
      ["a", "success"],
    ]);
    expect(route.latencyMs).toBe(200);
  });

  test("whose queue refuses leaves the failure before it as the word", async () => {
    const clock = createVirtualClock();
    const a = slow("a", clock, 100_000);
    const b = provider("b", { clock, otherwise: broken("unsupported") });
    const limits = { a: { maxConcurrent: 1, queueMs: 1_000 } };
    const router = createRouter({ providers: [a, b], clock, limits, strategy: "ordered" });
    void router.chat(ask("1")).catch(() => {});
    const failure = failureOf(router.chat(ask("2")));
    await clock.advance(1_000);
    const { kind, attempts } = await failure;
    expect([kind, attempts.map(({ outcome }) => outcome)]).toEqual(["unsupported", ["unsupported"]]);
  });

  test("stands last in an explanation, with the reason, and is asked about without being touched", async () => {
    const { clock, router } = setUp();
    const first = router.chat(ask("1"));
    const { candidates } = router.explain(ask("2"));
    expect(candidates.map(({ id, reasons }) => [id, reasons.includes("no free place now")])).toEqual([
      ["b/m", false],
      ["a/m", true],
    ]);
    await clock.advance(100);
    expect((await first).route.provider).toBe("a");
  });

  test("is no choice in the decision log", async () => {
    const lines: unknown[] = [];
    const { clock, router } = setUp({ decisionLog: (line) => void (line.type === "decision" && lines.push(line)) });
    const works = [router.chat(ask("1")), router.chat(ask("2"))];
    await clock.advance(100);
    await Promise.all(works);
    expect(lines).toMatchObject([
      { chosen: "a/m", candidates: [{ id: "a/m" }, { id: "b/m" }] },
      { chosen: "b/m", candidates: [{ id: "b/m" }] },
    ]);
  });
});

describe("when all are full", () => {
  test("a request takes the place that is free first, whoever's it is", async () => {
    const { clock, router } = setUp();
    const works = [router.chat(ask("1")), router.chat(ask("2")), router.chat(ask("3"))];
    await clock.advance(80);
    expect((await works[2])?.route).toMatchObject({ provider: "b", latencyMs: 80 });
    await clock.advance(20);
    await Promise.all(works);
  });

  test("models behind one limit: the strategy says which of them gets the place", async () => {
    const clock = createVirtualClock();
    const models = [testModel("m"), testModel("n")];
    const a = slow("a", clock, 100, models);
    const router = createRouter({ providers: [a], clock, limits: { a: { maxConcurrent: 1 } }, strategy: "ordered" });
    const works = [router.chat(ask("1")), router.chat(ask("2"))];
    await clock.advance(200);
    expect((await Promise.all(works)).map(({ route }) => route.model)).toEqual(["m", "m"]);
  });

  test("priority decides among those who wait", async () => {
    const { clock, router } = setUp();
    const done: string[] = [];
    const send = (name: string, priority: "interactive" | "default" | "batch") =>
      router.chat(ask(name), { priority }).then(() => done.push(name));
    const works = [send("1", "default"), send("2", "default")];
    works.push(send("batch", "batch"), send("default", "default"), send("interactive", "interactive"));
    await clock.advance(1_000);
    await Promise.all(works);
    expect(done).toEqual(["2", "interactive", "1", "default", "batch"]);
  });

  test("a wait ends with the queue's time, and leaves nothing behind", async () => {
    const { clock, router } = setUp({
      limits: { a: { maxConcurrent: 1, queueMs: 10 }, b: { maxConcurrent: 1, queueMs: 30 } },
    });
    const works = [router.chat(ask("1")), router.chat(ask("2"))];
    const failure = failureOf(router.chat(ask("3")));
    await clock.advance(30);
    expect(await failure).toMatchObject({ kind: "timeout", detail: "queue", attempts: [] });
    await clock.advance(100);
    await Promise.all(works);
    expect(clock.pendingTimers).toBe(0);
    const after = [router.chat(ask("4")), router.chat(ask("5"))];
    await clock.advance(100);
    expect((await Promise.all(after)).map(({ route }) => route.provider)).toEqual(["a", "b"]);
  });

  test("all queues full: saturated, with a hint when to come back", async () => {
    const limits = { a: { maxConcurrent: 1, maxQueue: 0 }, b: { maxConcurrent: 1, maxQueue: 0 } };
    const { clock, router } = setUp({ limits });
    const works = [router.chat(ask("1")), router.chat(ask("2"))];
    const error = await failureOf(router.chat(ask("3")));
    expect([error.kind, error.retryable, error.attempts]).toEqual(["saturated", true, []]);
    expect(error.retryAfterMs).toBeGreaterThan(0);
    await clock.advance(100);
    await Promise.all(works);
  });

  test("an abort ends the wait at once in every queue", async () => {
    const { clock, router } = setUp();
    const works = [router.chat(ask("1")), router.chat(ask("2"))];
    const controller = new AbortController();
    const failure = failureOf(router.chat(ask("3"), { signal: controller.signal }));
    await clock.advance(5);
    controller.abort("gone");
    expect(await failure).toMatchObject({ kind: "cancelled", name: "AbortError" });
    await clock.advance(100);
    await Promise.all(works);
    expect(clock.pendingTimers).toBe(0);
  });

  test("places that come free in one moment: one is taken, the others go on to whoever comes next", async () => {
    const clock = createVirtualClock();
    const providers = ["a", "b", "c"].map((id) => slow(id, clock, 50));
    const router = createRouter({ providers, clock, limits: { "*": { maxConcurrent: 1 } }, strategy: "ordered" });
    const works = Array.from({ length: 7 }, (_, i) => router.chat(ask(`${i}`)));
    await clock.advance(150);
    const latencies = (await Promise.all(works)).map(({ route }) => route.latencyMs);
    expect(latencies).toEqual([50, 50, 50, 100, 100, 100, 150]);
  });
});

test("any load: no limit is passed, nobody waits while there is room, everyone ends, every place comes back", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ delayMs: fc.integer({ min: 1, max: 60 }), places: fc.integer({ min: 1, max: 3 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.array(
        fc.record({
          afterMs: fc.nat(30),
          abortAfterMs: fc.option(fc.nat(80)),
          timeoutMs: fc.option(fc.integer({ min: 1, max: 200 })),
          priority: fc.constantFrom("interactive" as const, "default" as const, "batch" as const),
        }),
        { maxLength: 20 },
      ),
      async (sides, requests) => {
        const clock = createVirtualClock();
        const limits: Record<string, { maxConcurrent: number }> = {};
        const running = sides.map(() => 0);
        const over: string[] = [];
        const providers = sides.map(({ delayMs, places }, at) => {
          limits[`p${at}`] = { maxConcurrent: places };
          const side = slow(`p${at}`, clock, delayMs);
          const { chat } = side;
          side.chat = (request, context) => {
            running[at] = (running[at] as number) + 1;
            if ((running[at] as number) > places) over.push(`p${at}`);
            let ended = false;
            const end = () => {
              if (!ended) running[at] = (running[at] as number) - 1;
              ended = true;
            };
            context.signal.addEventListener("abort", end);
            return chat(request, context).finally(end);
          };
          return side;
        });
        const router = createRouter({ providers, clock, limits, retry: { attempts: 1 } });
        const works: Promise<unknown>[] = [];
        for (const { afterMs, abortAfterMs, timeoutMs, priority } of requests) {
          await clock.advance(afterMs);
          const controller = new AbortController();
          if (abortAfterMs !== null) clock.setTimeout(() => controller.abort(), abortAfterMs);
          const hadRoom = running.some((n, at) => n < (sides[at]?.places ?? 0));
          const before = providers.reduce((sum, { calls }) => sum + calls.length, 0);
          works.push(
            router.chat(ask(), { signal: controller.signal, priority, timeoutMs: timeoutMs ?? 60_000 }).catch(() => {}),
          );
          await clock.settle();
          const after = providers.reduce((sum, { calls }) => sum + calls.length, 0);
          if (hadRoom && after === before) over.push("waited beside a free place");
        }
        await clock.advance(100_000);
        await Promise.all(works);
        expect(over).toEqual([]);
        expect([running.reduce((sum, n) => sum + n, 0), clock.pendingTimers]).toEqual([0, 0]);
        const free = sides.reduce((sum, { places }) => sum + places, 0);
        const last = Array.from({ length: free }, () => router.chat(ask()));
        await clock.advance(60);
        expect((await Promise.all(last)).length).toBe(free);
      },
    ),
    { numRuns: 40 },
  );
});
