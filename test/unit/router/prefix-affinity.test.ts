import { createReply, createRouter, type Provider, SignalboxError, type Usage } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { expect, test } from "vitest";
import { sleep } from "../../../src/core/sleep.js";
import { ask, model } from "./doubles.js";

const LONG = ask("Tell me of the signal box. ".repeat(400));

/** A provider that keeps prefixes and says so, or not. */
function vendor(id: string, report: (prompt: number) => Usage["prompt_tokens_details"]): Provider {
  const prompt_tokens = 4_000;
  const details = report(prompt_tokens);
  const usage = { prompt_tokens, completion_tokens: 5, total_tokens: 4_005 };
  return {
    id,
    // Reading alone costs something here, so that how long its answers are does not show.
    models: [model({ usdPerMTok: { input: 1, cacheRead: 0.1, output: 0 } })],
    prefixCache: { ttlMs: 300_000, minTokens: 100 },
    chat: async () =>
      createReply({
        text: "A small house.",
        model: "m",
        usage: details ? { ...usage, prompt_tokens_details: details } : usage,
      }),
  };
}

/** Expected cost of the same prompt before any call, after one, and after some more. */
async function costs(provider: Provider): Promise<readonly number[]> {
  const clock = createVirtualClock();
  const router = createRouter({ providers: [provider], clock });
  const cost = (): number => router.explain(LONG).candidates[0]?.expectedCostUsd ?? Number.NaN;
  const seen = [cost()];
  for (const calls of [1, 30]) {
    for (let i = 0; i < calls; i += 1) {
      await router.chat(LONG);
      await clock.advance(1_000);
    }
    seen.push(cost());
  }
  return seen;
}

test("who reports again and again that nothing was cached loses the discount that was expected", async () => {
  const [fresh = 0, once = 0, late = 0] = await costs(vendor("a", () => ({ cached_tokens: 0 })));
  expect(once).toBeLessThan(fresh * 0.5);
  expect(late).toBeGreaterThan(fresh * 0.9);
});

test("who reports what was expected, or says nothing of its cache, keeps it", async () => {
  for (const report of [(prompt: number) => ({ cached_tokens: prompt }), () => undefined]) {
    const [fresh = 0, once = 0, late = 0] = await costs(vendor("a", report));
    expect(once).toBeLessThan(fresh * 0.5);
    expect(late).toBe(once);
  }
});

test("calls at once teach nothing: none of them could have found what another was just writing", async () => {
  const clock = createVirtualClock();
  const silent = vendor("a", () => ({ cached_tokens: 0 }));
  const slow: Provider = {
    ...silent,
    chat: async (request, context) => {
      await sleep(10, { clock });
      return (silent.chat as NonNullable<Provider["chat"]>)(request, context);
    },
  };
  const router = createRouter({ providers: [slow], clock });
  const cost = (): number => router.explain(LONG).candidates[0]?.expectedCostUsd ?? Number.NaN;
  const fresh = cost();
  const calls = Promise.all(Array.from({ length: 30 }, () => router.chat(LONG)));
  await clock.advance(10);
  await calls;
  expect(cost()).toBeLessThan(fresh * 0.5);
});

test.each([
  [1.5, {}, "holder"],
  [20, {}, "other"],
  [20, { cost: "high" }, "holder"],
  [3, { cost: "low", latency: "high" }, "other"],
] as const)(
  "a prefix holds a candidate %d times slower only while that costs less: %j",
  async (slower, sensitivity, who) => {
    const clock = createVirtualClock();
    const slow = (id: string, ms: number): Provider => ({
      ...vendor(id, () => undefined),
      chat: async () => {
        await sleep(ms, { clock });
        return createReply({
          text: "A small house.",
          model: "m",
          usage: { prompt_tokens: 4_000, completion_tokens: 200, total_tokens: 4_200 },
        });
      },
    });
    const router = createRouter({ providers: [slow("holder", 200 * slower), slow("other", 200)], clock });
    const send = async (request: typeof LONG, id: string): Promise<void> => {
      const asked = router.chat(request, { allow: [id] });
      await clock.advance(10_000);
      await asked;
    };
    for (let call = 0; call < 8; call += 1) for (const id of ["holder", "other"]) await send(ask(`${call}`), id);
    await send(LONG, "holder");
    expect(router.explain(LONG, { sensitivity }).candidates[0]?.provider).toBe(who);
  },
);

test("a prefix does not hold a candidate that fails", async () => {
  const clock = createVirtualClock();
  let broken = false;
  const holder = vendor("holder", () => undefined);
  const flaky: Provider = {
    ...holder,
    chat: async (request, context) => {
      if (broken) throw new SignalboxError("server", "down");
      return (holder.chat as NonNullable<Provider["chat"]>)(request, context);
    },
  };
  for (const strategy of ["adaptive", "cost-optimized"]) {
    broken = false;
    const router = createRouter({ providers: [flaky, vendor("other", () => undefined)], strategy, clock });
    for (const id of ["other", "holder"])
      for (let call = 0; call < 5; call += 1) await router.chat(id === "holder" ? LONG : ask("x"), { allow: [id] });
    expect(router.explain(LONG).candidates[0]?.provider).toBe("holder");
    broken = true;
    for (let call = 0; call < 2; call += 1) await router.chat(LONG);
    expect(router.explain(LONG).candidates[0]?.provider).toBe("other");
  }
});
