import { createRouter, type RouterOptions } from "signalbox";
import { createVirtualClock, testModel } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, broken, eventsOf, failureOf, listenTo, provider, readAll } from "./support.js";

const small = testModel("small", { contextWindow: 4_000 });
const tool = { type: "function" as const, function: { name: "f", parameters: { type: "object", properties: {} } } };

/** `main` always fails with `error`; `spare` serves only by name. */
function rig(options: Partial<RouterOptions> = {}, error = broken("auth"), spareModels = [small]) {
  const clock = createVirtualClock();
  const main = provider("main", { clock, otherwise: { error } });
  const spare = { ...provider("spare", { clock, models: spareModels }), autoModels: [] as string[] };
  const router = createRouter({ providers: [main, spare], clock, strategy: "ordered", random: () => 0.5, ...options });
  return { clock, main, spare, router, told: listenTo(router) };
}

describe("cheaper: other models, by opt-in", () => {
  test("off unless given", async () => {
    const { router, spare } = rig();
    expect((await failureOf(router.chat(ask()))).kind).toBe("auth");
    expect(spare.calls).toHaveLength(0);
  });

  test("asked when nobody else is left; told in the route and by an event; never stored", async () => {
    const { router, spare, told } = rig({ degrade: { to: "small" }, cache: {} });
    const { route } = await router.chat(ask());
    expect([route.provider, route.degraded]).toEqual(["spare", ["cheaper"]]);
    expect(route.attempts.map(({ outcome }) => outcome)).toEqual(["auth", "success"]);
    expect(eventsOf(told, "degraded")).toEqual([{ requestId: route.requestId, rung: "cheaper" }]);
    expect(eventsOf(told, "cache").at(-2)).toMatchObject({ status: "refused", reason: "degraded" });
    expect((await router.chat(ask())).route.cache.status).toBe("miss");
    expect([router.stats().requests.degraded, spare.calls.length]).toEqual([2, 2]);
  });

  test("also where everybody is blocked, and as a stream", async () => {
    const { router } = rig({ degrade: { to: ["small"] } });
    router.disable("main");
    const stream = router.stream(ask());
    expect((await readAll(stream)).text).toBe("ok");
    expect((await stream.reply).route.degraded).toEqual(["cheaper"]);
  });

  test("retries of the same provider leave it a call", async () => {
    const { router, clock, main, spare } = rig({ degrade: { to: "small" } }, broken("server"));
    const work = router.chat(ask());
    await clock.advance(60_000);
    expect((await work).route.degraded).toEqual(["cheaper"]);
    expect([main.calls.length, spare.calls.length]).toEqual([3, 1]);
  });

  test("no rung loosens a hard need, a deny list, a window or a tenant's wall", async () => {
    const capabilities = { tools: false, vision: false, thinking: "none", json: "none" } as const;
    const plain = { ...small, capabilities };
    const { router, spare } = rig({ degrade: { to: "small" } }, broken("auth"), [plain]);
    expect((await failureOf(router.chat({ ...ask(), tools: [tool] }))).kind).toBe("auth");
    router.enable("main");
    expect((await failureOf(router.chat(ask(), { deny: ["spare"] }))).kind).toBe("auth");
    router.enable("main");
    expect((await failureOf(router.chat(ask("x".repeat(30_000))))).kind).toBe("auth");
    router.enable("main");
    expect((await failureOf(router.chat(ask(), { require: ["vision"] }))).kind).toBe("auth");
    expect(spare.calls).toHaveLength(0);
  });

  test("fallback: false keeps to one candidate", async () => {
    const { router, spare, main } = rig({ degrade: { to: "small", shrink: { maxTokens: 5 } } }, broken("overloaded"));
    const work = failureOf(router.chat(ask(), { fallback: false, timeoutMs: 100 }));
    expect((await work).kind).toBe("overloaded");
    expect([spare.calls.length, main.calls.length >= 1]).toEqual([0, true]);
  });

  test.each(["invalid_request", "content_filter"] as const)("%s never steps down", async (kind) => {
    const { router, spare } = rig({ degrade: { to: "small" } }, broken(kind));
    expect((await failureOf(router.chat(ask()))).kind).toBe(kind);
    expect(spare.calls).toHaveLength(0);
  });
});

