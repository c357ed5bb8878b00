import { createRouter, type DecisionRecord, defineStrategy, replay } from "signalbox";
import { seededRandom } from "signalbox/testing";
import { expect, test } from "vitest";
import { ask, double, failing } from "./doubles.js";

async function logOf(requests: number): Promise<DecisionRecord[]> {
  const log: DecisionRecord[] = [];
  const random = seededRandom(3);
  // b fails half of the time; who goes first is drawn, so the log covers both.
  const drawn = defineStrategy({
    name: "drawn",
    rank: ({ candidates, random: draw }) => {
      const [a, b] = candidates;
      if (!a || !b) return candidates.map(({ id }) => ({ id, score: 0, propensity: 1 }));
      const order = draw() < 0.5 ? [a, b] : [b, a];
      return order.map(({ id }) => ({ id, score: 0, propensity: 0.5 }));
    },
  });
  const b = double("b", { fail: (call) => (call % 2 === 0 ? failing("content_filter") : undefined) });
  const router = createRouter({
    providers: [double("a"), b],
    strategy: drawn,
    random,
    decisionLog: (r) => void log.push(r),
  });
  for (let i = 0; i < requests; i += 1) await router.chat(ask(`secret ${i}`)).catch(() => {});
  return log.map((record) => JSON.parse(JSON.stringify(record)) as DecisionRecord);
}

test("each decided request is one record with numbers, propensity and outcome, and no word of the request", async () => {
  const log = await logOf(40);
  expect(log).toHaveLength(40);
  expect(JSON.stringify(log)).not.toContain("secret");
  expect(log.every(({ propensity }) => propensity === 0.5)).toBe(true);
  expect(new Set(log.map(({ chosen }) => chosen))).toEqual(new Set(["a/m", "b/m"]));
  expect(log.filter(({ outcome }) => outcome.first === "content_filter").every(({ chosen }) => chosen === "b/m")).toBe(
    true,
  );
});

test("replay tells what other strategies would have had, with an interval", async () => {
  const log = await logOf(400);
  const always = (id: string) => defineStrategy({ name: `always ${id}`, score: (c) => (c.id === id ? 1 : 0) });
  const [a, b] = replay(log, [always("a/m"), always("b/m")]);
  expect(a).toMatchObject({ verdict: "estimated", successRate: { mean: 1 } });
  expect(b?.successRate?.low).toBeLessThan(0.5);
  expect(b?.successRate?.high).toBeGreaterThan(0.5);
  expect(b?.successRate?.high).toBeLessThan(0.7);
});

test("too little overlap is said, not guessed; corrupt lines are skipped", async () => {
  const log = await logOf(20);
  const rubbish = [null, {}, { version: 9 }] as unknown as DecisionRecord[];
  const [never] = replay([...rubbish, ...log], [defineStrategy({ name: "never", score: (c) => -c.position })]);
  expect(never).toMatchObject({ verdict: "insufficient overlap", successRate: null });
});

test("a decision log that throws fails no request", async () => {
  const router = createRouter({
    providers: [double("a")],
    decisionLog: () => {
      throw new Error("disk full");
    },
  });
  const warnings: string[] = [];
  router.on("warning", ({ code }) => void warnings.push(code));
  expect((await router.chat(ask("x"))).route.provider).toBe("a");
  await Promise.resolve();
  expect(warnings).toEqual(["decision_log_failed"]);
});

test("recommend says what a switch would bring, and says so when it cannot know", async () => {
  const quiet = createRouter({ providers: [double("a"), double("b")] });
  expect(quiet.recommend()).toMatchObject({ verdict: "insufficient data", strategy: null });
  const half = double("b", { fail: (call) => (call % 2 === 0 ? failing("content_filter") : undefined) });
  const router = createRouter({
    providers: [double("a"), half],
    strategy: "round-robin",
    random: seededRandom(5),
    decisionLog: () => {},
  });
  for (let i = 0; i < 300; i += 1) await router.chat(ask(`${i}`)).catch(() => {});
  const advice = router.recommend();
  expect(advice.verdict).toBe("switch");
  expect(advice.samples).toBe(300);
  expect(advice.expected?.successRate?.low).toBeGreaterThan(0.75);
});
