import fc from "fast-check";
import { type ChatChunk, cached, createRouter, type Router } from "signalbox";
import { createVirtualClock, scriptedProvider, testModel, type VirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, eventsOf, listenTo, readAll } from "./support.js";
import { providerOf, type Turn, turn } from "./worlds.js";

type Seen = { readonly text: string } | { readonly kind: string };

async function result(router: Router, streamed: boolean, signal: AbortSignal): Promise<Seen> {
  if (streamed) {
    const { text, error } = await readAll(router.stream(ask(), { signal }));
    return error ? { kind: error.kind } : { text };
  }
  return router.chat(ask(), { signal }).then(
    (reply) => ({ text: reply.choices[0].message.content ?? "" }),
    (error) => ({ kind: error.kind }),
  );
}

/** One provider whose first call goes so; what comes after it would show. */
function rig(first: Turn) {
  const clock = createVirtualClock();
  const upstream = providerOf("a", { turns: [first], tools: true, vision: true }, clock);
  const options = { providers: [upstream], clock, cache: {}, retry: { attempts: 1 }, timeouts: { totalMs: 5_000 } };
  const router = createRouter(options);
  return { clock, upstream, router, told: listenTo(router, ["done"]) };
}

/** What the first call says, and what as many further ones would. */
const textsOf = (first: string, further: number): Seen[] =>
  Array.from({ length: further + 1 }, (_, call) => ({ text: first.replaceAll("a0", `a${call}`) }));

