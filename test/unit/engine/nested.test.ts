import { cached, createRouter, type Router, type RouterOptions } from "signalbox";
import { createVirtualClock, testModel } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, costOf, eventsOf, failureOf, listenTo, provider, readAll } from "./support.js";

const dear = testModel("m", { usdPerMTok: { input: 100, output: 200 } });

/** An inner router whose dearest model is not the one that answers. */
function rig(inner: Partial<RouterOptions> = {}, outer: Partial<RouterOptions> = {}) {
  const clock = createVirtualClock();
  const cheap = provider("cheap", { clock, otherwise: "hello" });
  const other = provider("other", { clock, models: [dear] });
  const inside = createRouter({ id: "inside", providers: [cheap, other], clock, strategy: "ordered", ...inner });
  const router = createRouter({ providers: [inside], clock, strategy: "ordered", ...outer });
  return { clock, cheap, other, inside, router, told: listenTo(router, ["attempt", "done"]) };
}

describe("what an answer of an inner router cost", () => {
  test("is booked as the inner one paid, not at the dearest price it might have", async () => {
    const { router } = rig();
    const { route } = await router.chat(ask());
    expect([route.provider, route.model]).toEqual(["inside", "auto"]);
    expect(route.costUsd).toBeCloseTo(costOf("hello"), 12);
    expect(router.stats().attempts.costUsd).toBeCloseTo(costOf("hello"), 12);
  });

  test("streams too, with the vendor's own count of tokens", async () => {
    const { router } = rig();
    const stream = router.stream(ask());
    const { text, chunks } = await readAll(stream);
    const { route, usage } = await stream.reply;
    expect([text, usage.prompt_tokens, usage.estimated]).toEqual(["hello", 10, undefined]);
    expect(route.costUsd).toBeCloseTo(costOf("hello"), 12);
    expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true);
    const asked = await readAll(router.stream({ ...ask(), stream_options: { include_usage: true } }));
    expect(asked.chunks.filter(({ choices }) => choices.length === 0)).toHaveLength(1);
  });

  test("calls that failed inside are paid for outside, whether the answer came or not", async () => {
    const bad = provider("bad", { otherwise: { pieces: ["x", broken("network")] } });
    const { router, clock } = rig({ providers: [bad] });
    const told = listenTo(router, ["attempt"]);
    const read = readAll(router.stream(ask()));
    await clock.advance(10_000);
    expect((await read).error?.kind).toBe("stream_interrupted");
    expect(eventsOf(told, "attempt")[0]?.costUsd).toBeGreaterThan(0);
  });

  test("an inner hit is no call of the outer: it costs nothing and judges nobody", async () => {
    const { router, cheap, told } = rig({ cache: {} });
    await router.chat(ask());
    const second = await router.chat(ask());
    expect([second.route.cache.status, second.route.costUsd, second.route.attempts]).toEqual(["hit", 0, []]);
    const stream = router.stream(ask());
    await readAll(stream);
    expect((await stream.reply).route.cache.status).toBe("hit");
    expect([cheap.calls.length, eventsOf(told, "attempt").length]).toEqual([1, 1]);
  });
});

