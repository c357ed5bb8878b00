import type { Feature } from "../contract/feature.js";
import { builtInFeature } from "../router/built-in.js";
import type { ShadowOptions } from "../router/options.js";
import type { Kit } from "../router/parts.js";
import { createShadow } from "../router/shadow.js";

export const shadowKit = { shadow: createShadow } satisfies Partial<Kit>;

/** Sends a sample of requests to another candidate too, to compare; its answers are never served. */
export function shadow(options: ShadowOptions): Feature {
  return builtInFeature("shadow", { options: { shadow: options }, kit: shadowKit }, {});
}
