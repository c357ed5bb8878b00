import type { Feature } from "../contract/feature.js";
import { checkOutput, validated } from "../engine/validated.js";
import { builtInFeature } from "../router/built-in.js";
import type { Kit } from "../router/parts.js";

export const outputKit = { output: { around: validated, check: checkOutput } } satisfies Partial<Kit>;

/** Holds answers against the call's `output` schema; the reply gets `parsed`. */
export function output(): Feature {
  return builtInFeature("output", { options: {}, kit: outputKit }, {});
}
