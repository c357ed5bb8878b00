import { describe, test } from "vitest";
import type { Strategy } from "../../../src/contract/strategy.js";
import { adaptive } from "../../../src/strategies/adaptive.js";
import { BUILT_IN_NAMES, builtIn } from "../../../src/strategies/built-in.js";
import { blend, chain } from "../../../src/strategies/compose.js";
import { costOptimized } from "../../../src/strategies/cost-optimized.js";
import { weighted } from "../../../src/strategies/weighted.js";
import { runStrategyConformance } from "../../../src/testing/conformance/strategy.js";

const MADE: { readonly [name: string]: () => Strategy } = {
  "adaptive for quality alone": () => adaptive({ quality: 1 }),
  "adaptive with a value of answers": () => adaptive({ answerValueUsd: 0.01 }),
  "adaptive with a quota": () => adaptive({ quota: { share: 0.3 } }),
  "cost-optimized without a floor": () => costOptimized({ minSuccessRate: 0 }),
  "weighted with weights": () => weighted({ "vendor-0": 3, "vendor-1/model-1": 0 }),
  "weighted with none for anybody": () => weighted({ "vendor-0": 0, "vendor-1": 0, "vendor-2": 0, "vendor-3": 0 }),
  "a blend": () => blend({ adaptive: 1, "cost-optimized": 2, weighted: 1 }),
  "a chain": () => chain(["reliability-focused", "round-robin", "cost-optimized"]),
  "a chain that begins with chance": () => chain(["weighted", "adaptive"]),
};

for (const name of BUILT_IN_NAMES) {
  describe(`conformance: ${name}`, () => {
    runStrategyConformance({ test }, { setUp: () => builtIn(name) as Strategy });
  });
}

for (const [name, setUp] of Object.entries(MADE)) {
  describe(`conformance: ${name}`, () => {
    runStrategyConformance({ test }, { setUp });
  });
}
