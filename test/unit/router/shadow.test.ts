import { createRouter, type ModelInfo, type ShadowOptions } from "signalbox";
import { createVirtualClock } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import { ask, double, failing, model } from "./doubles.js";

/** A shadow costs $0.00014 (100 tokens in at $1, 20 out at $2 a million) and holds about $0.001 while it is out. */
function world(shadow: Partial<ShadowOptions>, over: Partial<ModelInfo> = {}, fail?: () => Error) {
  const clock = createVirtualClock();
  const served = double("a");
  const watched = { ...double("s", { models: [model(over)], ...(fail ? { fail } : {}) }), autoModels: [] };
  let turn = 0;
  const router = createRouter({
    providers: [served, watched],
    clock,
    random: () => (turn++ % 10) / 10,
    strategy: "ordered",
    cache: {},
    shadow: { to: "s/m", rate: 1, maxUsdPerDay: 1, ...shadow },
  });
  const chat = async (text: string) => {
    const reply = await router.chat(ask(text));
    await clock.settle();
    return reply;
  };
  const shadows = (): number => router.stats().providers.s?.attempts ?? 0;
  return { router, chat, clock, shadows };
}

describe("a shadow", () => {
  test("is asked too, never served, never stored, and feeds the comparison", async () => {
    const { router, chat, shadows } = world({});
    for (const text of ["one", "two", "one"]) {
      const reply = await chat(text);
      expect([reply.route.provider, reply.choices[0].message.content]).toEqual(["a", "a says hello"]);
      expect(reply.route.attempts.length).toBeLessThanOrEqual(1);
    }
    expect(shadows()).toBe(2);
    const { s } = router.stats().providers;
    expect([s?.successes, s?.costUsd]).toEqual([2, expect.closeTo(0.00028, 8)]);
  });

  test("is a sample of the rate", async () => {
    const { chat, shadows } = world({ rate: 0.3 });
    for (let call = 0; call < 100; call += 1) await chat(`call ${call}`);
    expect(shadows()).toBeGreaterThan(20);
    expect(shadows()).toBeLessThan(40);
  });

  test("that fails is nobody's failure", async () => {
    const { router, chat, shadows } = world({}, {}, () => failing());
    expect((await chat("one")).route.provider).toBe("a");
    expect(shadows()).toBe(1);
    expect(router.stats().requests).toMatchObject({ ok: 1, errors: {} });
  });

  test("costs no more than its dollars a day", async () => {
    const { chat, clock, shadows } = world({ maxUsdPerDay: 0.0025 });
    for (let call = 0; call < 40; call += 1) await chat(`call ${call}`);
    const first = shadows();
    expect(first).toBeGreaterThan(8);
    expect(first * 0.00014).toBeLessThanOrEqual(0.0025);
    await clock.advance(86_400_000);
    await chat("next day");
    expect(shadows()).toBe(first + 1);
  });

  test("is cut where the day's money ends", async () => {
    const { chat, shadows, router } = world({ maxUsdPerDay: 0.2 }, { usdPerMTok: { input: 1, output: 200 } });
    for (let call = 0; call < 5; call += 1) await chat(`call ${call}`);
    // An answer of 4,096 tokens would cost $0.82: one at a time, while it is not known how long they get.
    await Promise.all(Array.from({ length: 50 }, (_, call) => router.chat(ask(`more ${call}`))));
    expect(shadows()).toBeGreaterThan(5);
    expect(router.stats().providers.s?.costUsd).toBeLessThanOrEqual(0.2);
  });

  test("is not asked where its price is not known", async () => {
    const { chat, shadows } = world({}, { usdPerMTok: null });
    await chat("one");
    expect(shadows()).toBe(0);
  });
});
