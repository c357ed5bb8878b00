import type { Feature } from "../contract/feature.js";
import { escalate as askStronger, type EscalateOptions } from "../engine/escalate.js";
import { builtInFeature } from "../router/built-in.js";
import type { Kit } from "../router/parts.js";

export const escalateKit = { escalate: askStronger } satisfies Partial<Kit>;

/** Asks a stronger model if the first answer is not good enough. */
export function escalate(options: EscalateOptions): Feature {
  return builtInFeature("escalate", { options: { escalate: options }, kit: escalateKit }, {});
}
