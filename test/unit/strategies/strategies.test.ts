import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CandidateSnapshot, Strategy, StrategyContext } from "../../../src/contract/strategy.js";
import { seededRandom } from "../../../src/core/random.js";
import { adaptive } from "../../../src/strategies/adaptive.js";
import { MAKERS } from "../../../src/strategies/built-in.js";
import { createChooser } from "../../../src/strategies/chooser.js";
import { costOptimized } from "../../../src/strategies/cost-optimized.js";
import { decisionHash, exploringTurn } from "../../../src/strategies/exploration.js";
import { performanceWeighted } from "../../../src/strategies/performance-weighted.js";
import { planIndex } from "../../../src/strategies/plan-index.js";
import { createStrategyRegistry } from "../../../src/strategies/registry.js";
import { reliabilityFocused } from "../../../src/strategies/reliability-focused.js";
import { weighted } from "../../../src/strategies/weighted.js";
import { calm, candidates, context } from "./world.js";

const registry = createStrategyRegistry([], MAKERS);
const EXPLORING = Array.from({ length: 400 }, (_, sequence) => sequence).filter((at) => exploringTurn(at) >= 0);

function first(
  strategy: string | Strategy,
  list: readonly CandidateSnapshot[],
  about: Partial<StrategyContext> = {},
): string {
  const chooser = createChooser({ strategy: typeof strategy === "string" ? registry.get(strategy)! : strategy });
  return chooser.begin().pick(context(list, about))!.id;
}

function why(
  strategy: string,
  list: readonly CandidateSnapshot[],
  id: string,
  about: Partial<StrategyContext> = {},
): string {
  const ctx = context(list, about);
  return registry.get(strategy)!.reason!(list.find((candidate) => candidate.id === id)!, ctx);
}

/** How often each goes first. */
function shares(strategy: string | Strategy, list: readonly CandidateSnapshot[], rounds: number): Map<string, number> {
  const chooser = createChooser({ strategy: typeof strategy === "string" ? registry.get(strategy)! : strategy });
  const random = seededRandom(5);
  const counts = new Map(list.map(({ id }) => [id, 0]));
  for (let sequence = 0; sequence < rounds; sequence += 1) {
    const { id } = chooser.begin().pick(context(list, { random, sequence }))!;
    counts.set(id, counts.get(id)! + 1 / rounds);
  }
  return counts;
}

describe("ordered, round-robin, weighted", () => {
  const list = candidates({ id: "a/1" }, { id: "b/1" }, { id: "c/1" }, { id: "d/1" });

  it("ordered takes the listed order", () => {
    expect(first("ordered", list)).toBe("a/1");
    expect(why("ordered", list, "b/1")).toBe("number 2 in the listed order");
  });

  it("round-robin takes turns exactly, also among those that are left", () => {
    const some = [list[0]!, list[2]!, list[3]!];
    const turns = Array.from({ length: 6 }, (_, sequence) => first("round-robin", some, { sequence }));
    expect(turns).toEqual(["a/1", "c/1", "d/1", "a/1", "c/1", "d/1"]);
  });

  it("round-robin falls back in the order of turns", () => {
    const chooser = createChooser({ strategy: registry.get("round-robin")! });
    const choice = chooser.begin();
    const ctx = context(list, { sequence: 2 });
    expect(choice.pick(ctx)!.id).toBe("c/1");
    expect(choice.pick(ctx, new Set([2]))!.id).toBe("d/1");
    expect(choice.pick(ctx, new Set([2, 3]))!.id).toBe("a/1");
  });

  it("weighted keeps shares within 5 points over 10,000", () => {
    const seen = shares(weighted({ a: 5, b: 3, c: 2, d: 0 }), list, 10_000);
    for (const [id, share] of [
      ["a/1", 0.5],
      ["b/1", 0.3],
      ["c/1", 0.2],
    ] as const) {
      expect(Math.abs(seen.get(id)! - share)).toBeLessThan(0.05);
    }
    expect(seen.get("d/1")).toBe(0);
  });

  it("weighted takes weights by candidate or provider, 1 where none is given", () => {
    for (const share of shares("weighted", list, 10_000).values()) expect(Math.abs(share - 0.25)).toBeLessThan(0.05);
    expect(shares(weighted({ a: 7 }), list, 10_000).get("a/1")!).toBeCloseTo(0.7, 1);
    const seen = shares(weighted({ a: 1, "b/1": 3, c: 0, d: 0 }), list, 10_000);
    expect(seen.get("b/1")!).toBeGreaterThan(0.7);
    expect(seen.get("c/1")).toBe(0);
    expect(() => weighted({ a: -1 })).toThrow(expect.objectContaining({ kind: "invalid_options", path: "weights.a" }));
    expect(() => weighted({ a: Number.NaN })).toThrow(expect.objectContaining({ path: "weights.a" }));
  });
});

