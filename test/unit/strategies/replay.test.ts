import { describe, expect, it } from "vitest";
import type { CandidateSnapshot, Strategy } from "../../../src/contract/strategy.js";
import { seededRandom } from "../../../src/core/random.js";
import { builtIn } from "../../../src/strategies/built-in.js";
import { createChooser } from "../../../src/strategies/chooser.js";
import {
  contextOf,
  type DecisionLogLine,
  decisionLine,
  readDecisionLog,
} from "../../../src/strategies/replay/decision-log.js";
import { firstChances } from "../../../src/strategies/replay/propensity.js";
import { recommendStrategy } from "../../../src/strategies/replay/recommend.js";
import { replay } from "../../../src/strategies/replay/replay.js";
import { weighted } from "../../../src/strategies/weighted.js";
import { calm, candidates, context } from "./world.js";

/** Three candidates whose truth the log can show: quick, cheap, and one that fails a third of the time. */
const list = candidates(
  { id: "quick/1", expectedCostUsd: 0.004, expectedLatencyMs: 500, quality: { mean: 0.8, sd: 0, samples: 0 } },
  { id: "cheap/1", expectedCostUsd: 0.001, expectedLatencyMs: 4_000, quality: { mean: 0.8, sd: 0, samples: 0 } },
  { id: "shaky/1", expectedCostUsd: 0.0005, expectedLatencyMs: 900, successRate: 0.9, recentSuccessRate: 0.9 },
);
const TRUE_SUCCESS: Record<string, number> = { "quick/1": 0.98, "cheap/1": 0.97, "shaky/1": 0.66 };

function live(
  strategy: Strategy,
  decisions: number,
  seed: number,
  of: readonly CandidateSnapshot[] = list,
): DecisionLogLine[] {
  const chooser = createChooser({ strategy });
  const random = seededRandom(seed);
  const lines: DecisionLogLine[] = [];
  for (let sequence = 0; sequence < decisions; sequence += 1) {
    const ctx = context(of, { random, sequence, characteristics: { ...calm, kind: sequence % 2 ? "chat" : "plan" } });
    const chosen = chooser.begin().pick(ctx)!;
    const requestId = `r${sequence}`;
    lines.push(decisionLine({ requestId, atMs: sequence }, strategy, ctx, chosen));
    const ok = random() < TRUE_SUCCESS[chosen.id]!;
    const latencyMs = chosen.expectedLatencyMs * (0.5 + random());
    lines.push({ v: 1, type: "outcome", requestId, ok, costUsd: ok ? chosen.expectedCostUsd : 0, latencyMs });
  }
  return lines;
}

describe("chances to go first", () => {
  it("are 1 for who a strategy is set on, and the weights for weighted", () => {
    expect(firstChances(builtIn("ordered")!, context(list))).toEqual([1, 0, 0]);
    const chances = firstChances(weighted({ quick: 6, cheap: 3, shaky: 1 }), context(list));
    expect(chances[0]!).toBeGreaterThan(0.4);
    expect(chances[2]!).toBeLessThan(0.25);
    expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 9);
  });

  it("know the exploration of strategies that measure", () => {
    const chances = firstChances(builtIn("performance-weighted")!, context(list));
    expect(chances[0]!).toBeGreaterThan(0.95);
    for (const chance of chances.slice(1)) expect(chance).toBeGreaterThan(0.002);
  });

  it("take a rank strategy's own word", () => {
    const own: Strategy = {
      name: "own",
      rank: () => [
        { id: "cheap/1", score: 1, propensity: 0.75 },
        { id: "quick/1", score: 0, propensity: 0.25 },
      ],
    };
    expect(firstChances(own, context(list))).toEqual([0.25, 0.75, 0]);
  });

  it("of nobody are none, and of a strategy that throws those of the listed order", () => {
    expect(firstChances(builtIn("ordered")!, context([]))).toEqual([]);
    const bad: Strategy = {
      name: "bad",
      rank: () => {
        throw new Error("x");
      },
    };
    expect(firstChances(bad, context(list))).toEqual([1, 0, 0]);
  });
});

describe("decision log", () => {
  it("comes back from JSON lines as it was, without a word of the prompt", () => {
    const strategy = builtIn("adaptive")!;
    const some = [
      ...list,
      {
        ...list[0]!,
        id: "far/1",
        position: 3,
        expectedCostUsd: Number.POSITIVE_INFINITY,
        idleMs: Number.POSITIVE_INFINITY,
      },
    ];
    const line = decisionLine({ requestId: "r", atMs: 5 }, strategy, context(some), some[1]!);
    const text = JSON.stringify(line);
    expect(text).not.toContain("sky");
    const back = contextOf(JSON.parse(text) as typeof line, seededRandom(1));
    expect(back.candidates.map(({ expectedCostUsd }) => expectedCostUsd)).toEqual(
      some.map(({ expectedCostUsd }) => expectedCostUsd),
    );
    expect(back.candidates[3]!.idleMs).toBe(Number.POSITIVE_INFINITY);
    expect(back.candidates[0]).toMatchObject({ provider: "quick", model: "1", tier: 2 });
    expect(firstChances(strategy, back, 7)).toEqual(firstChances(strategy, context(some), 7));
  });

  it("skips and counts what it cannot read", () => {
    const good = live(builtIn("weighted")!, 3, 1).map((line) => JSON.stringify(line));
    const bad = [
      "{",
      "null",
      "5",
      '{"v":2,"type":"decision","requestId":"x"}',
      '{"v":1,"type":"feedback","requestId":"r0","score":7}',
      "",
    ];
    const { decisions, skipped } = readDecisionLog([
      ...bad,
      ...good,
      JSON.stringify({ v: 1, type: "feedback", requestId: "r1", score: 0.5 }),
    ]);
    expect(decisions).toHaveLength(3);
    expect(decisions[1]!.score).toBe(0.5);
    expect(skipped).toBe(5);
  });
});

