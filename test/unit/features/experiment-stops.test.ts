import { createReply, createRouter, type ExperimentOptions, experiment, type Provider } from "signalbox";
import { seededRandom, testModel } from "signalbox/testing";
import { describe, expect, it } from "vitest";
import { alwaysValidGain } from "../../../src/metrics/always-valid.js";
import { eventsOf, listenTo } from "../engine/support.js";

const messages = [{ role: "user" as const, content: "Why is the sky blue?" }];
const provider = (id: string): Provider => ({
  id,
  models: [testModel("m")],
  chat: async () => createReply({ model: "m", text: id }),
});

function rig(more: Partial<ExperimentOptions> = {}) {
  const frugal = experiment({ name: "x", arms: { today: {}, other: { deny: ["a"] } }, share: 0.5, ...more });
  const router = createRouter({
    providers: [provider("a"), provider("b")],
    strategy: "ordered",
    use: [frugal],
    breaker: { openMs: 1 },
  });
  return { router, frugal, told: listenTo(router), results: () => router.recommend().experiments?.[0] };
}

/** Asks so many times; an answer of either provider is good with its chance. */
async function rate(
  router: ReturnType<typeof rig>["router"],
  calls: number,
  good: Record<string, number>,
  seed: number,
) {
  const random = seededRandom(seed);
  const arms: Record<string, number> = {};
  for (let call = 0; call < calls; call += 1) {
    const reply = await router.chat({ messages }, { tenant: `tenant ${call % 300}` });
    const { arm } = reply.route.experiment!;
    arms[arm] = (arms[arm] ?? 0) + 1;
    router.feedback(reply, { score: random() < (good[reply.route.provider] ?? 0) ? 1 : 0 });
  }
  return arms;
}

describe("an experiment ends by itself", () => {
  it("once one arm is better beyond doubt: all get it, a warning tells, and recommend() reads it", async () => {
    const { router, results, told } = rig();
    await rate(router, 600, { a: 0.4, b: 0.9 }, 1);
    expect(results()).toMatchObject({ name: "x", verdict: "decided", winner: "other" });
    expect(await rate(router, 40, { a: 0.4, b: 0.9 }, 2)).toEqual({ other: 40 });
    expect(eventsOf(told, "warning").filter(({ code }) => code === "experiment_decided")).toHaveLength(1);
    const { experiments, reasons } = router.recommend();
    expect(experiments).toEqual([results()]);
    expect(reasons.at(-1)).toContain('experiment "x": "other" is better');
    const gain = experiments?.[0]?.arms[1]?.gain;
    expect(gain?.low).toBeGreaterThan(0);
  });

  it("for the first arm as well, by what was answered where nobody rates", async () => {
    const { router, frugal } = rig({ arms: { today: {}, other: { allow: ["down"] } } });
    const broken = createRouter({
      providers: [
        provider("a"),
        { ...provider("down"), chat: async () => Promise.reject(Object.assign(new Error("down"), { status: 500 })) },
      ],
      strategy: "ordered",
      retry: { attempts: 1, maxWaitMs: 0 },
      use: [frugal],
    });
    for (let call = 0; call < 200; call += 1) await broken.chat({ messages }).catch(() => {});
    expect(broken.recommend().experiments).toMatchObject([{ verdict: "decided", winner: "today" }]);
    expect((await broken.chat({ messages })).route.provider).toBe("a");
    await router.close();
  });

  it("names the strategy of the better arm as the one to switch to", async () => {
    const { router } = rig({ arms: { today: {}, other: { strategy: "round-robin", deny: ["a"] } } });
    await rate(router, 500, { a: 0.2, b: 0.9 }, 3);
    expect(router.recommend()).toMatchObject({ verdict: "switch", strategy: "round-robin" });
  });

  it("only tells with `stop: false`", async () => {
    const { router, results } = rig({ stop: false });
    await rate(router, 500, { a: 0.2, b: 0.9 }, 4);
    expect(results()?.verdict).toBe("decided");
    expect(Object.keys(await rate(router, 60, { a: 0.2, b: 0.9 }, 5)).sort()).toEqual(["other", "today"]);
  });

  it("counts a tenant once, however often it asks", async () => {
    const { router, results } = rig({ unit: "tenant" });
    const reply = await router.chat({ messages }, { tenant: "one" });
    for (let call = 0; call < 500; call += 1) {
      const again = await router.chat({ messages }, { tenant: "one" });
      router.feedback(again, { score: 1 });
    }
    router.feedback(reply, { score: 0 });
    const counted = results()?.arms.filter(({ units }) => units > 0);
    expect(counted).toMatchObject([{ units: 1, mean: 500 / 501 }]);
  });

  it("is wrong in at most one of twenty, looked at after every request", () => {
    for (const good of [0.5, 0.9, 0.03]) {
      let wrong = 0;
      for (let seed = 1; seed <= 200; seed += 1) {
        const random = seededRandom(seed);
        const sums = [0, 1].map(() => ({ count: 0, sum: 0, squares: 0 }));
        for (let unit = 0; unit < 2_000; unit += 1) {
          const arm = sums[random() < 0.3 ? 1 : 0]!;
          const worth = random() < good ? 1 : 0;
          arm.count += 1;
          arm.sum += worth;
          arm.squares += worth;
          const gain = alwaysValidGain(sums[0]!, sums[1]!, 0.05);
          if (gain && (gain.low > 0 || gain.high < 0)) {
            wrong += 1;
            break;
          }
        }
      }
      expect(wrong).toBeLessThanOrEqual(10);
    }
  });

  it("refuses a wrong `stop`", () => {
    expect(() => rig({ stop: "soon" as never })).toThrow(expect.objectContaining({ path: "experiment.stop" }));
  });
});