describe("performance-weighted", () => {
  it("takes the shortest time to a good answer, failures included", () => {
    expect(first("performance-weighted", candidates({ id: "a/1" }, { id: "b/1", expectedLatencyMs: 700 }))).toBe("b/1");
    const flaky = candidates(
      { id: "a/1" },
      { id: "b/1", expectedLatencyMs: 700, successRate: 0.5, recentSuccessRate: 0.5 },
    );
    expect(first("performance-weighted", flaky)).toBe("a/1");
  });

  it("does not take fast failures for speed", () => {
    const broken = candidates(
      { id: "a/1" },
      { id: "b/1", expectedLatencyMs: 10, successRate: 0.2, recentSuccessRate: 0.005 },
    );
    expect(first("performance-weighted", broken)).toBe("a/1");
  });

  it("spreads a burst: 300 decisions at once do not pile onto one", () => {
    const list = candidates({ id: "a/1" }, { id: "b/1" }, { id: "c/1" });
    const inFlight = [0, 0, 0];
    const chooser = createChooser({ strategy: registry.get("performance-weighted")! });
    for (let sequence = 0; sequence < 300; sequence += 1) {
      const live = list.map((candidate, index) => ({ ...candidate, inFlight: inFlight[index]! }));
      inFlight[chooser.begin().pick(context(live, { sequence, incumbent: chooser.incumbent }))!.position]! += 1;
    }
    expect(Math.max(...inFlight)).toBeLessThan(150);
  });

  it("says what counted", () => {
    expect(why("performance-weighted", candidates({ id: "a/1" }), "a/1")).toMatch(
      /ms to a good answer: 400 ms to the first token, 50 tokens\/s/,
    );
  });
});

describe("cost-optimized", () => {
  it("takes the cheapest above the floor", () => {
    const list = candidates(
      { id: "a/1" },
      { id: "b/1", expectedCostUsd: 0.0002 },
      { id: "c/1", expectedCostUsd: 0.0001, successRate: 0.5 },
    );
    expect(first("cost-optimized", list)).toBe("b/1");
    expect(why("cost-optimized", list, "c/1")).toContain("below the floor of 80 %");
  });

  it("puts an unknown price after every known one, and still uses it when alone", () => {
    const unknown = { id: "b/1", expectedCostUsd: Number.POSITIVE_INFINITY };
    expect(first("cost-optimized", candidates(unknown, { id: "a/1", expectedCostUsd: 5 }))).toBe("a/1");
    expect(first("cost-optimized", candidates(unknown))).toBe("b/1");
    expect(why("cost-optimized", candidates(unknown), "b/1")).toContain("unknown price");
  });

  it("adaptive takes an unknown price for a dear one, not for one that nobody could pay", () => {
    const unknown = { id: "b/1", expectedCostUsd: Number.POSITIVE_INFINITY };
    expect(first("adaptive", candidates(unknown, { id: "a/1" }))).toBe("a/1");
    expect(first("adaptive", candidates(unknown, { id: "a/1", expectedCostUsd: 1 }))).toBe("b/1");
    expect(first("adaptive", candidates(unknown, { id: "a/1", expectedLatencyMs: 30_000 }))).toBe("b/1");
  });

  it("prefers the unreliable to nobody, in order of price", () => {
    const list = candidates({ id: "a/1", successRate: 0.5 }, { id: "b/1", successRate: 0.5, expectedCostUsd: 0.0001 });
    expect(first("cost-optimized", list)).toBe("b/1");
  });

  it("asks one below the floor again in its turn of every 20 calls", () => {
    const list = candidates({ id: "a/1" }, { id: "b/1", expectedCostUsd: 0.0001, successRate: 0.3 });
    const seen = shares("cost-optimized", list, 20_000);
    expect(seen.get("b/1")!).toBeCloseTo(0.025, 3);
  });

  it("has its floor as an option", () => {
    const list = candidates(
      { id: "a/1" },
      { id: "b/1", expectedCostUsd: 0.0001, successRate: 0.5, recentSuccessRate: 0.5 },
    );
    expect(first(costOptimized({ minSuccessRate: 0.4 }), list)).toBe("b/1");
  });
});

