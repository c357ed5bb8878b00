import { blend, chain, createRouter, SignalboxError, type Strategy } from "signalbox";
import { createVirtualClock, scriptedProvider } from "signalbox/testing";
import { expect, test } from "vitest";
import { ask, double, failing, model } from "./doubles.js";

const failure = async (work: Promise<unknown>): Promise<SignalboxError> => {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!SignalboxError.isInstance(thrown)) throw new Error("expected a SignalboxError");
  return thrown;
};

test("the next candidate takes over at once, without a wait", async () => {
  const clock = createVirtualClock();
  const router = createRouter({
    providers: [double("a", { fail: () => failing() }), double("b", { fail: () => failing("network") }), double("c")],
    strategy: "ordered",
    clock,
  });
  const moves: string[] = [];
  router.on("fallback", ({ from, to, error }) => void moves.push(`${from} ${error} ${to}`));
  const reply = await router.chat(ask("hello"));
  expect(reply.route.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
    ["a", "server"],
    ["b", "network"],
    ["c", "success"],
  ]);
  expect(moves).toEqual(["a/m server b/m", "b/m network c/m"]);
  expect(reply.route.latencyMs).toBe(0);
});

test.each(["invalid_request", "content_filter"] as const)("%s never moves to another candidate", async (kind) => {
  const backup = double("b");
  const router = createRouter({ providers: [double("a", { fail: () => failing(kind) }), backup], strategy: "ordered" });
  const error = await failure(router.chat(ask("hello")));
  expect(error.kind).toBe(kind);
  expect(backup.calls).toBe(0);
  expect(error.attempts).toHaveLength(1);
});

test("with nobody left the same provider is asked again after a wait", async () => {
  const clock = createVirtualClock();
  const only = double("only", { fail: (call) => (call < 3 ? failing() : undefined) });
  const router = createRouter({ providers: [only], clock, random: () => 0.5 });
  const waits: number[] = [];
  router.on("retry", ({ delayMs }) => void waits.push(delayMs));
  const work = router.chat(ask("hello"));
  await clock.advance(60_000);
  const reply = await work;
  expect(only.calls).toBe(3);
  expect(waits).toEqual([250, 500]);
  expect(reply.route.attempts).toHaveLength(3);
});

test("one request makes at most four upstream calls in all", async () => {
  const clock = createVirtualClock();
  const providers = ["a", "b", "c", "d", "e", "f"].map((id) => double(id, { fail: () => failing() }));
  const router = createRouter({ providers, strategy: "ordered", clock });
  const work = failure(router.chat(ask("hello")));
  await clock.advance(60_000);
  const error = await work;
  expect(error.kind).toBe("server");
  expect(providers.reduce((sum, { calls }) => sum + calls, 0)).toBe(4);
  expect(error.attempts).toHaveLength(4);
});

test("fallback: false asks nobody else", async () => {
  const clock = createVirtualClock();
  const backup = double("b");
  const router = createRouter({
    providers: [double("a", { fail: () => failing("auth") }), backup],
    strategy: "ordered",
    clock,
  });
  const error = await failure(router.chat(ask("hello"), { fallback: false }));
  expect([error.kind, backup.calls]).toEqual(["auth", 0]);
});

test("a nested router spends the outer budget", async () => {
  const clock = createVirtualClock();
  const inside = [double("x", { fail: () => failing() }), double("y", { fail: () => failing() })];
  const inner = createRouter({ id: "inner", providers: inside, clock });
  const outer = createRouter({
    providers: [inner, double("z", { fail: () => failing() })],
    strategy: "ordered",
    clock,
  });
  const work = failure(outer.chat(ask("hello")));
  await clock.advance(120_000);
  await work;
  expect(inside.reduce((sum, { calls }) => sum + calls, 0)).toBeLessThanOrEqual(3);
});

