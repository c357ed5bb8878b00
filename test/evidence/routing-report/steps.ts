import { type ChatRequest, createReply, createRouter, type ModelInfo } from "../../../src/index.js";
import { readStep } from "../../../src/strategies/characteristics/step.js";
import type { Table } from "./page.js";

/** Nominal prices of the four tiers, dollars per million tokens, as the data's README tells them. */
const TIERS = [
  { id: "low", tier: 1, input: 0.252, output: 0.378, cacheRead: 0.0252 },
  { id: "mid", tier: 1, input: 0.3, output: 1.2, cacheRead: 0.059 },
  { id: "mid_high", tier: 2, input: 0.5, output: 3, cacheRead: 0.05 },
  { id: "high", tier: 3, input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 },
] as const;
const HIGH = TIERS.length - 1;

/** A prefix that was read this many steps ago is still in the vendor's cache. */
const CACHED_STEPS = 3;
/** Tokens of an answer, which the data does not tell. */
const OUTPUT = 300;

interface StepRow {
  readonly benchmark: string;
  readonly trajectory: string;
  readonly at: number;
  readonly target: number;
  readonly tokens: number;
  readonly request: ChatRequest;
}

export function isStepRow(row: Record<string, unknown>): boolean {
  return Array.isArray(row.messages) && typeof row.target_tier_id === "number" && typeof row.benchmark === "string";
}

function rowOf(raw: Record<string, unknown>): StepRow {
  return {
    benchmark: String(raw.benchmark),
    trajectory: `${raw.benchmark} ${raw.instance_id}`,
    at: Number(raw.step_index),
    target: Number(raw.target_tier_id),
    tokens: JSON.stringify(raw.messages).length / 4,
    request: { messages: raw.messages as ChatRequest["messages"] },
  };
}

/** What the steps of each trajectory cost, with the prefix read where the tier was called lately, else written. */
function costOf(rows: readonly StepRow[], tiers: readonly number[]): number {
  const last = new Map<string, number>();
  let usd = 0;
  const inOrder = rows.map((row, index) => ({ row, tier: tiers[index]! })).sort((a, b) => a.row.at - b.row.at);
  for (const { row, tier } of inOrder) {
    const key = `${row.trajectory} ${tier}`;
    const price = TIERS[tier]!;
    const warm = row.at - (last.get(key) ?? Number.NEGATIVE_INFINITY) <= CACHED_STEPS;
    const perToken = warm ? price.cacheRead : "cacheWrite" in price ? price.cacheWrite : price.input;
    usd += (row.tokens * perToken + OUTPUT * price.output) / 1_000_000;
    last.set(key, row.at);
  }
  return usd;
}

/** The data's public formula: the mean of steps that pass, that are exact, whose trajectory passes, and money saved. */
function scoreOf(rows: readonly StepRow[], tiers: readonly number[]): number[] {
  const passes = rows.map((row, index) => tiers[index]! >= row.target);
  const share = (of: readonly boolean[]): number => of.filter(Boolean).length / rows.length;
  const failed = new Set(rows.filter((_, index) => !passes[index]).map(({ trajectory }) => trajectory));
  const dearest = costOf(
    rows,
    rows.map(() => HIGH),
  );
  const best = costOf(
    rows,
    rows.map(({ target }) => target),
  );
  const saved = (dearest - costOf(rows, tiers)) / Math.max(1e-12, dearest - best);
  const parts = [
    share(passes),
    share(rows.map((row, index) => tiers[index] === row.target)),
    share(rows.map(({ trajectory }) => !failed.has(trajectory))),
    Math.max(0, Math.min(1, saved)),
  ];
  return [...parts, parts.reduce((sum, part) => sum + part, 0) / parts.length].map((part) => 100 * part);
}

/** The tier that a cold router puts first, by its own `explain()`. */
function coldTiers(rows: readonly StepRow[], strategy: string, random: () => number): number[] {
  const models = TIERS.map(
    ({ id, tier, ...usdPerMTok }): ModelInfo => ({
      id,
      tier,
      contextWindow: 1_000_000,
      maxOutput: 32_000,
      usdPerMTok,
      capabilities: { tools: true, vision: "url", thinking: "none", json: "schema" },
    }),
  );
  const chat = async () => createReply({ model: "low", text: "" });
  return rows.map(({ request }) => {
    const router = createRouter({ providers: [{ id: "sim", models, chat }], strategy, random });
    const first = router.explain(request).candidates[0]!;
    return TIERS.findIndex(({ id }) => id === first.model);
  });
}

