import { createRouter, SignalboxError } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { expect, test } from "vitest";
import { ask, double, failing, model } from "./doubles.js";

// A call of the doubles costs 100 x 1 + 20 x 2 = 140 millionths of a dollar.
const COST = 140e-6;

test("a budget is exact under 1,000 concurrent calls", async () => {
  const clock = createVirtualClock();
  const provider = double("a");
  const maxUsd = 0.01;
  const router = createRouter({ providers: [provider], clock, budgets: [{ per: "tenant", maxUsd, windowMs: 60_000 }] });
  const acme = router.with({ tenant: "acme" });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 1_000 }, () => acme.chat({ ...ask("x".repeat(350)), max_completion_tokens: 20 })),
  );
  const refused = outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }) => reason as unknown);
  expect(refused.length).toBeGreaterThan(900);
  for (const error of refused) {
    if (!SignalboxError.isInstance(error)) throw new Error("expected a SignalboxError");
    expect(error.kind).toBe("budget_exceeded");
    expect(error.retryAfterMs).toBeGreaterThan(0);
  }
  const reading = router.budget("acme");
  expect(reading?.spentUsd).toBeCloseTo(provider.calls * COST, 9);
  expect(reading?.spentUsd ?? 1).toBeLessThanOrEqual(maxUsd);
  expect(reading?.reservedUsd).toBe(0);
  // Another tenant has a purse of its own.
  expect((await router.chat(ask("x"), { tenant: "zeta" })).route.provider).toBe("a");
});

test.each([
  ["tenant", "t", "degrade"],
  ["tag", "batch", "degrade"],
  ["router", "router", "degrade"],
  ["provider", "a", "reject"],
] as const)(
  "who does not fit what is left of a %s's budget is left out, and the next that does is asked",
  async (per, key, onExceeded) => {
    const free = double("b", { models: [model({ usdPerMTok: { input: 0, output: 0 } })] });
    const router = createRouter({
      providers: [double("a"), free],
      strategy: "ordered",
      hedge: { afterMs: 60_000 },
      budgets: [{ per, key, maxUsd: 1e-9, windowMs: 60_000, onExceeded }],
    });
    const degraded = onExceeded === "degrade" ? ["budget"] : [];
    const told: unknown[] = [];
    router.on("fallback", (event) => told.push(event));
    router.on("decision", ({ candidate, excluded }) => told.push([candidate, excluded]));
    const options = { tenant: "t", tags: ["batch"] };
    const { route } = await router.chat(ask("x"), options);
    expect(route).toMatchObject({ provider: "b", degraded, attempts: [{ provider: "b", outcome: "success" }] });
    expect((await router.stream(ask("y"), options).reply).route.provider).toBe("b");
    expect((await router.chat(ask("z"), { ...options, fallback: false })).route.provider).toBe("b");
    // A decision, no failure that somebody else makes good.
    expect(told).toEqual(Array(3).fill(["b/m", [{ id: "a/m", reason: "budget" }]]));
    expect(router.explain(ask("x"), options)).toMatchObject({
      candidates: [{ id: "b/m" }],
      excluded: [{ id: "a/m", reason: "budget" }],
    });
  },
);

test.each([
  ["tenant", "t"],
  ["tag", "batch"],
  ["router", "router"],
] as const)("a %s's budget that rejects refuses the request, whoever else would fit", async (per, key) => {
  const free = double("b", { models: [model({ usdPerMTok: { input: 0, output: 0 } })] });
  const router = createRouter({
    providers: [double("a"), free],
    strategy: "ordered",
    budgets: [{ per, key, maxUsd: 1e-9, windowMs: 60_000 }],
    degrade: { to: "b/m" },
  });
  const options = { tenant: "t", tags: ["batch"] };
  const refused = { kind: "budget_exceeded", attempts: [], excluded: [{ id: "a/m", reason: "budget" }] };
  await expect(router.chat(ask("x"), options)).rejects.toMatchObject(refused);
  await expect(router.stream(ask("y"), options).reply).rejects.toMatchObject(refused);
  expect(free.calls).toBe(0);
});

test("a failure before a budget that rejects stays the word", async () => {
  const router = createRouter({
    providers: [double("a", { fail: () => failing("auth") }), double("b")],
    strategy: "ordered",
    budgets: [{ per: "router", maxUsd: 0.009, windowMs: 60_000 }],
  });
  const dear = model({ usdPerMTok: { input: 1_000, output: 100 } });
  const other = createRouter({
    providers: [double("a", { fail: () => failing("auth") }), double("b", { models: [dear] })],
    strategy: "ordered",
    budgets: [{ per: "router", maxUsd: 0.009, windowMs: 60_000 }],
  });
  expect((await router.chat(ask("x"))).route.provider).toBe("b");
  await expect(other.chat(ask("x"))).rejects.toMatchObject({ kind: "auth", attempts: [{ provider: "a" }] });
});

