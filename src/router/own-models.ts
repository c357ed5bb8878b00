import { sha256 } from "../chat/hash.js";
import type { CallOptions } from "../contract/call-options.js";
import type { ModelInfo } from "../contract/provider.js";
import { originOf } from "../engine/candidate.js";
import type { PlannedCandidate } from "./candidates.js";
import type { RouterOptions } from "./options.js";

/** The models of a router that is itself a provider: `"auto"`, which stands for all it may choose, then each model. */
export function ownModels(candidates: readonly PlannedCandidate[]): readonly ModelInfo[] {
  const choosable = candidates.filter((candidate) => candidate.auto);
  const byId = new Map<string, ModelInfo>();
  for (const { info } of candidates) if (!byId.has(info.id)) byId.set(info.id, info);
  byId.delete("auto");
  return [
    togetherAs(
      "auto",
      (choosable.length > 0 ? choosable : candidates).map(({ info }) => info),
    ),
    ...byId.values(),
  ];
}

/** What a set of models can do together: the router inside picks one that can. */
function togetherAs(id: string, models: readonly ModelInfo[]): ModelInfo {
  const can = (test: (model: ModelInfo) => boolean): boolean => models.some(test);
  // A tag that every model carries holds for whichever one answers.
  const shared = (models[0]?.tags ?? []).filter((tag) => models.every((model) => model.tags?.includes(tag)));
  return {
    id,
    contextWindow: Math.max(...models.map((model) => model.contextWindow)),
    maxOutput: models.every((model) => model.maxOutput !== null)
      ? Math.max(...models.map((model) => model.maxOutput ?? 0))
      : null,
    capabilities: {
      tools: can(({ capabilities }) => capabilities.tools),
      vision: can(({ capabilities }) => capabilities.vision === "url")
        ? "url"
        : can(({ capabilities }) => capabilities.vision === "data")
          ? "data"
          : false,
      thinking: can(({ capabilities }) => capabilities.thinking !== "none") ? "switchable" : "none",
      json: can(({ capabilities }) => capabilities.json === "schema")
        ? "schema"
        : can(({ capabilities }) => capabilities.json === "object")
          ? "object"
          : "none",
      audio: can(({ capabilities }) => capabilities.audio === true),
      files: can(({ capabilities }) => capabilities.files === true),
    },
    usdPerMTok: highestPrice(models),
    ...(shared.length > 0 ? { tags: shared } : {}),
  };
}

/** The highest price stands for all: a cost limit that it meets is met whoever answers. */
function highestPrice(models: readonly ModelInfo[]): ModelInfo["usdPerMTok"] {
  let found: ModelInfo["usdPerMTok"] = null;
  for (const { usdPerMTok: price } of models) {
    if (price === null) return null;
    if (!found || price.input + price.output > found.input + found.output) found = price;
  }
  return found;
}

/** The origin of a router that is itself a provider: all whom it may ask, and by which names. */
export function ownOrigin(candidates: readonly PlannedCandidate[], aliases: RouterOptions["aliases"]): string {
  const who = candidates.map(({ id, provider }) => [id, originOf(provider)]);
  return shortHash([who, aliases]);
}

/** The origin of a view of it, whose bound options are part of what it answers. */
export function viewOrigin(origin: string, bound: CallOptions): string {
  const { tenant, conversationId, allow, deny, require, requireTags, maxCostUsd, strategy } = bound;
  const named = typeof strategy === "object" ? strategy.name : strategy;
  const how = [tenant, conversationId, allow, deny, require, requireTags, maxCostUsd, named];
  return how.every((each) => each === undefined) ? origin : shortHash([origin, how]);
}

function shortHash(of: unknown): string {
  return sha256(JSON.stringify(of)).slice(0, 8);
}
