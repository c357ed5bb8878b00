import type { ReasoningEffort } from "../chat/request.js";
import type { EffortTable, Fields } from "../wire/dialect.js";

const EFFORTS: readonly ReasoningEffort[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** One vendor word for each effort from none to max, put into fields. */
export function effortTable(words: readonly string[], fieldsOf: (word: string) => Fields): EffortTable {
  const table: { [effort in ReasoningEffort]?: Fields } = {};
  EFFORTS.forEach((effort, index) => {
    table[effort] = fieldsOf(words[index] as string);
  });
  return table;
}

/** Thinking on or off, for models that know nothing between. */
export function thinkingSwitch(on: Fields, off: Fields): EffortTable {
  return effortTable(["off", "off", "on", "on", "on", "on", "on"], (word) => ({ thinking: word === "on" ? on : off }));
}