test("no candidate: each exclusion has its reason", async () => {
  const router = createRouter({ providers: [double("a"), double("b", { models: [model({ contextWindow: 100 })] })] });
  const error = await failure(
    router.chat({
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }] }],
    }),
  );
  expect(error.kind).toBe("no_candidate");
  expect(error.excluded).toEqual([
    { id: "a/m", reason: "missing_vision" },
    { id: "b/m", reason: "missing_vision" },
  ]);
  expect(JSON.parse(JSON.stringify(error)).excluded).toHaveLength(2);
});

test("all open: one call a second may try, the others are told when to come back", async () => {
  const clock = createVirtualClock();
  const only = double("only", { fail: () => failing() });
  const router = createRouter({ providers: [only], clock, retry: { attempts: 1, maxWaitMs: 0 } });
  for (let i = 0; i < 5; i += 1) await failure(router.chat(ask("x")));
  const blocked = await Promise.all(Array.from({ length: 10 }, () => failure(router.chat(ask("x")))));
  expect(only.calls).toBe(6);
  const told = blocked.filter((error) => error.kind === "unavailable");
  expect(told).toHaveLength(9);
  expect(told.every((error) => (error.retryAfterMs ?? 0) > 0)).toBe(true);
});

test("a caller's abort is kind cancelled with its reason, and nobody's failure", async () => {
  const hanging = { ...double("hang"), chat: () => new Promise<never>(() => {}) };
  const router = createRouter({ providers: [hanging] });
  const controller = new AbortController();
  const work = failure(router.chat(ask("x"), { signal: controller.signal }));
  controller.abort("changed my mind");
  const error = await work;
  expect([error.kind, error.name, error.cause]).toEqual(["cancelled", "AbortError", "changed my mind"]);
  expect(router.health().candidates[0]?.status).toBe("unknown");
});

test("a hanging provider is given up at its head timeout, and the next one answers", async () => {
  const clock = createVirtualClock();
  const hanging = { ...double("hang"), chat: () => new Promise<never>(() => {}) };
  const router = createRouter({
    providers: [hanging, double("b")],
    strategy: "ordered",
    clock,
    timeouts: { headersMs: 300 },
  });
  const work = router.chat(ask("x"));
  await clock.advance(300);
  const reply = await work;
  expect(reply.route.attempts.map(({ outcome, detail }) => [outcome, detail])).toEqual([
    ["timeout", "headers"],
    ["success", undefined],
  ]);
  // It is remembered: the second call does not wait for the hanging one.
  expect((await router.chat(ask("y"))).route.attempts).toHaveLength(1);
});

test("a total timeout ends the request", async () => {
  const clock = createVirtualClock();
  const hanging = { ...double("hang"), chat: () => new Promise<never>(() => {}) };
  const router = createRouter({ providers: [hanging, double("b")], strategy: "ordered", clock });
  const work = failure(router.chat(ask("x"), { timeoutMs: 50 }));
  await clock.advance(50);
  const error = await work;
  expect([error.kind, error.detail]).toEqual(["timeout", "total"]);
});

test("a throwing listener and a throwing strategy fail no request", async () => {
  const strategy = {
    name: "broken",
    score: (): number => {
      throw new Error("no");
    },
  };
  const router = createRouter({ providers: [double("a"), double("b")], strategy });
  const warnings: string[] = [];
  router.on("warning", ({ code }) => void warnings.push(code));
  router.on("done", () => {
    throw new Error("listener");
  });
  expect((await router.chat(ask("x"))).route.provider).toBe("a");
  expect((await router.chat(ask("y"))).route.provider).toBe("a");
  expect(warnings.filter((code) => code === "strategy_failed")).toHaveLength(1);
  expect(warnings).toContain("listener_failed");
});

test("a reply tells why, also where a rank strategy, or one put together, says so", async () => {
  const rank = () => [{ id: "b/m", score: 1, reason: "it is b's day" }];
  for (const [strategy, reasons] of [
    [{ name: "daily", rank }, ["it is b's day"]],
    [blend({ ordered: 1 }), ["ordered 1.00"]],
    [chain(["ordered"]), ["number 1 in the listed order"]],
  ] as const) {
    const router = createRouter({ providers: [double("a"), double("b")], strategy });
    expect(router.explain(ask("x")).candidates[0]?.reasons).toEqual(reasons);
    expect((await router.chat(ask("x"))).route.reasons).toEqual(reasons);
  }
});

