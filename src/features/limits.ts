import type { Feature } from "../contract/feature.js";
import { createLimiter, type LimiterOptions } from "../resilience/limiter.js";
import { builtInFeature } from "../router/built-in.js";
import type { Kit } from "../router/parts.js";
import { createTenantPlaces } from "../router/tenant-limits.js";

export const limitsKit = { limiter: createLimiter, tenants: createTenantPlaces } satisfies Partial<Kit>;

/** Calls at once and per minute, of a candidate (`"provider/model"`), a provider's models together (its id) or each provider (`"*"`). */
export function limits(options: { readonly [id: string]: LimiterOptions }): Feature {
  return builtInFeature("limits", { options: { limits: options }, kit: limitsKit }, {});
}
