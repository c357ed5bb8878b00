import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRouter, type RouterOptions, SignalboxError, simulated } from "../../../src/index.js";
import { createVirtualClock } from "../../../src/testing/index.js";

const ask = (content = "x") => ({ messages: [{ role: "user" as const, content }] });
const refusalOf = (make: () => unknown): SignalboxError => {
  try {
    make();
  } catch (error) {
    if (SignalboxError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

describe("router.update", () => {
  it("providers come and go while the router runs; a view sees it, too", async () => {
    const a = simulated({ id: "a" });
    const router = createRouter({ providers: [a], strategy: "ordered" });
    const view = router.with({ tenant: "acme" });
    expect((await router.chat(ask())).route.provider).toBe("a");
    router.update({ providers: [simulated({ id: "b" }), a] });
    expect((await view.chat(ask("1"))).route.provider).toBe("b");
    router.update({ providers: [a] });
    expect((await view.chat(ask("2"))).route.provider).toBe("a");
    expect(view.models.map(({ id }) => id)).toEqual(["auto", "a-1"]);
    expect(router.health().candidates.map(({ id }) => id)).toEqual(["a/a-1"]);
  });

  it("what is known of a candidate that stays is kept, and of one that returns", async () => {
    const [a, b] = [simulated({ id: "a" }), simulated({ id: "b" })];
    const router = createRouter({ providers: [a], strategy: "ordered" });
    for (let call = 0; call < 3; call += 1) await router.chat(ask(`${call}`));
    router.disable("a");
    router.update({ providers: [a, b] });
    expect((await router.chat(ask("x"))).route.provider).toBe("b");
    router.update({ providers: [b] });
    router.update({ providers: [b, a] });
    const candidates = router.stats().candidates;
    expect(candidates.find(({ id }) => id === "a/a-1")?.attempts).toBe(3);
    expect(router.health().candidates.find(({ id }) => id === "a/a-1")?.status).toBe("disabled");
  });

  it("requests under way end as they began", async () => {
    const clock = createVirtualClock();
    const router = createRouter({ providers: [simulated({ id: "old", delayMs: 1_000, clock })], clock });
    const work = router.chat(ask());
    await clock.advance(100);
    router.update({ providers: [simulated({ id: "new", clock })] });
    await clock.advance(2_000);
    expect((await work).route.provider).toBe("old");
    const next = router.chat(ask("1"));
    await clock.advance(10);
    expect((await next).route.provider).toBe("new");
  });

  it("strategy, tiers, aliases and limits change", async () => {
    const providers = ["a", "b"].map((id) => simulated({ id }));
    const router = createRouter({ providers, strategy: "ordered" });
    router.update({ tiers: [["b"]], aliases: { fast: "a/a-1" } });
    expect((await router.chat(ask())).route.provider).toBe("b");
    expect((await router.chat({ ...ask("1"), model: "fast" })).route.provider).toBe("a");
    router.update({ tiers: [], strategy: "round-robin" });
    const asked = [];
    for (let call = 0; call < 4; call += 1) asked.push((await router.chat(ask(`r${call}`))).route.provider);
    expect(asked.sort()).toEqual(["a", "a", "b", "b"]);
    expect((await router.chat(ask("s"))).route.strategy).toBe("round-robin");
    router.update({ limits: { a: { maxConcurrent: 1 } } });
    const both = await Promise.all([router.chat(ask("p")), router.chat(ask("q"))]);
    expect(both.map(({ route }) => route.provider).sort()).toEqual(["a", "b"]);
  });

  it("spend under a rule that stays is kept, and calls under way settle into it", async () => {
    const clock = createVirtualClock();
    const usdPerMTok = { input: 1_000, output: 1_000 };
    const rule = { per: "tenant", maxUsd: 1, windowMs: 3_600_000, onExceeded: "reject" } as const;
    const provider = simulated({ id: "a", usdPerMTok, delayMs: 100, clock });
    const router = createRouter({ providers: [provider], budgets: [rule], clock });
    const call = router.chat({ ...ask(), max_tokens: 20 }, { tenant: "acme" });
    await clock.advance(10);
    router.update({ budgets: [{ ...rule, maxUsd: 2 }] });
    await clock.advance(200);
    const { route } = await call;
    expect(router.budget("acme")).toMatchObject({ maxUsd: 2, reservedUsd: 0, spentUsd: route.costUsd });
    router.update({ budgets: [] });
    expect(router.budget("acme")).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ["an unknown option", { cache: {} }, "cache"],
    ["no providers", { providers: [] }, "providers"],
    ["a tier of nobody", { tiers: [["nobody"]] }, "tiers[0][0]"],
    ["a limit of nobody", { limits: { nobody: { rpm: 1 } } }, "limits.nobody"],
    ["an alias that leads nowhere", { aliases: { fast: "none" } }, "aliases.fast"],
    ["an unknown strategy", { strategy: "magic" }, "strategy"],
  ])("%s is refused by path, and nothing changes", async (_name, changes, path) => {
    const router = createRouter({ providers: [simulated({ id: "a" })], strategy: "ordered" });
    expect(refusalOf(() => router.update(changes))).toMatchObject({ kind: "invalid_options", path });
    expect((await router.chat(ask())).route).toMatchObject({ provider: "a", strategy: "ordered" });
  });

  it("among a thousand calls no update loses one, and none is answered by who was gone before it began", async () => {
    const ids = ["a", "b", "c", "d"];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1 }), { minLength: 5, maxLength: 20 }),
        async (plans) => {
          const clock = createVirtualClock();
          const all = new Map(ids.map((id) => [id, simulated({ id, delayMs: 50, clock })]));
          const of = (plan: readonly string[]): RouterOptions["providers"] =>
            plan.map((id) => all.get(id) as ReturnType<typeof simulated>);
          const router = createRouter({ providers: of(plans[0] as string[]), strategy: "round-robin", clock });
          const calls: Promise<{ allowed: readonly string[]; provider: string }>[] = [];
          for (const [round, plan] of plans.entries()) {
            router.update({ providers: of(plan) });
            for (let n = 0; n < 1_000 / plans.length; n += 1) {
              const work = router.chat(ask(`${round} ${n}`));
              calls.push(work.then(({ route }) => ({ allowed: plan, provider: route.provider })));
            }
            await clock.advance(20);
          }
          await clock.advance(1_000);
          for (const { allowed, provider } of await Promise.all(calls)) expect(allowed).toContain(provider);
        },
      ),
      { numRuns: 5 },
    );
  });
});
