import type { RepairJson } from "../chat/repair-json.js";
import type { Feature } from "../contract/feature.js";
import { checkOutput, validated } from "../engine/validated.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { builtInFeature } from "../router/built-in.js";
import type { Kit } from "../router/parts.js";

export const outputKit = { output: { around: validated, check: checkOutput } } satisfies Partial<Kit>;

/** Options of the feature `output`. */
export interface OutputOptions {
  /** Mends JSON that is nearly right, as the option of that name of `createRouter`. @default none */
  readonly repairJson?: RepairJson | undefined;
}

/**
 * Holds answers against the call's `output` schema; the reply gets `parsed`.
 *
 * @throws SignalboxError `invalid_options` where `repairJson` is no function
 */
export function output(options: OutputOptions = {}): Feature {
  const { repairJson } = options;
  if (repairJson !== undefined && typeof repairJson !== "function")
    throw invalidOption("repairJson", "must be a function from text to text, such as jsonrepair");
  return builtInFeature("output", { options: { repairJson }, kit: outputKit }, {});
}
