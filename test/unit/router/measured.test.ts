import { expect, it } from "vitest";
import { createReply, createRouter, type Provider, simulated } from "../../../src/index.js";
import { createVirtualClock, scriptedProvider, seededRandom } from "../../../src/testing/index.js";
import { double, failing, model } from "./doubles.js";

const messages = [{ role: "user" as const, content: "Hello" }];

it("stats tell what was measured of each candidate that was asked, by kind too", async () => {
  const clock = createVirtualClock();
  const quick = simulated({ id: "quick", reply: "one two three four five", ttftMs: 100, tokensPerSecond: 50, clock });
  const idle = simulated({ id: "idle", clock });
  const router = createRouter({ providers: [quick, idle], strategy: "ordered", clock });
  for (const taskType of ["translate", "translate", "summarise"]) {
    const asked = router.chat({ messages }, { taskType });
    await clock.advance(2_000);
    await asked;
  }
  const { candidates } = router.stats();
  expect(candidates.map(({ id }) => id)).toEqual(["quick/quick-1"]);
  const [measured] = candidates;
  expect(measured).toMatchObject({ attempts: 3, costUsd: 0, cachedShare: 0 });
  expect(measured?.successRate).toBeGreaterThan(0.95);
  expect(measured?.total.p50).toBeGreaterThanOrEqual(100);
  expect(measured?.total.p99).toBeLessThan(2_000);
  expect(Object.keys(measured?.kinds ?? {})).toEqual(["translate", "summarise"]);
  expect(measured?.kinds.translate?.samples).toBeGreaterThan(measured?.kinds.summarise?.samples ?? 0);
  expect(JSON.parse(JSON.stringify(candidates))).toEqual(candidates);
  await router.close();
});

it("stats and health are of now, whether or not a decision came between, and explain changes neither", async () => {
  const clock = createVirtualClock();
  let down = true;
  const flaky = double("flaky", { fail: (call) => (down && call % 2 === 0 ? failing() : undefined) });
  const router = createRouter({ providers: [flaky, double("other")], strategy: "ordered", clock });
  const now = (): string => JSON.stringify([router.stats(), router.health()]);
  for (let call = 0; call < 12; call += 1) await router.chat({ messages });
  down = false;
  const early = router.stats().candidates[0]?.successRate ?? 1;
  for (const ms of [1_500, 30_000, 600_000]) {
    await clock.advance(ms);
    const before = now();
    router.explain({ messages });
    expect(now()).toBe(before);
  }
  expect(router.stats().candidates[0]?.successRate).not.toBe(early);
  await router.close();
});

it("explain leaves what was learned as it was", async () => {
  const router = createRouter({ providers: [double("a"), double("b")] });
  for (const taskType of ["draw", "count", "draw"]) {
    for (const id of ["a", "b"])
      router.feedback(await router.chat({ messages }, { taskType, allow: [id] }), { score: 0.7 });
  }
  const before = JSON.stringify(router.exportState());
  for (const taskType of ["draw", "count"]) router.explain({ messages }, { taskType });
  expect(JSON.stringify(router.exportState())).toBe(before);
  await router.close();
});

it.each(["performance-weighted", "load-balanced", "adaptive"])(
  "%s tells who is fast also by answers of a word in one piece",
  async (strategy) => {
    const clock = createVirtualClock();
    const providers = Object.entries({ slow: 5_000, fast: 100 }).map(([id, delayMs]) =>
      scriptedProvider({ id, otherwise: { text: "yes", delayMs }, clock }),
    );
    const router = createRouter({ providers, strategy, clock, random: seededRandom(1) });
    const answered = { slow: 0, fast: 0 };
    for (let call = 0; call < 60; call += 1) {
      const asked = router.chat({ messages });
      await clock.advance(5_000);
      answered[(await asked).route.provider as "slow" | "fast"] += 1;
    }
    expect(answered.fast).toBeGreaterThan(50);
    await router.close();
  },
);

