import type { Feature } from "../contract/feature.js";
import { builtInFeature } from "../router/built-in.js";
import { keysOf } from "../router/cache-keys.js";
import type { Kit } from "../router/parts.js";
import { createPrefixAffinity } from "../strategies/prefix-affinity.js";

export const affinityKit = { affinity: createPrefixAffinity, keysOf } satisfies Partial<Kit>;

/** Remembers which candidate has read which prompt, so that strategies count on its prefix cache. */
export function affinity(): Feature {
  return builtInFeature("affinity", { options: {}, kit: affinityKit }, {});
}