describe("reliability-focused", () => {
  it("does not let 1 of 1 beat 990 of 1,000", () => {
    const list = candidates(
      { id: "new/1", successRate: 0.97, successLowerBound: 0.6, samples: 1, attempts: 3 },
      { id: "old/1", successRate: 0.99, successLowerBound: 0.982, samples: 1_000, attempts: 1_000 },
    );
    expect(first("reliability-focused", list)).toBe("old/1");
    expect(why("reliability-focused", list, "old/1")).toContain("over 1000 calls");
  });

  it("turns away at once from what fails now", () => {
    const list = candidates({ id: "a/1", recentSuccessRate: 0.4 }, { id: "b/1", successLowerBound: 0.9 });
    expect(first("reliability-focused", list)).toBe("b/1");
  });

  it("decides equal proof by speed", () => {
    expect(first("reliability-focused", candidates({ id: "a/1", expectedLatencyMs: 9_000 }, { id: "b/1" }))).toBe(
      "b/1",
    );
  });
});

describe("load-balanced", () => {
  it("counts what is outstanding", () => {
    expect(
      first("load-balanced", candidates({ id: "a/1", inFlight: 3 }, { id: "b/1", expectedLatencyMs: 2_000 })),
    ).toBe("b/1");
  });

  it("leaves who fails or runs out of its limit", () => {
    expect(
      first(
        "load-balanced",
        candidates({ id: "a/1", recentSuccessRate: 0.3 }, { id: "b/1", expectedLatencyMs: 3_000 }),
      ),
    ).toBe("b/1");
    expect(
      first("load-balanced", candidates({ id: "a/1", headroom: 0 }, { id: "b/1", expectedLatencyMs: 3_000 })),
    ).toBe("b/1");
  });

  it("spreads equal candidates evenly", () => {
    const list = candidates(...Array.from({ length: 8 }, (_, index) => ({ id: `p${index}/1` })));
    const inFlight = list.map(() => 0);
    const chooser = createChooser({ strategy: registry.get("load-balanced")! });
    for (let sequence = 0; sequence < 800; sequence += 1) {
      const live = list.map((candidate, index) => ({ ...candidate, inFlight: inFlight[index]! }));
      inFlight[chooser.begin().pick(context(live, { sequence }))!.position]! += 1;
    }
    expect(Math.max(...inFlight) - Math.min(...inFlight)).toBeLessThan(40);
  });
});

