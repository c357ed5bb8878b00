import fc from "fast-check";
import { createReply, createRouter, type RouterOptions, SignalboxError } from "signalbox";
import { createVirtualClock, type VirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, double, model } from "./doubles.js";

const HOUR = 3_600_000;
/** A dollar buys 1,000 tokens written; reading is free. */
const PRICE = { input: 0, output: 1_000 };
const LONGEST = 2_000;

/** A provider whose answers take time and have the length their prompt names, within what they may have. */
function writer(clock: VirtualClock, id = "a") {
  const seen = { calls: 0, paidUsd: 0, atOnce: 0, most: 0, startedAtMs: [] as number[] };
  const models = [model({ maxOutput: LONGEST, usdPerMTok: PRICE })];
  return {
    id,
    models,
    seen,
    async chat(request: { messages: readonly { content?: unknown }[]; max_tokens?: number | null }) {
      const [tokens = 10, ms = 100] = String(request.messages[0]?.content).split(" ").map(Number);
      seen.calls += 1;
      seen.atOnce += 1;
      seen.most = Math.max(seen.most, seen.atOnce);
      seen.startedAtMs.push(clock.now());
      await new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
      seen.atOnce -= 1;
      const written = Math.min(tokens, request.max_tokens ?? LONGEST);
      seen.paidUsd += written / 1_000;
      const usage = { prompt_tokens: 1, completion_tokens: written, total_tokens: written + 1 };
      return createReply({ text: "x", model: "m", usage });
    },
  };
}

function setUp(maxUsd: number, more: Partial<RouterOptions> = {}) {
  const clock = createVirtualClock();
  const provider = writer(clock);
  const router = createRouter({
    providers: [provider],
    clock,
    budgets: [{ per: "tenant", maxUsd, windowMs: HOUR }],
    retry: { attempts: 1 },
    ...more,
  });
  return { clock, router, provider, acme: router.with({ tenant: "acme" }) };
}

const kindOf = (outcome: PromiseSettledResult<unknown>): string => {
  if (outcome.status === "fulfilled") return "ok";
  const { reason } = outcome;
  return SignalboxError.isInstance(reason) ? `${reason.kind}/${reason.detail}` : String(reason);
};

async function settled(clock: VirtualClock, work: readonly Promise<unknown>[]): Promise<string[]> {
  const all = Promise.allSettled(work);
  for (let i = 0; i < 400; i += 1) await clock.advance(50);
  return (await all).map(kindOf);
}

