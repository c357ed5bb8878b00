import { createRouter, type DecisionLogLine, defineStrategy, replay, simulated, weighted } from "signalbox";
import { seededRandom } from "signalbox/testing";
import { expect, test } from "vitest";
import { ask, double, failing } from "./doubles.js";

/** b fails half of the time; who goes first is drawn, so the log covers both. */
async function logOf(requests: number): Promise<string[]> {
  const lines: string[] = [];
  const drawn = defineStrategy({
    name: "drawn",
    rank: ({ candidates, random }) => {
      const order = random() < 0.5 ? candidates : candidates.toReversed();
      return order.map(({ id }) => ({ id, score: 0, propensity: 0.5 }));
    },
  });
  const b = double("b", { fail: (call) => (call % 2 === 0 ? failing("content_filter") : undefined) });
  const router = createRouter({
    providers: [double("a"), b],
    strategy: drawn,
    random: seededRandom(3),
    decisionLog: (line) => void lines.push(JSON.stringify(line)),
  });
  for (let i = 0; i < requests; i += 1) {
    const reply = await router.chat(ask(`secret ${i}`)).catch(() => undefined);
    if (reply && i === 0) router.feedback(reply, { score: 0.5 });
  }
  return lines;
}

test("each decision and each outcome is one line with numbers and chances, and no word of the request", async () => {
  const log = (await logOf(40)).map((line) => JSON.parse(line) as DecisionLogLine);
  const decisions = log.filter((line) => line.type === "decision");
  expect(decisions).toHaveLength(40);
  expect(log.filter(({ type }) => type === "outcome")).toHaveLength(40);
  expect(log.filter(({ type }) => type === "feedback")).toHaveLength(1);
  expect(JSON.stringify(log)).not.toContain("secret");
  expect(decisions.every(({ propensity }) => propensity === 0.5)).toBe(true);
  expect(new Set(decisions.map(({ chosen }) => chosen))).toEqual(new Set(["a/m", "b/m"]));
});

test("a strategy that takes turns is logged with the turn it saw", async () => {
  const turns = defineStrategy({
    name: "turns",
    rank: ({ candidates, sequence }) =>
      (sequence % 2 === 0 ? candidates : candidates.toReversed()).map(({ id }, at) => ({
        id,
        score: -at,
        propensity: at === 0 ? 1 : 0,
      })),
  });
  const log: DecisionLogLine[] = [];
  const decisionLog = (line: DecisionLogLine) => void log.push(line);
  const router = createRouter({ providers: [double("a"), double("b")], strategy: turns, decisionLog });
  for (let i = 0; i < 3; i += 1) await router.chat(ask("x"));
  const decisions = log.flatMap((line) => (line.type === "decision" ? [line] : []));
  expect(decisions.map(({ sequence, chosen, propensity }) => [sequence, chosen, propensity])).toEqual([
    [0, "a/m", 1],
    [1, "b/m", 1],
    [2, "a/m", 1],
  ]);
});

test("replay tells what other strategies would have had, with an interval", async () => {
  const log = await logOf(400);
  const always = (id: string) => defineStrategy({ name: `always ${id}`, score: (c) => (c.id === id ? 1 : 0) });
  const told: number[] = [];
  const onProgress = ({ done, total }: { done: number; total: number }) => void told.push(done / total);
  const [a, b] = replay(log, [always("a/m"), always("b/m")], { onProgress });
  expect(told).toEqual([0.5, 1]);
  expect(() => replay(log, [], { onProgress: 7 as never })).toThrow(/onProgress/);
  expect(a?.verdict).toBe("ok");
  expect(a?.success?.low).toBeGreaterThan(0.9);
  expect(b?.success?.low).toBeLessThan(0.55);
  expect(b?.success?.high).toBeGreaterThan(0.45);
});

test("too few decisions are said to be that", async () => {
  const [result] = replay(["rubbish", ...(await logOf(10))], ["ordered"]);
  expect(result).toMatchObject({ verdict: "insufficient data", success: null });
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

test("recommend says insufficient data while there is little, and why where nothing is logged", async () => {
  const quiet = createRouter({ providers: [double("a"), double("b")] });
  expect(quiet.recommend()).toMatchObject({ verdict: "insufficient data" });
  expect(quiet.recommend().reasons.join()).toContain("decisionLog");
  const router = createRouter({ providers: [double("a"), double("b")], decisionLog: () => {} });
  for (let i = 0; i < 50; i += 1) await router.chat(ask(`${i}`));
  expect(router.recommend()).toMatchObject({ verdict: "insufficient data", samples: 50 });
});

test("where an open tool loop goes ahead of the rank, no decision has a number twice", async () => {
  const lines: DecisionLogLine[] = [];
  const call = { id: "call_1", name: "add" };
  const tools = [{ type: "function" as const, function: { name: "add" } }];
  const calculator = simulated({ id: "calculator", reply: (_, at) => (at === 0 ? { toolCalls: [call] } : "done") });
  const router = createRouter({
    providers: [calculator, simulated({ id: "other" })],
    strategy: "ordered",
    decisionLog: (line) => void lines.push(line),
  });
  const user = { role: "user" as const, content: "2 + 2" };
  const { message } = (await router.chat({ messages: [user], tools })).choices[0];
  await router.chat({ messages: [user, message, { role: "tool", tool_call_id: call.id, content: "4" }], tools });
  const decisions = lines.filter((line) => line.type === "decision");
  expect(decisions.map(({ sequence, chosen }) => [sequence, chosen])).toEqual([
    [0, "calculator/calculator-1"],
    [1, "calculator/calculator-1"],
  ]);
});

test("chances of weights are exact, and who was drawn against the odds is no lost line", async () => {
  const lines: DecisionLogLine[] = [];
  const against = defineStrategy({
    name: "against",
    score: ({ provider }, { random }) => (provider === "b" ? 0.99 : random()),
  });
  for (const strategy of [weighted({ a: 99, b: 1 }), against]) {
    const router = createRouter({
      providers: [double("a"), double("b")],
      strategy,
      random: seededRandom(2),
      decisionLog: (line) => void lines.push(line),
    });
    for (let i = 0; i < 400; i += 1) await router.chat(ask(`${i}`));
  }
  const decisions = lines.filter((line) => line.type === "decision");
  for (const { strategy, chosen, propensity } of decisions) {
    if (strategy === "weighted") expect(propensity).toBe(chosen === "a/m" ? 0.99 : 0.01);
    else expect(propensity).toBeGreaterThan(0);
  }
  expect(replay(lines, ["ordered"])[0]?.decisions).toBe(800);
});