test("where nobody fits the error names all of them, and when the first will", async () => {
  const clock = createVirtualClock();
  const dear = double("dear", { models: [model({ usdPerMTok: { input: 10, output: 20 } })] });
  const router = createRouter({
    providers: [dear, double("cheap"), double("other", { models: [model({ id: "u", usdPerMTok: null })] })],
    clock,
    strategy: "ordered",
    budgets: [{ per: "router", maxUsd: 2 * COST, windowMs: 60_000, onExceeded: "degrade" }],
  });
  const request = { ...ask("x"), max_completion_tokens: 20 };
  await router.chat(request);
  await clock.advance(1_000);
  await router.chat(request);
  await expect(router.chat(request)).rejects.toMatchObject({
    kind: "budget_exceeded",
    detail: "degrade",
    retryAfterMs: 59_000,
    attempts: [],
    excluded: [
      { id: "other/u", reason: "unknown_price" },
      { id: "dear/m", reason: "budget" },
      { id: "cheap/m", reason: "budget" },
    ],
  });
  expect(dear.calls).toBe(0);
});

test("whom no money is left for is no choice in the decision log", async () => {
  const lines: unknown[] = [];
  const router = createRouter({
    providers: [double("a"), double("b"), double("c")],
    strategy: "ordered",
    budgets: [{ per: "provider", key: "a", maxUsd: 1e-9, windowMs: 60_000 }],
    decisionLog: (line) => void (line.type === "decision" && lines.push(line)),
  });
  await router.chat(ask("x"));
  expect(lines).toMatchObject([{ chosen: "b/m", candidates: [{ id: "b/m" }, { id: "c/m" }] }]);
});

test("a failure before whom no money is left for stays the word", async () => {
  const router = createRouter({
    providers: [double("a", { fail: () => failing("auth") }), double("b")],
    strategy: "ordered",
    budgets: [{ per: "provider", key: "b", maxUsd: 1e-9, windowMs: 60_000 }],
  });
  await expect(router.chat(ask("x"))).rejects.toMatchObject({ kind: "auth", attempts: [{ provider: "a" }] });
});

test("concurrent calls take the dear one while it fits and the cheap one after, and pass no limit", async () => {
  const dear = double("dear", { models: [model({ usdPerMTok: { input: 10, output: 20 } })] });
  const cheap = double("cheap");
  const router = createRouter({
    providers: [dear, cheap],
    strategy: "ordered",
    budgets: [{ per: "tenant", maxUsd: 50 * COST, windowMs: 60_000, onExceeded: "degrade" }],
  });
  const request = { ...ask("x".repeat(350)), max_completion_tokens: 20 };
  const settled = await Promise.allSettled(
    Array.from({ length: 300 }, (_, i) =>
      i % 2 === 0 ? router.chat(request, { tenant: "t" }) : router.stream(request, { tenant: "t" }).reply,
    ),
  );
  const served = settled.filter(({ status }) => status === "fulfilled").length;
  expect([dear.calls > 2, cheap.calls > 2, dear.calls + cheap.calls]).toEqual([true, true, served]);
  const reading = router.budget("t");
  expect(reading?.spentUsd).toBeLessThanOrEqual(50 * COST);
  expect(reading?.spentUsd).toBeCloseTo((10 * dear.calls + cheap.calls) * COST, 9);
  expect(reading?.reservedUsd).toBe(0);
});

test("a spent tenant's budget is told where nothing is free", async () => {
  const budgets = [{ per: "tenant", maxUsd: 1e-9, windowMs: 60_000 }] as const;
  const router = createRouter({ providers: [double("a"), double("b")], budgets, degrade: { to: "b/m" } });
  const rungs: string[] = [];
  router.on("degraded", ({ rung }) => rungs.push(rung));
  await expect(router.chat(ask("x"), { tenant: "t" })).rejects.toMatchObject({ kind: "budget_exceeded" });
  expect([rungs, (await router.chat(ask("x"), { tenant: undefined })).route.degraded]).toEqual([[], []]);
});

