import type { Capabilities, ModelInfo, Price, PriceTier, Provider } from "../contract/provider.js";
import { DAY_OR_MONTH } from "../core/day-or-month.js";
import { invalidOption } from "../errors/signalbox-error.js";

/** A model of an option: an id of the catalogue, or facts; with a known id, facts that replace those of the catalogue. */
export type ModelOption = string | ModelInfo | ({ readonly id: string } & Partial<ModelInfo>);

/**
 * Reads the `models` option.
 *
 * @throws SignalboxError `invalid_options` with the path of what is wrong, such as `models[1].contextWindow`.
 */
export function readModels(
  value: readonly ModelOption[] | undefined,
  known: readonly ModelInfo[],
  retired: readonly string[] = [],
): readonly ModelInfo[] {
  if (value === undefined) return known;
  if (!Array.isArray(value) || value.length === 0)
    throw invalidOption("models", "must be a list with at least one model");
  const seen = new Set<string>();
  return value.map((option: ModelOption, index) => {
    const path = `models[${index}]`;
    const model = readModel(option, path, known, retired);
    if (seen.has(model.id)) throw invalidOption(path, "names a model a second time");
    seen.add(model.id);
    return model;
  });
}

function readModel(
  option: ModelOption,
  path: string,
  known: readonly ModelInfo[],
  retired: readonly string[],
): ModelInfo {
  if (typeof option === "string") {
    const found = known.find((model) => model.id === option);
    if (found !== undefined) return found;
    if (retired.includes(option)) throw invalidOption(path, "is retired by its vendor");
    throw invalidOption(
      path,
      "is not in the catalogue: give its facts as an object (id, contextWindow, maxOutput, ...)",
    );
  }
  if (typeof option !== "object" || option === null) throw invalidOption(path, "must be a model id or an object");
  if (typeof option.id !== "string" || option.id === "") throw invalidOption(`${path}.id`, "must be a model id");
  const base = known.find((model) => model.id === option.id);
  const model = { ...base, ...option, capabilities: { ...base?.capabilities, ...option.capabilities } } as ModelInfo;
  checkModel(model, path);
  return model;
}

function checkModel(model: ModelInfo, path: string): void {
  checkCount(model.contextWindow, `${path}.contextWindow`);
  if (model.maxOutput !== null) checkCount(model.maxOutput, `${path}.maxOutput`);
  if (model.tier !== undefined && ![1, 2, 3].includes(model.tier))
    throw invalidOption(`${path}.tier`, "must be 1, 2 or 3");
  if (model.endsOn !== undefined && !DAY_OR_MONTH.test(String(model.endsOn))) {
    throw invalidOption(`${path}.endsOn`, "must be a day or month: YYYY-MM-DD or YYYY-MM");
  }
  checkCapabilities(model.capabilities, `${path}.capabilities`);
  if (model.usdPerMTok === undefined)
    throw invalidOption(`${path}.usdPerMTok`, "must be a price, or null where unknown");
  if (model.usdPerMTok !== null) checkPrice(model.usdPerMTok, `${path}.usdPerMTok`);
}

function checkCapabilities(capabilities: Capabilities, path: string): void {
  const { tools, vision, thinking, json, toolChoice, efforts } = capabilities;
  if (typeof tools !== "boolean") throw invalidOption(`${path}.tools`, "must be true or false");
  if (![false, "data", "url"].includes(vision)) throw invalidOption(`${path}.vision`, 'must be false, "data" or "url"');
  if (!["none", "switchable", "always"].includes(thinking)) {
    throw invalidOption(`${path}.thinking`, 'must be "none", "switchable" or "always"');
  }
  if (!["none", "object", "schema"].includes(json)) {
    throw invalidOption(`${path}.json`, 'must be "none", "object" or "schema"');
  }
  if (toolChoice !== undefined && !["full", "auto", "none_only", "no_required"].includes(toolChoice)) {
    throw invalidOption(`${path}.toolChoice`, 'must be "full", "auto", "none_only" or "no_required"');
  }
  if (efforts !== undefined && !(Array.isArray(efforts) && efforts.every((effort) => typeof effort === "string"))) {
    throw invalidOption(`${path}.efforts`, "must be a list of words");
  }
}

/** Checks a price in dollars per million tokens. */
export function checkPrice(price: Price, path: string): void {
  if (typeof price !== "object") throw invalidOption(path, "must be an object with input and output, or null");
  checkRates(price, path);
  const { tiers } = price;
  if (tiers === undefined || tiers === null) return;
  if (!Array.isArray(tiers)) throw invalidOption(`${path}.tiers`, "must be a list");
  tiers.forEach((tier: PriceTier, index) => {
    checkCount(tier?.aboveInputTokens, `${path}.tiers[${index}].aboveInputTokens`);
    checkRates(tier, `${path}.tiers[${index}]`);
  });
}

function checkRates(price: Omit<Price, "tiers">, path: string): void {
  checkMoney(price.input, `${path}.input`);
  checkMoney(price.output, `${path}.output`);
  for (const name of ["cacheRead", "cacheWrite"] as const) {
    const value = price[name];
    if (value !== undefined && value !== null) checkMoney(value, `${path}.${name}`);
  }
}

/** Checks how long a prompt prefix stays cached, and from which size. */
export function checkPrefixCache(value: Provider["prefixCache"], path: string): void {
  if (value === undefined) return;
  if (typeof value !== "object" || value === null)
    throw invalidOption(path, "must be an object with ttlMs and minTokens");
  if (!(Number(value.ttlMs) > 0)) throw invalidOption(`${path}.ttlMs`, "must be milliseconds above 0");
  if (!(Number(value.minTokens) >= 0)) throw invalidOption(`${path}.minTokens`, "must be tokens, 0 or more");
}

function checkMoney(value: unknown, path: string): void {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw invalidOption(path, "must be dollars per million tokens, 0 or more");
  }
}

function checkCount(value: unknown, path: string): void {
  if (typeof value !== "number" || !Number.isInteger(value) || value <= 0) {
    throw invalidOption(path, "must be a whole number of tokens above 0");
  }
}

/**
 * Reads the `autoModels` option; by default those of `preferred` that are offered, else every model.
 *
 * @throws SignalboxError `invalid_options` for a model that is not offered.
 */
export function readAutoModels(
  value: readonly string[] | undefined,
  models: readonly ModelInfo[],
  preferred: readonly string[],
): readonly string[] | undefined {
  const offers = (id: string) => models.some((model) => model.id === id);
  if (value === undefined) {
    const offered = preferred.filter(offers);
    return offered.length > 0 ? offered : undefined;
  }
  if (!Array.isArray(value)) throw invalidOption("autoModels", "must be a list of model ids");
  value.forEach((id: unknown, index) => {
    if (typeof id !== "string" || !offers(id))
      throw invalidOption(`autoModels[${index}]`, "is not among this provider's models");
  });
  return value;
}