describe("a budget under concurrent calls", () => {
  test("without max_tokens it is overspent by at most one call; the others wait, then are refused", async () => {
    const { clock, provider, acme, router } = setUp(1);
    const kinds = await settled(
      clock,
      Array.from({ length: 100 }, () => acme.chat(ask("300 100"))),
    );
    // Each may write two dollars' worth: one at a time, until a dollar is spent.
    expect(kinds.filter((kind) => kind === "ok")).toHaveLength(4);
    expect(new Set(kinds)).toEqual(new Set(["ok", "budget_exceeded/tenant"]));
    expect([provider.seen.most, router.budget("acme")?.spentUsd]).toEqual([1, expect.closeTo(1.2, 9)]);
  });

  test("nobody waits while the worst cases fit", async () => {
    const { clock, provider, acme } = setUp(10);
    const work = Array.from({ length: 100 }, () => acme.chat({ ...ask("100 100"), max_tokens: 100 }));
    expect(new Set(await settled(clock, work))).toEqual(new Set(["ok"]));
    expect(new Set(provider.seen.startedAtMs)).toEqual(new Set([0]));
  });

  test("what is never settled in time is refused as held, at the deadline", async () => {
    const { clock, acme } = setUp(1);
    const first = acme.chat(ask("10 5000"));
    const second = acme.chat(ask("10 100"), { timeoutMs: 1_000 });
    const kinds = settled(clock, [second]);
    await expect(second).rejects.toMatchObject({ kind: "budget_exceeded", detail: "held", attempts: [] });
    await kinds;
    expect(clock.now()).toBeGreaterThanOrEqual(1_000);
    await expect(first).resolves.toBeDefined();
  });

  test("a caller that leaves while it waits is gone at once, and holds nobody up", async () => {
    const { clock, acme, router } = setUp(1);
    const abort = new AbortController();
    const first = acme.chat(ask("10 500"));
    const second = acme.chat(ask("10 100"), { signal: abort.signal });
    const third = acme.chat(ask("10 100"));
    await clock.advance(100);
    abort.abort();
    await expect(second).rejects.toMatchObject({ kind: "cancelled" });
    expect(await settled(clock, [first, third])).toEqual(["ok", "ok"]);
    expect(router.budget("acme")).toMatchObject({ reservedUsd: 0 });
  });

  test("a candidate that fits now goes before a wait", async () => {
    const clock = createVirtualClock();
    const dear = writer(clock, "dear");
    const cheap = double("cheap", { models: [model({ usdPerMTok: { input: 0, output: 1 } })] });
    const budgets = [{ per: "router", maxUsd: 2.5, windowMs: HOUR }] as const;
    const router = createRouter({ providers: [dear, cheap], strategy: "ordered", clock, budgets });
    const first = router.chat(ask("10 500"));
    const { route } = await router.chat(ask("10 500"));
    expect([route.provider, route.degraded]).toEqual(["cheap", []]);
    expect(await settled(clock, [first])).toEqual(["ok"]);
  });

  test("a hedge never waits for money", async () => {
    const clock = createVirtualClock();
    const [first, second] = [writer(clock, "a"), writer(clock, "b")];
    const budgets = [{ per: "router", maxUsd: 2.5, windowMs: HOUR }] as const;
    const hedge = { afterMs: 100, maxShare: 1 };
    const router = createRouter({ providers: [first, second], strategy: "ordered", clock, budgets, hedge });
    expect(await settled(clock, [router.chat(ask("10 1000"))])).toEqual(["ok"]);
    expect([first.seen.calls, second.seen.calls]).toEqual([1, 0]);
  });

  test("free candidates need no money", async () => {
    const clock = createVirtualClock();
    const free = double("free", { models: [model({ usdPerMTok: { input: 0, output: 0 } })] });
    const budgets = [{ per: "router", maxUsd: 0.5, windowMs: HOUR, onExceeded: "degrade" }] as const;
    const dear = writer(clock, "dear");
    const router = createRouter({ providers: [dear, free], strategy: "ordered", clock, budgets });
    expect(await settled(clock, [router.chat(ask("1500 100"))])).toEqual(["ok"]);
    expect(router.budget("router")?.spentUsd).toBeCloseTo(1.5, 9);
    const { route } = await router.chat(ask("x"));
    expect([route.provider, route.degraded]).toEqual(["free", ["budget"]]);
  });

  test("streams wait and are booked like whole answers", async () => {
    const { clock, acme, router, provider } = setUp(1);
    const work = Array.from({ length: 20 }, (_, i) =>
      i % 2 === 0 ? acme.chat(ask("300 100")) : acme.stream(ask("300 100")).reply,
    );
    const kinds = await settled(clock, work);
    expect(kinds.filter((kind) => kind === "ok")).toHaveLength(4);
    expect([provider.seen.most, router.budget("acme")?.spentUsd]).toEqual([1, expect.closeTo(1.2, 9)]);
  });

  test("whatever is asked at once: one call overspends at most, and none that limits its output", async () => {
    const call = fc.record({
      tokens: fc.integer({ min: 1, max: LONGEST }),
      ms: fc.integer({ min: 1, max: 400 }),
      limit: fc.option(fc.integer({ min: 1, max: LONGEST }), { nil: undefined }),
      startMs: fc.integer({ min: 0, max: 1_000 }),
      tenant: fc.constantFrom("acme", "zeta"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(call, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 200, max: 8_000 }),
        async (calls, milliDollars) => {
          const maxUsd = milliDollars / 1_000;
          const { clock, router } = setUp(maxUsd, { breaker: { openMs: 1 } });
          const work = calls.map(async ({ tokens, ms, limit, startMs, tenant }) => {
            await new Promise<void>((resolve) => clock.setTimeout(resolve, startMs));
            return router.chat({ ...ask(`${tokens} ${ms}`), max_tokens: limit ?? null }, { tenant, cache: false });
          });
          const kinds = await settled(clock, work);
          for (const kind of kinds) expect(["ok", "budget_exceeded/tenant"]).toContain(kind);
          for (const tenant of ["acme", "zeta"]) {
            const own = calls.filter((each) => each.tenant === tenant);
            const unlimited = own.filter(({ limit }) => limit === undefined).map(({ tokens }) => tokens / 1_000);
            const { spentUsd = 0, reservedUsd } = router.budget(tenant) ?? {};
            expect(spentUsd).toBeLessThanOrEqual(maxUsd + Math.max(0, ...unlimited) + 1e-6);
            expect(reservedUsd).toBe(0);
            // Refused only if its worst case, or for an unlimited call anything at all, was not left unspent.
            calls.forEach(({ limit, tenant: whose }, i) => {
              if (whose !== tenant || kinds[i] === "ok") return;
              expect(spentUsd + (limit ?? 1) / 1_000).toBeGreaterThan(maxUsd - 1e-6);
            });
          }
          await router.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("rules that need to know who spends", () => {
  const windowMs = HOUR;

  test.each([
    [{ per: "tenant", maxUsd: 1, windowMs, required: true } as const, "tenant", { tags: ["x"] }, { tenant: "acme" }],
    [{ per: "tag", maxUsd: 1, windowMs, required: true } as const, "tags", { tenant: "acme" }, { tags: ["x"] }],
    [{ per: "tag", maxUsd: 1, windowMs, required: true } as const, "tags", { tags: [] }, { tags: ["x"] }],
    [{ per: "tag", key: "x", maxUsd: 1, windowMs, required: true } as const, "tags", { tags: ["y"] }, { tags: ["x"] }],
  ])("%o", async (rule, path, without, named) => {
    const provider = double("a");
    const router = createRouter({ providers: [provider], budgets: [rule] });
    const refused = { kind: "invalid_request", path };
    await expect(router.chat(ask("x"), without)).rejects.toMatchObject(refused);
    await expect(router.stream(ask("x"), without).reply).rejects.toMatchObject(refused);
    await expect(router.chat(ask("x"))).rejects.toMatchObject(refused);
    expect(provider.calls).toBe(0);
    expect((await router.with(named).chat(ask("x"))).route.provider).toBe("a");
  });

  test("required asks nothing of calls to a provider's or the router's budget", async () => {
    const rule = { maxUsd: 1, windowMs, required: true };
    const budgets = [
      { per: "provider", ...rule },
      { per: "router", ...rule },
    ] as const;
    const router = createRouter({ providers: [double("a")], budgets });
    expect((await router.chat(ask("x"))).route.provider).toBe("a");
  });
});

describe("alerts", () => {
  test("each threshold is told once per owner and window", async () => {
    const { clock, router } = setUp(1, {
      budgets: [{ per: "tenant", maxUsd: 1, windowMs: HOUR, alertAt: [0.5, 0.8] }],
    });
    const told: unknown[] = [];
    router.on("budget", ({ per, key, threshold, spentUsd }) => {
      if (threshold) told.push([per, key, threshold, Math.round(spentUsd * 10)]);
    });
    const spend = async (tenant: string, calls: number): Promise<void> => {
      for (let i = 0; i < calls; i += 1) {
        const reply = router.chat({ ...ask("100 1"), max_tokens: 100 }, { tenant });
        await clock.advance(1);
        await reply;
      }
    };
    await spend("acme", 10);
    expect(told.splice(0)).toEqual([
      ["tenant", "acme", 0.5, 5],
      ["tenant", "acme", 0.8, 8],
    ]);
    await spend("zeta", 5);
    expect(told.splice(0)).toEqual([["tenant", "zeta", 0.5, 5]]);
    await clock.advance(2 * HOUR);
    await spend("acme", 6);
    expect(told.splice(0)).toEqual([["tenant", "acme", 0.5, 5]]);
  });

  test("bad shares are refused with their path", () => {
    for (const alertAt of [[0], [1.5], ["half"], 0.5]) {
      const budgets = [{ per: "router", maxUsd: 1, windowMs: HOUR, alertAt }] as never;
      expect(() => createRouter({ providers: [double("a")], budgets })).toThrow(/budgets\[0\]\.alertAt/);
    }
  });
});

describe("spend outlives the process", () => {
  const budgets = [{ per: "tenant", maxUsd: 1, windowMs: HOUR, alertAt: [0.5] }] as const;

  test("through exportState and state, for as long as it counts", async () => {
    const { clock, acme, router } = setUp(1, { budgets });
    const done = acme.chat(ask("900 1"));
    await clock.advance(1);
    await done;
    const state = JSON.parse(JSON.stringify(router.exportState())) as unknown;
    await clock.advance(HOUR / 2);
    const again = createRouter({ providers: [writer(clock)], clock, budgets, state });
    const told: unknown[] = [];
    again.on("budget", (event) => told.push(event));
    expect(again.budget("acme")).toMatchObject({ spentUsd: expect.closeTo(0.9, 9), reservedUsd: 0 });
    await expect(again.chat({ ...ask("1 1"), max_tokens: 200 }, { tenant: "acme" })).rejects.toMatchObject({
      kind: "budget_exceeded",
    });
    expect(told).toMatchObject([{ per: "tenant", key: "acme", spentUsd: expect.closeTo(0.9, 9) }]);
    await clock.advance(HOUR / 2);
    expect(again.budget("acme")).toMatchObject({ spentUsd: 0, remainingUsd: 1 });
  });

  test.each([
    ["another form", 7],
    ["no version", { rules: [] }],
    ["rubbish owners", { version: 1, rules: [{ per: "tenant", owners: [["acme", [[1, "much"]]]] }] }],
    ["negative spend", { version: 1, rules: [{ per: "tenant", owners: [["acme", [[1, -5]]]] }] }],
  ])("corrupt spend is ignored with a warning: %s", async (_, spend) => {
    const learned = createRouter({ providers: [double("a")] }).exportState() as object;
    const router = createRouter({ providers: [double("a")], budgets, state: { ...learned, spend } });
    const warnings: string[] = [];
    router.on("warning", ({ code }) => warnings.push(code));
    await new Promise((resolve) => setImmediate(resolve));
    expect([warnings, router.budget("acme")?.remainingUsd]).toEqual([["state_ignored"], 1]);
  });
});

test("10,400 tenants each have a budget of their own", async () => {
  const provider = double("a");
  const router = createRouter({
    providers: [provider],
    strategy: "ordered",
    budgets: [{ per: "tenant", maxUsd: 0.0003, windowMs: HOUR }],
  });
  for (let i = 0; i < 10_400; i += 1) await router.chat({ ...ask("x"), max_tokens: 20 }, { tenant: `t${i}` });
  expect(router.budget("t10399")).toMatchObject({ spentUsd: expect.closeTo(140e-6, 9), reservedUsd: 0 });
  expect(router.budget("t10399", { per: "router" })).toBeUndefined();
});