describe("equal requests at once", () => {
  test("get what each would have got alone, whoever leaves", async () => {
    const callers = fc.array(
      fc.record({ streamed: fc.boolean(), gapMs: fc.nat(3), leavesAfterMs: fc.option(fc.nat(500)) }),
      { minLength: 2, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(turn, callers, async (first, together) => {
        const alone = rig(first);
        // What breaks off breaks off as a stream only: asked for whole, the double has its whole answer.
        const breaks = first.does === "breaks";
        const soloWork = result(alone.router, breaks, new AbortController().signal);
        await alone.clock.advance(6_000);
        const solo = await soloWork;
        const { clock, upstream, router, told } = rig(first);
        const works: Promise<Seen>[] = [];
        for (const { streamed, gapMs, leavesAfterMs } of together) {
          // All come while the first call is under way.
          if ("afterMs" in first && clock.now() + gapMs < first.afterMs) await clock.advance(gapMs);
          const controller = new AbortController();
          if (leavesAfterMs !== null) clock.setTimeout(() => controller.abort(), leavesAfterMs);
          works.push(result(router, streamed || breaks, controller.signal));
        }
        await clock.advance(6_000);
        const leavers = together.filter(({ leavesAfterMs }) => leavesAfterMs !== null).length;
        for (const [at, seen] of (await Promise.all(works)).entries()) {
          const left = together[at]?.leavesAfterMs !== null && "kind" in seen && seen.kind === "cancelled";
          if (left) continue;
          // A call may have been left by all who shared it; whoever came then started the next.
          if ("text" in solo) expect(textsOf(solo.text, leavers)).toContainEqual(seen);
          // After a failure each asks for itself, where it still may.
          else expect(["unavailable", solo.kind]).toContain("kind" in seen ? seen.kind : "answered");
        }
        expect(eventsOf(told, "done")).toHaveLength(together.length);
        const nobodyLeft = together.every(({ leavesAfterMs }) => leavesAfterMs === null);
        if ("text" in solo && nobodyLeft) expect(upstream.calls).toHaveLength(1);
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 80 },
    );
  });
});

describe("equal requests with times of their own", () => {
  const words = Array.from({ length: 10 }, (_, at) => `w${at} `);
  const pieces = words.flatMap((word) => [10, word]);
  const caller = fc.record({
    streamed: fc.boolean(),
    gapMs: fc.nat(30),
    timeoutMs: fc.option(fc.integer({ min: 1, max: 200 })),
    leavesAfterMs: fc.option(fc.nat(200)),
  });
  const within = fc.constantFrom("router", "nested", "decorated");

  test("each gets the whole answer unless its own time is up, or it leaves: then it is told so on time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(caller, { minLength: 2, maxLength: 8 }), within, async (callers, where) => {
        const clock = createVirtualClock();
        const upstream = scriptedProvider({ id: "a", models: [testModel("m")], clock, otherwise: { pieces } });
        const inner =
          where === "router"
            ? upstream
            : where === "nested"
              ? createRouter({ id: "inner", providers: [upstream], clock, cache: {} })
              : cached(upstream, { clock });
        const router = createRouter({ providers: [inner], clock, cache: where === "decorated" ? false : {} });
        const told = listenTo(router, ["done"]);
        const ends = callers.map(async ({ streamed, timeoutMs, leavesAfterMs }, at) => {
          const beforeMs = callers.slice(0, at + 1).reduce((sum, { gapMs }) => sum + gapMs, 0);
          await new Promise<void>((resolve) => void clock.setTimeout(resolve, beforeMs));
          const controller = new AbortController();
          const startedAtMs = clock.now();
          if (leavesAfterMs !== null) clock.setTimeout(() => controller.abort(), leavesAfterMs);
          const options = { signal: controller.signal, ...(timeoutMs === null ? {} : { timeoutMs }) };
          const ended = streamed
            ? await readAll(router.stream(ask(), options))
            : await router.chat(ask(), options).then(
                ({ choices }) => ({ text: choices[0].message.content, error: undefined }),
                (error) => ({ text: "", error }),
              );
          return { ...ended, tookMs: clock.now() - startedAtMs };
        });
        await clock.advance(3_000);
        for (const [at, { text, error, tookMs }] of (await Promise.all(ends)).entries()) {
          const { timeoutMs, leavesAfterMs } = callers[at] as (typeof callers)[number];
          const ownMs = Math.min(timeoutMs ?? 1_000, leavesAfterMs ?? 1_000);
          expect(tookMs).toBeLessThanOrEqual(ownMs);
          if (!error) {
            expect(text).toBe(words.join(""));
            continue;
          }
          expect(tookMs).toBe(ownMs);
          if (error.kind === "cancelled") expect(ownMs).toBe(leavesAfterMs);
          else {
            expect([error.detail, ownMs]).toEqual(["total", timeoutMs]);
            expect(error.kind).toBe(error.partial ? "stream_interrupted" : "timeout");
            if (error.partial) expect(error.partial.text.startsWith(text)).toBe(true);
            else expect(text).toBe("");
          }
        }
        expect(eventsOf(told, "done")).toHaveLength(callers.length);
        const { requests, attempts } = router.stats();
        if (where === "router") expect(requests.attempts).toBe(attempts.attempts);
        await clock.advance(0);
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

/** Upstream answers piece by piece, each when the scheduler lets it. */
function scheduledProvider(s: fc.Scheduler, clock: VirtualClock, pieces: readonly string[]) {
  const provider = scriptedProvider({ id: "a", models: [testModel("m")], clock });
  return Object.assign(provider, {
    async chat(...args: Parameters<typeof provider.chat>) {
      await s.schedule(Promise.resolve(), "answer");
      return (await scriptedProvider({ otherwise: pieces.join("") })).chat(...args);
    },
    async *stream(): AsyncGenerator<ChatChunk> {
      for (const [at, content] of pieces.entries()) {
        await s.schedule(Promise.resolve(), `piece ${at}`);
        const finish_reason = at === pieces.length - 1 ? ("stop" as const) : null;
        const choices = [{ index: 0 as const, delta: { content }, finish_reason }];
        yield { id: "s", object: "chat.completion.chunk", created: 1, model: "m", choices };
      }
    },
  });
}

describe("an abort, an answer and a time-out in any order", () => {
  test("come to exactly one end, which is told once and fits what came first", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), fc.boolean(), async (s, streamed, hedged) => {
        const clock = createVirtualClock();
        const upstream = scheduledProvider(s, clock, ["one ", "two"]);
        const second = scriptedProvider({ id: "b", models: [testModel("m")], clock, otherwise: { hang: true } });
        const router = createRouter({
          providers: hedged ? [upstream, second] : [upstream],
          clock,
          strategy: "ordered",
          retry: { attempts: hedged ? 2 : 1 },
          ...(hedged ? { hedge: { afterMs: 1_000, maxShare: 1 } } : {}),
        });
        const told = listenTo(router, ["done", "attempt"]);
        const controller = new AbortController();
        const options = { signal: controller.signal, timeoutMs: 2_000 };
        let settled = 0;
        const order: string[] = [];
        const work = (
          streamed
            ? readAll(router.stream(ask(), options)).then(({ text, error }) => error?.kind ?? text)
            : router.chat(ask(), options).then(
                (reply) => reply.choices[0].message.content,
                (error) => error.kind as string,
              )
        ).then((outcome) => {
          settled += 1;
          return outcome;
        });
        s.schedule(Promise.resolve(), "abort").then(() => {
          order.push("abort");
          controller.abort();
        });
        s.schedule(Promise.resolve(), "time").then(() => {
          order.push("time");
          return clock.advance(2_000);
        });
        await s.waitFor(Promise.all([work, clock.settle()]));
        await s.waitAll();
        await clock.advance(10_000);
        const outcome = await work;
        expect(["one two", "cancelled", "timeout"]).toContain(outcome);
        if (outcome === "cancelled" || outcome === "timeout") {
          expect(order).toContain(outcome === "cancelled" ? "abort" : "time");
        }
        expect(settled).toBe(1);
        const done = eventsOf(told, "done");
        expect(done.map((record) => record.outcome)).toEqual([outcome === "one two" ? "ok" : outcome]);
        expect(eventsOf(told, "attempt")).toHaveLength(done[0]?.attempts.length ?? -1);
        expect([clock.pendingTimers, router.stats().requests.requests]).toEqual([0, 1]);
      }),
      { numRuns: 150 },
    );
  });
});