test("a failed call gives its money back", async () => {
  const provider = double("a", { fail: () => new SignalboxError("auth", "no") });
  const router = createRouter({ providers: [provider], budgets: [{ per: "router", maxUsd: 1, windowMs: 60_000 }] });
  await router.chat(ask("x")).catch(() => {});
  expect(router.budgets()).toMatchObject([{ spentUsd: 0, reservedUsd: 0 }]);
});

test("maxCostUsd excludes what cannot meet it, and what has no price", async () => {
  const dear = model({ id: "dear", usdPerMTok: { input: 100, output: 100 } });
  const unknown = model({ id: "unknown", usdPerMTok: null });
  const router = createRouter({ providers: [double("a", { models: [dear, unknown] })] });
  const error = (await router
    .chat(ask("x"), { maxCostUsd: 1e-6 })
    .catch((thrown: unknown) => thrown)) as SignalboxError;
  expect(error.kind).toBe("budget_exceeded");
  expect(error.excluded).toEqual([
    { id: "a/dear", reason: "budget" },
    { id: "a/unknown", reason: "unknown_price" },
  ]);
});

test("explain leaves out whom a budget would refuse now", async () => {
  const clock = createVirtualClock();
  const budgets = [{ per: "provider", key: "a", maxUsd: 2 * COST, windowMs: 60_000 }] as const;
  const router = createRouter({ providers: [double("a"), double("b")], strategy: "ordered", budgets, clock });
  const request = { ...ask("x"), max_completion_tokens: 20 };
  expect(router.explain(request).excluded).toEqual([]);
  await router.chat(request);
  await router.chat(request);
  const { candidates, excluded } = router.explain(request);
  expect(candidates.map(({ id }) => id)).toEqual(["b/m"]);
  expect(excluded).toEqual([{ id: "a/m", reason: "budget" }]);
  expect((await router.chat(request)).route.provider).toBe("b");
  await clock.advance(62_000);
  expect(router.explain(request).excluded).toEqual([]);
});

test("explain ends where a budget would reject the request", async () => {
  const priced = (id: string, output: number) => double(id, { models: [model({ usdPerMTok: { input: 0, output } })] });
  const request = { ...ask("x"), max_completion_tokens: 1_000 };
  const explained = (ids: readonly string[], onExceeded: "reject" | "degrade") => {
    const budgets = [{ per: "tenant", maxUsd: 0.01, windowMs: 60_000, onExceeded }] as const;
    const providers = ids.map((id) => priced(id, id === "dear" ? 1_000 : 1));
    const router = createRouter({ providers, strategy: "ordered", budgets });
    const { candidates, excluded } = router.explain(request, { tenant: "acme" });
    const asked = router.chat(request, { tenant: "acme" });
    return { asked, told: [candidates.map(({ provider }) => provider), excluded.map(({ id }) => id)] };
  };
  const rejected = explained(["dear", "cheap"], "reject");
  expect(rejected.told).toEqual([[], ["dear/m", "cheap/m"]]);
  await expect(rejected.asked).rejects.toMatchObject({ kind: "budget_exceeded" });
  const first = explained(["cheap", "dear", "other"], "reject");
  expect(first.told).toEqual([["cheap"], ["dear/m", "other/m"]]);
  expect((await first.asked).route.provider).toBe("cheap");
  const degraded = explained(["dear", "cheap"], "degrade");
  expect(degraded.told).toEqual([["cheap"], ["dear/m"]]);
  expect((await degraded.asked).route.provider).toBe("cheap");
});

test("a budget that degrades sends the call to whoever still fits it, and says so", async () => {
  const dear = double("dear", { models: [model({ usdPerMTok: { input: 100, output: 100 } })] });
  const cheap = double("cheap", { models: [model({ usdPerMTok: { input: 0.01, output: 0.01 } })] });
  const router = createRouter({
    providers: [dear, cheap],
    strategy: "ordered",
    budgets: [{ per: "router", maxUsd: 0.01, windowMs: 60_000, onExceeded: "degrade" }],
  });
  const rungs: string[] = [];
  router.on("degraded", ({ rung }) => rungs.push(rung));
  const reply = await router.chat({ messages: [{ role: "user", content: "Hello" }], max_tokens: 500 });
  expect(reply.route).toMatchObject({ provider: "cheap", degraded: ["budget"] });
  expect(rungs).toEqual(["budget"]);
  expect(dear.calls).toBe(0);
  await router.close();
});

test("a degrading budget that nobody fits fails the request, and nothing is called degraded", async () => {
  const router = createRouter({
    providers: [double("a"), double("b")],
    budgets: [{ per: "router", maxUsd: 1e-9, windowMs: 60_000, onExceeded: "degrade" }],
  });
  const rungs: string[] = [];
  router.on("degraded", ({ rung }) => rungs.push(rung));
  await expect(router.chat(ask("x"))).rejects.toMatchObject({ kind: "budget_exceeded" });
  expect(rungs).toEqual([]);
});

