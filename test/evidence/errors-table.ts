import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { POLICY, type PolicyRow } from "../../src/errors/policy.js";

const README = new URL("../../README.md", import.meta.url);
const BEGIN = "<!-- errors: written by npm run errors-table -- --write -->";
const END = "<!-- /errors -->";

const yes = (value: boolean): string => (value ? "yes" : "");

function breakerOf({ breaker, coolDownMs = 0 }: PolicyRow): string {
  const time = coolDownMs >= 60_000 ? `${coolDownMs / 60_000} min` : `${coolDownMs / 1_000} s`;
  return {
    failure: "counts",
    ignore: "",
    cool_down: `cools down, ${time}`,
    disable: `disables, ${time}`,
    failure_and_cool_down: `counts, cools down, ${time}`,
  }[breaker];
}

/** The policy table as Markdown. */
export function errorsTable(): string {
  const head = ["kind", "what happened", "next candidate", "same again", "breaker", "retryable", "what to do"];
  const rows = POLICY.map((row) => [
    row.detail === undefined ? `\`${row.kind}\`` : `\`${row.kind}\`, \`${row.detail}\``,
    row.summary,
    yes(row.nextCandidate),
    yes(row.sameProvider),
    breakerOf(row),
    yes(row.retryable),
    row.advice,
  ]);
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** What stands between the two marks of a page. */
export function tableIn(page: string): string | null {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  return from < 0 || to < from ? null : page.slice(from + BEGIN.length, to).trim();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const table = errorsTable();
  if (process.argv.includes("--write")) {
    const page = readFileSync(README, "utf8");
    const old = tableIn(page);
    if (old === null) throw new Error("README.md has no place for the table");
    writeFileSync(
      README,
      page.replace(page.slice(page.indexOf(BEGIN), page.indexOf(END) + END.length), () => `${BEGIN}\n${table}\n${END}`),
    );
  } else {
    console.log(table);
  }
}