describe("adaptive", () => {
  const strong = { tier: 3 as const, expectedCostUsd: 0.01 };
  const light = { tier: 1 as const, expectedCostUsd: 0.001 };

  it("takes the better answers for what they cost, by its knob", () => {
    const list = candidates(
      { id: "light/1", ...light, quality: { mean: 0.7, sd: 0, samples: 0 } },
      { id: "strong/1", ...strong, quality: { mean: 0.78, sd: 0, samples: 0 } },
    );
    expect(first(adaptive({ quality: 0 }), list)).toBe("light/1");
    expect(first(adaptive({ quality: 1 }), list)).toBe("strong/1");
    expect(first(adaptive({ answerValueUsd: 0.01 }), list)).toBe("light/1");
    expect(first(adaptive({ answerValueUsd: 1, quality: 1 }), list)).toBe("strong/1");
  });

  it("heeds sensitivity", () => {
    const list = candidates(
      { id: "light/1", ...light, quality: { mean: 0.7, sd: 0, samples: 0 } },
      { id: "strong/1", ...strong, quality: { mean: 0.78, sd: 0, samples: 0 } },
    );
    const level = (cost: "low" | "high") => ({ ...calm, sensitivity: { ...calm.sensitivity, cost } });
    expect(first("adaptive", list, { characteristics: level("low") })).toBe("strong/1");
    expect(first("adaptive", list, { characteristics: level("high") })).toBe("light/1");
  });

  it("leaves who fails", () => {
    expect(
      first("adaptive", candidates({ id: "a/1", recentSuccessRate: 0.5 }, { id: "b/1", expectedCostUsd: 0.002 })),
    ).toBe("b/1");
  });

  it("leaves who has become so slow that an answer may come too late, even where price speaks for it", () => {
    const cheap = { id: "cheap/1", expectedCostUsd: 0.0001 };
    const dear = { id: "dear/1", expectedCostUsd: 0.001, expectedLatencyMs: 4_000 };
    expect(first("adaptive", candidates({ ...cheap, expectedLatencyMs: 12_000 }, dear))).toBe("cheap/1");
    expect(first("adaptive", candidates({ ...cheap, expectedLatencyMs: 40_000 }, dear))).toBe("dear/1");
    const calls = { expectedLatencyMs: 12_000, outstandingMs: 40_000, inFlight: 4 };
    expect(first("adaptive", candidates({ ...cheap, ...calls }, { ...dear, inFlight: 4 }))).toBe("dear/1");
  });

  it("holds a quota", () => {
    const random = seededRandom(3);
    const attempts = [50, 50];
    const chooser = createChooser({ strategy: adaptive({ quota: { share: 0.3 } }) });
    let strongCalls = 0;
    for (let sequence = 0; sequence < 4_000; sequence += 1) {
      const gain = random();
      const list = candidates(
        { id: "light/1", tier: 1, attempts: attempts[0]!, quality: { mean: 0.5, sd: 0.05, samples: 9 } },
        { id: "strong/1", tier: 3, attempts: attempts[1]!, quality: { mean: 0.5 + gain * 0.4, sd: 0.05, samples: 9 } },
      );
      const { position } = chooser.begin().pick(context(list, { sequence, random }))!;
      attempts[position]! += 1;
      strongCalls += position;
    }
    expect(strongCalls / 4_000).toBeGreaterThan(0.27);
    expect(strongCalls / 4_000).toBeLessThan(0.33);
  });

  it("refuses options out of range", () => {
    for (const options of [{ quality: 2 }, { quality: Number.NaN }, { answerValueUsd: 0 }, { quota: { share: -1 } }]) {
      expect(() => adaptive(options)).toThrow(expect.objectContaining({ kind: "invalid_options" }));
    }
    for (const make of [costOptimized, performanceWeighted, reliabilityFocused]) {
      const wrong = expect.objectContaining({ kind: "invalid_options", path: expect.stringMatching(/switchMargin$/) });
      expect(() => make({ switchMargin: 2 })).toThrow(wrong);
    }
  });

  it.each<[path: string, make: () => unknown]>([
    ["adaptive", () => adaptive(null as never)],
    ["adaptive.qualty", () => adaptive({ qualty: 1 } as never)],
    ["adaptive.quota", () => adaptive({ quota: 0.2 as never })],
    ["adaptive.quota.share", () => adaptive({ quota: {} as never })],
    ["adaptive.quota.part", () => adaptive({ quota: { share: 0.2, part: 3 } as never })],
    ["costOptimized", () => costOptimized("cheap" as never)],
    ["costOptimized.floor", () => costOptimized({ floor: 0.5 } as never)],
    ["performanceWeighted.margin", () => performanceWeighted({ margin: 0.5 } as never)],
    ["reliabilityFocused.margin", () => reliabilityFocused({ margin: 0.5 } as never)],
    ["weights", () => weighted(null as never)],
    ["weights", () => weighted([3, 1] as never)],
    ["weights.a", () => weighted({ a: "3" as never })],
  ])("a slip of the pen is not taken in silence: %s", (path, make) => {
    const message = expect.stringMatching(new RegExp(`^${path} `));
    expect(make).toThrow(expect.objectContaining({ kind: "invalid_options", path, message }));
  });

  it("does not measure what could not win even with perfect answers", () => {
    const list = candidates(
      { id: "light/1", expectedCostUsd: 0.001 },
      { id: "dear/1", expectedCostUsd: 5, attempts: 0, quality: { mean: 0.9, sd: 0.1, samples: 0 } },
    );
    expect(first(adaptive({ answerValueUsd: 0.01 }), list)).toBe("light/1");
  });
});

