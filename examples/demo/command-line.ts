import { existsSync } from "node:fs";
import { parseArgs } from "node:util";

export const USAGE = `npm start                          three simulated vendors, a built-in load, one outage
npm start -- "a question"          your question
npm start -- requests.jsonl[.gz]   your requests, one per line: {"messages": [...]} or {"turns": ["...", "..."]}
    --requests=600 --seed=7        size and seed of the built-in load
    --strategy=adaptive            who goes first; cost-optimized for the built-in load
    --out=answers.jsonl            keep the answers to your file
    --report=signalbox-report.html where the report goes`;

/** What was typed. */
export interface CommandLine {
  /** A question or the path of a file; empty for the built-in load. */
  readonly own: string;
  readonly ownFile: boolean;
  readonly requests: number;
  readonly seed: number;
  readonly strategy: string | undefined;
  readonly out: string | undefined;
  readonly report: string;
  readonly help: boolean;
}

/** Reads the command line. Throws an `Error` that says what is wrong with it. */
export function readCommandLine(): CommandLine {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      requests: { type: "string", default: "600" },
      seed: { type: "string", default: "7" },
      strategy: { type: "string" },
      out: { type: "string" },
      report: { type: "string", default: "signalbox-report.html" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const own = positionals.join(" ").trim();
  return {
    own,
    ownFile: /\.jsonl(\.gz)?$/.test(own) || (own !== "" && existsSync(own)),
    requests: wholeNumber("requests", values.requests),
    seed: wholeNumber("seed", values.seed),
    strategy: values.strategy,
    out: values.out,
    report: values.report,
    help: values.help,
  };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name} must be a whole number above 0, not "${text}"`);
}
