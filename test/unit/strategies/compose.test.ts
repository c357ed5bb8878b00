import { describe, expect, it } from "vitest";
import type { Strategy } from "../../../src/contract/strategy.js";
import { createChooser } from "../../../src/strategies/chooser.js";
import { blend, chain } from "../../../src/strategies/compose.js";
import { candidates, context } from "./world.js";

const list = candidates(
  { id: "cheap/1", expectedCostUsd: 0.0001, expectedLatencyMs: 3_000, successLowerBound: 0.96 },
  { id: "fast/1", expectedCostUsd: 0.01, expectedLatencyMs: 300, successLowerBound: 0.97 },
  { id: "middle/1", expectedCostUsd: 0.001, expectedLatencyMs: 500, successLowerBound: 0.7 },
);

function order(strategy: Strategy): string[] {
  const warnings: string[] = [];
  const chooser = createChooser({ strategy, onWarning: ({ message }) => warnings.push(message) });
  const ids = chooser.explain(context(list)).map(({ id }) => id);
  expect(warnings).toEqual([]);
  return ids;
}

describe("blend", () => {
  it("is each part alone at weight one, and their compromise between", () => {
    expect(order(blend({ "cost-optimized": 1 }))[0]).toBe("cheap/1");
    expect(order(blend({ "performance-weighted": 1 }))[0]).toBe("fast/1");
    expect(order(blend({ "cost-optimized": 1, "performance-weighted": 1 }))[0]).toBe("middle/1");
  });

  it("names its parts and tells their words", () => {
    const strategy = blend({ "cost-optimized": 2, "performance-weighted": 1 });
    expect(strategy.name).toBe("blend(cost-optimized 2, performance-weighted 1)");
    expect(strategy.rank!(context(list))[0]!.reason).toMatch(/cost-optimized 0\.\d\d, performance-weighted 0\.\d\d/);
    expect(blend({ ordered: 1 }, { name: "mine" }).name).toBe("mine");
  });

  it("takes strategies of your own, rank ones too", () => {
    const last: Strategy = {
      name: "last",
      rank: (c) => [...c.candidates].reverse().map(({ id }) => ({ id, score: 0 })),
    };
    expect(order(blend({ last: 1 }, { strategies: [last] }))).toEqual(["middle/1", "fast/1", "cheap/1"]);
  });

  it("copes with scores without bound", () => {
    const odd: Strategy = { name: "odd", score: (c) => (c.id === "fast/1" ? Number.NEGATIVE_INFINITY : 1) };
    expect(order(blend({ odd: 1 }, { strategies: [odd] }))).toEqual(["cheap/1", "middle/1", "fast/1"]);
  });

  it("refuses what it cannot weigh", () => {
    const bad = (weights: Record<string, number>, path: string) =>
      expect(() => blend(weights)).toThrow(expect.objectContaining({ kind: "invalid_options", path }));
    for (const none of [undefined, null, ["ordered"]]) bad(none as never, "blend");
    expect(() => blend({ ordered: 1 }, { strategy: [] } as never)).toThrow(
      expect.objectContaining({ path: "options.strategy" }),
    );
    bad({}, "blend");
    bad({ "no-such": 1 }, "blend.no-such");
    bad({ ordered: 0 }, "blend.ordered");
    bad({ ordered: Number.NaN }, "blend.ordered");
  });
});

describe("chain", () => {
  it("lets the next strategy decide among the about equally good", () => {
    expect(order(chain(["reliability-focused", "cost-optimized"]))).toEqual(["cheap/1", "fast/1", "middle/1"]);
    expect(order(chain(["reliability-focused", "performance-weighted"]))).toEqual(["fast/1", "cheap/1", "middle/1"]);
    expect(order(chain(["reliability-focused", "cost-optimized"], { tolerance: 0.001 }))[0]).toBe("fast/1");
  });

  it("explains with the words of all parts", () => {
    expect(chain(["ordered", "cost-optimized"]).rank!(context(list))[0]!.reason).toContain(
      "number 1 in the listed order; $",
    );
  });

  it("refuses what it does not know", () => {
    expect(() => chain([])).toThrow(expect.objectContaining({ path: "chain" }));
    expect(() => chain(["ordered", "no-such"])).toThrow(expect.objectContaining({ path: "chain[1]" }));
    expect(() => chain([{ name: "" }])).toThrow(expect.objectContaining({ kind: "invalid_options" }));
    for (const none of [undefined, null, {}, "ordered"]) {
      expect(() => chain(none as never)).toThrow(expect.objectContaining({ kind: "invalid_options", path: "chain" }));
    }
    for (const [path, options] of [
      ["options.tolerance", { tolerance: Number.NaN }],
      ["options.tolerence", { tolerence: 0.1 }],
    ] as const) {
      expect(() => chain(["ordered"], options as never)).toThrow(expect.objectContaining({ path }));
    }
  });
});

describe("a part that fails", () => {
  const late = async (): Promise<never> => {
    throw new Error("too late");
  };
  it.each<[string, object]>([
    ["score() returned a promise", { score: late }],
    ["score() gave cheap/1 NaN", { score: () => Number.NaN }],
    ["rank() returned a promise", { rank: late }],
    ["rank() named an unknown candidate", { rank: () => [{ id: "nobody", score: 1 }] }],
  ])("fails the whole, which stands in listed order and tells once: %s", async (problem, part) => {
    const mine = { name: "mine", ...part } as unknown as Strategy;
    for (const strategy of [blend({ mine: 1, ordered: 1 }, { strategies: [mine] }), chain([mine, "cost-optimized"])]) {
      const warnings: string[] = [];
      const chooser = createChooser({ strategy, onWarning: ({ message }) => warnings.push(message) });
      for (let round = 0; round < 3; round += 1) expect(chooser.begin().pick(context(list))!.id).toBe("cheap/1");
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain(`mine: ${problem}`);
    }
    await new Promise((resolve) => setImmediate(resolve));
  });
});