test("a dollar leaves its window to the millisecond", async () => {
  const clock = createVirtualClock();
  const router = createRouter({
    providers: [double("a")],
    clock,
    budgets: [{ per: "tenant", maxUsd: COST, windowMs: 60_000 }],
  });
  const request = { ...ask("x"), max_completion_tokens: 20 };
  const acme = router.with({ tenant: "acme" });
  await acme.chat(request);
  await expect(acme.chat(request)).rejects.toMatchObject({ kind: "budget_exceeded", retryAfterMs: 60_000 });
  await clock.advance(59_999);
  await expect(acme.chat(request)).rejects.toMatchObject({ retryAfterMs: 1 });
  await clock.advance(1);
  expect((await acme.chat(request)).route.costUsd).toBeCloseTo(COST, 9);
});

test("budget(key) reads the purse of that key, not one that another rule would open under its name", async () => {
  const windowMs = 60_000;
  const router = createRouter({
    providers: [double("a")],
    budgets: [
      { per: "router", maxUsd: 5, windowMs },
      { per: "tenant", maxUsd: 100, windowMs },
      { per: "provider", maxUsd: 1, windowMs },
    ],
  });
  const whose = (): unknown[] => ["router", "acme", "a"].map((key) => router.budget(key)?.per);
  expect(whose()).toEqual(["router", "tenant", "provider"]);
  await router.chat(ask("x"), { tenant: "acme" });
  expect(whose()).toEqual(["router", "tenant", "provider"]);
  expect(router.budget("acme")).toMatchObject({ spentUsd: expect.closeTo(COST, 9), maxUsd: 100 });
});

test("what is held for a call is no more than it may cost, or its model can write", async () => {
  const budgets = [{ per: "router", maxUsd: 0.002, windowMs: 60_000 }] as const;
  const provider = double("a");
  const router = createRouter({ providers: [provider], budgets });
  await expect(router.chat({ ...ask("x"), max_tokens: 1_000 })).rejects.toMatchObject({ kind: "budget_exceeded" });
  expect(router.explain(ask("x"), { maxCostUsd: 0.001 }).excluded).toEqual([]);
  expect((await router.chat(ask("x"), { maxCostUsd: 0.001 })).route.provider).toBe("a");
  const short = createRouter({ providers: [double("a", { models: [model({ maxOutput: 100 })] })], budgets });
  expect((await short.chat({ ...ask("x"), max_tokens: 100_000 })).route.provider).toBe("a");
});

test("what has no price is not asked where a budget would count it", async () => {
  const unpriced = double("u", { models: [model({ usdPerMTok: null })] });
  const rule = { maxUsd: 1, windowMs: 60_000 };
  const router = createRouter({
    providers: [unpriced, double("a")],
    strategy: "ordered",
    budgets: [
      { per: "tenant", ...rule },
      { per: "tag", key: "batch", ...rule },
    ],
  });
  for (const [options, provider] of [
    [{}, "u"],
    [{ tags: ["other"] }, "u"],
    [{ tags: ["batch"] }, "a"],
    [{ tenant: "acme" }, "a"],
  ] as const) {
    expect((await router.chat(ask("x"), options)).route.provider).toBe(provider);
  }
  expect(router.explain(ask("x"), { tenant: "acme" }).excluded).toEqual([{ id: "u/m", reason: "unknown_price" }]);
});

test("maxCostUsd spans all calls of a request: whom the rest does not pay for is not asked", async () => {
  const cheap = double("cheap");
  const dear = double("dear", { models: [model({ id: "d", usdPerMTok: { input: 10, output: 50 } })] });
  const router = createRouter({
    providers: [cheap, { ...dear, autoModels: [] }],
    escalate: { to: "dear/d", validate: ({ choices }) => choices[0].message.content !== "cheap says hello" },
  });
  expect((await router.chat(ask("x"), { maxCostUsd: 0.01 })).route.provider).toBe("dear");
  dear.calls = 0;
  // Reading costs the dear one about 450 millionths: it fits alone, but not after the first answer.
  const { route } = await router.chat(ask("x"), { maxCostUsd: 0.00055 });
  expect([route.provider, route.degraded]).toEqual(["cheap", ["not_escalated"]]);
  expect([dear.calls, route.costUsd]).toEqual([0, expect.closeTo(COST, 9)]);
});