describe("shrink: a smaller request", () => {
  const history = [
    { role: "system" as const, content: "be kind" },
    { role: "user" as const, content: "old ".repeat(2_000) },
    {
      role: "assistant" as const,
      content: null,
      tool_calls: [{ id: "t1", type: "function" as const, function: { name: "f", arguments: "{}" } }],
    },
    { role: "tool" as const, tool_call_id: "t1", content: "result" },
    { role: "assistant" as const, content: "done" },
    { role: "user" as const, content: "and now?" },
  ];

  test("the history is cut, system prompt and tool pairs stay whole; output and tools as told", async () => {
    const clock = createVirtualClock();
    const script = [{ error: broken("context_length") }];
    const main = provider("main", { clock, script });
    const shrink = { historyTokens: 500, maxTokens: 64, dropTools: true };
    const router = createRouter({ providers: [main], clock, degrade: { shrink } });
    const { route } = await router.chat({
      messages: history.slice(0, 2).concat(history.slice(5)),
      tools: [tool],
      max_tokens: 900,
    });
    expect(route.degraded).toEqual(["shrunk"]);
    const sent = main.calls[1]?.request;
    expect(sent?.messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect([sent?.max_completion_tokens, sent?.max_tokens, sent?.tools]).toEqual([64, undefined, undefined]);
  });

  test("tools stay where a loop is open or one is forced", async () => {
    const clock = createVirtualClock();
    for (const more of [{ messages: history }, { ...ask(), tool_choice: "required" as const }]) {
      const main = provider("main", { clock, script: [{ error: broken("unsupported") }] });
      const shrink = { historyTokens: 500, maxTokens: 64, dropTools: true };
      const router = createRouter({ providers: [main], clock, degrade: { shrink } });
      await router.chat({ ...more, tools: [tool] });
      expect(main.calls[1]?.request.tools).toHaveLength(1);
    }
  });

  test("a request that fits nobody as it is may fit when it is cut", async () => {
    const clock = createVirtualClock();
    const main = provider("main", { clock, models: [testModel("m", { contextWindow: 1_500 })] });
    const plain = createRouter({ providers: [main], clock });
    expect((await failureOf(plain.chat({ messages: history }))).kind).toBe("no_candidate");
    const router = createRouter({ providers: [main], clock, degrade: { shrink: { historyTokens: 500 } } });
    expect((await router.chat({ messages: history })).route.degraded).toEqual(["shrunk"]);
  });

  test("nothing to give up: the rung is not taken", async () => {
    const { router, main } = rig({ degrade: { shrink: { historyTokens: 5_000 } } });
    expect((await failureOf(router.chat(ask()))).kind).toBe("auth");
    expect(main.calls).toHaveLength(1);
  });
});

describe("stale: an answer past its lifetime", () => {
  function stale(otherwise: Parameters<typeof provider>[1] = {}) {
    const clock = createVirtualClock();
    const main = provider("main", {
      clock,
      script: ["fresh", "fresh"],
      otherwise: { error: broken("auth") },
      ...otherwise,
    });
    const options = { cache: { ttlMs: 1_000 }, degrade: { staleMs: 5_000 } };
    const router = createRouter({ providers: [main], clock, ...options });
    return { clock, main, router, told: listenTo(router) };
  }

  test("serves the exact request, says how old it is, books the failed call", async () => {
    const { clock, router, told } = stale({ script: ["fresh"] });
    const first = await router.chat(ask());
    await clock.advance(2_000);
    const { route, choices } = await router.chat(ask());
    expect([choices[0].message.content, route.degraded]).toEqual(["fresh", ["stale"]]);
    expect(route.cache).toEqual({ status: "stale", ageMs: 2_000, savedUsd: first.route.costUsd });
    expect(route.attempts.map(({ outcome }) => outcome)).toEqual(["auth"]);
    expect(eventsOf(told, "degraded")).toHaveLength(1);
    expect((await failureOf(router.chat(ask("something else")))).kind).toBe("auth");
    const stream = router.stream(ask());
    expect([(await readAll(stream)).text, (await stream.reply).route.cache.status]).toEqual(["fresh", "stale"]);
    await clock.advance(4_001);
    expect((await failureOf(router.chat(ask()))).kind).toBe("auth");
  });

  test("never with tools, never for another tenant, never where the call does not read the cache", async () => {
    const { clock, router } = stale({ script: ["fresh", "fresh"] });
    await router.chat(ask());
    await router.chat({ ...ask(), tools: [tool] });
    await clock.advance(2_000);
    await failureOf(router.chat({ ...ask(), tools: [tool] }));
    await failureOf(router.chat(ask(), { tenant: "other" }));
    await failureOf(router.chat(ask(), { cache: { mode: "write" } }));
    await failureOf(router.chat(ask(), { cache: false }));
    expect((await router.chat(ask())).route.degraded).toEqual(["stale"]);
  });

  test("also where time is up", async () => {
    const { clock, router } = stale({ script: ["fresh"], otherwise: { hang: true } });
    await router.chat(ask());
    await clock.advance(2_000);
    const work = router.chat(ask(), { timeoutMs: 100 });
    await clock.advance(100);
    expect((await work).route.degraded).toEqual(["stale"]);
  });

  test("also for equal calls at once, each when its own time is up", async () => {
    const { clock, router } = stale({ script: ["fresh"], otherwise: { hang: true } });
    await router.chat(ask());
    await clock.advance(2_000);
    const work = [100, 100, 300, 200].map((timeoutMs) => router.chat(ask(), { timeoutMs }));
    await clock.advance(300);
    for (const { route } of await Promise.all(work)) expect(route.degraded).toEqual(["stale"]);
  });

  test("a fresh answer is stored again, and an entry lives its own time where nothing is broken", async () => {
    const { clock, router, main } = stale({ script: ["one", "two"] });
    await router.chat(ask());
    await clock.advance(1_000);
    expect((await router.chat(ask())).choices[0].message.content).toBe("two");
    expect((await router.chat(ask())).route.cache.status).toBe("hit");
    expect(main.calls).toHaveLength(2);
  });
});

describe("wait: for the nearest to come back", () => {
  test("waits no longer than told, and never past the deadline", async () => {
    const limited = broken("rate_limit", { retryAfterMs: 5_000 });
    const clock = createVirtualClock();
    const main = provider("main", { clock, script: [limited] });
    const router = createRouter({ providers: [main], clock, degrade: { waitMs: 10_000 } });
    const work = router.chat(ask());
    await clock.advance(20_000);
    const { route } = await work;
    expect(route.degraded).toEqual(["waited"]);
    expect(route.attempts.map(({ outcome }) => outcome)).toEqual(["rate_limit", "success"]);
    expect(route.latencyMs).toBeGreaterThanOrEqual(5_000);
  });

  test("not where nobody is blocked, nor where it would take too long", async () => {
    const open = rig({ degrade: { waitMs: 10_000 } }, broken("unsupported"));
    expect((await failureOf(open.router.chat(ask()))).kind).toBe("unsupported");
    expect(open.main.calls).toHaveLength(1);
    const blocked = rig({ degrade: { waitMs: 1_000 } }, broken("rate_limit", { retryAfterMs: 30_000 }));
    expect((await failureOf(blocked.router.chat(ask()))).kind).toBe("rate_limit");
    expect(blocked.clock.pendingTimers).toBe(0);
  });

  test("a caller that leaves ends the wait", async () => {
    const { router, clock } = rig({ degrade: { waitMs: 60_000 } }, broken("rate_limit", { retryAfterMs: 30_000 }));
    const controller = new AbortController();
    const work = failureOf(router.chat(ask(), { signal: controller.signal }));
    await clock.advance(10);
    controller.abort();
    expect((await work).kind).toBe("cancelled");
    expect(clock.pendingTimers).toBe(0);
  });
});

test("the rungs are taken in their order, and the first one that answers ends the way down", async () => {
  const clock = createVirtualClock();
  const asked: string[] = [];
  const step = (name: string, ok: boolean) => (request: { max_completion_tokens?: number | null }) => {
    asked.push(`${name}${request.max_completion_tokens === 9 ? " shrunk" : ""}`);
    return ok ? "here" : broken("unsupported");
  };
  const main = provider("main", { clock, otherwise: step("main", false) });
  const spare = { ...provider("spare", { clock, models: [small], otherwise: step("spare", false) }), autoModels: [] };
  const degrade = { to: "small", shrink: { maxTokens: 9 }, staleMs: 1_000, waitMs: 1_000 };
  const router = createRouter({ providers: [main, spare], clock, degrade, cache: {} });
  const told = listenTo(router, ["degraded", "done"]);
  const error = await failureOf(router.chat(ask()));
  expect([error.kind, error.attempts.length]).toEqual(["unsupported", 3]);
  expect(asked).toEqual(["main", "spare", "main shrunk"]);
  expect(told.map(({ name }) => name)).toEqual(["done"]);
});
