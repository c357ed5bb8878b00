import { isObject } from "../chat/check-value.js";
import { unknownOption } from "../errors/check-options.js";
import { createPolicies } from "../errors/policies.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { budgetDeps } from "./assemble.js";
import { createCandidates, createLayout } from "./layout.js";
import type { RouterOptions } from "./options.js";
import type { RouterParts } from "./parts.js";

const NAMES = ["providers", "tiers", "limits", "tenantLimits", "budgets", "aliases", "strategy", "policy"] as const;

/** What `router.update` can change; an option that is left out stays as it is. */
export type RouterUpdate = { readonly [name in (typeof NAMES)[number]]?: RouterOptions[name] };

/**
 * The parts of the router after a change. Requests under way hold the parts before it and end as they began; what is known
 * of a candidate that stays (metrics, verdicts, learning, spend) is kept.
 *
 * @throws SignalboxError `invalid_options` naming the path; nothing is changed then
 */
export function updatedParts(parts: RouterParts, changes: RouterUpdate): RouterParts {
  if (!isObject(changes)) throw invalidOption("options", "must be an object");
  const options: { -readonly [name in keyof RouterOptions]: RouterOptions[name] } = { ...parts.options };
  for (const name of Object.keys(changes)) {
    if (!NAMES.some((known) => known === name)) throw unknownOption(name.slice(0, 64), NAMES);
    Object.assign(options, { [name]: changes[name as keyof RouterUpdate] });
  }
  const { kit, memory, services, events, fleet, features } = parts;
  kit.checkOptions(options);
  const { clock } = memory;
  const before = { limiters: memory.limiters, candidates: [...memory.candidates] };
  const candidates = createCandidates(options, memory);
  const layout = restoring(
    () => createLayout(options, candidates, memory, parts.viewOf, parts.chooserOf),
    () => {
      memory.limiters = before.limiters;
      for (const [id, candidate] of before.candidates) memory.candidates.set(id, candidate);
    },
  );
  const keepsPrefixes = options.providers.some(({ prefixCache }) => prefixCache !== undefined);
  const budgets = changes.budgets ? budgetsOf(parts, options) : parts.budgets;
  const money = budgets && kit.reserve?.(budgets, options.budgets ?? [], events, fleet);
  for (const { id } of candidates) {
    if (!parts.healthTold.has(id)) parts.healthTold.set(id, { status: "unknown", sinceMs: clock.now() });
  }
  return {
    ...parts,
    ...layout,
    options,
    budgets,
    affinity: parts.affinity ?? (keepsPrefixes ? kit.affinity?.({ clock }) : undefined),
    tenants: changes.tenantLimits ? kit.tenants?.(changes.tenantLimits, clock) : parts.tenants,
    services: {
      ...services,
      policies: changes.policy ? createPolicies(changes.policy) : services.policies,
      reserve: features ? features.reserve(money) : money,
    },
  };
}

/** Spend under rules that stay is kept; calls under way settle where they were held. */
function budgetsOf(parts: RouterParts, { budgets: rules = [], providers }: RouterOptions): RouterParts["budgets"] {
  if (parts.budgets) {
    parts.budgets.setRules(rules, new Set(providers.map(({ id }) => id)));
    return rules.length > 0 ? parts.budgets : undefined;
  }
  return rules.length > 0 ? parts.kit.budgets?.(rules, budgetDeps(parts.services, providers)) : undefined;
}

function restoring<T>(work: () => T, restore: () => void): T {
  try {
    return work();
  } catch (thrown) {
    restore();
    throw thrown;
  }
}
