import type { PlannedCandidate } from "./candidates.js";
import type { RouterParts } from "./parts.js";
import type { Selection } from "./selection.js";

/** A selection that a session's home is part of, which `escalate.to` may have named. */
export function withHome(selection: Selection, home: PlannedCandidate): Selection {
  if (selection.all.includes(home)) return selection;
  return { groups: [[home], ...selection.groups], all: [home, ...selection.all] };
}

/** Those whom a session may be at: all that the request names, and whoever it may be escalated to. */
export function reachOf({ options, selector }: RouterParts, { all }: Selection): readonly PlannedCandidate[] {
  const { when, to } = options.escalate ?? {};
  if (when === undefined || to === undefined) return all;
  return [...all, ...selector.select({ messages: [], models: typeof to === "string" ? [to] : to }).all];
}