const MEASURING = ["performance-weighted", "load-balanced", "reliability-focused", "adaptive"];

describe.each(MEASURING.slice(0, 3))("%s measures", (name) => {
  it("each unmeasured healthy candidate three times first", () => {
    const list = candidates(
      { id: "a/1" },
      { id: "b/1", attempts: 0, expectedLatencyMs: 9_000, successLowerBound: 0.5 },
    );
    expect(first(name, list)).toBe("b/1");
    expect(why(name, list, "b/1")).toContain("not measured yet (0 of 3");
    expect(first(name, [list[0]!, { ...list[1]!, attempts: 3 }])).toBe("a/1");
    expect(first(name, [list[0]!, { ...list[1]!, inFlight: 3 }])).toBe("a/1");
    expect(first(name, [list[0]!, { ...list[1]!, recentSuccessRate: 0.1 }])).toBe("a/1");
  });

  it("also who is dear, or of unknown price: it may be fast", () => {
    for (const expectedCostUsd of [0.1, Number.POSITIVE_INFINITY]) {
      const list = candidates({ id: "a/1" }, { id: "b/1", attempts: 0, expectedCostUsd });
      expect(first(name, list)).toBe("b/1");
    }
  });
});

describe.each(MEASURING)("%s measures", (name) => {
  it("again in its turn of every 20 calls, so that who got better is found", () => {
    const list = candidates({ id: "a/1" }, { id: "b/1", expectedLatencyMs: 9_000, successLowerBound: 0.5 });
    const seen = shares(name, list, 20_000);
    expect(seen.get("b/1")!).toBeCloseTo(0.025, 3);
    const exploring = EXPLORING.find((sequence) => first(name, list, { sequence }) === "b/1")!;
    expect(why(name, list, "b/1", { sequence: exploring })).toContain("measured again");
  });

  it("never with urgent or pinned calls", () => {
    const list = candidates(
      { id: "a/1" },
      { id: "b/1", attempts: 0, expectedLatencyMs: 9_000, successLowerBound: 0.5 },
    );
    const urgent = { ...calm, sensitivity: { ...calm.sensitivity, urgency: "high" as const } };
    for (const characteristics of [urgent, { ...calm, pinned: true }]) {
      expect(first(name, list, { characteristics })).toBe("a/1");
      for (const sequence of EXPLORING) expect(first(name, list, { characteristics, sequence })).toBe("a/1");
    }
  });

  it("starts somewhere sensible with nothing measured at all", () => {
    const cold = candidates({ id: "a/1", attempts: 0, samples: 0 }, { id: "b/1", attempts: 0, samples: 0 });
    expect(first(name, cold)).toBe("a/1");
  });
});

describe.each(["performance-weighted", "cost-optimized", "reliability-focused"])("%s holds on", (name) => {
  it("to who is in office until another is clearly better", () => {
    const near = candidates(
      { id: "a/1" },
      { id: "b/1", expectedLatencyMs: 950, expectedCostUsd: 0.00095, successLowerBound: 0.985 },
    );
    expect(first(name, near)).toBe("b/1");
    expect(first(name, near, { incumbent: "a/1" })).toBe("a/1");
    const far = candidates(
      { id: "a/1" },
      { id: "b/1", expectedLatencyMs: 500, expectedCostUsd: 0.0005, successLowerBound: 0.99 },
    );
    expect(first(name, far, { incumbent: "a/1" })).toBe("b/1");
  });
});

