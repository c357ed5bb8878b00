import type { ExperimentResult } from "../contract/records.js";
import { FINDINGS } from "../engine/assignment.js";
import type { StrategyRecommendation } from "../strategies/replay/recommend.js";

/** A recommendation together with what the experiments in use have found. */
export function withExperiments(
  advice: StrategyRecommendation,
  features: readonly object[] | undefined,
): StrategyRecommendation {
  const experiments: ExperimentResult[] = [];
  for (const feature of features ?? []) {
    const read = (feature as { readonly [FINDINGS]?: () => ExperimentResult })[FINDINGS];
    if (read) experiments.push(read());
  }
  if (experiments.length === 0) return advice;
  const told = { ...advice, experiments, reasons: [...advice.reasons, ...experiments.map(inWords)] };
  // Two arms side by side are better evidence than a replay.
  const found = experiments.find(({ strategy }) => strategy !== undefined);
  const gain = found?.arms.find(({ arm }) => arm === found.winner)?.gain;
  if (found?.strategy === undefined || !gain) return told;
  return {
    ...told,
    verdict: "switch",
    strategy: found.strategy,
    gain: gain.mean,
    interval: [gain.low, gain.high],
  };
}

function inWords({ name, verdict, winner, arms }: ExperimentResult): string {
  const parts = arms.map(({ arm, units, mean }) => `${arm} ${mean === null ? "-" : mean.toFixed(3)} of ${units}`);
  const end = verdict === "decided" ? `"${winner}" is better` : "no difference beyond doubt yet";
  return `experiment "${name}": ${end} (${parts.join(", ")})`;
}
