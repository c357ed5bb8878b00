import type { Feature } from "../contract/feature.js";
import { checkInvalidation } from "../memory/response-cache.js";
import type { Cache } from "../memory/types.js";
import { builtInFeature } from "../router/built-in.js";
import { keysOf } from "../router/cache-keys.js";
import { cacheReport, createCaching } from "../router/caching.js";
import { keepAnswer } from "../router/keep-answer.js";
import { lookUp, lookUpDeep, lookUpStale, usable } from "../router/lookup.js";
import type { RouterCacheOptions } from "../router/options.js";
import type { Kit } from "../router/parts.js";
import { findSimilar } from "../router/similar.js";

export const cacheKit = {
  keysOf,
  cache: {
    create: createCaching,
    lookUp,
    lookUpDeep,
    lookUpStale,
    usable,
    findSimilar,
    keep: keepAnswer,
    invalidate(parts, which) {
      checkInvalidation(which);
      return parts.caching?.responses.invalidate(which) ?? 0;
    },
    report: cacheReport,
  },
} satisfies Partial<Kit>;

/** Keeps answers and serves them to equal requests; equal requests at once share one upstream call. */
export function cache(options: RouterCacheOptions | Cache): Feature {
  return builtInFeature("cache", { options: { cache: options }, kit: cacheKit }, {});
}