it.each([
  ["a", [1_000, 1_000, 1_000]],
  ["a", [400, 1_000, 2_000]],
  ["b", [2_000, 400, 1_000]],
  ["c", [1_000, 2_000, 400]],
])(
  "where all have shown the same, reliability-focused asks the faster one, else the one listed first: %s of %j",
  async (expected, delays) => {
    const clock = createVirtualClock();
    const providers = delays.map((delayMs, index) =>
      scriptedProvider({ id: "abc".charAt(index), otherwise: { text: "yes", delayMs }, clock }),
    );
    const router = createRouter({ providers, strategy: "reliability-focused", clock });
    const answered: string[] = [];
    for (let call = 0; call < 40; call += 1) {
      const asked = router.chat({ messages });
      await clock.advance(2_000);
      answered.push((await asked).route.provider);
    }
    const firstTries = answered.slice(0, 9).sort().join("");
    expect(firstTries).toBe("aaabbbccc");
    expect(answered.slice(9).filter((id) => id === expected).length).toBeGreaterThan(28);
    await router.close();
  },
);

/** A provider whose answers are so many tokens long, at so many dollars per million of them. */
const writer = (id: string, tokens: number, output: number): Provider => ({
  id,
  models: [model({ usdPerMTok: { input: 0, output } })],
  chat: async () =>
    createReply({
      text: "yes",
      model: "m",
      usage: { prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens },
    }),
});

it("expected cost goes by how long a candidate's answers are: cheap tokens, but many, are dear", async () => {
  const providers = [writer("wordy", 2_000, 1), writer("terse", 200, 2)];
  const router = createRouter({ providers, strategy: "cost-optimized" });
  const first = (): string | undefined => router.explain({ messages }).candidates[0]?.provider;
  expect(first()).toBe("wordy");
  for (let call = 0; call < 60; call += 1)
    await router.chat({ messages }, { allow: [call % 2 === 0 ? "wordy" : "terse"] });
  expect(first()).toBe("terse");
  const [terse, wordy] = router.explain({ messages }).candidates;
  expect(terse?.expectedCostUsd).toBeLessThan(0.001);
  expect(wordy?.expectedCostUsd).toBeGreaterThan(0.001);
  expect(wordy?.expectedCostUsd).toBeLessThanOrEqual(0.002);
  // No answer is longer than its request allows.
  const limited = router.explain({ messages, max_tokens: 50 }).candidates;
  for (const { provider, expectedCostUsd } of limited)
    expect(expectedCostUsd).toBeLessThanOrEqual((provider === "wordy" ? 50 : 100) / 1_000_000);
});

it("whoever has not answered yet is expected to write as the others do", async () => {
  const providers = [writer("dear", 20, 2), writer("cheap", 20, 1.5)];
  const router = createRouter({ providers, strategy: "cost-optimized" });
  for (let call = 0; call < 60; call += 1) await router.chat({ messages }, { allow: ["dear"] });
  const [cheap, dear] = router.explain({ messages }).candidates;
  expect([cheap?.provider, dear?.provider]).toEqual(["cheap", "dear"]);
  expect(cheap?.expectedCostUsd).toBeLessThan((dear?.expectedCostUsd ?? 0) * 1.2);
});

it("whoever is asked for short things only is not taken for terse", async () => {
  // Both write what the kind asks for.
  const both = (id: string): Provider => ({
    ...writer(id, 0, 1),
    chat: async ({ messages: [asked] }) => {
      const tokens = asked?.content === "yes or no?" ? 3 : 300;
      const usage = { prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens };
      return createReply({ text: "yes", model: "m", usage });
    },
  });
  const router = createRouter({ providers: [both("judge"), both("poet")], strategy: "cost-optimized" });
  for (let call = 0; call < 60; call += 1) {
    await router.chat({ messages: [{ role: "user", content: "yes or no?" }] }, { taskType: "judge", allow: ["judge"] });
    await router.chat({ messages }, { taskType: "poem", allow: ["poet"] });
  }
  const [one, other] = router.explain({ messages }, { taskType: "poem" }).candidates;
  expect((one?.expectedCostUsd ?? 0) / (other?.expectedCostUsd ?? 0)).toBeGreaterThan(0.8);
});
