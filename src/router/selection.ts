import type { ChatRequest } from "../chat/request.js";
import { invalidOption, SignalboxError } from "../errors/signalbox-error.js";
import type { PlannedCandidate } from "./candidates.js";

/** Who a request's `model` or `models` speaks of. Within a group the strategy decides; groups go one after the other. */
export interface Selection {
  readonly groups: readonly (readonly PlannedCandidate[])[];
  /** All of them, without repetition. */
  readonly all: readonly PlannedCandidate[];
}

/** Names that were looked up are remembered up to here. */
const MOST_REMEMBERED = 1_000;

type Aliases = { readonly [name: string]: string | readonly string[] };

/** Turns model names into candidates: `"auto"`, a model id, `"provider/model"`, an alias. */
export interface Selector {
  select(request: ChatRequest): Selection;
  /** Whether a provider or candidate of that id is or was part of this router. */
  knows(id: string): boolean;
}

/**
 * @param tiers provider and candidate ids in groups; every group of a selection is split by them, in their order.
 * @throws SignalboxError `invalid_options` if an alias leads nowhere or in a circle, or a tier names nobody.
 */
export function createSelector(
  candidates: readonly PlannedCandidate[],
  aliases: Aliases,
  tiers: readonly (readonly string[])[] = [],
): Selector {
  const tierOf = createTierReader(candidates, tiers);
  const selectionOf = (groups: readonly (readonly PlannedCandidate[])[]): Selection =>
    distinctGroups(tiers.length === 0 ? groups : groups.flatMap((group) => splitByTier(group, tierOf, tiers.length)));
  const auto = selectionOf([candidates.filter((candidate) => candidate.auto)]);
  const known = new Map<string, readonly PlannedCandidate[]>();
  const providers = new Set(candidates.map((candidate) => candidate.provider.id));

  const direct = (name: string): readonly PlannedCandidate[] => {
    if (name === "auto") return auto.all;
    // A candidate's own id first: models of others may be named alike, slash and all.
    const exact = candidates.filter((candidate) => candidate.id === name);
    if (exact.length > 0) return exact;
    const byModel = candidates.filter((candidate) => candidate.info.id === name);
    if (byModel.length > 0) return byModel;
    const slash = name.indexOf("/");
    if (slash < 0 || !providers.has(name.slice(0, slash))) return [];
    const provider = name.slice(0, slash);
    return name.slice(slash + 1) === "auto" ? auto.all.filter((candidate) => candidate.provider.id === provider) : [];
  };
  const resolve = (name: string, seen: readonly string[] = []): readonly PlannedCandidate[] => {
    const remembered = known.get(name);
    if (remembered) return remembered;
    if (seen.includes(name)) {
      throw invalidOption(`aliases.${name}`, "leads back to itself");
    }
    const target = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
    const found =
      target === undefined
        ? direct(name)
        : unique((typeof target === "string" ? [target] : target).flatMap((next) => resolve(next, [...seen, name])));
    if (found.length > 0 && known.size < MOST_REMEMBERED) known.set(name, found);
    return found;
  };
  for (const [alias, target] of Object.entries(aliases)) {
    const path = `aliases.${alias}`;
    if (alias === "auto") throw invalidOption(path, "cannot be set: the name stands for all that may be chosen");
    resolve(alias);
    for (const [index, name] of (typeof target === "string" ? [target] : target).entries()) {
      if (resolve(name).length > 0) continue;
      throw invalidOption(typeof target === "string" ? path : `${path}[${index}]`, "names no model of these providers");
    }
  }

  const selections = new Map<string, Selection>();
  const single = (name: string): Selection => {
    const remembered = selections.get(name);
    if (remembered) return remembered;
    const group = resolve(name);
    if (group.length === 0) throw unknownModel(name, "model");
    const selection = selectionOf([group]);
    if (selections.size < MOST_REMEMBERED) selections.set(name, selection);
    return selection;
  };

  const ids = new Set([...providers, ...candidates.map(({ id }) => id)]);
  return {
    knows: (id) => ids.has(id),
    select({ model, models }) {
      if (models && models.length > 0) {
        const groups = models.map((name, index) => {
          const group = resolve(name);
          if (group.length === 0) throw unknownModel(name, `models[${index}]`);
          return group;
        });
        return groups.length === 1 ? single(models[0] as string) : selectionOf(groups);
      }
      return model === undefined || model === null || model === "auto" ? auto : single(model);
    },
  };
}

type TierReader = (candidate: PlannedCandidate) => number;

/** Reads which tier a candidate is in: the first that names it or its provider; those that no tier names come last. */
function createTierReader(candidates: readonly PlannedCandidate[], tiers: readonly (readonly string[])[]): TierReader {
  const byName = new Map<string, number>();
  for (const [tier, names] of tiers.entries()) {
    for (const [index, name] of names.entries()) {
      const known = candidates.some(({ id, provider }) => id === name || provider.id === name);
      if (!known) throw invalidOption(`tiers[${tier}][${index}]`, "names no provider or candidate of this router");
      if (!byName.has(name)) byName.set(name, tier);
    }
  }
  return ({ id, provider }) => byName.get(id) ?? byName.get(provider.id) ?? tiers.length;
}

function splitByTier(group: readonly PlannedCandidate[], tierOf: TierReader, count: number): PlannedCandidate[][] {
  const split: PlannedCandidate[][] = Array.from({ length: count + 1 }, () => []);
  for (const candidate of group) split[tierOf(candidate)]?.push(candidate);
  return split.filter((part) => part.length > 0);
}

function distinctGroups(groups: readonly (readonly PlannedCandidate[])[]): Selection {
  const seen = new Set<PlannedCandidate>();
  // A candidate named twice counts where it stands first.
  const distinct = groups.map((group) => group.filter((candidate) => !seen.has(candidate) && seen.add(candidate)));
  return { groups: distinct, all: distinct.flat() };
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}

function unknownModel(name: string, path: string): SignalboxError {
  const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  return new SignalboxError("invalid_request", `No provider here has a model or alias "${shown}"`, {
    path,
    detail: "unknown_model",
  });
}
