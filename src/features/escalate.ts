import type { Feature } from "../contract/feature.js";
import { checkEscalate } from "../engine/check-when.js";
import { escalate as askStronger, type EscalateOptions } from "../engine/escalate.js";
import { builtInFeature } from "../router/built-in.js";
import type { Kit } from "../router/parts.js";
import { raise } from "../router/raise.js";

export const escalateKit = { escalate: askStronger, raise } satisfies Partial<Kit>;

/**
 * Asks a stronger model if the first answer is not good enough (`validate`), or if a session is stuck (`when`).
 *
 * @throws SignalboxError `invalid_options` naming the path
 */
export function escalate(options: EscalateOptions): Feature {
  checkEscalate(options);
  return builtInFeature("escalate", { options: { escalate: options }, kit: escalateKit }, {});
}