describe("replay", () => {
  it("finds what another strategy would have brought, within its interval", () => {
    let covered = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const [result] = replay(live(builtIn("weighted")!, 400, seed), ["ordered"]);
      expect(result!.verdict).toBe("ok");
      const { low, high } = result!.success!;
      if (low <= 0.98 && 0.98 <= high + 1e-9) covered += 1;
    }
    expect(covered).toBeGreaterThanOrEqual(34);
  });

  it("estimates cost and time too", () => {
    const [result] = replay(live(builtIn("weighted")!, 1_500, 3), ["ordered"]);
    expect(result!.costUsd!.mean).toBeCloseTo(0.00392, 3);
    expect(Math.abs(result!.latencyMs!.mean - 500)).toBeLessThan(60);
  });

  it("is exact for the strategy that wrote the log", () => {
    const log = live(builtIn("ordered")!, 200, 4);
    const [result] = replay(log, ["ordered"]);
    const outcomes = log.filter((line) => line.type === "outcome");
    expect(result!.effectiveSamples).toBeCloseTo(200, 6);
    expect(result!.success!.mean).toBeCloseTo(outcomes.filter((line) => line.ok).length / 200, 6);
  });

  it("says so where the log never did what the strategy would do", () => {
    const backwards: Strategy = { name: "backwards", score: (candidate) => candidate.position };
    const [result] = replay(live(builtIn("ordered")!, 400, 5), [backwards]);
    expect(result).toMatchObject({ verdict: "insufficient overlap", utility: null, decisions: 400 });
  });

  it("reads the text of a log as it reads its lines", () => {
    const log = live(builtIn("weighted")!, 200, 3);
    const text = log.map((line) => JSON.stringify(line)).join("\n");
    expect(replay(text, ["ordered"])).toEqual(replay(log, ["ordered"]));
  });

  it("says so where there is hardly any log, or no such strategy", () => {
    expect(replay(live(builtIn("ordered")!, 10, 6), ["ordered"])[0]!.verdict).toBe("insufficient data");
    expect(replay([], ["no-such"])[0]).toMatchObject({ strategy: "no-such", verdict: "insufficient data" });
  });
});

describe("recommendation", () => {
  it("is a switch with sample size, interval and gain where another is better beyond doubt", () => {
    const advice = recommendStrategy(live(builtIn("weighted")!, 1_200, 7));
    expect(advice.verdict).toBe("switch");
    expect(advice.strategy).not.toBe("weighted");
    expect(advice.gain!).toBeGreaterThan(0.03);
    expect(advice.interval![0]).toBeGreaterThan(0);
    expect(advice.samples).toBe(1_200);
  });

  it("is to keep where nothing is to be gained", () => {
    const same = candidates({ id: "quick/1" }, { id: "cheap/1" });
    const advice = recommendStrategy(live(builtIn("weighted")!, 800, 8, same));
    expect(advice.verdict).toBe("keep");
    expect(advice.reasons.length).toBeGreaterThan(3);
  });

  it("says insufficient data below its minimum, for a strange strategy, and without overlap", () => {
    expect(recommendStrategy(live(builtIn("weighted")!, 100, 9))).toMatchObject({
      verdict: "insufficient data",
      samples: 100,
    });
    const strange: Strategy = { name: "strange", score: (candidate) => candidate.position };
    expect(recommendStrategy(live(strange, 400, 9)).verdict).toBe("insufficient data");
    const ordered = builtIn("ordered")!;
    const none = recommendStrategy(live(ordered, 400, 9), { current: ordered, strategies: [strange] });
    expect(none.verdict).toBe("insufficient data");
    expect(none.reasons[0]).toContain("insufficient overlap");
  });
});

describe("advice from a log that never drew", () => {
  const equal = candidates({ id: "a/1" }, { id: "b/1" });

  /** `ordered` asks the first; the second has its turn only when the first is switched off by hand. Both are as good. */
  function byHand(seed: number, turns: number): DecisionLogLine[] {
    const random = seededRandom(seed);
    const strategy = builtIn("ordered")!;
    return Array.from({ length: 400 }, (_, sequence): DecisionLogLine[] => {
      const off = turns > 0 && sequence % Math.floor(400 / turns) === 5;
      const ctx = context(off ? [equal[1]!] : equal, { sequence });
      const requestId = `r${sequence}`;
      return [
        decisionLine({ requestId, atMs: sequence }, strategy, ctx, ctx.candidates[0]!),
        { v: 1, type: "outcome", requestId, ok: true, costUsd: 0.001, latencyMs: 1_000 },
        { v: 1, type: "feedback", requestId, score: random() < 0.5 ? 1 : 0 },
      ];
    }).flat();
  }

  it.each([0, 10])("is never a switch, and says what to log (%i turns of the other)", (turns) => {
    for (let seed = 1; seed <= 3; seed += 1) {
      const log = byHand(seed, turns);
      const advice = recommendStrategy(log);
      expect(advice.verdict).not.toBe("switch");
      expect(advice.advice).toMatch(/^explore 2 % for about [\d,]+ requests: .*b\/1/);
      const [turn] = replay(log, ["round-robin"]);
      expect(turn).toMatchObject({ verdict: "insufficient overlap", utility: null });
      expect(turn!.covered).toBeLessThan(0.6);
      expect(turn!.advice).toMatch(/^explore 2 %/);
    }
  });

  it("is given where the log drew", () => {
    const [result] = replay(live(builtIn("weighted")!, 400, 2), ["ordered"]);
    expect(result).toMatchObject({ verdict: "ok", covered: 1, advice: null });
  });
});
