import { builtIn } from "../../../src/strategies/built-in.js";
import { mean, progress } from "../figures.js";
import type { Table } from "../routing-report/page.js";
import { ORACLE } from "./policies.js";
import { signalbox } from "./signalbox.js";
import { simulate } from "./simulate.js";
import { MIX, World } from "./world.js";

const RIVALS = ["performance-weighted", "cost-optimized", "load-balanced", "reliability-focused"] as const;

/** Price counts half as much as time: both as logarithms, so that a tenth more is a tenth more at any level. */
const COST_WEIGHT = 0.5;

/** What strategies lose against the oracle in one scenario, in per cent of time (price at half weight). */
function losses(
  strategies: readonly string[],
  scenario: (typeof MIX)[number],
  seeds: number,
  first: number,
  lengthMs: number,
): number[] {
  const sums = strategies.map(() => 0);
  for (let seed = first; seed < first + seeds; seed += 1) {
    progress(`mix, ${scenario.name}: seed ${seed}`);
    const world = new World(scenario, seed, lengthMs);
    const best = simulate(world, ORACLE, 1, seed);
    for (const [index, strategy] of strategies.entries()) {
      const ours = simulate(world, signalbox(builtIn(strategy)!), 1, seed);
      sums[index]! +=
        Math.log(ours.meanMs / best.meanMs) + COST_WEIGHT * Math.log(ours.costPerSuccess / best.costPerSuccess);
    }
  }
  return sums.map((sum) => (100 * sum) / seeds);
}

/** The adaptive strategy against every fixed one, trouble by trouble. */
export function mixTable(seeds: number, first: number, lengthMs: number): Table[] {
  const names = ["adaptive", ...RIVALS];
  const lines = MIX.map((scenario) => losses(names, scenario, seeds, first, lengthMs));
  const total = names.map((_, column) => mean(lines.map((row) => row[column]!)));
  const lost = MIX.filter((_, index) => Math.min(...lines[index]!.slice(1)) < lines[index]![0]!).map(
    ({ name }) => name,
  );
  const cell = (value: number): string => value.toFixed(1);
  return [
    {
      title: `The mix, ${seeds} seeds: loss against the oracle, per cent (mean time to success, failures at 60 s, and half of it price per success)`,
      head: ["scenario", ...names],
      rows: [...MIX.map(({ name }, index) => [name, ...lines[index]!.map(cell)]), ["mean of all", ...total.map(cell)]],
      notes: [
        `Negative: cheaper at about the oracle's time (the oracle does not look at prices). adaptive loses to the best fixed strategy in: ${lost.length === 0 ? "none" : lost.join(", ")}.`,
      ],
    },
  ];
}
