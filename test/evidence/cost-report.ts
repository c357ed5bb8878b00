/**
 * `npm run cost-report -- <trace.jsonl[.gz]> [--models a,b,c] [--tpm 1200000] [--html reports/cost-report.html]`: what a
 * trace of requests (`timestamp`, `input_length`, `output_length`, `hash_ids` a line, as Mooncake's) would have cost and
 * how long first tokens would have taken, by policy. Decisions, prefix affinity, response cache and prices are the
 * library's own; the vendors' speed is assumed. Models must be in the catalogue.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { parseArgs } from "node:util";
import { builtIn } from "../../src/strategies/built-in.js";
import { glm } from "../../src/vendors/glm.js";
import { kimi } from "../../src/vendors/kimi.js";
import { minimax } from "../../src/vendors/minimax.js";
import { type PolicySpec, type RunResult, run } from "./cost-report/run.js";
import { readTrace } from "./cost-report/trace.js";
import { CACHED_PER_SECOND, OVERHEAD_MS, READ_PER_SECOND, type VendorSpec } from "./cost-report/vendor.js";
import { progress } from "./figures.js";
import { orUsage } from "./or-usage.js";
import { type Plot, page, type Table, tableText } from "./routing-report/page.js";

const USAGE =
  "usage: npm run cost-report -- <trace.jsonl[.gz]> [--models MiniMax-M3,glm-4.7,kimi-k2.6] [--tpm 1200000] [--html file]";
const { values, file, trace } = orUsage(USAGE, () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      models: { type: "string", default: "MiniMax-M3,glm-4.7,kimi-k2.6" },
      tpm: { type: "string", default: "1200000" },
      html: { type: "string", default: "reports/cost-report.html" },
    },
  });
  const [file] = positionals;
  if (file === undefined) throw new Error("no trace is named");
  if (!(Number(values.tpm) > 0)) throw new Error("--tpm must be a number above 0");
  return { values, file, trace: readTrace(file) };
});

const catalogue = [minimax({ apiKey: "none" }), glm({ apiKey: "none" }), kimi({ apiKey: "none" })].flatMap((provider) =>
  provider.models.map((model) => ({
    id: provider.id,
    model,
    prefixCache: provider.prefixCache ?? { ttlMs: 0, minTokens: 0 },
  })),
);
const specsOf = (tpm: number): VendorSpec[] =>
  values.models.split(",").map((name) => {
    const found = catalogue.find(({ model }) => model.id === name);
    if (!found?.model.usdPerMTok) throw new Error(`the catalogue has no model "${name}" with a price`);
    return { ...found, tpm };
  });

const named = (name: string): PolicySpec["strategy"] => builtIn(name)!;
const policies: PolicySpec[] = [
  { name: "round-robin", strategy: named("round-robin") },
  { name: "sticky by conversation", strategy: named("round-robin"), sticky: true },
  { name: "cost-optimized, no affinity", strategy: named("cost-optimized") },
  { name: "cost-optimized, affinity", strategy: named("cost-optimized"), affinity: true },
  { name: "adaptive, no affinity", strategy: named("adaptive") },
  { name: "adaptive, affinity", strategy: named("adaptive"), affinity: true },
  { name: "load-balanced", strategy: named("load-balanced") },
  { name: "round-robin, response cache", strategy: named("round-robin"), responseCache: true },
  {
    name: "cost-optimized, affinity, response cache",
    strategy: named("cost-optimized"),
    affinity: true,
    responseCache: true,
  },
  { name: "adaptive, affinity, response cache", strategy: named("adaptive"), affinity: true, responseCache: true },
];

function scenario(title: string, tpm: number, singles: boolean, note: string): (Table | Plot)[] {
  const specs = specsOf(tpm);
  const results: RunResult[] = [];
  const add = (policy: PolicySpec, of = specs): void => {
    progress(`${title}: ${policy.name}`);
    results.push(run(trace, of, policy));
  };
  if (singles) {
    for (const spec of specs) add({ name: `single: ${spec.id}/${spec.model.id}`, strategy: named("ordered") }, [spec]);
  }
  for (const policy of policies) add(policy);
  const turn = results.find(({ name }) => name === "round-robin")!;
  const at = (sorted: Float64Array, p: number): string =>
    String(Math.round(sorted[Math.floor(p * (sorted.length - 1))] ?? 0));
  const table: Table = {
    title,
    head: [
      "policy",
      "$",
      "of round-robin",
      "$ / 1,000",
      "cached input %",
      "TTFT p50 ms",
      "p95 ms",
      "shares %",
      "429s",
      "hits",
      "failed",
    ],
    rows: results.map((result) => [
      result.name,
      result.costUsd.toFixed(2),
      `${((100 * result.costUsd) / turn.costUsd).toFixed(1)} %`,
      ((1_000 * result.costUsd) / trace.length).toFixed(3),
      (100 * result.cachedShare).toFixed(1),
      at(result.ttft, 0.5),
      at(result.ttft, 0.95),
      result.shares.map((share) => Math.round(100 * share)).join("/"),
      String(result.refused),
      String(result.hits),
      String(result.failed),
    ]),
    notes: [note],
  };
  const plot: Plot = {
    title: `${title}: dollars spent`,
    x: "share of the trace",
    y: "dollars",
    lines: results
      .filter(({ name }) => !name.startsWith("single") && !name.includes("response"))
      .map(({ name, spent }) => ({
        name: name.slice(0, 26),
        points: spent.map((sum, step) => [step / (spent.length - 1), sum] as const),
      })),
  };
  return [table, plot];
}

const prices = orUsage(USAGE, () => specsOf(0)).map(({ id, model }) => {
  const { input, cacheRead, output } = model.usdPerMTok!;
  return `${id}/${model.id} ${input} in, ${cacheRead ?? input} cached, ${output} out (as of ${model.asOf ?? "?"})`;
});
const tokens = trace.reduce((sum, { inputTokens }) => sum + inputTokens, 0);
const INTRO = [
  `${trace.length} requests, ${(tokens / 1e6).toFixed(1)} million input tokens. Dollars per million tokens: ${prices.join("; ")}.`,
  `Assumed, equal for all vendors: ${OVERHEAD_MS} ms before anything happens, ${READ_PER_SECOND} new and ${CACHED_PER_SECOND} cached tokens read per second. Vendors keep a prefix for the time and from the size that their profiles state. First-token times follow from these assumptions; dollars do not.`,
];
const limit = Number(values.tpm);
const parts = [
  ...scenario(
    "No limits",
    Number.POSITIVE_INFINITY,
    true,
    "Without limits the cheapest vendor takes everything, and prefixes stay with it anyhow: affinity matters where calls spread.",
  ),
  ...scenario(
    `At most ${limit} tokens a minute per vendor`,
    limit,
    false,
    "Calls must spread; the router knows the limits (headroom). Failed: every vendor answered 429.",
  ),
];
progress("");
process.stdout.write(`Cost of ${basename(file)}\n${INTRO.join("\n")}\n`);
for (const part of parts) if ("rows" in part) process.stdout.write(`${tableText(part)}\n`);
mkdirSync(dirname(values.html), { recursive: true });
writeFileSync(values.html, page(`Cost of ${basename(file)}`, INTRO, parts));
process.stdout.write(`\nPlots: ${values.html}\n`);
