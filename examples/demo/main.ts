import { open, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createRouter } from "signalbox";
import { recordRouter, renderReport } from "signalbox/report";
import { readCommandLine, USAGE } from "./command-line.js";
import { drive } from "./drive.js";
import { builtInLoad, type Job, questionLoad } from "./load.js";
import { createProgress } from "./progress.js";
import { type BadLine, readRequests } from "./requests-file.js";
import { summary, usd } from "./table.js";
import { createTally, type Failure } from "./tally.js";
import { KEYS, realVendors, simulatedVendors, type Vendors } from "./vendors.js";

/** Of lines that are bad or failed. */
const LINES_SHOWN = 50;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const typed = orUsage(readCommandLine);
const { own, ownFile } = typed;

/** A mistyped option gets the list of options. */
function orUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    say(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(1);
  }
}

/** What to ask: the built-in load, a question, or a file with the lines that could not be read. */
async function readLoad(): Promise<{ jobs: Job[]; bad: BadLine[] }> {
  if (ownFile) return readRequests(own);
  if (own !== "") return { jobs: questionLoad(own), bad: [] };
  return { jobs: builtInLoad(typed.requests, typed.seed), bad: [] };
}

/** The first of many lines, and how many more there are. */
function sayLines(lines: readonly string[]): void {
  for (const line of lines.slice(0, LINES_SHOWN)) say(line);
  if (lines.length > LINES_SHOWN) say(`... and ${lines.length - LINES_SHOWN} more`);
}

/** Real vendors only for the user's own input: the built-in load would spend money for nothing. */
async function openVendors(): Promise<Vendors> {
  const keys = KEYS.filter((name) => (process.env[name] ?? "") !== "");
  if (keys.length > 0 && own !== "") {
    say(`Real vendors: ${keys.join(", ")} ${keys.length === 1 ? "is" : "are"} set. This call costs money.\n`);
    return realVendors();
  }
  const why = keys.length > 0 ? " The built-in load never goes to a real vendor, though a key is set." : "";
  say(`Three simulated vendors on loopback, behind the real adapters: no answer below comes from a model.${why}\n`);
  return simulatedVendors(typed.seed);
}

async function main(): Promise<void> {
  const { jobs, bad } = await readLoad();
  sayLines(bad.map(({ line, problem }) => `line ${line}: ${problem}`));
  if (jobs.length === 0) throw new Error(`${own} holds no request`);
  // Before anything is asked: answers that cannot be kept would be paid for nothing.
  for (const path of [typed.report, typed.out]) if (path !== undefined) await (await open(path, "a")).close();

  const vendors = await openVendors();
  try {
    await ask(vendors, jobs);
  } finally {
    await vendors.close();
  }
}

/** Sends the jobs and tells how it went. */
async function ask(vendors: Vendors, jobs: readonly Job[]): Promise<void> {
  const builtIn = own === "";
  // Nobody rates made-up answers, so the built-in load is routed by price; `adaptive` shows its worth with feedback.
  const strategy = typed.strategy ?? (builtIn ? "cost-optimized" : "adaptive");
  const router = createRouter({
    providers: vendors.providers,
    cache: { maxBytes: 64 * 1024 * 1024, ttlMs: 3_600_000 },
    strategy,
    // The stand-ins answer well within a second, and the outage is short.
    ...(vendors.real ? {} : { timeouts: { headersMs: 1_500 }, breaker: { openMs: 1_500 } }),
  });
  const tally = createTally(router);
  const recorder = recordRouter(router);
  const answers: string[] = [];
  const one = own !== "" && !ownFile;
  const progress = one ? undefined : createProgress(process.stdout, ownFile ? "lines" : "requests");
  const began = performance.now();
  let down = false;
  let lostOne = "";
  await drive({
    router,
    jobs,
    tally,
    concurrency: builtIn ? 8 : 4,
    onProgress: (done, total) => {
      // One vendor is lost for a quarter of the run, and comes back.
      const lost = builtIn && done >= total * 0.35 && done < total * 0.6;
      if (lost !== down) progress?.note(`-- ${vendors.failing} ${lost ? "goes down" : "is back"} --`);
      if (lost !== down) vendors.outage(lost);
      if (lost) lostOne = vendors.failing;
      down = lost;
      progress?.step(done, total);
    },
    ...(one ? { onText: (text) => process.stdout.write(text) } : {}),
    onAnswer: (job, reply) => {
      if (typed.out !== undefined) answers.push(JSON.stringify({ line: job.line, ...reply }));
      if (one)
        say(
          `\n\n${reply.route.provider}/${reply.route.model}, ${usd(reply.route.costUsd ?? 0)}: ${reply.route.reasons.join("; ")}`,
        );
    },
  });
  say(`\n${summary(tally, vendors.providers, (performance.now() - began) / 1_000, lostOne)}`);
  sayLines(tally.failures.map(failureText));

  await writeFile(
    typed.report,
    renderReport(recorder.read(), { title: vendors.real ? "signalbox" : "signalbox, simulated vendors" }),
  );
  say(`\nreport: ${resolve(typed.report)}`);
  if (typed.out !== undefined) {
    await writeFile(typed.out, `${answers.join("\n")}\n`);
    say(`answers: ${resolve(typed.out)}`);
  }
  await router.close();
  if (tally.answers === 0) process.exitCode = 1;
}

function failureText({ line, kind, message, unasked }: Failure): string {
  const rest = unasked === 0 ? "" : ` (later turns of this line, not asked: ${unasked})`;
  return `${line > 0 ? `line ${line}: ` : ""}${kind}: ${message}${rest}`;
}

if (typed.help) say(USAGE);
else {
  try {
    await main();
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n(npm start -- --help tells what can be typed)`);
    process.exitCode = 1;
  }
}
