import { createRouter } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, failureOf, provider } from "./support.js";

const limited = (retryAfterMs: number) => ({ error: broken("rate_limit", { retryAfterMs }), delayMs: 10 });
const ok = { text: "ok", delayMs: 10 };

describe("everyone is set aside for now", () => {
  test("requests that come meanwhile wait and are answered, in their order and not all at once", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, script: [limited(3_000)], otherwise: ok });
    const router = createRouter({ providers: [upstream], clock });
    const first = router.chat(ask("first"));
    await clock.advance(100);
    const endedAtMs: number[] = [];
    const works = Array.from({ length: 20 }, async (_, i) => {
      const reply = await router.chat(ask(`${i}`));
      endedAtMs.push(clock.now());
      return reply.route.degraded;
    });
    await clock.advance(2_900);
    expect(upstream.calls.length).toBe(1);
    // The first one's own retry, the first of those who wait, and four for the two that succeed.
    await clock.advance(25);
    expect(upstream.calls.length).toBeLessThan(8);
    await clock.advance(2_000);
    expect(new Set((await Promise.all(works)).flat())).toEqual(new Set());
    await first;
    expect(Math.max(...endedAtMs)).toBeLessThan(4_000);
  });

  test("who cannot wait so long leaves at once, and is told how long it would have been", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, script: [limited(20_000)], otherwise: ok });
    const router = createRouter({ providers: [upstream], clock });
    const first = router.chat(ask("first"));
    await clock.advance(10);
    const hasty = await failureOf(router.chat(ask("hasty"), { timeoutMs: 5_000 }));
    expect([hasty.kind, hasty.retryAfterMs, hasty.attempts.length]).toEqual(["unavailable", 20_000, 0]);
    await clock.advance(30_000);
    await first;
  });

  test("streams wait as well, and a caller that leaves leaves nothing behind", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, script: [limited(3_000)], otherwise: ok });
    const router = createRouter({ providers: [upstream], clock });
    const first = router.chat(ask("first"));
    await clock.advance(100);
    const controller = new AbortController();
    const gone = failureOf(router.chat(ask("gone"), { signal: controller.signal }));
    const stream = router.stream(ask("stream")).text();
    await clock.advance(500);
    controller.abort();
    expect((await gone).kind).toBe("cancelled");
    await clock.advance(5_000);
    expect(await stream).toBe("ok");
    await first;
    await clock.advance(60_000);
    expect(clock.pendingTimers).toBe(0);
  });

  test("an open breaker is waited for, and its trial is one call", async () => {
    const clock = createVirtualClock();
    const script = Array.from({ length: 5 }, () => ({ error: broken("server"), delayMs: 1 }));
    const upstream = provider("a", { clock, script, otherwise: ok });
    const router = createRouter({ providers: [upstream], clock, retry: { attempts: 1 } });
    while (router.explain(ask()).excluded.length === 0) {
      await Promise.all([failureOf(router.chat(ask())), clock.advance(10)]);
    }
    const works = Array.from({ length: 10 }, (_, i) =>
      router.chat(ask(`${i}`), { timeoutMs: 60_000 }).catch(() => null),
    );
    await clock.advance(40_000);
    const answered = (await Promise.all(works)).filter((reply) => reply !== null);
    expect(answered.length).toBeGreaterThanOrEqual(9);
  });

  test("a hand lifts it: who waits goes at once", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, script: [limited(20_000)], otherwise: ok });
    const router = createRouter({ providers: [upstream], clock, retry: { attempts: 1 } });
    const first = failureOf(router.chat(ask("first")));
    await clock.advance(10);
    expect((await first).kind).toBe("rate_limit");
    const work = router.chat(ask("second"));
    await clock.advance(100);
    router.enable("a");
    await clock.advance(10);
    expect((await work).route.latencyMs).toBe(110);
  });

  test("what somebody has to repair is told at once, by its kind, until the next trial", async () => {
    for (const kind of ["auth", "quota", "model_not_found"] as const) {
      const clock = createVirtualClock();
      const upstream = provider("a", { clock, script: [broken(kind)], otherwise: ok });
      const router = createRouter({ providers: [upstream], clock });
      expect((await failureOf(router.chat(ask("first")))).kind).toBe(kind);
      const next = await failureOf(router.chat(ask("second")));
      expect([next.kind, upstream.calls.length]).toEqual([kind, 1]);
      expect(next.retryAfterMs).toBeGreaterThan(0);
    }
  });

  test("an inner router refuses at once: the outer one may have others to ask", async () => {
    const clock = createVirtualClock();
    const upstream = provider("a", { clock, script: [limited(20_000)], otherwise: ok });
    const inner = createRouter({ id: "inner", providers: [upstream], clock, retry: { attempts: 1 } });
    const other = provider("b", { clock, otherwise: ok });
    const outer = createRouter({ providers: [inner, other], clock, strategy: "ordered" });
    const first = outer.chat(ask("first"));
    await clock.advance(20);
    expect((await first).route.provider).toBe("b");
    const started = clock.now();
    const second = outer.chat(ask("second"));
    await clock.advance(10);
    expect([(await second).route.provider, clock.now() - started]).toEqual(["b", 10]);
  });
});
