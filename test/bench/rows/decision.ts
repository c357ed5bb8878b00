import { defineStrategy, type Provider, type Strategy } from "signalbox";
import { seededRandom } from "signalbox/testing";
import { FULL_KIT } from "../../../src/preset/create-router.js";
import { assembleRouter } from "../../../src/router/assemble.js";
import { RequestRanker } from "../../../src/router/decision.js";
import { planOf } from "../../../src/router/plan.js";
import { inspectRun, NONE } from "../../../src/router/receive.js";
import { timeStep } from "../measure.js";
import type { Row, Section } from "../row.js";
import { MODEL, messagesOf, PROMPT } from "../stub.js";

const SIZES = [
  { count: 3, whole: 0.5, alone: 0.3, batch: 2_000 },
  { count: 100, whole: 10, alone: 5, batch: 300 },
  { count: 1_000, whole: 100, alone: 30, batch: 40 },
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

interface Decider {
  /** Hard filter and gates, then the strategy's best. */
  whole(): unknown;
  /** The strategy's best alone. */
  alone(): unknown;
}

/** Decisions on candidates that have been measured. */
function decider(strategy: string | Strategy, count: number): Decider {
  const random = seededRandom(count);
  const parts = assembleRouter({ providers: [providerOf(count, random)], strategy }, FULL_KIT);
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
  const ranker = new RequestRanker(parts, run, random);
  const [group = []] = run.selection.groups;
  const context = ranker.contextOf(group);
  const among = ranker.amongOf(group);
  return {
    whole() {
      const plan = planOf(run.selection.groups, run.filter, clock.now());
      const ranker = new RequestRanker(parts, run, random);
      const group = plan.groups[0];
      return group && ranker.begin().pick(ranker.contextOf(group), undefined, ranker.amongOf(group));
    },
    alone: () => ranker.begin().pick(context, undefined, among),
  };
}

/** A decision on a 2 kB prompt that nobody has read yet, by a router that has been given feedback. */
function fresh(strategy: string): () => unknown {
  const parts = assembleRouter({ providers: [providerOf(3, seededRandom(3))], strategy }, FULL_KIT);
  const messages = messagesOf(PROMPT.repeat(10));
  const { random } = parts.services;
  const decide = (): unknown => {
    const run = inspectRun(parts, { messages }, undefined, NONE);
    const ranker = new RequestRanker(parts, run, random);
    return ranker.begin().pick(ranker.contextOf(run.selection.groups[0] ?? []));
  };
  const { view } = inspectRun(parts, { messages }, undefined, NONE);
  for (const { id } of parts.candidates) {
    for (let label = 0; label < 40; label += 1) {
      parts.learning?.learner.feedback(id, 2, view?.ticket(), label % 4 === 0 ? 0 : 1);
    }
  }
  return decide;
}

/** Sections by name, one strategy each: in an app, too, one strategy does all the ranking. */
export const DECISIONS: Record<string, () => Promise<Section>> = Object.fromEntries(
  STRATEGIES.map((strategy) => {
    const name = typeof strategy === "string" ? strategy : strategy.name;
    return [`decision:${name}`, () => decision(name, strategy)];
  }),
);

/** What one decision costs, by the number of candidates. */
async function decision(name: string, strategy: string | Strategy): Promise<Section> {
  const rows: Row[] = [];
  for (const { count, whole, alone, batch } of SIZES) {
    const what = `${count.toLocaleString("en")} candidates`;
    const one = decider(strategy, count);
    rows.push({ what, value: timeStep(one.whole, { batch }), unit: "us", target: whole });
    // What adaptive may cost has a row of its own, below.
    const target = name === "adaptive" ? undefined : alone;
    rows.push({ what: "  ranking alone", value: timeStep(one.alone, { batch }), unit: "us", target });
  }
  if (name === "adaptive") {
    const ordered = timeStep(fresh("ordered"), { batch: 200 });
    const value = timeStep(fresh("adaptive"), { batch: 200 }) - ordered;
    rows.push({ what: "with features, a fresh 2 kB prompt, above ordered", value, unit: "us", target: 65 });
  }
  const about = "plan and ranking of one request on measured candidates, hard filter and gates included";
  return { name: `decision, ${name}`, about, rows };
}
