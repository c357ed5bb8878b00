import { fileURLToPath } from "node:url";
import { Stryker } from "@stryker-mutator/core";

/** Where a survived mutant could cost a request or a lie: what decides who is asked, how often, and what an answer means. */
const FILES = [
  ..."breaker call-order call-window circuit cool-down gate gates attempt-budget retry-budget retry backoff limiter wait-queue phase-timer"
    .split(" ")
    .map((name) => `src/resilience/${name}.ts`),
  ..."classify error-body thrown transport-cause status message-patterns vendor-codes retry-after rate-limit-reset reset-text"
    .split(" ")
    .map((name) => `src/errors/${name}.ts`),
  "src/wire/sse.ts",
];

/** Percent of mutants that the tests must notice, in every file. */
const LEAST = 90;

/**
 * Mutates each file and runs the unit tests of its room against every mutant. Files on the command line are taken
 * instead of the usual ones; `--concurrency=2` runs two at a time, `--survivors` lists what lived.
 */
async function main() {
  process.chdir(fileURLToPath(new URL("../../", import.meta.url)));
  const args = process.argv.slice(2);
  const named = args.filter((arg) => !arg.startsWith("--"));
  const concurrency = Number(args.find((arg) => arg.startsWith("--concurrency="))?.split("=")[1] ?? 1);
  const files = named.length > 0 ? named : FILES;
  const mutants = await new Stryker({
    mutate: files,
    testRunner: "vitest",
    vitest: { configFile: "test/mutation/vitest.config.mjs", related: true },
    coverageAnalysis: "perTest",
    concurrency,
    // A mutant that loops for ever is stopped after the usual time of its tests, half of it again, and this.
    timeoutMS: 10_000,
    reporters: [process.stdout.isTTY ? "progress" : "dots"],
    allowEmpty: false,
    ignorePatterns: [
      "/.git",
      "/dist",
      "/coverage",
      "/docs-api",
      "/reports",
      "/examples",
      "/test/mutation/node_modules",
    ],
    tempDirName: ".stryker-tmp",
    allowConsoleColors: false,
    logLevel: "warn",
    cleanTempDir: "always",
  }).runMutationTest();
  if (args.includes("--survivors")) for (const line of mutants.filter(lived).map(describe)) console.log(line);
  const rows = files.map((file) =>
    tally(
      file,
      mutants.filter(({ fileName }) => fileName.endsWith(file)),
    ),
  );
  print(rows);
  process.exitCode = rows.every(({ percent }) => percent >= LEAST) ? 0 : 1;
}

const lived = ({ status }) => status === "Survived" || status === "NoCoverage";

function describe({ fileName, location, mutatorName, replacement, status }) {
  const { line, column } = location.start;
  const shown = (replacement ?? "").replace(/\s+/g, " ").slice(0, 120);
  return `${status} ${fileName.replace(`${process.cwd()}/`, "")}:${line}:${column} ${mutatorName} -> ${shown}`;
}

function tally(file, mutants) {
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const killed = count("Killed", "Timeout");
  const alive = count("Survived", "NoCoverage");
  const all = killed + alive;
  return {
    file,
    mutants: all,
    killed,
    timedOut: count("Timeout"),
    alive,
    percent: all === 0 ? 0 : (killed * 100) / all,
  };
}

function print(rows) {
  console.log(
    `\n${"file".padEnd(36)}${"mutants".padStart(9)}${"killed".padStart(9)}${"alive".padStart(9)}${"%".padStart(9)}`,
  );
  for (const { file, mutants, killed, alive, percent } of rows) {
    const cells = [mutants, killed, alive, percent.toFixed(1)].map((cell) => String(cell).padStart(9)).join("");
    console.log(`${file.padEnd(36)}${cells}${percent >= LEAST ? "" : `  below ${LEAST}`}`);
  }
}

await main();
