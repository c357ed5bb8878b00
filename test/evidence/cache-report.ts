/**
 * `npm run cache-report -- <file or word>...`: how the cache does, on files given by path (plain or .gz) and on itself.
 * Words: `memory` (accounted bytes against the heap), `speed` (time per operation by entries).
 * Options: `--capacity=1,5,10,25` (percent of what is unique), `--only=blocks` (one kind of report), `--html=report.html`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";
import { KINDS } from "./cache-report/kinds.js";
import { reportMemory } from "./cache-report/memory.js";
import { plotPage } from "./cache-report/plot-page.js";
import type { InputFile, Plot, ReportContext } from "./cache-report/report-kind.js";
import { reportSpeed } from "./cache-report/speed.js";
import { summary } from "./cache-report/summary.js";

const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const option = (name: string): string | undefined =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);

const printed: string[] = [];
const plots: Plot[] = [];
const remembered = new Map<string, (readonly number[])[]>();
const terminal = process.stderr.isTTY === true;
const began = performance.now();

const clearProgress = (): void => void (terminal && process.stderr.write("\r\u001b[K"));

const context: ReportContext = {
  capacities: (option("capacity") ?? "1,5,10,25").split(",").map((share) => Number(share) / 100),
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
  const bytes = readFileSync(path);
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const name = basename(path).replace(/(\.(gz|csv|tsv|jsonl|json|txt))+$/, "");
  return { name, text: (zipped ? gunzipSync(bytes) : bytes).toString("utf8") };
}

function usage(): void {
  process.stdout.write(
    "npm run cache-report -- [--capacity=1,5,10,25] [--only=KIND] [--html=FILE] memory | speed | FILE...\n",
  );
  for (const { name, takes } of KINDS) process.stdout.write(`  ${name.padEnd(12)} ${takes}\n`);
}

async function reportFile(path: string): Promise<void> {
  const file = readInput(path);
  const only = option("only");
  const kinds = KINDS.filter((kind) => kind.matches(file) && (only === undefined || only === kind.name));
  if (kinds.length === 0) {
    context.print(`${path}: not a file this report knows\n`);
    process.exitCode = 1;
  }
  for (const kind of kinds) await kind.run(file, context);
}

if (words.length === 0 || context.capacities.some((share) => !(share > 0 && share <= 1))) {
  usage();
  process.exitCode = 2;
} else {
  for (const word of words) {
    if (word === "memory") reportMemory(context.print, context.progress);
    else if (word === "speed") reportSpeed(context.print, context.progress);
    else {
      try {
        await reportFile(word);
      } catch (error) {
        context.print(`${word}: ${error instanceof Error ? error.message : String(error)}\n`);
        process.exitCode = 1;
      }
    }
  }
  for (const line of summary(remembered.get("hit ratios") ?? [])) context.print(line);
  const html = option("html");
  if (html !== undefined) {
    writeFileSync(html, plotPage("Cache report", plots, printed.join("\n")));
    context.print(`${html} written`);
  }
  clearProgress();
}
