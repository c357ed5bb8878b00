import type { Clock } from "../core/clock.js";
import type { Random } from "../core/random.js";
import { checkNames } from "../errors/check-options.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { createCache } from "../memory/cache.js";
import { isCache } from "../memory/is-cache.js";
import { CACHE_OPTION_NAMES } from "../memory/options.js";
import { createResponseCache } from "../memory/response-cache.js";
import { createSimilarityIndex } from "../memory/similarity.js";
import type { Cache, CacheStats } from "../memory/types.js";
import type { WordCounts } from "../metrics/tally.js";
import type { RouterCacheOptions, SimilarReuseOptions } from "./options.js";
import type { ResponseCaching } from "./parts.js";

const NAMES = [...CACHE_OPTION_NAMES, "temperature", "toolCalls", "tenancy", "normalize", "similar"];

/** How the router uses the cache it was given, or one of its own. @throws SignalboxError `invalid_options` */
export function createCaching(
  given: false | RouterCacheOptions | Cache,
  clock: Clock,
  random: Random,
): ResponseCaching | undefined {
  if (given === false) return undefined;
  if (isCache(given)) {
    const responses = createResponseCache(given);
    return {
      cache: given,
      responses,
      gate: {},
      tenancyRequired: false,
      normalize: false,
      store: { down: false },
      similar: undefined,
    };
  }
  checkNames(given, "cache", NAMES);
  const { temperature, toolCalls, tenancy, normalize, similar, ...rest } = given;
  checkCacheWords({ temperature, toolCalls, tenancy, normalize });
  const cache = createCache({ ...rest, clock: rest.clock ?? clock });
  const responses = createResponseCache(cache);
  const gate = { temperature, toolCalls };
  return {
    cache,
    responses,
    gate,
    tenancyRequired: tenancy === "required",
    normalize: normalize === true,
    store: { down: false },
    similar: similar && createReuse(similar, clock, random),
  };
}

function createReuse(given: SimilarReuseOptions, clock: Clock, random: Random): ResponseCaching["similar"] {
  if (typeof given !== "object") throw invalidOption("cache.similar", "must be an object of options");
  const { mode = "shadow" } = given;
  if (mode !== "shadow" && mode !== "serve") throw invalidOption("cache.similar.mode", 'must be "shadow" or "serve"');
  return { index: createSimilarityIndex({ ...given, clock: given.clock ?? clock }, random), mode };
}

/** The cache's statistics, with look-ups as callers saw them: by what the cache did for each request. */
export function cacheReport(cache: Cache, requests: WordCounts): CacheStats {
  const { hit = 0, similar = 0, stale = 0, miss = 0, joined = 0 } = requests;
  const hits = hit + similar + stale;
  const lookUps = hits + miss + joined;
  return { ...cache.stats(), hits, misses: miss + joined, hitRate: lookUps === 0 ? 0 : hits / lookUps };
}

function checkCacheWords(words: Pick<RouterCacheOptions, "temperature" | "toolCalls" | "tenancy" | "normalize">): void {
  const { temperature, toolCalls, tenancy, normalize } = words;
  if (temperature !== undefined && temperature !== "zero" && temperature !== "any") {
    throw invalidOption("cache.temperature", 'must be "zero" or "any"');
  }
  if (tenancy !== undefined && tenancy !== "optional" && tenancy !== "required") {
    throw invalidOption("cache.tenancy", 'must be "optional" or "required"');
  }
  if (toolCalls !== undefined && typeof toolCalls !== "boolean")
    throw invalidOption("cache.toolCalls", "must be true or false");
  if (normalize !== undefined && typeof normalize !== "boolean")
    throw invalidOption("cache.normalize", "must be true or false");
}
