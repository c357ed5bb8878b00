import { fileURLToPath } from "node:url";
import { POLICIES, type Policy, type PolicyKey } from "../../src/errors/policy.js";
import { SUMMARIES } from "../../src/errors/summaries.js";
import { ADVICE } from "./errors-advice.js";

const yes = (value: boolean): string => (value ? "yes" : "");

function breakerOf({ breaker, coolDownMs = 0 }: Policy): string {
  const time = coolDownMs >= 60_000 ? `${coolDownMs / 60_000} min` : `${coolDownMs / 1_000} s`;
  return {
    failure: "counts",
    ignore: "",
    cool_down: `cools down, ${time}`,
    disable: `disables, ${time}`,
    failure_and_cool_down: `counts, cools down, ${time}`,
  }[breaker];
}

/** The policy table as Markdown: all of it, or without the rows of details. */
export function errorsTable(rowsOf: "kinds" | "details" = "details"): string {
  const head = ["kind", "what happened", "next candidate", "same again", "breaker", "retryable", "what to do"];
  const policies = (Object.entries(POLICIES) as [PolicyKey, Policy][]).filter(
    ([key]) => rowsOf === "details" || !key.includes("/"),
  );
  const rows = policies.map(([key, policy]) => [
    key
      .split("/")
      .map((word) => `\`${word}\``)
      .join(", "),
    SUMMARIES[key],
    yes(policy.nextCandidate),
    yes(policy.sameProvider),
    breakerOf(policy),
    yes(policy.retryable),
    ADVICE[key],
  ]);
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(errorsTable());