/** One hand-written line: a tool or a shell in the history wants the dearest, all else the cheapest. */
function oneLine({ request }: StepRow): number {
  return /"role":"tool"|\bshell\b/.test(JSON.stringify(request.messages)) ? HIGH : 0;
}

interface Rule {
  readonly code: number;
  readonly work: number;
  readonly rest: number;
}

/** What the rule of `stepDifficulty` comes to where tiers are named: code work from a share of code on, and all else. */
function byRule(rows: readonly StepRow[], { code, work, rest }: Rule): number[] {
  return rows.map(({ request }) => {
    const step = readStep(request);
    return step.kind === "tools" && step.code >= code ? work : rest;
  });
}

/** Chooses share and tiers on three benchmarks and judges the fourth, each in its turn. */
function crossValidated(rows: readonly StepRow[]): { tiers: number[]; chosen: string[] } {
  const rules = [0.05, 0.1, 0.25, 0.4, 0.5, 0.75].flatMap((code) =>
    TIERS.flatMap((_, work) => TIERS.map((__, rest): Rule => ({ code, work, rest }))),
  );
  const tiers = rows.map(() => 0);
  const chosen: string[] = [];
  for (const left of new Set(rows.map(({ benchmark }) => benchmark))) {
    const learned = rows.filter(({ benchmark }) => benchmark !== left);
    let best = rules[0]!;
    let most = -1;
    for (const rule of rules) {
      const score = scoreOf(learned, byRule(learned, rule))[4]!;
      if (score > most) [most, best] = [score, rule];
    }
    const judged = byRule(rows, best);
    for (const [index, { benchmark }] of rows.entries()) if (benchmark === left) tiers[index] = judged[index]!;
    chosen.push(`${left}: ${TIERS[best.work]!.id} from ${best.code} code on, else ${TIERS[best.rest]!.id}`);
  }
  return { tiers, chosen };
}

/** Steps of agents with the cheapest tier that passes: what a cold router chooses by reading the step. */
export function reportSteps(raw: readonly Record<string, unknown>[]): Table[] {
  const rows = raw.map(rowOf);
  const line = (name: string, tiers: readonly number[]): string[] => [
    name,
    ...scoreOf(rows, tiers).map((part) => part.toFixed(1)),
  ];
  const cross = crossValidated(rows);
  const cold = coldTiers(rows, "adaptive", () => 0.5);
  return [
    {
      title: `Agent steps: ${rows.length} steps, the first choice of a cold router's explain()`,
      head: ["who chooses", "step passes", "exact", "trajectory passes", "saved", "score"],
      rows: [
        line(
          "always the dearest",
          rows.map(() => HIGH),
        ),
        line(
          "always the cheapest",
          rows.map(() => 0),
        ),
        line("one line: tool or shell in the history", rows.map(oneLine)),
        line("cold adaptive", cold),
        line("the step's rule, three benchmarks choose it and the fourth judges", cross.tiers),
        line(
          "cold cost-optimized",
          coldTiers(rows, "cost-optimized", () => 0.5),
        ),
        line(
          "oracle",
          rows.map(({ target }) => target),
        ),
      ],
      notes: [
        "Score: the mean of the four columns before it (the data's public formula). Tokens are a quarter of the characters, answers 300 tokens: the data tells neither.",
        `Chosen without the benchmark that judges: ${cross.chosen.join("; ")}. Only one benchmark holds code work, so without it nothing speaks for a dear tier.`,
      ],
    },
    {
      title: "Cold adaptive by benchmark",
      head: ["benchmark", "steps", "step passes", "exact", "score"],
      rows: [...new Set(rows.map(({ benchmark }) => benchmark))].map((name) => {
        const own = rows.filter(({ benchmark }) => benchmark === name);
        const score = scoreOf(
          own,
          cold.filter((_, index) => rows[index]!.benchmark === name),
        );
        return [name, String(own.length), score[0]!.toFixed(1), score[1]!.toFixed(1), score[4]!.toFixed(1)];
      }),
    },
  ];
}
