import { affinityKit } from "../features/affinity.js";
import { budgetsKit } from "../features/budgets.js";
import { cacheKit } from "../features/cache.js";
import { conversationsKit } from "../features/conversations.js";
import { decisionsKit } from "../features/decisions.js";
import { degradeKit } from "../features/degrade.js";
import { escalateKit } from "../features/escalate.js";
import { fleetKit } from "../features/fleet.js";
import { hedgeKit } from "../features/hedge.js";
import { learningKit } from "../features/learning.js";
import { limitsKit } from "../features/limits.js";
import { outputKit } from "../features/output.js";
import { probeKit } from "../features/probe.js";
import { restartKit } from "../features/restart.js";
import { shadowKit } from "../features/shadow.js";
import { withBuiltIns } from "../router/built-in.js";
import { checkRouterOptions } from "../router/check-options.js";
import { createCoreRouter } from "../router/core-router.js";
import type { RouterOptions } from "../router/options.js";
import type { Kit } from "../router/parts.js";
import type { Router } from "../router/router.js";
import { MAKERS } from "../strategies/built-in.js";

/** The code of every built-in feature and strategy. */
export const FULL_KIT: Kit = {
  builtIns: MAKERS,
  checkOptions: checkRouterOptions,
  ...affinityKit,
  ...budgetsKit,
  ...cacheKit,
  ...conversationsKit,
  ...decisionsKit,
  ...degradeKit,
  ...escalateKit,
  ...fleetKit,
  ...hedgeKit,
  ...learningKit,
  ...limitsKit,
  ...outputKit,
  ...probeKit,
  ...restartKit,
  ...shadowKit,
};

/**
 * Makes a router: one object that takes each request to the candidate that should have it, and to the next one when
 * that fails.
 *
 * @example
 * const router = createRouter({ providers: [minimax(), glm(), kimi()], strategy: "cost-optimized" });
 * const reply = await router.chat({ messages: [{ role: "user", content: "Why is the sky blue?" }] });
 *
 * @throws SignalboxError `invalid_options` naming the path; also where no provider has a key, naming every variable
 */
export function createRouter(options: RouterOptions): Router {
  const { options: own, kit } = withBuiltIns(options, FULL_KIT);
  return createCoreRouter(own, kit);
}
