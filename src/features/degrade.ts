import type { Feature } from "../contract/feature.js";
import { type DegradeOptions, degrade as descend } from "../engine/degrade.js";
import { builtInFeature } from "../router/built-in.js";
import type { Kit } from "../router/parts.js";

export const degradeKit = { degrade: descend } satisfies Partial<Kit>;

/** What may be given up when nobody can answer as asked; the reply says so in `route.degraded`. */
export function degrade(options: DegradeOptions): Feature {
  return builtInFeature("degrade", { options: { degrade: options }, kit: degradeKit }, {});
}
