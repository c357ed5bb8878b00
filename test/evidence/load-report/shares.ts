import type { CandidateSnapshot, Strategy } from "../../../src/index.js";
import { defineStrategy } from "../../../src/index.js";
import { mean } from "../figures.js";
import type { Table } from "../routing-report/page.js";
import { ask, createSmallWorld, type SmallModel } from "./small-world.js";

const CALLS = 900;
const COUNTS = [2, 3, 5, 10] as const;

/** Time to an answer times calls outstanding, full scan: Finagle's and Linkerd's least loaded with peak EWMA. */
const leastRequest = (): Strategy =>
  defineStrategy({
    name: "least request, EWMA",
    score: ({ expectedLatencyMs, inFlight }: CandidateSnapshot) => -expectedLatencyMs * (inFlight + 1),
  });

/** Prequal's rule (Wydrowski et al., NSDI 2024): fewest in flight where all are busy, else the fastest that is not. */
const prequal = (): Strategy =>
  defineStrategy({
    name: "Prequal's hot and cold",
    score: ({ expectedLatencyMs, inFlight }: CandidateSnapshot, { candidates }) => {
      const busiest = Math.max(...candidates.map((other) => other.inFlight));
      const hot = inFlight > 0 && inFlight >= 0.84 * busiest;
      return hot ? -1e9 * (1 + inFlight) : -expectedLatencyMs;
    },
  });

const POLICIES: readonly (() => Strategy | string)[] = [
  () => "load-balanced",
  leastRequest,
  prequal,
  () => "round-robin",
];

/** Largest distance of a share from what is wanted, in points. */
function furthest(calls: readonly { readonly id: string }[], wanted: readonly number[]): number {
  const total = wanted.reduce((sum, part) => sum + part, 0);
  return Math.max(
    ...wanted.map((part, index) => {
      const got = calls.filter(({ id }) => id === `p${index}`).length / calls.length;
      return 100 * Math.abs(got - part / total);
    }),
  );
}

function equals(count: number, noise: number): SmallModel[] {
  return Array.from({ length: count }, (_, index) => ({ id: `p${index}`, latencyMs: () => 800, noise }));
}

async function distance(
  strategy: Strategy | string,
  models: readonly SmallModel[],
  wanted: readonly number[],
  atOnce: number,
  seeds: readonly number[],
  limits?: { readonly [id: string]: { readonly rpm: number } },
): Promise<string> {
  const all: number[] = [];
  for (const seed of seeds) {
    const world = createSmallWorld(models, { strategy, ...(limits ? { limits } : {}) }, seed);
    await ask(world, CALLS, { atOnce });
    all.push(furthest(world.calls, wanted));
    await world.router.close();
  }
  return mean(all).toFixed(1);
}

/** `npm run load-report -- shares`: who gets how much of the traffic, among equals and by capacity. */
export async function sharesTable(count: number, first: number): Promise<Table> {
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  const rows: string[][] = [];
  const row = async (
    name: string,
    make: () => readonly SmallModel[],
    wanted: readonly number[],
    atOnce: number,
    limits?: { readonly [id: string]: { readonly rpm: number } },
  ): Promise<void> => {
    const cells: string[] = [];
    for (const policy of POLICIES) cells.push(await distance(policy(), make(), wanted, atOnce, seeds, limits));
    rows.push([name, ...cells]);
  };
  for (const candidates of COUNTS) {
    for (const noise of [0, 0.5]) {
      for (const atOnce of [1, 8]) {
        const wanted = Array.from({ length: candidates }, () => 1);
        const name = `${candidates} equal, noise ${noise}, ${atOnce} at once`;
        await row(name, () => equals(candidates, noise), wanted, atOnce);
      }
    }
  }
  await row("limits of 6,000 and 3,000 rpm, 1 at once", () => equals(2, 0.3), [2, 1], 1, {
    p0: { rpm: 6_000 },
    p1: { rpm: 3_000 },
  });
  const unequal = [1, 2, 4].map((slower, index) => ({ id: `p${index}`, latencyMs: () => 500 * slower, noise: 0.3 }));
  await row("times of 500, 1,000, 2,000 ms, 1 at once", () => unequal, [4, 2, 1], 1);
  return {
    title: `Shares: largest distance from the wanted share in points, ${CALLS} calls, ${count} seeds from ${first}`,
    head: ["candidates", "load-balanced", "least request, EWMA", "Prequal's hot and cold", "round-robin"],
    rows,
    notes: [
      "Wanted: equal shares, or shares in proportion to limits and to speed. The two in the middle are rebuilt from their papers and know nothing but times and calls in flight: one at a time nobody is in flight, and the fastest by a hair takes all.",
    ],
  };
}
