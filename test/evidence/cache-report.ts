/**
 * `npm run cache-report -- <file or word>...`: how the cache does, on files given by path (plain or .gz) and on itself.
 * Words: `memory` (accounted bytes against the heap), `speed` (time per operation by entries).
 * Options: `--capacity=1,5,10,25` (percent of what is unique), `--only=blocks` (one kind of report), `--html=report.html`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { parseArgs } from "node:util";
import { KINDS } from "./cache-report/kinds.js";
import { reportMemory } from "./cache-report/memory.js";
import { plotPage } from "./cache-report/plot-page.js";
import type { InputFile, Plot, ReportContext } from "./cache-report/report-kind.js";
import { reportSpeed } from "./cache-report/speed.js";
import { summary } from "./cache-report/summary.js";
import { readText } from "./json-lines.js";
import { orUsage } from "./or-usage.js";

const USAGE = [
  "usage: npm run cache-report -- [--capacity=1,5,10,25] [--only=KIND] [--html=FILE] memory | speed | FILE...",
  ...KINDS.map(({ name, takes }) => `  ${name.padEnd(12)} ${takes}`),
].join("\n");

const { words, capacities, only, html } = orUsage(USAGE, () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      capacity: { type: "string", default: "1,5,10,25" },
      only: { type: "string" },
      html: { type: "string" },
    },
  });
  const { capacity, only, html } = values;
  const capacities = capacity.split(",").map((percent) => Number(percent) / 100);
  if (capacities.some((share) => !(share > 0 && share <= 1)))
    throw new Error("--capacity must name percents, 1 to 100");
  if (only !== undefined && !KINDS.some(({ name }) => name === only)) throw new Error(`--only: no kind "${only}"`);
  if (positionals.length === 0) throw new Error("no file is named");
  return { words: positionals, capacities, only, html };
});

const printed: string[] = [];
const plots: Plot[] = [];
const remembered = new Map<string, (readonly number[])[]>();
const terminal = process.stderr.isTTY === true;
const began = performance.now();

const clearProgress = (): void => void (terminal && process.stderr.write("\r\u001b[K"));

const context: ReportContext = {
  capacities,
  print(line = "") {
    clearProgress();
    printed.push(line);
    process.stdout.write(`${line}\n`);
  },
  progress(what) {
    if (!terminal) return;
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    process.stderr.write(`\r\u001b[K[${seconds} s] ${what}`);
  },
  plot: (plot) => void plots.push(plot),
  remember(topic, entry) {
    remembered.set(topic, [...(remembered.get(topic) ?? []), entry]);
  },
};

function readInput(path: string): InputFile {
  const name = basename(path).replace(/(\.(gz|csv|tsv|jsonl|json|txt))+$/, "");
  return { name, text: readText(path) };
}

async function reportFile(path: string): Promise<void> {
  const file = readInput(path);
  const kinds = KINDS.filter((kind) => kind.matches(file) && (only === undefined || only === kind.name));
  if (kinds.length === 0) {
    throw new Error(`${path}: not a file this report knows`);
  }
  for (const kind of kinds) await kind.run(file, context);
}

for (const word of words) {
  if (word === "memory") reportMemory(context.print, context.progress);
  else if (word === "speed") reportSpeed(context.print, context.progress);
  else {
    try {
      await reportFile(word);
    } catch (error) {
      context.print(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    }
  }
}
for (const line of summary(remembered.get("hit ratios") ?? [])) context.print(line);
if (html !== undefined) {
  mkdirSync(dirname(html), { recursive: true });
  writeFileSync(html, plotPage("Cache report", plots, printed.join("\n")));
  context.print(`${html} written`);
}
clearProgress();
