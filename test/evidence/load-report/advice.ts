import { builtIn } from "../../../src/strategies/built-in.js";
import type { DecisionLogLine } from "../../../src/strategies/replay/decision-log.js";
import { recommendStrategy } from "../../../src/strategies/replay/recommend.js";
import { mean, progress } from "../figures.js";
import type { Table } from "../routing-report/page.js";
import { signalbox } from "./signalbox.js";
import { type RunResult, simulate } from "./simulate.js";
import { MIX, World } from "./world.js";

/** Logged decisions that a recommendation is made from. */
const LOGGED = 1_000;

/** The same scale as a recommendation: failed is 0, a doubling of time or price is 0.03. */
function worth(result: RunResult, failedShare: number): number {
  const logs = mean([...result.times].map((ms) => Math.log2(Math.max(1, ms))));
  return 1 - failedShare - 0.03 * (logs + Math.log2(result.costPerSuccess));
}

/** How often a recommendation, made from a random router's log, names a strategy that truly does better in the same world. */
export function adviceTable(seeds: number, first: number, lengthMs: number): Table {
  const counts = { right: 0, wrong: 0, keep: 0, silent: 0 };
  const gains: number[] = [];
  for (const scenario of MIX) {
    for (let seed = first; seed < first + Math.max(2, Math.round(seeds / 4)); seed += 1) {
      progress(`recommendations, ${scenario.name}: seed ${seed}`);
      const world = new World(scenario, seed, lengthMs);
      const log: DecisionLogLine[] = [];
      const every = Math.max(1, Math.floor(world.requests.length / LOGGED));
      const logged = signalbox(builtIn("weighted")!, { log: { lines: log, every } });
      const present = simulate(world, logged, 1, seed);
      const advice = recommendStrategy(log);
      if (advice.verdict === "keep") counts.keep += 1;
      else if (advice.verdict !== "switch") counts.silent += 1;
      else {
        const after = simulate(world, signalbox(builtIn(advice.strategy!)!), 1, seed);
        const gain = worth(after, after.failed) - worth(present, present.failed);
        gains.push(gain);
        if (gain > 0) counts.right += 1;
        else counts.wrong += 1;
      }
    }
  }
  const made = counts.right + counts.wrong;
  return {
    title:
      "Recommendations, from the logs of a router that chose at random (weighted), checked by running the advice in the same world",
    head: ["advised to switch", "truly better", "not better", "to keep", "insufficient data", "right"],
    rows: [
      [
        String(made),
        String(counts.right),
        String(counts.wrong),
        String(counts.keep),
        String(counts.silent),
        made === 0 ? "-" : `${((100 * counts.right) / made).toFixed(0)} %`,
      ],
    ],
    notes: [
      `Mean true gain of the advice: ${gains.length === 0 ? "-" : mean(gains).toFixed(3)} points of quality (a doubling of time or price is 0.03).`,
    ],
  };
}
