import { describe, expect, it } from "vitest";
import type { RankedCandidate, Strategy } from "../../../src/contract/strategy.js";
import { MAKERS } from "../../../src/strategies/built-in.js";
import { createChooser } from "../../../src/strategies/chooser.js";
import { defineStrategy } from "../../../src/strategies/define-strategy.js";
import { createStrategyRegistry } from "../../../src/strategies/registry.js";
import { candidates, context } from "./world.js";

const three = candidates({ id: "a/1" }, { id: "b/1" }, { id: "c/1" });

function run(strategy: unknown, rounds = 1) {
  const warnings: string[] = [];
  const chooser = createChooser({ strategy: strategy as Strategy, onWarning: ({ message }) => warnings.push(message) });
  let order: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const choice = chooser.begin();
    const tried = new Set<number>();
    order = [];
    for (let pick = choice.pick(context(three), tried); pick; pick = choice.pick(context(three), tried)) {
      order.push(pick.id);
      tried.add(pick.position);
    }
  }
  return { order, warnings, chooser };
}

const rankOf = (result: unknown): Strategy => ({ name: "mine", rank: () => result as RankedCandidate[] });
const scoreOf = (score: (id: string) => unknown): Strategy => ({
  name: "mine",
  score: (candidate) => score(candidate.id) as number,
});

