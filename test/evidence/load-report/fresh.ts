import { createRouter, glm, kimi, minimax } from "../../../src/index.js";
import { createVirtualClock, seededRandom } from "../../../src/testing/index.js";
import { mean } from "../figures.js";
import type { Table } from "../routing-report/page.js";

/** Calls of a young process: a function that answers for some minutes, a command, a job. */
const CALLS = 100;

/** How many of ten easy and hard questions a model of each tier gets right: an assumption, the same for all strategies. */
const RIGHT = [0.72, 0.8, 0.86] as const;

interface FreshRun {
  readonly usd: number;
  /** Dollars of calls that went elsewhere than to the model asked most. */
  readonly exploredUsd: number;
  readonly right: number;
  readonly dearest: number;
  readonly models: number;
}

/** The first calls of a process that knows nothing, over the models that three vendors' adapters offer by themselves. */
async function run(strategy: string, seed: number): Promise<FreshRun> {
  const clock = createVirtualClock();
  const luck = seededRandom(seed);
  const fetch = async (_url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { model } = JSON.parse(String(init?.body)) as { model: string };
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, 600 + 1_800 * luck()));
    const prompt = 400 + Math.floor(1_600 * luck());
    const output = 80 + Math.floor(500 * luck());
    const usage = { prompt_tokens: prompt, completion_tokens: output, total_tokens: prompt + output };
    const message = { role: "assistant", content: "An answer of some length." };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    return Response.json({ id: "1", object: "chat.completion", created: 1, model, choices, usage });
  };
  const given = { apiKey: "k-1234567890", fetch };
  const router = createRouter({
    providers: [minimax(given), glm(given), kimi(given)],
    strategy,
    clock,
    random: seededRandom(seed + 1_000),
  });
  const usd = new Map<string, number[]>();
  let right = 0;
  for (let call = 0; call < CALLS; call += 1) {
    const asked = router.chat({ messages: [{ role: "user", content: `Question number ${call}: why is it so?` }] });
    asked.catch(() => {});
    await clock.advance(3_000);
    const { route, model } = await asked;
    const spent = usd.get(model) ?? [];
    spent.push(route.costUsd ?? 0);
    usd.set(model, spent);
    const tier = router.models.find(({ id }) => id.endsWith(model))?.tier ?? 2;
    if (luck() < RIGHT[tier - 1]!) right += 1;
  }
  await router.close();
  const sums = [...usd.values()].map((spent) => spent.reduce((sum, each) => sum + each, 0));
  const home = [...usd.values()].reduce((most, spent) => (spent.length > most.length ? spent : most));
  const total = sums.reduce((sum, each) => sum + each, 0);
  const dearest = Math.max(...[...usd.values()].map((spent) => mean(spent)));
  return {
    usd: total,
    exploredUsd: total - home.reduce((sum, each) => sum + each, 0),
    right: right / CALLS,
    dearest: [...usd.values()].find((spent) => mean(spent) === dearest)?.length ?? 0,
    models: usd.size,
  };
}

/** `npm run load-report -- fresh`. */
export async function freshTable(seeds: number, first: number): Promise<Table> {
  const strategies = ["adaptive", "cost-optimized", "performance-weighted", "load-balanced", "reliability-focused"];
  const rows: string[][] = [];
  for (const strategy of [...strategies, "round-robin", "ordered"]) {
    const runs: FreshRun[] = [];
    for (let seed = first; seed < first + seeds; seed += 1) runs.push(await run(strategy, seed));
    const spent = mean(runs.map(({ usd }) => usd));
    rows.push([
      strategy,
      `$${spent.toFixed(4)}`,
      `${(100 * mean(runs.map(({ usd, exploredUsd }) => exploredUsd / usd))).toFixed(1)} %`,
      `${(100 * Math.max(...runs.map(({ usd, exploredUsd }) => exploredUsd / usd))).toFixed(1)} %`,
      mean(runs.map(({ dearest }) => dearest)).toFixed(1),
      mean(runs.map(({ models }) => models)).toFixed(1),
      mean(runs.map(({ right }) => right)).toFixed(3),
      `$${(spent / CALLS / mean(runs.map(({ right }) => right))).toFixed(6)}`,
    ]);
  }
  return {
    title: `The first ${CALLS} calls of a process that knows nothing, ${seeds} seeds from ${first}`,
    head: [
      "strategy",
      "spent",
      "elsewhere",
      "worst seed",
      "to the dearest asked",
      "models asked",
      "right",
      "per right answer",
    ],
    rows,
    notes: [
      "Six models of three vendors at their catalogue prices, answers by a stubbed fetch. Elsewhere: the share of money that went to others than the model asked most.",
      `Right is an assumption that is equal for all: ${RIGHT.join(", ")} by tier. For the strategies that rank by measurements, or share on purpose, money elsewhere is what they do.`,
    ],
  };
}
