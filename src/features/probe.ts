import type { Feature } from "../contract/feature.js";
import { builtInFeature } from "../router/built-in.js";
import type { ProbeOptions } from "../router/options.js";
import type { Kit } from "../router/parts.js";
import { startProbes } from "../router/probe.js";

export const probeKit = { probe: startProbes } satisfies Partial<Kit>;

/** Asks providers now and then whether they are there, without spending a token. */
export function probe(options: ProbeOptions): Feature {
  return builtInFeature("probe", { options: { probe: options }, kit: probeKit }, {});
}
