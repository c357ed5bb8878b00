import { cached, createRouter, type RouterOptions } from "signalbox";
import { createVirtualClock, testModel } from "signalbox/testing";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ask, broken, costOf, eventsOf, failureOf, listenTo, provider, readAll } from "./support.js";

const strongModel = testModel("strong", { tier: 3, usdPerMTok: { input: 10, output: 20 } });
const startsWell = ({ choices }: { choices: readonly [{ message: { content: string | null } }, ...unknown[]] }) =>
  choices[0].message.content?.startsWith("good") === true;

function rig(
  { cheap = {}, strong = {}, ...options }: Partial<RouterOptions> & { cheap?: object; strong?: object } = {},
  escalate: RouterOptions["escalate"] = { validate: startsWell, to: "strong" },
) {
  const clock = createVirtualClock();
  const weak = provider("weak", { clock, otherwise: "bad", ...cheap });
  const able = {
    ...provider("able", { clock, models: [strongModel], otherwise: "good one", ...strong }),
    autoModels: [],
  };
  const router = createRouter({ providers: [weak, able], clock, escalate, random: () => 0.5, ...options });
  return { clock, weak, able, router, told: listenTo(router) };
}

describe("a validator", () => {
  test("refuses: the strong model answers, both are paid for, the strong answer is stored", async () => {
    const { router, able, told } = rig({ cache: {} });
    const { route, choices } = await router.chat(ask());
    expect([choices[0].message.content, route.provider, route.degraded]).toEqual(["good one", "able", []]);
    expect(route.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
      ["weak", "success"],
      ["able", "success"],
    ]);
    expect(route.costUsd).toBeCloseTo(costOf("bad") + 10 * costOf("good one"), 12);
    expect(eventsOf(told, "attempt").map(({ role }) => role)).toEqual(["first", "escalation"]);
    const again = await router.chat(ask());
    expect([again.route.cache.status, again.route.cache.savedUsd]).toEqual(["hit", 10 * costOf("good one")]);
    expect(able.calls).toHaveLength(1);
  });

  test("accepts: nobody else is asked", async () => {
    const { router, able } = rig({ cheap: { otherwise: "good enough" } });
    expect((await router.chat(ask())).route.provider).toBe("weak");
    expect(able.calls).toHaveLength(0);
  });

  test("may take its time, and may fail: then the answer stands, with a warning", async () => {
    const slow = rig({}, { validate: async (reply) => startsWell(reply), to: "strong" });
    expect((await slow.router.chat(ask())).route.provider).toBe("able");
    const failing = rig({}, { validate: () => Promise.reject(new Error("no")), to: "strong" });
    expect((await failing.router.chat(ask())).route.provider).toBe("weak");
    expect(eventsOf(failing.told, "warning").map(({ code }) => code)).toContain("validator_failed");
  });

  test("that hangs ends with the deadline, and with the caller", async () => {
    const { router, clock } = rig({}, { validate: () => new Promise(() => {}), to: "strong" });
    const work = router.chat(ask(), { timeoutMs: 100 });
    await clock.advance(100);
    expect((await work).choices[0].message.content).toBe("bad");
    const controller = new AbortController();
    const left = failureOf(router.chat(ask("2"), { signal: controller.signal }));
    await clock.advance(1);
    controller.abort();
    expect((await left).kind).toBe("cancelled");
    await router.close();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("the strong model cannot be had", () => {
  test.each(["auth", "server"] as const)("%s: the first answer stands, says so, and is not stored", async (kind) => {
    const { router, clock, told } = rig({ strong: { otherwise: { error: broken(kind) } }, cache: {} });
    const work = router.chat(ask());
    await clock.advance(60_000);
    const { route, choices } = await work;
    expect([choices[0].message.content, route.provider, route.degraded]).toEqual(["bad", "weak", ["not_escalated"]]);
    expect(eventsOf(told, "degraded").map(({ rung }) => rung)).toEqual(["not_escalated"]);
    expect((await Promise.all([router.chat(ask()), clock.advance(60_000)]))[0].route.cache.status).toBe("miss");
  });

  test("it is one and the same model, or denied: no second call", async () => {
    const { router, able, weak } = rig();
    expect((await router.chat(ask(), { deny: ["able"] })).route.degraded).toEqual(["not_escalated"]);
    expect((await router.chat(ask(), { maxCostUsd: 1e-4 })).route.degraded).toEqual(["not_escalated"]);
    const self = rig({}, { validate: startsWell, to: "weak/m" });
    expect((await self.router.chat(ask())).route.degraded).toEqual(["not_escalated"]);
    expect([able.calls.length, weak.calls.length, self.weak.calls.length]).toEqual([0, 2, 1]);
  });

  test("the calls of a request are counted together", async () => {
    const { router, clock, weak, able } = rig({
      cheap: { script: [broken(), broken()], otherwise: "bad" },
      strong: { otherwise: { error: broken() } },
    });
    const work = router.chat(ask());
    await clock.advance(60_000);
    const { route } = await work;
    expect(route.attempts).toHaveLength(4);
    expect(weak.calls.length + able.calls.length).toBe(4);
  });
});

describe("the call's output schema", () => {
  const output = z.object({ n: z.number() });

  test("decides where there is no validator; the strong answer is parsed", async () => {
    const { router } = rig({ strong: { otherwise: '{"n":1}' } }, { to: "strong" });
    const reply = await router.chat(ask(), { output });
    expect([reply.parsed, reply.route.provider]).toEqual([{ n: 1 }, "able"]);
    expect(reply.route.attempts.map(({ outcome }) => outcome)).toEqual(["malformed_response", "success"]);
  });

  test("an answer that misses it goes straight to the strong model, past other weak ones", async () => {
    const clock = createVirtualClock();
    const weak = [provider("w1", { clock, otherwise: "no" }), provider("w2", { clock, otherwise: "no" })];
    const able = { ...provider("able", { clock, models: [strongModel], otherwise: '{"n":2}' }), autoModels: [] };
    const escalate = { to: "strong" };
    const router = createRouter({ providers: [...weak, able], clock, strategy: "ordered", escalate });
    expect((await router.chat(ask(), { output })).route.attempts.map(({ provider }) => provider)).toEqual([
      "w1",
      "able",
    ]);
    router.disable("able");
    // Nobody stronger is there: whoever is left of the first ones is asked.
    const error = await failureOf(router.chat(ask("again"), { output, timeoutMs: 1 }));
    expect(error.attempts.map(({ provider }) => provider)).toEqual(["w1", "w2"]);
  });

  test("an answer that misses it never stands", async () => {
    const { router, clock } = rig({ strong: { otherwise: "no" } }, { to: "strong" });
    const work = failureOf(router.chat(ask(), { output }));
    await clock.advance(60_000);
    const error = await work;
    expect([error.kind, error.detail]).toEqual(["malformed_response", "output"]);
    expect(error.attempts.every(({ outcome }) => outcome === "malformed_response")).toBe(true);
  });
});

test("an escalated answer does not pass for the cheap one's cache hit", async () => {
  const clock = createVirtualClock();
  const weak = cached(provider("weak", { clock, otherwise: "bad" }), { mode: "response", clock });
  const able = { ...provider("able", { clock, models: [strongModel], otherwise: "good" }), autoModels: [] };
  const router = createRouter({ providers: [weak, able], clock, escalate: { validate: startsWell, to: "strong" } });
  await router.chat(ask());
  const { route } = await router.chat(ask());
  expect([route.provider, route.cache.status, route.attempts.length]).toEqual(["able", "bypass", 1]);
});

test("streams are not escalated", async () => {
  const { router, able } = rig();
  expect((await readAll(router.stream(ask()))).text).toBe("bad");
  expect(able.calls).toHaveLength(0);
});
