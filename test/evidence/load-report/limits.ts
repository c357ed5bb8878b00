import { createReply, createRouter } from "../../../src/index.js";
import { createVirtualClock, seededRandom, testModel } from "../../../src/testing/index.js";
import { mean } from "../figures.js";
import type { Table } from "../routing-report/page.js";

const STRATEGIES = ["adaptive", "load-balanced", "performance-weighted", "round-robin", "ordered"] as const;
const CALLS_PER_S = [30, 45, 55] as const;
const CAPACITY_PER_S = 20;
const SERVICE_MS = 300;
const MINUTE_MS = 60_000;

interface Outcome {
  readonly lostShare: number;
  readonly p99Ms: number;
  readonly refusedShare: number;
}

/** A vendor that takes at most 20 calls in any second, answers after 300 ms, and refuses the rest for a second. */
function vendor(id: string, clock: ReturnType<typeof createVirtualClock>, refused: () => void) {
  let taken: number[] = [];
  return {
    id,
    models: [testModel("m")],
    async chat() {
      const nowMs = clock.now();
      taken = taken.filter((atMs) => atMs > nowMs - 1_000);
      if (taken.length >= CAPACITY_PER_S) {
        refused();
        throw Object.assign(new Error("Too many requests"), { status: 429, headers: { "retry-after": "1" } });
      }
      taken.push(nowMs);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, SERVICE_MS));
      return createReply({ model: "m", text: "x" });
    },
  };
}

async function run(strategy: (typeof STRATEGIES)[number], perS: number, seed: number): Promise<Outcome> {
  const clock = createVirtualClock();
  const random = seededRandom(seed);
  let refusals = 0;
  const providers = ["a", "b", "c"].map((id) => vendor(id, clock, () => (refusals += 1)));
  const router = createRouter({ providers, strategy, clock, random: seededRandom(seed + 1_000) });
  const latenciesMs: number[] = [];
  const work: Promise<unknown>[] = [];
  let calls = 0;
  let lost = 0;
  while (clock.now() < MINUTE_MS) {
    const startedAtMs = clock.now();
    const request = { messages: [{ role: "user" as const, content: `q${calls}` }] };
    const done = router.chat(request).then(
      () => latenciesMs.push(clock.now() - startedAtMs),
      () => (lost += 1),
    );
    work.push(done);
    calls += 1;
    await clock.advance((-Math.log(1 - random()) * 1_000) / perS);
  }
  await clock.advance(MINUTE_MS);
  await Promise.all(work);
  await router.close();
  latenciesMs.sort((one, other) => one - other);
  const p99Ms = latenciesMs[Math.floor(0.99 * latenciesMs.length)] ?? 0;
  return { lostShare: lost / calls, p99Ms, refusedShare: refusals / calls };
}

/** `npm run load-report -- limits`: three vendors of 20 calls a second, default options, no warm-up. */
export async function limitsTable(count: number, first: number): Promise<Table> {
  const rows: string[][] = [];
  for (const perS of CALLS_PER_S) {
    for (const strategy of STRATEGIES) {
      const outcomes: Outcome[] = [];
      for (let seed = first; seed < first + count; seed += 1) outcomes.push(await run(strategy, perS, seed));
      const worst = (figure: (outcome: Outcome) => number): number => Math.max(...outcomes.map(figure));
      rows.push([
        `${perS}`,
        strategy,
        (100 * mean(outcomes.map(({ lostShare }) => lostShare))).toFixed(2),
        (100 * worst(({ lostShare }) => lostShare)).toFixed(2),
        (mean(outcomes.map(({ p99Ms }) => p99Ms)) / 1_000).toFixed(2),
        (worst(({ p99Ms }) => p99Ms) / 1_000).toFixed(2),
        (100 * mean(outcomes.map(({ refusedShare }) => refusedShare))).toFixed(1),
      ]);
    }
  }
  return {
    title: `Three rate-limited vendors, ${count} seeds from ${first}`,
    head: ["calls/s", "strategy", "lost %", "worst", "p99 s", "worst", "429s per 100 calls"],
    rows,
    notes: [
      "Each vendor takes 20 calls in any second and answers 429 with `Retry-After: 1` beyond; an answer takes 300 ms. Poisson arrivals for 60 s, default options, the start included.",
    ],
  };
}
