import type { Feature } from "../contract/feature.js";
import { builtInFeature } from "../router/built-in.js";
import { keysOf } from "../router/cache-keys.js";
import type { Kit } from "../router/parts.js";

export const sharingKit = { keysOf, shares: true } satisfies Partial<Kit>;

/** Equal requests at once share one upstream call, without a cache. */
export function sharing(): Feature {
  return builtInFeature("sharing", { options: {}, kit: sharingKit }, {});
}
