import { seededRandom } from "../../../src/core/random.js";
import { createSimilarityIndex } from "../../../src/memory/similarity.js";
import { createReuseBound } from "../../../src/memory/similarity-bound.js";
import { guard } from "../../../src/memory/similarity-guards.js";
import { likeness, type Reading, read } from "../../../src/memory/similarity-reading.js";
import type { InputFile, ReportContext, ReportKind } from "./report-kind.js";
import { percent, table } from "./table.js";

/** Two texts, and whether a person said that they mean the same. */
interface Pair {
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
}

function parse(file: InputFile): readonly Pair[] | null {
  const lines = file.text
    .replace(/^\ufeff/, "")
    .trim()
    .split(/\r?\n/);
  if (lines[0]?.startsWith("{")) {
    const rows = lines.map((line) => JSON.parse(line) as { a?: string; b?: string; y?: number });
    return rows[0]?.a === undefined ? null : rows.map(({ a = "", b = "", y }) => ({ a, b, same: y === 1 }));
  }
  const rows = lines.map((line) => line.split("\t"));
  const [head] = rows;
  const isLabel = (word: string | undefined) => word === "0" || word === "1";
  if (head?.[0] === "Quality")
    return rows.slice(1).map((row) => ({ a: row[3] ?? "", b: row[4] ?? "", same: row[0] === "1" }));
  if (head?.[3] === "label")
    return rows.slice(1).map((row) => ({ a: row[1] ?? "", b: row[2] ?? "", same: row[3] === "1" }));
  if (head?.length === 3 && isLabel(head[2]))
    return rows.map((row) => ({ a: row[0] ?? "", b: row[1] ?? "", same: row[2] === "1" }));
  return null;
}

/** Letter case, outer blanks and blanks between words do not count; nothing else is forgiven. */
const plain = (text: string): string => text.trim().replace(/\s+/g, " ").toLowerCase();

interface Method {
  readonly name: string;
  says(pair: Pair, one: Reading | null, other: Reading | null): boolean;
}

const METHODS: readonly Method[] = [
  { name: "equal but for case and blanks", says: ({ a, b }) => plain(a) === plain(b) },
  { name: "built-in comparison", says: (_pair, one, other) => one !== null && one.signature === other?.signature },
  ...[0.7, 0.8, 0.9].flatMap((least): Method[] => [
    {
      name: `words in common >= ${least}`,
      says: (_pair, one, other) => one !== null && other !== null && likeness(one, other) >= least,
    },
    {
      name: "  the same, with guards",
      says: (_pair, one, other) =>
        one !== null && other !== null && likeness(one, other) >= least && guard(one, other) === null,
    },
  ]),
];

function report(file: InputFile, pairs: readonly Pair[], context: ReportContext): void {
  context.progress(`${file.name}: reading ${pairs.length} pairs`);
  const began = performance.now();
  const readings = pairs.map(({ a, b }) => [read(a), read(b)] as const);
  const each = ((performance.now() - began) / pairs.length / 2) * 1_000;
  const all = pairs.filter(({ same }) => same).length;
  const rows = METHODS.map(({ name, says }) => {
    context.progress(`${file.name}: ${name}`);
    const found = pairs.filter((pair, index) => says(pair, readings[index]?.[0] ?? null, readings[index]?.[1] ?? null));
    const right = found.filter(({ same }) => same).length;
    return [name, String(found.length), percent(right / found.length), percent(right / all)];
  });
  context.print(`${file.name}: ${pairs.length} pairs, ${all} of them alike; ${each.toFixed(0)} us a reading`);
  for (const line of table(["", "found", "precision", "recall"], rows)) context.print(`  ${line}`);
  const { share, rows: bounds, played } = reportBound(pairs, readings);
  context.print(
    `  maxWrongRate over ${played} pairs with words in common >= ${MATCH}, of which ${percent(share)} would be wrong;`,
  );
  context.print(`  ${TOGETHER} to an entry, each asked about ${ASKED_AGAIN} times in random order, seed 1`);
  for (const line of table(["bound", "served", "wrong of served"], bounds)) context.print(`    ${line}`);
  context.print();
}

/** Bounds that are tried, how often each second text is asked again, and the words in common that make a match. */
const BOUNDS = [0.1, 0.05, 0.02, 0.01] as const;
const ASKED_AGAIN = 150;
const MATCH = 0.7;
/** Pairs that are played, the first ones of a file that match, and how many of them are taken for matches of one entry. */
const PLAYED = 400;
const TOGETHER = 4;

/** Traffic in which every matching second text is asked again and again, in random order, under a bound on wrong reuse. */
function reportBound(pairs: readonly Pair[], readings: readonly (readonly [Reading | null, Reading | null])[]) {
  const matches: { readonly entry: string; readonly score: number; readonly same: boolean }[] = [];
  for (const [index, { same }] of pairs.entries()) {
    const [one, other] = readings[index] ?? [];
    if (!one || !other) continue;
    const score = likeness(one, other);
    if (score >= MATCH && matches.length < PLAYED)
      matches.push({ entry: `${Math.floor(matches.length / TOGETHER)}`, score, same });
  }
  const share = matches.filter(({ same }) => !same).length / matches.length;
  const rows = BOUNDS.map((bound) => {
    const random = seededRandom(1);
    const reuse = createReuseBound(bound, random);
    const [asked, tally] = [matches.length * ASKED_AGAIN, { served: 0, wrong: 0 }];
    for (let turn = 0; turn < asked; turn += 1) {
      const match = matches[Math.floor(random() * matches.length)]!;
      if (!reuse.serves(match.entry, match.score)) reuse.learn(match.entry, match.score, match.same);
      else {
        tally.served += 1;
        if (!match.same) tally.wrong += 1;
      }
    }
    return [percent(bound), percent(tally.served / asked), percent(tally.wrong / Math.max(1, tally.served))];
  });
  return { share, rows, played: matches.length };
}

export const labelledPairs: ReportKind = {
  name: "pairs",
  takes: "labelled pairs: JSON lines with a, b, y, or tab-separated",
  matches: (file) => /^\ufeff?(\{"a":|Quality\t|id\tsentence1|[^\n\t{]*\t[^\n\t]*\t[01]\r?\n)/.test(file.text),
  async run(file, context) {
    const pairs = parse(file);
    if (pairs !== null) report(file, pairs, context);
  },
};

/** An index of all first texts, asked for each second one: right, wrong, or nothing found. */
export const paraphrases: ReportKind = {
  name: "paraphrases",
  takes: "a JSON list of { origin, similar }",
  matches: ({ text }) => /^\s*\[\s*\{\s*"origin"/.test(text),
  async run(file, context) {
    const rows = JSON.parse(file.text) as { origin: string; similar: string }[];
    const index = createSimilarityIndex({ threshold: 0, maxEntries: 100_000 });
    for (const { origin } of rows) index.add("all", origin, origin);
    let [right, wrong] = [0, 0];
    for (const { origin, similar } of rows) {
      const match = await index.find("all", similar);
      if (match === null) continue;
      if (match.key === origin) right++;
      else wrong++;
    }
    context.print(`${file.name}: ${rows.length} paraphrases against an index of the originals (built-in comparison)`);
    context.print(`  right ${right}, wrong ${wrong}, nothing found ${rows.length - right - wrong}\n`);
  },
};
