import { withBuiltIns } from "./built-in.js";
import { createCoreRouter } from "./core-router.js";
import { checkLeanOptions, type LeanRouterOptions } from "./lean-options.js";
import type { Kit } from "./parts.js";
import { plainCharacteristics } from "./plain-characteristics.js";
import type { Router } from "./router.js";

/** A router's code without any feature. */
const PLAIN_KIT: Kit = { builtIns: {}, checkOptions() {}, characteristics: plainCharacteristics };

/**
 * Makes a router of the engine and of what it is handed: failover, breakers, retries, deadlines, streams, metrics and
 * events are the engine's; all else is a feature in `use`.
 *
 * @example
 * const router = createRouter({ providers: [openaiCompatible({ ... })], strategy: costOptimized(), use: [hedge()] });
 *
 * @throws SignalboxError `invalid_options` naming the path
 */
export function createRouter(given: LeanRouterOptions): Router {
  checkLeanOptions(given);
  const { options, kit } = withBuiltIns(given, PLAIN_KIT);
  return createCoreRouter(options, kit);
}