test("a strategy's fault that nobody heard of is told once somebody listens", async () => {
  const strategy = {
    name: "broken",
    score: (): number => {
      throw new Error("no");
    },
  };
  const router = createRouter({ providers: [double("a"), double("b")], strategy });
  await router.chat(ask("x"));
  const warnings: string[] = [];
  router.on("warning", ({ code }) => void warnings.push(code));
  await router.chat(ask("y"));
  await router.chat(ask("z"));
  expect(warnings).toEqual(["strategy_failed"]);
});

type Seen = { candidates: { id: string; position: number }[] };
test.each<[string, (seen: Seen) => unknown]>([
  ["sorts in place", ({ candidates }) => candidates.reverse().map(({ id }) => ({ id, score: 1 }))],
  ["empties the list", ({ candidates }) => candidates.splice(0).map(({ id }) => ({ id, score: 1 }))],
  [
    "writes on a candidate",
    ({ candidates }) => candidates.map((each) => Object.assign(each, { position: 7, score: 1 })),
  ],
])("what a strategy sees is immutable: one that %s spoils no later request", async (_, rank) => {
  const strategy = { name: "careless", rank } as unknown as Strategy;
  const router = createRouter({ providers: [double("a"), double("b")], strategy: "ordered" });
  const warnings: string[] = [];
  router.on("warning", ({ code }) => void warnings.push(code));
  for (let call = 0; call < 2; call += 1) {
    expect((await router.chat(ask("x"), { strategy })).route.provider).toBe("a");
    expect((await router.chat(ask("x"))).route.provider).toBe("a");
  }
  expect(warnings).toEqual(["strategy_failed"]);
});

test.each([
  ["another may save it: whatever its rank", {}, {}, "b"],
  ["nobody else would be asked: by merit alone", { fallback: false }, {}, "a"],
  ["nobody else would be asked, by the router's own option", {}, { fallback: false }, "a"],
  ["one call is all it may make", {}, { retry: { attempts: 1 } }, "a"],
])("a half-open candidate is tried first where %s", async (_, options, more, first) => {
  const clock = createVirtualClock();
  let broken = true;
  const flaky = double("b", { fail: () => (broken ? failing() : undefined) });
  const router = createRouter({ providers: [double("a"), flaky], strategy: "ordered", clock, ...more });
  for (let n = 0; n < 5; n += 1) {
    const work = router.chat(ask(`${n}`), { allow: ["b"], timeoutMs: 100 }).catch(() => {});
    await clock.advance(100);
    await work;
    if (router.explain(ask("who")).excluded.length > 0) break;
  }
  expect(router.explain(ask("who")).excluded).toEqual([{ id: "b/m", reason: "breaker_open" }]);
  await clock.advance(5_000);
  broken = false;
  expect(router.explain(ask("who"), options).candidates[0]?.id).toBe(`${first}/m`);
  const reply = await router.chat(ask("who"), options);
  expect(reply.route.attempts.map(({ provider }) => provider)).toEqual([first]);
});

test.each([0, 0.5, 0.999])(
  "a primary that hangs is called at most twice in ten calls, half a second apart (random %d)",
  async (drawn) => {
    const clock = createVirtualClock();
    const hanging = scriptedProvider({ id: "a", models: [model()], clock, otherwise: { hang: true } });
    const router = createRouter({ providers: [hanging, double("b")], strategy: "ordered", clock, random: () => drawn });
    const tookMs: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      const work = router.chat(ask(`${n}`));
      work.then(({ route }) => tookMs.push(route.latencyMs));
      for (let waits = 0; tookMs.length === n && waits < 2_000; waits += 1) await clock.advance(100);
      await clock.advance(500);
    }
    expect(hanging.calls.length).toBeLessThanOrEqual(2);
    expect(tookMs.filter((ms) => ms > 0).length).toBe(hanging.calls.length);
  },
);