describe("calls, time and people", () => {
  test("the calls of both are counted together: a call of the router inside costs none by itself", async () => {
    const single = rig({}, { retry: { attempts: 1 } });
    expect((await single.router.chat(ask())).choices[0].message.content).toBe("hello");
    const retried = rig({ providers: [provider("x", { script: [broken()] })] }, { retry: { attempts: 2 } });
    const work = retried.router.chat(ask());
    await retried.clock.advance(10_000);
    expect((await work).choices[0].message.content).toBe("ok");
  });

  test("all fail: four upstream calls, and the outer's other candidate gets one of them", async () => {
    const clock = createVirtualClock();
    const failing = (id: string) => provider(id, { clock, otherwise: { error: broken() } });
    const [x, y, z] = [failing("x"), failing("y"), failing("z")] as const;
    const inside = createRouter({ id: "inside", providers: [x, y], clock, strategy: "ordered" });
    const router = createRouter({ providers: [inside, z], clock, strategy: "ordered" });
    const work = failureOf(router.chat(ask()));
    await clock.advance(120_000);
    await work;
    expect(x.calls.length + y.calls.length + z.calls.length).toBe(4);
    expect(z.calls.length).toBeGreaterThanOrEqual(1);
  });

  test("the outer's deadline holds inside, and its abort reaches the socket", async () => {
    const clock = createVirtualClock();
    const hanging = provider("x", { clock, otherwise: { hang: true } });
    const inside = createRouter({ id: "inside", providers: [hanging], clock });
    const router = createRouter({ providers: [inside], clock });
    const work = failureOf(router.chat(ask(), { timeoutMs: 100 }));
    await clock.advance(100);
    expect([(await work).kind, (await work).detail]).toEqual(["timeout", "total"]);
    expect(hanging.calls[0]?.context.signal.aborted).toBe(true);
    const controller = new AbortController();
    const left = failureOf(router.chat(ask("2"), { signal: controller.signal }));
    await clock.settle();
    controller.abort();
    expect(hanging.calls[1]?.context.signal.aborted).toBe(true);
    expect((await left).kind).toBe("cancelled");
    expect(clock.pendingTimers).toBe(0);
  });

  test("the router within watches its own calls: the outer's phases cut neither its thinking nor its way to another", async () => {
    const clock = createVirtualClock();
    const timeouts = { headersMs: 1_000, firstTokenMs: 1_000 };
    const hanging = provider("x", { clock, otherwise: { hang: true } });
    const inside = createRouter({ id: "inside", providers: [hanging, provider("y", { clock })], clock, timeouts });
    const router = createRouter({ providers: [inside], clock, timeouts });
    for (const asked of [router.chat(ask()), router.stream(ask("2")).reply]) {
      await clock.advance(1_000);
      expect((await asked).choices[0].message.content).toBe("ok");
    }
    const slow = provider("z", { clock, otherwise: { text: "late", delayMs: 5_000 } });
    const patient = createRouter({ id: "inside", providers: [slow], clock });
    const reply = createRouter({ providers: [patient], clock, timeouts }).stream(ask("3")).reply;
    await clock.advance(5_000);
    expect((await reply).choices[0].message.content).toBe("late");
  });

  test("tenant, conversation and metadata go along; a tenant bound to the inner view stays", async () => {
    const clock = createVirtualClock();
    const upstream = provider("x", { clock });
    const inside = createRouter({ id: "inside", providers: [upstream], clock });
    await createRouter({ providers: [inside], clock }).chat(ask(), { tenant: "t", metadata: { k: "v" } });
    expect(upstream.calls[0]?.context).toMatchObject({ tenant: "t", metadata: { k: "v" } });
    await createRouter({ providers: [inside.with({ tenant: "acme" })], clock }).chat(ask());
    expect(upstream.calls[1]?.context.tenant).toBe("acme");
  });
});

describe("an end of the inner router is its own", () => {
  const outcome = async (inside: Router, act: () => Promise<void> = async () => {}) => {
    const clock = createVirtualClock();
    const router = createRouter({ providers: [inside, provider("z", { clock })], strategy: "ordered", clock });
    const work = router.chat(ask());
    await act();
    return (await work).route.attempts.map(({ provider, outcome, detail }) => [provider, outcome, detail]);
  };

  test("its own deadline, its close and its purse move the request on", async () => {
    const clock = createVirtualClock();
    const hanging = () => provider("x", { clock, otherwise: { hang: true } });
    const slow = createRouter({ id: "inside", providers: [hanging()], clock, timeouts: { totalMs: 50 } });
    expect(await outcome(slow, () => clock.advance(50))).toEqual([
      ["inside", "timeout", "upstream"],
      ["z", "success", undefined],
    ]);
    const closing = createRouter({ id: "inside", providers: [hanging()], clock });
    const close = async () => {
      await clock.settle();
      await closing.close({ abort: true });
    };
    expect(await outcome(closing, close)).toEqual([
      ["inside", "unavailable", "cancelled"],
      ["z", "success", undefined],
    ]);
    expect((await outcome(closing))[0]?.slice(0, 2)).toEqual(["inside", "unavailable"]);
    const budgets = [{ per: "router" as const, maxUsd: 1e-9, windowMs: 1e6 }];
    const poor = createRouter({ id: "inside", providers: [provider("x")], clock, budgets });
    expect((await outcome(poor))[0]).toEqual(["inside", "budget_exceeded", "provider"]);
  });

  test("a request that is bad for everyone ends at once", async () => {
    const inside = createRouter({
      id: "inside",
      providers: [provider("x", { otherwise: { error: broken("invalid_request") } })],
    });
    await expect(outcome(inside)).rejects.toMatchObject({ kind: "invalid_request" });
  });
});

test("decorators stack: a cached router in a router", async () => {
  const { inside, cheap } = rig();
  const router = createRouter({ providers: [cached(inside, { mode: "response" })] });
  await readAll(router.stream(ask()));
  expect((await router.chat(ask())).route.cache.status).toBe("hit");
  expect(cheap.calls).toHaveLength(1);
});
