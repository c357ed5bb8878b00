/**
 * `npm run kinds [-- --set labelled.jsonl] [-- --difficulty outcomes.jsonl.gz ...] [-- --misses]`
 *
 * How well the kind of a request is read from its words, per class, beside the most frequent class and a few keywords.
 * The set (English and Chinese) was written by hand for this, by the library's own authors and apart from the examples
 * that the rules were made from: take it for a check of the rules, not for a sample of anyone's traffic. The rules were
 * widened once after a first run on it (macro F1 0.70 then), so what it prints now flatters them somewhat.
 *
 * With `--difficulty`, the rank correlation of `complexity` with how many models failed each prompt of a public file.
 */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { complexity, type Graded, readGraded, spearman } from "./kinds/difficulty.js";
import {
  accuracy,
  KINDS,
  keyword,
  type Labelled,
  macroF1,
  majority,
  ours,
  readLabelled,
  scoresOf,
} from "./kinds/score.js";
import { orUsage } from "./or-usage.js";

const USAGE = "usage: npm run kinds -- [--set labelled.jsonl] [--difficulty outcomes.jsonl.gz]... [--misses]";
const { values } = orUsage(USAGE, () =>
  parseArgs({
    options: {
      set: { type: "string" },
      difficulty: { type: "string", multiple: true },
      misses: { type: "boolean" },
    },
  }),
);
const DEFAULT_SET = new URL("./kinds/labelled.jsonl", import.meta.url);
const print = (line: string) => process.stdout.write(`${line}\n`);
const share = (value: number) => value.toFixed(2).padStart(6);

function table(title: string, part: readonly Labelled[]): void {
  const mine = scoresOf(part, ours);
  const words = scoresOf(part, keyword);
  const most = scoresOf(part, majority(part));
  print(`\n${title}: ${part.length} requests`);
  print("kind       n  precision recall     F1 | keyword F1 | majority F1");
  KINDS.forEach((kind, i) => {
    const [a, b, c] = [mine[i], words[i], most[i]];
    if (!a || !b || !c) return;
    const first = `${kind.padEnd(9)}${String(a.support).padStart(3)}     ${share(a.precision)} ${share(a.recall)} ${share(a.f1)}`;
    print(`${first} |     ${share(b.f1)} |      ${share(c.f1)}`);
  });
  const [x, y, z] = [accuracy(part, ours), accuracy(part, keyword), accuracy(part, majority(part))];
  print(
    `macro F1                  ${share(macroF1(mine))} |     ${share(macroF1(words))} |      ${share(macroF1(most))}`,
  );
  print(`accuracy                  ${share(x)} |     ${share(y)} |      ${share(z)}`);
}

function correlations(file: string): void {
  const rows = orUsage(USAGE, () => readGraded(file));
  const line = (group: string, part: readonly Graded[]) => {
    const failed = part.map((row) => row.difficulty);
    const ours = spearman(
      part.map((row) => complexity(row.prompt)),
      failed,
    );
    const length = spearman(
      part.map((row) => row.prompt.length),
      failed,
    );
    print(`${group.padEnd(40)}${String(part.length).padStart(7)}  ${share(ours)}      ${share(length)}`);
  };
  const groups = new Set(rows.map((row) => row.group));
  line(basename(file), rows);
  if (groups.size > 1)
    for (const group of groups)
      line(
        `  ${group}`,
        rows.filter((row) => row.group === group),
      );
}

const rows = orUsage(USAGE, () => readLabelled(values.set ?? DEFAULT_SET));
table(
  "English",
  rows.filter((row) => row.lang === "en"),
);
table(
  "Chinese",
  rows.filter((row) => row.lang === "zh"),
);
table("Both", rows);

if (values.misses) {
  for (const row of rows) if (ours(row) !== row.kind) print(`${row.kind} -> ${ours(row)}: ${row.text.slice(0, 100)}`);
}

if (values.difficulty) {
  print("\nSpearman's rho with the share of models that failed      n  complexity  length alone");
  for (const file of values.difficulty) correlations(file);
} else print("\nComplexity is a heuristic; --difficulty <file> holds it against per-prompt outcomes.");
