import type { Feature } from "../contract/feature.js";
import { restartable } from "../engine/restart.js";
import { builtInFeature } from "../router/built-in.js";
import type { Kit } from "../router/parts.js";

export const restartKit = { restart: restartable } satisfies Partial<Kit>;

/** Restarts a stream that was cut: a marker chunk (`signalbox: { reset: true }`), then a fresh answer. */
export function restart(): Feature {
  return builtInFeature("restart", { options: { streams: { onInterrupted: "restart" } }, kit: restartKit }, {});
}
