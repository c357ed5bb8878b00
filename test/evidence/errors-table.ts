import { fileURLToPath } from "node:url";
import { POLICY, type PolicyRow } from "../../src/errors/policy.js";

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

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(errorsTable());
