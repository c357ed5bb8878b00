import { defineStrategy, type Provider, type Strategy } from "signalbox";
import { seededRandom } from "signalbox/testing";
import { assembleRouter } from "../../../src/router/assemble.js";
import { RequestRanker } from "../../../src/router/decision.js";
import { planOf } from "../../../src/router/plan.js";
import { inspectRun, NONE } from "../../../src/router/run.js";
import { timeStep } from "../measure.js";
import type { Row, Section } from "../row.js";
import { MODEL, messagesOf, PROMPT } from "../stub.js";

const SIZES = [
  { count: 3, target: 0.3, batch: 2_000 },
  { count: 100, target: 5, batch: 300 },
  { count: 1_000, target: 30, batch: 40 },
];

const cheapestFirst = defineStrategy({ name: "cheapest-first", score: (candidate) => -candidate.expectedCostUsd });
const STRATEGIES: readonly (string | Strategy)[] = [
  cheapestFirst,
  "performance-weighted",
  "cost-optimized",
  "load-balanced",
  "reliability-focused",
  "adaptive",
];

const providerOf = (count: number, random: () => number): Provider => ({
  id: "many",
  models: Array.from({ length: count }, (_, index) => ({
    ...MODEL,
    id: `model-${index}`,
    usdPerMTok: { input: random(), output: 4 * random() },
  })),
  chat: () => Promise.reject(new Error("never called")),
});

/** One decision on candidates that have been measured: hard filter, gates, then the strategy's best. */
function decider(strategy: string | Strategy, count: number): () => unknown {
  const random = seededRandom(count);
  const parts = assembleRouter({ providers: [providerOf(count, random)], strategy });
  const { clock } = parts.services;
  for (const { metrics } of parts.candidates) {
    for (let sample = 0; sample < 20; sample += 1) {
      metrics.start(clock.now());
      const ttftMs = 200 + 400 * random();
      metrics.settle(
        { ok: true, counted: true, ttftMs, latencyMs: ttftMs + 800, outputTokens: 50, costUsd: 0.001 },
        clock.now(),
      );
    }
  }
  const run = inspectRun(parts, { messages: messagesOf(PROMPT) }, undefined, NONE);
  return () => {
    const plan = planOf(run.selection.groups, run.filter, clock.now());
    const ranker = new RequestRanker(parts, run, random);
    const group = plan.groups[0];
    return group && ranker.begin().pick(ranker.contextOf(group));
  };
}

/** What one decision costs, by the number of candidates. */
export async function decision(): Promise<Section> {
  const rows: Row[] = [];
  for (const strategy of STRATEGIES) {
    const name = typeof strategy === "string" ? strategy : `${strategy.name} (yours)`;
    for (const { count, target, batch } of SIZES) {
      const value = timeStep(decider(strategy, count), { batch });
      rows.push({ what: `${name}, ${count.toLocaleString("en")} candidates`, value, unit: "us", target });
    }
  }
  return {
    name: "decision",
    about: "plan and ranking of one request on measured candidates, hard filter and gates included",
    rows,
  };
}
