import { createRouter, type LearnRow, simulated } from "signalbox";
import { testModel } from "signalbox/testing";
import { describe, expect, it } from "vitest";
import { failureOf } from "../engine/support.js";

const routerOf = (state?: unknown) =>
  createRouter({
    providers: ["a", "b"].map((id) => simulated({ id, models: [testModel(`${id}-1`), testModel("shared")] })),
    state,
  });

/** A table: a is good at poems, b at sums. */
function table(rows: number, sorted = false): LearnRow[] {
  return Array.from({ length: rows }, (_, index) => {
    const poem = sorted ? index < rows / 2 : index % 2 === 0;
    return {
      prompt: poem ? `Write a poem about river number ${index}` : `What is ${index} plus ${3 * index}?`,
      scores: { "a/a-1": poem ? 1 : 0, "b/b-1": poem ? 0 : 1 },
    };
  });
}

const allow = ["a/a-1", "b/b-1"];
const firstOf = (router: ReturnType<typeof routerOf>, content: string) =>
  router.explain({ messages: [{ role: "user", content }] }, { allow }).candidates[0]?.provider;

describe("learnFrom", () => {
  it.each([false, true])("teaches which candidate is good at what; sorted rows: %s", async (sorted) => {
    const router = routerOf();
    expect(await router.learnFrom(table(2_000, sorted))).toEqual({ rows: 2_000, labels: 4_000 });
    expect(firstOf(router, "Write a poem about the river Rhine")).toBe("a");
    expect(firstOf(router, "What is 17 plus 20?")).toBe("b");
    expect(firstOf(routerOf(router.exportState()), "What is 17 plus 20?")).toBe("b");
  });

  it("teaches the same whoever calls, and by kind of task", async () => {
    const rows: LearnRow[] = Array.from({ length: 100 }, () => ({
      messages: [{ role: "user", content: "Go" }],
      taskType: "verse",
      scores: { "a-1": 0, "b-1": 1 },
    }));
    const [one, two] = [routerOf(), routerOf()];
    await Promise.all([one.learnFrom(rows), two.with({ tenant: "t" }).learnFrom(rows)]);
    expect(one.exportState()).toEqual(two.exportState());
    const options = { allow, taskType: "verse" };
    const { candidates } = one.explain({ messages: [{ role: "user", content: "Go" }] }, options);
    expect(candidates[0]?.provider).toBe("b");
  });

  it("takes ten thousand rows in five seconds and lets others run meanwhile", async () => {
    const router = routerOf();
    const text = "Consider the following clauses and say which of them bind the seller. ".repeat(12);
    const rows = Array.from({ length: 10_000 }, (_, index) => ({
      request: { messages: [{ role: "user" as const, content: `${index} ${text}` }] },
      scores: { "a-1": index % 3 === 0 ? 1 : 0.2, "b-1": 0.5 },
    }));
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const startedAt = performance.now();
    await router.learnFrom(rows);
    clearInterval(timer);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(turns).toBeGreaterThan(20);
  });

  const good = { prompt: "x", scores: { "a-1": 1 } };
  it.each([
    ["rows", "table"],
    ["rows[1]", null],
    ["rows[1]", { scores: {} }],
    ["rows[1]", { prompt: "x", messages: [], scores: {} }],
    ["rows[1].prompt", { prompt: 3, scores: {} }],
    ["rows[1].messages", { messages: [], scores: {} }],
    ["rows[1].request.messages", { request: {}, scores: {} }],
    ["rows[1].taskType", { prompt: "x", taskType: 1, scores: {} }],
    ["rows[1].scores", { prompt: "x" }],
    ['rows[1].scores["a-1"]', { prompt: "x", scores: { "a-1": 2 } }],
    ['rows[1].scores["c/c-1"]', { prompt: "x", scores: { "c/c-1": 1 } }],
    ['rows[1].scores["shared"]', { prompt: "x", scores: { shared: 1 } }],
  ])("refuses a wrong table by the path %s and learns nothing of it", async (path, wrong) => {
    const router = routerOf();
    const before = router.exportState();
    const rows = (wrong === "table" ? wrong : [good, wrong]) as unknown as LearnRow[];
    expect(await failureOf(router.learnFrom(rows))).toMatchObject({ kind: "invalid_request", path });
    expect(router.exportState()).toEqual(before);
  });

  it("skips scores that are missing", async () => {
    const rows = [
      { prompt: "x", scores: { "a-1": 1, "b-1": undefined } },
      { prompt: "y", scores: {} },
    ];
    expect(await routerOf().learnFrom(rows as unknown as LearnRow[])).toEqual({ rows: 1, labels: 1 });
  });
});
