/**
 * `npm run routing-report -- <file> [--orders 10] [--html reports/routing-report.html]`: how well the learner and the `adaptive`
 * strategy route, on a file of outcomes per prompt and model (JSON lines, `.gz` too). Known are rows
 * with `prompt`, `weak`, `strong` (a pair of models), and rows with `prompt`, `task`, `ok` and `out_chars` by model, and
 * steps of agents with `messages`, `benchmark` and `target_tier_id`. `--lock-in` takes all models of outcomes for equal in
 * tier and price, and says how often the best one comes to be asked most.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { parseArgs } from "node:util";
import { progress } from "./figures.js";
import { readRows } from "./json-lines.js";
import { orUsage } from "./or-usage.js";
import { reportArms } from "./routing-report/arms-report.js";
import { reportLockIn } from "./routing-report/lock-in.js";
import { type Plot, page, type Table, tableText } from "./routing-report/page.js";
import { reportPair } from "./routing-report/pair-report.js";
import { isStepRow, reportSteps } from "./routing-report/steps.js";

const USAGE =
  "usage: npm run routing-report -- <outcomes.jsonl[.gz]> [--orders 10] [--lock-in] [--html reports/routing-report.html]";
const { values, file, orders, rows } = orUsage(USAGE, () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      html: { type: "string", default: "reports/routing-report.html" },
      orders: { type: "string", default: "10" },
      "lock-in": { type: "boolean", default: false },
    },
  });
  const [file] = positionals;
  const orders = Number(values.orders);
  if (file === undefined) throw new Error("no file of outcomes is named");
  if (!Number.isInteger(orders) || orders < 1) throw new Error("--orders must be a whole number above 0");
  const rows = readRows(file);
  if (rows.length === 0 || !(rows.every(isOutcome) || rows.every(isStepRow)))
    throw new Error(`${file} holds no outcomes of these kinds`);
  return { values, file, orders, rows };
});

function isOutcome({ prompt, ok, weak, strong }: Record<string, unknown>): boolean {
  const known = (typeof ok === "object" && ok !== null) || (typeof weak === "number" && typeof strong === "number");
  return typeof prompt === "string" && known;
}

const INTRO = [
  "Prequential: every prompt is scored by the learner as it stands, then its outcome is learned. One configuration, the library's defaults, throughout.",
  "This is learning within the data's own domain, from feedback as it comes in. It is not the cold test of routers that were trained elsewhere, and must not be set beside their figures as if it were.",
];

if (rows.every(isStepRow)) {
  for (const table of reportSteps(rows)) process.stdout.write(`${tableText(table)}\n`);
  process.exit(0);
}

if (values["lock-in"]) {
  process.stdout.write(`${tableText(reportLockIn(rows, orders))}\n`);
  process.exit(0);
}

const parts: (Table | Plot)[] = "ok" in (rows[0] ?? {}) ? reportArms(rows, orders) : reportPair(rows, orders);
progress("");
const title = `Routing on ${basename(file)}`;
process.stdout.write(`${title}\n${INTRO.join("\n")}\n`);
for (const part of parts) if ("rows" in part) process.stdout.write(`${tableText(part)}\n`);
mkdirSync(dirname(values.html), { recursive: true });
writeFileSync(values.html, page(title, INTRO, parts));
process.stdout.write(`\nPlots: ${values.html}\n`);
