/**
 * `npm run recorded -- FILE.jsonl[.gz] ...`: plays recorded answers of vendors through a loopback server, whole and cut
 * at random bytes, to `chat` and `stream`; compares what the router reads with an independent reading of the bytes, and
 * what the next request carries of the assistant's turn. Without a file it plays answers that it makes itself.
 * Exit code 1 if an answer is read wrong.
 */
import { readAnswers } from "./recorded/answer.js";
import { KNOWN } from "./recorded/known.js";
import { ownAnswers } from "./recorded/own-answers.js";
import { openStage } from "./recorded/play.js";

const files = process.argv.slice(2);
const print = (line: string) => process.stdout.write(`${line}\n`);
const answers = files.length === 0 ? ownAnswers() : files.flatMap(readAnswers);
const stage = await openStage();
const rows = new Map<string, { played: number; right: number; known: number }>();
const wrong: string[] = [];
const known = new Map<string, number>();

for (const answer of answers) {
  const name = `${answer.vendor} (${answer.wire})`;
  const row = rows.get(name) ?? { played: 0, right: 0, known: 0 };
  rows.set(name, row);
  row.played++;
  const found = await stage.play(answer);
  const reason = found.length === 0 ? undefined : KNOWN.find(({ applies }) => applies(answer))?.reason;
  if (found.length === 0) row.right++;
  else if (reason !== undefined) {
    row.known++;
    known.set(reason, (known.get(reason) ?? 0) + 1);
  } else for (const difference of found) wrong.push(`${answer.id} ${name}: ${difference}`);
}
stage.close();

print(
  `${"vendor".padEnd(52)}${"answers".padStart(8)}${"right".padStart(7)}${"known".padStart(7)}${"wrong".padStart(7)}`,
);
let sum = { played: 0, right: 0, known: 0 };
const line = (name: string, { played, right, known: listed }: typeof sum): void => {
  const counts = [played, right, listed, played - right - listed].map(String);
  print(name.slice(0, 51).padEnd(52) + counts.map((count, i) => count.padStart(i === 0 ? 8 : 7)).join(""));
};
for (const [name, row] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) {
  line(name, row);
  sum = { played: sum.played + row.played, right: sum.right + row.right, known: sum.known + row.known };
}
line("all", sum);
for (const [reason, count] of known) print(`known, ${count}: ${reason}`);
for (const text of wrong) print(text);
process.exitCode = wrong.length > 0 ? 1 : 0;
