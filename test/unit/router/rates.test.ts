import fc from "fast-check";
import { createReply, createRouter, type RouterOptions } from "signalbox";
import { createVirtualClock, type VirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, double, model } from "./doubles.js";

const STRATEGIES = [
  "adaptive",
  "cost-optimized",
  "reliability-focused",
  "performance-weighted",
  "round-robin",
  "weighted",
  "ordered",
  "load-balanced",
];

/** A provider that takes 20 ms per call and notes when each began, and for whom. */
function slow(clock: VirtualClock, id = "a") {
  const began: { atMs: number; text: string }[] = [];
  return {
    id,
    models: [model()],
    began,
    async chat(request: { messages: readonly { content?: unknown }[] }) {
      began.push({ atMs: clock.now(), text: String(request.messages[0]?.content) });
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 20));
      return createReply({ text: "x", model: "m" });
    },
  };
}

const kindOf = (error: { kind?: string; retryAfterMs?: number }) => [error.kind, error.retryAfterMs];

describe("rpm and tpm are kept", () => {
  test.each(STRATEGIES)("under %s: twenty calls, three of them there", async (strategy) => {
    const clock = createVirtualClock();
    const [a, b] = [double("a"), double("b")];
    const router = createRouter({ providers: [a, b], strategy, clock, limits: { a: { rpm: 3, adaptive: false } } });
    for (let i = 0; i < 20; i += 1) await router.chat(ask(`r${i}`));
    expect(a.calls).toBeLessThanOrEqual(3);
    expect(a.calls + b.calls).toBe(20);
  });

  test("alone, a call waits for the bucket, or is told at once when it would be in time", async () => {
    const clock = createVirtualClock();
    const a = double("a");
    const router = createRouter({ providers: [a], clock, limits: { a: { rpm: 30, adaptive: false } } });
    for (let i = 0; i < 30; i += 1) await router.chat(ask("x"));
    const waiting = router.chat(ask("x"));
    await clock.advance(1_999);
    expect(a.calls).toBe(30);
    await clock.advance(1);
    expect((await waiting).route.provider).toBe("a");
    const tight = createRouter({ providers: [double("b")], clock, limits: { b: { rpm: 1, adaptive: false } } });
    await tight.chat(ask("x"));
    expect(await tight.chat(ask("x")).catch(kindOf)).toEqual(["saturated", 60_000]);
  });

  test("tpm counts the tokens of what is sent", async () => {
    const clock = createVirtualClock();
    const [a, b] = [double("a"), double("b")];
    const limits = { a: { tpm: 1_000, adaptive: false } };
    const router = createRouter({ providers: [a, b], strategy: "ordered", clock, limits });
    for (let i = 0; i < 10; i += 1) await router.chat(ask("x".repeat(1_500)));
    expect([a.calls, b.calls]).toEqual([2, 8]);
  });

  test("over any load: no minute holds more than two buckets", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 5, max: 60 }),
        async (gaps, rpm) => {
          const clock = createVirtualClock();
          const a = slow(clock);
          const router = createRouter({ providers: [a], clock, limits: { a: { rpm, adaptive: false } } });
          const work: Promise<unknown>[] = [];
          for (const gap of gaps) {
            work.push(router.chat(ask("x")).catch(() => {}));
            await clock.advance(gap);
          }
          await clock.advance(20_000);
          await Promise.all(work);
          for (const { atMs } of a.began) {
            const inMinute = a.began.filter((other) => other.atMs >= atMs && other.atMs < atMs + 60_000).length;
            expect(inMinute).toBeLessThanOrEqual(2 * rpm);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("tenants", () => {
  const rig = (options: Partial<RouterOptions>) => {
    const clock = createVirtualClock();
    const a = slow(clock);
    return { clock, a, router: createRouter({ providers: [a], clock, ...options }) };
  };

  test("take turns where they wait: one's forty calls do not keep another's one waiting", async () => {
    const { clock, a, router } = rig({ limits: { a: { maxConcurrent: 1, adaptive: false, queueMs: 60_000 } } });
    const greedy = Array.from({ length: 40 }, (_, i) => router.chat(ask(`g${i}`), { tenant: "greedy" }));
    await clock.advance(5);
    const small = router.chat(ask("small"), { tenant: "small" });
    await clock.advance(2_000);
    await Promise.all([...greedy, small]);
    expect(a.began.findIndex(({ text }) => text === "small")).toBeLessThanOrEqual(2);
  });

  test("each is kept to its own calls at once and per minute", async () => {
    const { clock, a, router } = rig({ tenantLimits: { maxConcurrent: 2, rpm: 60 } });
    const of = (tenant: string, text: string) => router.chat(ask(text), { tenant });
    const work = ["x", "y"].flatMap((tenant) => Array.from({ length: 5 }, (_, i) => of(tenant, `${tenant}${i}`)));
    await clock.advance(10);
    expect(a.began.map(({ text }) => text)).toEqual(["x0", "x1", "y0", "y1"]);
    const stream = router.stream(ask("x5"), { tenant: "x" }).reply;
    await clock.advance(200);
    await Promise.all([...work, stream]);
    for (let i = 0; i < 54; i += 1) {
      const one = of("x", "more");
      await clock.advance(20);
      await one;
    }
    // Sixty in a second: the bucket is nearly empty, and the next waits.
    const next = of("x", "late");
    const before = a.began.length;
    await clock.advance(0);
    await clock.advance(2_000);
    expect((await next).route.provider).toBe("a");
    expect(a.began.length).toBeGreaterThanOrEqual(before);
  });
});
