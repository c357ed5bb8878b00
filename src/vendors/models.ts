import type { Capabilities, ModelInfo } from "../contract/provider.js";
import { checkTimeouts } from "../errors/check-options.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { modelProblems, refuseProblems } from "./check-model.js";

/** A model of an option: an id, or facts. With an id of the catalogue, given facts replace those of the catalogue. */
export type ModelOption = string | ModelInfo | PartialModel;

/** Some facts of a model. */
export interface PartialModel extends Partial<Omit<ModelInfo, "capabilities">> {
  /** The vendor's name for it. */
  readonly id: string;
  /** What is known of what it can do; the catalogue or cautious guesses fill in the rest. */
  readonly capabilities?: Partial<Capabilities> | undefined;
}

/** What a provider knows of its models before the user says anything. */
export interface KnownModels {
  readonly models: readonly ModelInfo[];
  /** Ids that no longer answer, each with its successor, or `null` if the vendor named none. */
  readonly retired: { readonly [id: string]: string | null };
  /** What happens to a model that is not listed: it is refused, or cautious facts stand in. */
  readonly unlisted: "refuse" | "guess";
}

/**
 * Facts for a model of which nothing is known. They are cautious: a request that needs more (a longer prompt, tools,
 * pictures, JSON mode) is refused with a reason instead of sent to a server that may cut or ignore it.
 */
const GUESSES: Omit<ModelInfo, "id"> = {
  contextWindow: 8_192,
  maxOutput: null,
  capabilities: { tools: false, vision: false, thinking: "none", json: "none" },
  usdPerMTok: null,
};

/**
 * Reads the `models` option.
 *
 * @throws SignalboxError `invalid_options` that lists all that is wrong, with the path of the first problem, such as
 * `models[1].contextWindow`.
 */
export function readModels(value: readonly ModelOption[] | undefined, known: KnownModels): readonly ModelInfo[] {
  if (value === undefined && known.models.length > 0) return known.models;
  if (!Array.isArray(value) || value.length === 0)
    throw invalidOption("models", "must be a list with at least one model");
  const seen = new Set<string>();
  const models = value.map((option: ModelOption, index) => {
    const path = `models[${index}]`;
    const model = readModel(option, path, known);
    if (seen.has(model.id)) throw invalidOption(path, "names a model a second time");
    seen.add(model.id);
    return model;
  });
  for (const [index, { timeouts }] of models.entries()) checkTimeouts(timeouts, `models[${index}].timeouts`);
  refuseProblems(models.flatMap((model, index) => modelProblems(model, `models[${index}]`)));
  return models;
}

function readModel(option: ModelOption, path: string, known: KnownModels): ModelInfo {
  const named = typeof option === "string";
  const given: PartialModel = named ? { id: option } : (option as PartialModel);
  if (typeof given !== "object" || given === null) throw invalidOption(path, "must be a model id or an object");
  const idPath = named ? path : `${path}.id`;
  if (typeof given.id !== "string" || given.id === "") throw invalidOption(idPath, "must be a model id");
  const listed = known.models.find((model) => model.id === given.id);
  if (listed && named) return listed;
  if (named && Object.hasOwn(known.retired, given.id)) throw retiredError(path, known.retired[given.id]);
  if (named && known.unlisted === "refuse") {
    throw invalidOption(
      path,
      "is not in the catalogue: give its facts as an object (id, contextWindow, maxOutput, ...)",
    );
  }
  const base = listed ?? (known.unlisted === "guess" ? GUESSES : undefined);
  const guessed = listed === undefined && base !== undefined ? guessedFacts(given) : [];
  return {
    ...base,
    ...given,
    capabilities: { ...base?.capabilities, ...given.capabilities },
    ...(guessed.length > 0 ? { guessed } : {}),
  } as ModelInfo;
}

function retiredError(path: string, successor: string | null | undefined): Error {
  return invalidOption(path, `is retired by its vendor${successor ? `: use ${successor}` : ""}`);
}

/** The facts that nobody gave. `tier` has a default of its own, which claims nothing. */
function guessedFacts(given: PartialModel): readonly string[] {
  const facts = (Object.keys(GUESSES) as (keyof typeof GUESSES)[]).filter((name) => given[name] === undefined);
  const missing = Object.keys(GUESSES.capabilities).filter(
    (name) => given.capabilities?.[name as keyof Capabilities] === undefined,
  );
  return [...facts.filter((name) => name !== "capabilities"), ...missing.map((name) => `capabilities.${name}`)];
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