describe("chooser", () => {
  it("walks a score strategy from the best to the worst", () => {
    const scores: Record<string, number> = { "a/1": 1, "b/1": 3, "c/1": 2 };
    expect(run(scoreOf((id) => scores[id])).order).toEqual(["b/1", "c/1", "a/1"]);
  });

  it("keeps listed order between equals, and takes candidates of score minus infinity last", () => {
    expect(run(scoreOf(() => 7)).order).toEqual(["a/1", "b/1", "c/1"]);
    const last = run(scoreOf((id) => (id === "a/1" ? Number.NEGATIVE_INFINITY : 0)));
    expect(last.order).toEqual(["b/1", "c/1", "a/1"]);
    expect(last.warnings).toEqual([]);
    expect(run(scoreOf(() => Number.NEGATIVE_INFINITY)).order).toEqual(["a/1", "b/1", "c/1"]);
  });

  it("asks a rank strategy once per request and appends who it left out", () => {
    let calls = 0;
    const strategy: Strategy = {
      name: "mine",
      rank: () => {
        calls += 1;
        return [{ id: "c/1", score: 1 }];
      },
    };
    expect(run(strategy).order).toEqual(["c/1", "a/1", "b/1"]);
    expect(calls).toBe(1);
  });

  it("goes on where a ranked candidate has gone and another has come back", () => {
    const chooser = createChooser({
      strategy: rankOf([
        { id: "c/1", score: 2 },
        { id: "a/1", score: 1 },
      ]),
    });
    const choice = chooser.begin();
    expect(choice.pick(context([three[0]!, three[2]!]))?.id).toBe("c/1");
    expect(choice.pick(context([three[1]!]), new Set([2]))?.id).toBe("b/1");
    expect(choice.pick(context([three[1]!]), new Set([1, 2]))).toBeUndefined();
  });

  it.each([
    [
      "a throw in rank",
      {
        name: "mine",
        rank: () => {
          throw new Error("boom");
        },
      },
    ],
    [
      "a throw in score",
      {
        name: "mine",
        score: () => {
          throw new Error("boom");
        },
      },
    ],
    [
      "a rejected promise from rank",
      {
        name: "mine",
        rank: async () => {
          throw new Error("late");
        },
      },
    ],
    [
      "a rejected promise from score",
      {
        name: "mine",
        score: async () => {
          throw new Error("late");
        },
      },
    ],
    ["nothing", rankOf(undefined)],
    ["null", rankOf(null)],
    ["a text", rankOf("b/1")],
    ["an empty list", rankOf([])],
    ["an unknown id", rankOf([{ id: "z/9", score: 1 }])],
    [
      "a duplicate",
      rankOf([
        { id: "b/1", score: 1 },
        { id: "b/1", score: 1 },
      ]),
    ],
    ["an entry that is no object", rankOf(["b/1"])],
    ["a NaN in rank", rankOf([{ id: "b/1", score: Number.NaN }])],
    ["NaN for all", scoreOf(() => Number.NaN)],
    ["NaN for one", scoreOf((id) => (id === "b/1" ? Number.NaN : id === "c/1" ? 5 : 1))],
    ["undefined scores", scoreOf(() => undefined)],
    ["texts that compare like numbers", scoreOf((id) => (id === "c/1" ? "9" : "1"))],
  ])("contains %s: listed order, one warning over many requests", async (_what, strategy) => {
    const { order, warnings } = run(strategy, 5);
    expect(order).toEqual(["a/1", "b/1", "c/1"]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('strategy "mine"');
    await new Promise((resolve) => setImmediate(resolve));
  });

  it("tells nothing of the prompt that a strategy quotes, and survives an error that cannot be read", () => {
    const prompt = "the launch code is 0000 and nobody may ever hear of it";
    const unreadable = new Proxy(new Error("x"), {
      get() {
        throw new Error("hands off");
      },
    });
    const faults = [new Error(`cannot rank ${prompt}`), prompt, unreadable];
    const messages = faults.map((fault) => {
      const told: string[] = [];
      const strategy = defineStrategy({
        name: "x",
        rank: () => {
          throw fault;
        },
      });
      const chooser = createChooser({ strategy, onWarning: ({ message }) => told.push(message) });
      const request = { messages: [{ role: "user" as const, content: prompt }] };
      chooser.begin().pick(context(three, { request }));
      return told.join();
    });
    expect(messages).toEqual(
      ["cannot rank [echo removed]", "string", "object"].map(
        (words) => `strategy "x" failed: it threw: ${words}; the listed order stands in`,
      ),
    );
  });

  it("explains in order, with reasons, and survives a reason that throws", () => {
    const strategy = defineStrategy({
      name: "mine",
      score: (candidate) => -candidate.position,
      reason: (candidate) => {
        if (candidate.id === "b/1") throw new Error("no words");
        return `place ${candidate.position}`;
      },
    });
    const warnings: string[] = [];
    const chooser = createChooser({ strategy, onWarning: ({ message }) => warnings.push(message) });
    const explained = chooser.explain(context(three));
    expect(explained.map(({ id }) => id)).toEqual(["a/1", "b/1", "c/1"]);
    expect(explained.map(({ reasons }) => reasons)).toEqual([["place 0"], [], ["place 2"]]);
    expect(warnings).toEqual(['strategy "mine" failed: its reason() threw: no words']);
    expect(JSON.parse(JSON.stringify(explained))).toEqual(explained);
  });

  it("takes reasons and chances that are none for not given, and still explains in JSON", async () => {
    const late = (): Promise<never> => Promise.reject(new Error("too late"));
    const rubbish = [1n, { words: "best" }, late(), ""].map((reason, index) => ({
      id: ["a/1", "b/1", "c/1", "d/1"][index],
      score: index === 0 ? Number.POSITIVE_INFINITY : 1,
      reason,
      propensity: ["high", Number.NaN, 2, -1][index],
    }));
    const four = candidates({ id: "a/1" }, { id: "b/1" }, { id: "c/1" }, { id: "d/1" });
    const asyncReason = { name: "mine", score: () => 1, reason: late } as unknown as Strategy;
    for (const strategy of [rankOf(rubbish), asyncReason]) {
      const chooser = createChooser({ strategy });
      const explained = chooser.explain(context(four));
      expect(explained.map(({ reasons, propensity }) => [reasons, propensity])).toEqual(
        four.map(() => [[], undefined]),
      );
      expect(JSON.parse(JSON.stringify(explained))).toEqual(explained);
      const choice = chooser.begin();
      expect(choice.reasons(context(four), choice.pick(context(four))!)).toEqual([]);
    }
    await new Promise((resolve) => setImmediate(resolve));
  });

  it("tells with a choice why it was made, also where `rank` says so or the listed order stands in", () => {
    const why = (strategy: Strategy): readonly string[] => {
      const choice = createChooser({ strategy }).begin();
      return choice.reasons(context(three), choice.pick(context(three))!);
    };
    expect(why(rankOf([{ id: "b/1", score: 4, reason: "best" }]))).toEqual(["best"]);
    expect(why({ ...rankOf([{ id: "b/1", score: 4 }]), reason: ({ id }) => `asked for ${id}` })).toEqual([
      "asked for b/1",
    ]);
    expect(why({ ...rankOf([]), reason: () => "the cheapest" })).toEqual(["listed order"]);
  });

  it("explains a rank strategy with its scores, propensities and the ones it left out", () => {
    const chooser = createChooser({ strategy: rankOf([{ id: "b/1", score: 4, reason: "best", propensity: 0.9 }]) });
    expect(chooser.explain(context(three))).toEqual([
      { id: "b/1", position: 1, score: 4, reasons: ["best"], propensity: 0.9 },
      { id: "a/1", position: 0, score: null, reasons: ["listed order"] },
      { id: "c/1", position: 2, score: null, reasons: ["listed order"] },
    ]);
  });

  it("remembers who is in office, but not who was only measured", () => {
    const chooser = createChooser({
      strategy: {
        name: "mine",
        score: (candidate, { sequence }) => (candidate.position === sequence % 3 ? 1 : 0),
        explores: (_candidate, { sequence }) => sequence === 2,
      },
    });
    chooser.begin().pick(context(three, { sequence: 1 }));
    expect(chooser.incumbent).toBe("b/1");
    chooser.begin().pick(context(three, { sequence: 2 }));
    expect(chooser.incumbent).toBe("b/1");
    const choice = chooser.begin();
    choice.pick(context(three, { sequence: 0 }));
    choice.pick(context(three, { sequence: 1 }), new Set([0]));
    expect(chooser.incumbent).toBe("a/1");
  });

  it("chooses among no candidates: nobody", () => {
    const chooser = createChooser({ strategy: scoreOf(() => 1) });
    expect(chooser.begin().pick(context([]))).toBeUndefined();
    expect(chooser.explain(context([]))).toEqual([]);
  });
});

describe("registry and defineStrategy", () => {
  it("knows the eight built-in strategies and lets one of the same name take a place", () => {
    expect(createStrategyRegistry([], MAKERS).names().sort()).toEqual([
      "adaptive",
      "cost-optimized",
      "load-balanced",
      "ordered",
      "performance-weighted",
      "reliability-focused",
      "round-robin",
      "weighted",
    ]);
    const own = { name: "ordered", score: () => 1 };
    expect(createStrategyRegistry([own], MAKERS).get("ordered")).toBe(own);
    expect(createStrategyRegistry([], MAKERS).get("toString")).toBeUndefined();
  });

  it.each([
    [null, "strategies[0]"],
    [{ score: () => 1 }, "strategies[0].name"],
    [{ name: " ", score: () => 1 }, "strategies[0].name"],
    [{ name: "x" }, "strategies[0]"],
    [{ name: "x", score: 5 }, "strategies[0].score"],
    [{ name: "x", rank: "no" }, "strategies[0].rank"],
  ] as [unknown, string][])("refuses %j, naming the path", (strategy, path) => {
    expect(() => createStrategyRegistry([strategy as unknown as Strategy], MAKERS)).toThrow(
      expect.objectContaining({ kind: "invalid_options", path }),
    );
    expect(() => defineStrategy(strategy as unknown as Strategy)).toThrow(
      expect.objectContaining({ kind: "invalid_options" }),
    );
  });

  it("refuses two strategies of one name", () => {
    const twice: Strategy[] = [
      { name: "x", score: () => 1 },
      { name: "x", score: () => 2 },
    ];
    expect(() => createStrategyRegistry(twice, MAKERS)).toThrow(
      expect.objectContaining({ path: "strategies[1].name" }),
    );
  });
});
