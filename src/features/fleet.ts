import type { Feature } from "../contract/feature.js";
import type { SharedState } from "../contract/shared-state.js";
import { builtInFeature } from "../router/built-in.js";
import { createFleetMember } from "../router/fleet-member.js";
import type { Kit } from "../router/parts.js";

export const fleetKit = { fleetMember: createFleetMember } satisfies Partial<Kit>;

/** What other processes see, this one sees too: breakers, cool-downs, budgets. `signalbox/redis` makes a `SharedState`. */
export function fleet(shared: SharedState): Feature {
  return builtInFeature("fleet", { options: { shared }, kit: fleetKit }, {});
}