describe("whole plans", () => {
  interface Leg {
    readonly p: number;
    readonly cost: number;
    readonly failureCost: number;
  }
  const expected = (plan: readonly Leg[]): number =>
    plan.reduceRight((rest, { p, cost, failureCost }) => p * cost + (1 - p) * (failureCost + rest), 0);
  const permutations = <T>(items: readonly T[]): T[][] =>
    items.length <= 1
      ? [[...items]]
      : items.flatMap((item, at) => permutations(items.filter((_, i) => i !== at)).map((rest) => [item, ...rest]));

  it("are the cheapest of all orders when candidates stand in order of the index", () => {
    const leg = fc.record({
      p: fc.double({ min: 0.05, max: 1, noNaN: true }),
      cost: fc.double({ min: 0.1, max: 10, noNaN: true }),
      failureCost: fc.double({ min: 0, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(leg, { minLength: 1, maxLength: 5 }), (legs) => {
        // The last leg stands for "somebody always answers", so that plans differ by order alone.
        const end: Leg = { p: 1, cost: 1_000, failureCost: 0 };
        const byIndex = [...legs].sort(
          (a, b) => planIndex(a.cost, a.failureCost, a.p) - planIndex(b.cost, b.failureCost, b.p),
        );
        const best = Math.min(...permutations(legs).map((plan) => expected([...plan, end])));
        const cheaper = legs.every((each) => planIndex(each.cost, each.failureCost, each.p) <= 1_000);
        return !cheaper || expected([...byIndex, end]) <= best * (1 + 1e-9);
      }),
      { numRuns: 300 },
    );
  });
});

describe("adaptive's first calls", () => {
  it("go by price and tier, and are no round over all models", () => {
    const list = candidates(
      { id: "cheap/1", tier: 1, attempts: 0, samples: 0, expectedCostUsd: 0.0005 },
      { id: "dear/1", tier: 3, attempts: 0, samples: 0, expectedCostUsd: 0.05 },
    );
    const picked = Array.from({ length: 100 }, (_, sequence) => first("adaptive", list, { sequence }));
    expect(new Set(picked)).toEqual(new Set(["cheap/1"]));
  });

  it("measure who costs no more in its turn, and never spend more than a twentieth on it", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1, max: 80, noNaN: true }), { minLength: 1, maxLength: 8 }), (ratios) => {
        const list = candidates(
          { id: "home/1" },
          ...ratios.map((ratio, at) => ({ id: `p${at}/1`, expectedCostUsd: 0.001 * ratio, expectedLatencyMs: 9_000 })),
        );
        let explored = 0;
        for (let sequence = 0; sequence < 2_000; sequence += 1) {
          const chosen = first("performance-weighted", list, { sequence, incumbent: "home/1" });
          if (chosen !== "home/1") explored += list.find(({ id }) => id === chosen)!.expectedCostUsd;
          expect(explored).toBeLessThanOrEqual(0.05 * 1.25 * 0.001 * (sequence + 20));
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("one failure", () => {
  const failedOnce = { successRate: 0.32, recentSuccessRate: 0.16, samples: 1, attempts: 1, tries: 1 };

  it.each(["performance-weighted", "cost-optimized", "reliability-focused", "load-balanced", "adaptive"])(
    "is no verdict: %s asks the candidate again",
    (name) => {
      const list = candidates({ id: "a/1", ...failedOnce }, { id: "b/1", attempts: 3, samples: 3, successRate: 0.995 });
      expect(first(name, list)).toBe("a/1");
    },
  );

  it("is one where it is the last of many", () => {
    const list = candidates({ id: "a/1", successRate: 0.6, recentSuccessRate: 0.4, samples: 60 }, { id: "b/1" });
    for (const name of ["performance-weighted", "cost-optimized", "adaptive"]) expect(first(name, list)).toBe("b/1");
  });
});

describe("exploration draws", () => {
  it("give every candidate its turn, one in each block of 20", () => {
    for (const count of [2, 3, 10]) {
      const turns = Array.from({ length: 20 + 20 * count * 4 }, (_, at) => exploringTurn(at)).filter(
        (turn) => turn >= 0,
      );
      expect(turns).toEqual(Array.from({ length: 4 * count }, (_, turn) => turn));
    }
  });

  it("come to 2 % and differ by stream", () => {
    let hits = 0;
    for (let sequence = 0; sequence < 100_000; sequence += 1) if (decisionHash(sequence, 0) < 0.02 * 2 ** 32) hits += 1;
    expect(hits / 100_000).toBeCloseTo(0.02, 2);
    expect(decisionHash(7, 0)).not.toBe(decisionHash(7, 1));
  });
});
