/**
 * `npm run load-report [-- shares | fresh | limits] [--seeds 20 --first 1 --instances 1,4,16 --minutes 30 --html reports/load-report.html]`: routing under load, in
 * a simulation with the library's own strategies, breakers, cool-downs and metrics. Needs no file and no network. With a
 * word: `shares` (who gets how much of the traffic), `fresh` (the first calls of a process that knows nothing),
 * `limits` (vendors that refuse what is over their rate).
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { progress } from "./figures.js";
import { adviceTable } from "./load-report/advice.js";
import { freshTable } from "./load-report/fresh.js";
import { limitsTable } from "./load-report/limits.js";
import { loadTables } from "./load-report/load-tables.js";
import { mixTable } from "./load-report/mix.js";
import { sharesTable } from "./load-report/shares.js";
import { orUsage } from "./or-usage.js";
import { type Plot, page, type Table, tableText } from "./routing-report/page.js";

const USAGE =
  "usage: npm run load-report -- [shares | fresh | limits] [--seeds 20] [--first 1] [--instances 1,4,16] [--minutes 30 (at least 10)] [--html reports/load-report.html]";

/** Small reports of their own, by the word that asks for them. */
const SCENES: { readonly [word: string]: (seeds: number, first: number) => Promise<Table> } = {
  shares: sharesTable,
  fresh: freshTable,
  limits: limitsTable,
};

const { values, positionals } = orUsage(USAGE, () =>
  parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: "string", default: "20" },
      first: { type: "string", default: "1" },
      instances: { type: "string", default: "1,4,16" },
      minutes: { type: "string", default: "30" },
      html: { type: "string", default: "reports/load-report.html" },
    },
  }),
);
const seeds = Number(values.seeds);
const first = Number(values.first);
const instances = values.instances.split(",").map(Number);
const lengthMs = Number(values.minutes) * 60_000;
if (
  !(Number.isInteger(seeds) && seeds >= 1) ||
  !Number.isInteger(first) ||
  !(lengthMs >= 600_000) ||
  !positionals.every((word) => Object.hasOwn(SCENES, word)) ||
  !instances.every((count) => Number.isInteger(count) && count > 0)
) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}

for (const word of positionals) process.stdout.write(`${tableText(await SCENES[word]!(seeds, first))}\n`);
if (positionals.length > 0) process.exit(0);

const INTRO = [
  "Four made-up providers: time to first token plus time per token, log-normal, drifting; limits per minute that answer 429 (half of them with Retry-After); bursts of twice the load every fourth minute; slow episodes (2 to 6 times), error bursts (30 to 90 %), a brown-out (8 times slower, still 200), a hang (half of the calls never answer), an outage of five minutes, a price that trebles.",
  "Every policy sees the same arrivals, troubles and luck, and has the same retries: 4 upstream calls, the next untried provider at once, everybody again after a jittered wait. A call without a head for 30 s is given up; a request without an answer after 60 s has failed and counts as 60 s in every time below.",
  "LiteLLM's policies follow its documentation: a deployment rests 5 s after a 429, or when more than half of at least 5 calls in the minute failed. signalbox runs its own chooser, strategies, breakers, cool-downs and metrics. The oracle knows every provider's present condition and what is left of its limits.",
];

const parts: (Table | Plot)[] = [];
for (const count of instances) parts.push(...loadTables(seeds, first, count, lengthMs));
parts.push(...mixTable(Math.min(seeds, 10), first, lengthMs), adviceTable(seeds, first, lengthMs));
progress("");
process.stdout.write(`Routing under load, ${seeds} seeds from ${first}\n${INTRO.join("\n")}\n`);
for (const part of parts) if ("rows" in part) process.stdout.write(`${tableText(part)}\n`);
mkdirSync(dirname(values.html), { recursive: true });
writeFileSync(values.html, page("Routing under load", INTRO, parts));
process.stdout.write(`\nPlots: ${values.html}\n`);
