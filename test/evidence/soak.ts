/**
 * `npm run soak`: a router under 1,000 callers at once, of whom some abort and some leave their streams, against three
 * vendors in a process of their own that fail one request in ten; then all vendors down at once. Prints what came of
 * it, and exits with 1 where a request was lost, an answer was false, or something was left behind.
 */
import { getEventListeners } from "node:events";
import { seededRandom } from "../../src/core/random.js";
import { orUsage } from "./or-usage.js";
import { Callers } from "./soak/callers.js";
import { readOptions } from "./soak/options.js";
import { type OutageReport, sufferOutage } from "./soak/outage.js";
import { handlesNow, quiet } from "./soak/quiet.js";
import { type Check, printChecks, showProgress, some } from "./soak/report.js";
import { grownMb, heapSlope, type RoundsReport, runRounds } from "./soak/rounds.js";
import { createSoakRouter, openConnections, RETRY_RESERVE } from "./soak/setup.js";
import type { Tally } from "./soak/tally.js";
import { startUpstreams } from "./soak/upstream-process.js";
import { watchProcess } from "./soak/watch.js";

const USAGE = "usage: npm run soak -- [--seconds=60] [--concurrency=1000] [--rounds=6] [--seed=1]";

async function main(): Promise<void> {
  const { seconds, concurrency, rounds, seed } = orUsage(USAGE, () => readOptions(process.argv.slice(2)));
  const watch = watchProcess();
  const upstreams = await startUpstreams();
  const router = createSoakRouter(upstreams.urls);
  const callers = new Callers(router, seededRandom(seed));
  const { tally } = callers;
  let done = 0;
  let attempts = 0;
  router.on("done", () => {
    done += 1;
  });
  router.on("attempt", () => {
    attempts += 1;
  });
  const giveUp = setTimeout(() => giveUpOn(callers), (seconds * 2 + 300) * 1_000);
  const start = handlesNow();
  const hide = showProgress(callers);
  await openConnections(upstreams.urls, concurrency);

  const roundMs = (seconds * 1_000) / (rounds + 2);
  const plan = { callers, upstreams, start, rounds, roundMs, concurrency, attempts: () => attempts };
  const report = await runRounds(plan);
  const outage = await sufferOutage(router, callers, upstreams, concurrency, Math.min(10_000, seconds * 250));
  const left = await quiet(start, upstreams);
  await router.close();
  upstreams.stop();
  clearTimeout(giveUp);
  hide();

  const ends = [...tally.kinds].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${kind} ${count}`);
  console.log(`\nends without success: ${ends.join(", ")}`);
  const checks: Check[] = [
    ...checkCounts(tally, done, callers.inFlight),
    ...checkOutage(outage, RETRY_RESERVE * upstreams.urls.length),
    ...checkRemains(report, left, tally.listeners + getEventListeners(callers.lasting.signal, "abort").length),
    { name: "no unhandled rejection", holds: watch.rejections.length === 0, found: some(watch.rejections) },
    {
      name: "no warning of the process (MaxListeners)",
      holds: watch.warnings.length === 0,
      found: some(watch.warnings),
    },
  ];
  printChecks(checks);
  process.exitCode = checks.every(({ holds }) => holds) ? 0 : 1;
}

function checkCounts(tally: Tally, done: number, inFlight: number): Check[] {
  const { started, success, error, cancelled, lies, strangers } = tally;
  const sum = `${started} = ${success} + ${error} + ${cancelled}`;
  return [
    { name: "every request has ended", holds: inFlight === 0, found: `${inFlight} in flight` },
    { name: "started = success + error + cancelled", holds: started === success + error + cancelled, found: sum },
    { name: "one `done` event per request", holds: done === started, found: `${done}` },
    { name: "every answer is whole, and its question's own", holds: lies.length === 0, found: some(lies) },
    { name: "every error is a SignalboxError", holds: strangers.length === 0, found: some(strangers) },
  ];
}

function checkOutage({ requests, attempts, openedAfterMs, recoveredAfterMs }: OutageReport, reserve: number): Check[] {
  const allowed = Math.floor(1.2 * requests) + reserve;
  const found = `${attempts} for ${requests} requests, ${allowed} allowed`;
  return [
    { name: "full outage: attempts <= 1.2 x requests + reserve", holds: requests > 0 && attempts <= allowed, found },
    { name: "full outage: breakers open", holds: openedAfterMs !== null, found: `after ${ms(openedAfterMs)}` },
    { name: "its end is noticed", holds: recoveredAfterMs !== null, found: `after ${ms(recoveredAfterMs)}` },
  ];
}

function checkRemains({ points, leftovers }: RoundsReport, left: string, listeners: number): Check[] {
  const slope = heapSlope(points);
  const all = left ? [...leftovers, `after the outage: ${left}`] : leftovers;
  return [
    {
      name: "heap: less than 1 MB per 10,000 requests, or 2 MB in all",
      // Over a few thousand requests one table that doubled looks like a slope.
      holds: slope < 1 || grownMb(points) < 2,
      found: `${slope.toFixed(2)} MB, ${grownMb(points).toFixed(2)} MB in all`,
    },
    { name: "handles and connections back to the start", holds: all.length === 0, found: some(all) },
    { name: "no abort listener left on a caller's signal", holds: listeners === 0, found: `${listeners}` },
  ];
}

function giveUpOn({ inFlight }: Callers): void {
  console.log(`\n✗ gave up: ${inFlight} requests have not ended`);
  process.exit(1);
}

const ms = (value: number | null): string => (value === null ? "never" : `${value.toFixed(0)} ms`);

void main();
