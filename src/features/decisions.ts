import type { Feature } from "../contract/feature.js";
import { builtInFeature } from "../router/built-in.js";
import { createDecisionEntry, writeLine } from "../router/decision-log.js";
import type { Kit } from "../router/parts.js";
import type { DecisionLogLine } from "../strategies/replay/decision-log.js";
import { recommendStrategy } from "../strategies/replay/recommend.js";

export const decisionsKit = {
  decisions: { entryOf: createDecisionEntry, write: writeLine, recommend: recommendStrategy },
} satisfies Partial<Kit>;

/** Logs each decision with its chances and its outcome; `recommend()` of the router learns from it. */
export function decisions(log: (line: DecisionLogLine) => void): Feature {
  return builtInFeature("decisions", { options: { decisionLog: log }, kit: decisionsKit }, {});
}
