import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createRouter } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, eventsOf, failureOf, listenTo, provider, readAll } from "./support.js";

describe("close", () => {
  test("waits for what is in flight, refuses what comes", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, otherwise: { text: "late", delayMs: 100 } });
    const router = createRouter({ providers: [upstream], clock });
    const inFlight = router.chat(ask());
    let closed = false;
    const closing = router.close().then(() => {
      closed = true;
    });
    const refused = await failureOf(router.chat(ask("2")));
    expect([refused.kind, refused.detail, refused.retryable]).toEqual(["unavailable", "closed", false]);
    expect((await readAll(router.stream(ask("3")))).error?.detail).toBe("closed");
    expect((await failureOf(router.with({ tenant: "t" }).chat(ask("4")))).detail).toBe("closed");
    await clock.advance(50);
    expect(closed).toBe(false);
    await clock.advance(50);
    await closing;
    expect((await inFlight).choices[0].message.content).toBe("late");
    expect([upstream.calls.length, clock.pendingTimers]).toEqual([1, 0]);
  });

  test("abort ends everything: calls, queues, retries, streams that nobody reads on, and who had joined", async () => {
    const clock = createVirtualClock();
    const a = provider("a", {
      clock,
      otherwise: ({ messages }) => (messages[0]?.content === "retry" ? broken() : { hang: true }),
    });
    const streaming = provider("s", { clock, otherwise: { pieces: ["one", 1_000, "two"] } });
    const limits = { a: { maxConcurrent: 2, queueMs: 60_000 } };
    const router = createRouter({ providers: [a, streaming], clock, limits, cache: {}, random: () => 0.9 });
    const told = listenTo(router, ["request", "done"]);
    const only = (id: string) => ({ allow: [id] });
    const works = [
      failureOf(router.chat(ask("hang"), only("a"))),
      failureOf(router.chat(ask("hang"), only("a"))),
      failureOf(router.chat(ask("retry"), only("a"))),
      failureOf(router.chat(ask("hang 2"), only("a"))),
      failureOf(router.chat(ask("queued"), only("a"))),
    ];
    const stream = router.stream(ask("stream"), only("s"));
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    await clock.advance(10);
    const before = a.calls.length;
    await router.close({ abort: true });
    for (const work of works) {
      const error = await work;
      expect([error.kind, error.detail]).toEqual(["cancelled", "closed"]);
    }
    expect((await failureOf(stream.reply)).detail).toBe("closed");
    await clock.advance(60_000);
    expect(a.calls.length).toBe(before);
    expect([...a.calls, ...streaming.calls].every(({ context }) => context.signal.aborted)).toBe(true);
    expect(eventsOf(told, "done")).toHaveLength(eventsOf(told, "request").length);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a patient close can still be cut short; both settle", async () => {
    const clock = createVirtualClock();
    const router = createRouter({ providers: [provider("a", { clock, otherwise: { hang: true } })], clock });
    const work = failureOf(router.chat(ask()));
    await clock.settle();
    const patient = router.close();
    const impatient = router.close({ abort: true });
    await Promise.all([patient, impatient]);
    expect((await work).detail).toBe("closed");
  });

  test("shadows do not outlive the router", async () => {
    const clock = createVirtualClock();
    const shadowed = { ...provider("s", { clock, otherwise: { hang: true } }), autoModels: [] };
    const shadow = { to: "s/m", rate: 1, maxUsdPerDay: 1 };
    const router = createRouter({ providers: [provider("a", { clock }), shadowed], clock, shadow });
    await router.chat(ask());
    await clock.settle();
    expect(shadowed.calls).toHaveLength(1);
    await router.close();
    await clock.settle();
    expect([shadowed.calls[0]?.context.signal.aborted, clock.pendingTimers]).toEqual([true, 0]);
  });

  test("await using, and an idle router", async () => {
    const upstream = provider("a");
    {
      await using router = createRouter({ providers: [upstream] });
      await router.chat(ask());
    }
    const idle = createRouter({ providers: [upstream] });
    await idle.close();
    await idle.close();
  });
});

test("a process ends by itself after its requests, with everything on and nothing closed", {
  timeout: 60_000,
}, async () => {
  const program = "test/unit/engine/programs/one-request.ts";
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", program], { timeout: 50_000 });
  expect(stdout).toBe("hello hello");
});
