import type { ModelInfo, Provider } from "../contract/provider.js";
import { systemClock } from "../core/clock.js";
import { checkId, checkOptions, checkWord } from "../errors/check-options.js";
import type { VendorCodes } from "../errors/vendor-codes.js";
import { anthropicWire } from "../wire/anthropic/index.js";
import type { Dialect } from "../wire/dialect.js";
import { assertHeaders } from "../wire/guard.js";
import { openaiWire } from "../wire/openai/index.js";
import { readBaseUrl } from "./base-url.js";
import { inChina } from "./catalogue/china.js";
import { createHttpProvider, type HttpProvider } from "./http-provider.js";
import { readKeys } from "./keys.js";
import { mergeCodes } from "./merge-codes.js";
import { type ModelOption, readAutoModels, readModels } from "./models.js";
import { checkShared, ENDPOINT_OPTION_NAMES, type EndpointOptions } from "./openai-compatible.js";

/** Where the vendor's servers are; keys belong to one region. */
export type Region = "international" | "china";
/** Pay as you go, or a vendor's coding plan. */
export type Plan = "standard" | "coding";
/** Which API of the vendor is spoken. */
export type Wire = "openai" | "anthropic";

/** Options of `minimax`, `glm` and `kimi`; everything may be left out. */
export interface VendorOptions extends EndpointOptions {
  /** Unique in a router; two instances of a vendor need two ids. @default the vendor's name */
  readonly id?: string | undefined;
  /** Which of the vendor's two worlds: keys and prices of one do not hold in the other. @default "international" */
  readonly region?: Region | undefined;
  /** `"coding"`: the subscription's own endpoint and key, where there is one. @default "standard" */
  readonly plan?: Plan | undefined;
  /** What is spoken: OpenAI chat completions or Anthropic messages. @default "openai" */
  readonly wire?: Wire | undefined;
  /** In place of the endpoint that region, plan and wire name. @default that endpoint */
  readonly baseURL?: string | undefined;
  /** What is offered: ids of the catalogue, or facts (which replace the catalogue's, price included). @default the whole catalogue */
  readonly models?: readonly ModelOption[] | undefined;
}

/** Where a provider instance stands. */
export interface Place {
  readonly region: Region;
  readonly plan: Plan;
  readonly wire: Wire;
}

/** Everything that is one vendor's own: data. */
export interface VendorProfile {
  readonly id: string;
  /** Environment variables that may hold the key, the usual one first. */
  readonly variables: readonly string[];
  readonly models: readonly ModelInfo[];
  readonly autoModels: readonly string[];
  /** Ids that no longer answer, each with its successor. */
  readonly retired: { readonly [id: string]: string };
  readonly endpoints: { readonly [wire in Wire]: { readonly [region in Region]: { readonly [plan in Plan]: string } } };
  readonly codes: VendorCodes;
  readonly prefixCache: NonNullable<Provider["prefixCache"]>;
  dialectOf(model: ModelInfo, place: Place): Dialect;
}

/** Builds a vendor's provider from its profile and the user's options. */
export function createVendor(profile: VendorProfile, options: VendorOptions): HttpProvider {
  const known = ["id", "region", "plan", "wire", "baseURL", "models", ...ENDPOINT_OPTION_NAMES];
  checkOptions(options, profile.id, known);
  checkShared(options);
  const place: Place = {
    region: checkWord(options.region, "region", ["international", "china"], "international"),
    plan: checkWord(options.plan, "plan", ["standard", "coding"], "standard"),
    wire: checkWord(options.wire, "wire", ["openai", "anthropic"], "openai"),
  };
  const { region, plan, wire } = place;
  const clock = options.clock ?? systemClock;
  const priced = region === "china" ? inChina(profile.models) : profile.models;
  const offered = wire === "anthropic" ? priced.map(withoutJsonMode) : priced;
  const models = readModels(options.models, { models: offered, retired: profile.retired, unlisted: "refuse" });
  return createHttpProvider({
    id: checkId(options.id ?? profile.id),
    models,
    autoModels: readAutoModels(options.autoModels, models, profile.autoModels),
    baseURL: readBaseUrl(options.baseURL ?? profile.endpoints[wire][region][plan], wire, options.allowInsecureHttp),
    codec: wire === "openai" ? openaiWire : anthropicWire("both"),
    keys: readKeys(options.apiKey, profile.variables, clock.now),
    variables: profile.variables,
    headers: assertHeaders(options.headers, "headers"),
    fetch: options.fetch,
    transport: options.transport,
    clock,
    codes: mergeCodes(profile.codes, options.codes),
    dialectOf(model) {
      const dialect = profile.dialectOf(model, place);
      return options.streamUsage === undefined ? dialect : { ...dialect, streamUsage: options.streamUsage };
    },
    chatUpstream: options.chatUpstream ?? "auto",
    unlimitedWritesLong: true,
    prefixCache: options.prefixCache ?? profile.prefixCache,
    tags: options.tags,
    timeouts: options.timeouts,
  });
}

/** The Anthropic wire has no field for a JSON mode. */
function withoutJsonMode(model: ModelInfo): ModelInfo {
  return { ...model, capabilities: { ...model.capabilities, json: "none" } };
}
