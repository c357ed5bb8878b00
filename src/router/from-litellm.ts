import type { AnyProvider, Price } from "../contract/provider.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { weighted } from "../strategies/weighted.js";
import { anthropicCompatible } from "../vendors/anthropic-compatible.js";
import type { EndpointVendorOptions } from "../vendors/endpoint-vendor.js";
import * as endpoints from "../vendors/endpoints.js";
import { glm } from "../vendors/glm.js";
import { kimi } from "../vendors/kimi.js";
import { lmstudio, ollama, vllm } from "../vendors/local.js";
import { minimax } from "../vendors/minimax.js";
import type { ModelOption } from "../vendors/models.js";
import { openaiCompatible } from "../vendors/openai-compatible.js";
import type { RouterOptions } from "./options.js";

/** A LiteLLM configuration, as its YAML file reads once parsed. Members that are not listed here are told as not taken. */
export interface LiteLLMConfig {
  /** Deployments; several with one `model_name` share its load. */
  readonly model_list: readonly LiteLLMDeployment[];
  /** `routing_strategy`, `num_retries`, `timeout`, `fallbacks`, `default_fallbacks`, `model_group_alias`, `cooldown_time`. */
  readonly router_settings?: { readonly [name: string]: unknown } | undefined;
  /** `num_retries`, `request_timeout`, `fallbacks`, `default_fallbacks`. */
  readonly litellm_settings?: { readonly [name: string]: unknown } | undefined;
  /** Settings of the proxy server: none is taken. */
  readonly general_settings?: { readonly [name: string]: unknown } | undefined;
}

/** One deployment of a model. */
export interface LiteLLMDeployment {
  /** The name that requests use; an alias here. */
  readonly model_name: string;
  /** `model`, `api_key` (or `os.environ/NAME`), `api_base`, `rpm`, `tpm`, `max_parallel_requests`, `weight`, prices. */
  readonly litellm_params: { readonly [name: string]: unknown };
  /** `id`, `max_input_tokens`, `max_output_tokens`, `max_tokens`, prices per token. */
  readonly model_info?: { readonly [name: string]: unknown } | undefined;
}

/** What `fromLiteLLM` makes of a configuration. */
export interface TakenFromLiteLLM {
  /** For `createRouter`; the names of `model_list` are its aliases. */
  readonly options: RouterOptions;
  /** What has no counterpart here, each with its path and why, in a sentence. */
  readonly notTaken: readonly string[];
}

type Fields = { readonly [name: string]: unknown };
type Maker = (options: EndpointVendorOptions) => AnyProvider;

/** LiteLLM's prefixes of vendors that are built in. */
const VENDORS: { readonly [prefix: string]: Maker } = {
  openai: endpoints.openai,
  anthropic: endpoints.anthropic,
  azure: endpoints.azure,
  cerebras: endpoints.cerebras,
  dashscope: endpoints.qwen,
  deepseek: endpoints.deepseek,
  fireworks_ai: endpoints.fireworks,
  gemini: endpoints.gemini,
  groq: endpoints.groq,
  hosted_vllm: vllm,
  lm_studio: lmstudio,
  minimax,
  mistral: endpoints.mistral,
  moonshot: kimi,
  ollama,
  ollama_chat: ollama,
  openrouter: endpoints.openrouter,
  perplexity: endpoints.perplexity,
  together_ai: endpoints.together,
  xai: endpoints.xai,
  zai: glm,
};

const STRATEGIES: { readonly [name: string]: RouterOptions["strategy"] } = {
  "least-busy": "load-balanced",
  "usage-based-routing": "load-balanced",
  "usage-based-routing-v2": "load-balanced",
  "latency-based-routing": "performance-weighted",
  "cost-based-routing": "cost-optimized",
};

const PARAMS = new Set(
  (
    "model api_key api_base rpm tpm max_parallel_requests weight input_cost_per_token output_cost_per_token " +
    "cache_read_input_token_cost cache_creation_input_token_cost"
  ).split(" "),
);
const INFO = new Set("id mode base_model max_input_tokens max_output_tokens max_tokens".split(" "));

/**
 * Reads a LiteLLM configuration into router options: deployments become providers, their names aliases, fallbacks tiers.
 * Nothing is left out silently: `notTaken` names each setting without a counterpart.
 *
 * @param config the configuration as an object, such as the parsed `config.yaml`.
 * @param env where `os.environ/NAME` is looked up. @default `process.env`, if the platform has it
 * @throws SignalboxError `invalid_options` naming the path, if `model_list` is missing or holds no usable deployment.
 *
 * @example
 * const { options, notTaken } = fromLiteLLM(parse(readFileSync("config.yaml", "utf8")));
 * const router = createRouter(options);
 */
export function fromLiteLLM(
  config: LiteLLMConfig,
  env: { readonly [name: string]: string | undefined } = globalThis.process?.env ?? {},
): TakenFromLiteLLM {
  if (!Array.isArray(config?.model_list)) throw invalidOption("model_list", "must be a list of deployments");
  const notTaken: string[] = [];
  const deployments: Deployment[] = [];
  for (const [index, given] of config.model_list.entries()) {
    const deployment = readDeployment(given, `model_list[${index}]`, deployments, env, notTaken);
    if (deployment) deployments.push(deployment);
  }
  if (deployments.length === 0) throw invalidOption("model_list", `holds no usable deployment: ${notTaken.join("; ")}`);
  const settings: Fields = { ...config.litellm_settings, ...config.router_settings };
  return { options: { ...optionsOf(deployments, settings, notTaken) }, notTaken: told(config, settings, notTaken) };
}

/** A deployment as this router knows it. */
interface Deployment {
  readonly name: string;
  readonly provider: AnyProvider;
  /** `"provider/model"`. */
  readonly candidate: string;
  readonly params: Fields;
}

function readDeployment(
  given: LiteLLMDeployment,
  path: string,
  others: readonly Deployment[],
  env: { readonly [name: string]: string | undefined },
  notTaken: string[],
): Deployment | undefined {
  const { model_name: name, litellm_params: params, model_info: info = {} } = given;
  if (typeof name !== "string" || typeof params?.model !== "string") {
    throw invalidOption(path, "must have a model_name and litellm_params.model");
  }
  for (const key of Object.keys(params)) {
    if (!PARAMS.has(key)) notTaken.push(`${path}.litellm_params.${key} has no counterpart`);
  }
  for (const key of Object.keys(info)) {
    if (!INFO.has(key) && !PARAMS.has(key)) notTaken.push(`${path}.model_info.${key} has no counterpart`);
  }
  const slash = params.model.indexOf("/");
  const prefix = slash < 0 ? vendorOf(params.model) : params.model.slice(0, slash);
  const model = params.model.slice(slash + 1);
  const baseURL = typeof params.api_base === "string" ? params.api_base : undefined;
  const make = Object.hasOwn(VENDORS, prefix) ? VENDORS[prefix] : undefined;
  if (!make && !baseURL) {
    notTaken.push(`${path}: "${prefix}" is no vendor of this library, and api_base is not given`);
    return undefined;
  }
  const id = freeId(prefix.replace(/[^A-Za-z0-9_.-]/g, "-"), others);
  const options = {
    id,
    ...(baseURL === undefined ? {} : { baseURL }),
    ...keyOf(params.api_key, `${path}.litellm_params.api_key`, env, notTaken),
    models: [factsOf(model, { ...info, ...params })],
  };
  const compatible = prefix.startsWith("anthropic") ? anthropicCompatible : openaiCompatible;
  const provider = make ? make(options) : compatible({ ...options, baseURL: baseURL as string });
  return { name, provider, candidate: `${id}/${model}`, params };
}

/** LiteLLM knows these models without a prefix. */
function vendorOf(model: string): string {
  if (model.startsWith("claude")) return "anthropic";
  return /^(?:gpt|o\d|chatgpt)/.test(model) ? "openai" : model;
}

function freeId(wanted: string, others: readonly Deployment[]): string {
  const taken = new Set(others.map(({ provider }) => provider.id));
  let id = wanted;
  for (let number = 2; taken.has(id); number += 1) id = `${wanted}-${number}`;
  return id;
}

function keyOf(
  key: unknown,
  path: string,
  env: { readonly [name: string]: string | undefined },
  notTaken: string[],
): { apiKey?: string } {
  if (typeof key !== "string") return {};
  if (!key.startsWith("os.environ/")) return { apiKey: key };
  const variable = key.slice("os.environ/".length);
  const value = env[variable];
  if (!value) notTaken.push(`${path}: the variable ${variable} is not set`);
  return value ? { apiKey: value } : {};
}

function factsOf(id: string, given: Fields): ModelOption {
  const number = (...names: readonly string[]): number | undefined => {
    const found = names.map((name) => given[name]).find((value) => typeof value === "number");
    return found as number | undefined;
  };
  const window = number("max_input_tokens", "max_tokens");
  const output = number("max_output_tokens");
  const price = priceOf(number);
  return {
    id,
    ...(window === undefined ? {} : { contextWindow: window }),
    ...(output === undefined ? {} : { maxOutput: output }),
    ...(price === undefined ? {} : { usdPerMTok: price }),
  };
}

/** LiteLLM counts dollars per token, this library per million. */
function priceOf(number: (...names: readonly string[]) => number | undefined): Price | undefined {
  const perMillion = (name: string): number | undefined => {
    const dollars = number(name);
    return dollars === undefined ? undefined : Number((dollars * 1e6).toPrecision(9));
  };
  const input = perMillion("input_cost_per_token");
  const output = perMillion("output_cost_per_token");
  if (input === undefined || output === undefined) return undefined;
  const cacheRead = perMillion("cache_read_input_token_cost");
  const cacheWrite = perMillion("cache_creation_input_token_cost");
  return { input, output, cacheRead, cacheWrite };
}

function optionsOf(deployments: readonly Deployment[], settings: Fields, notTaken: string[]): RouterOptions {
  const groups = new Map<string, string[]>();
  for (const { name, candidate } of deployments) groups.set(name, [...(groups.get(name) ?? []), candidate]);
  const fallbacks = fallbacksOf(settings, groups, notTaken);
  const aliases: { [name: string]: readonly string[] } = {};
  for (const [name, own] of groups) {
    aliases[name] = [...own, ...(fallbacks.get(name) ?? []).flatMap((next) => groups.get(next) ?? [])];
  }
  const group = settings.model_group_alias;
  for (const [alias, target] of Object.entries((group ?? {}) as Fields)) {
    if (typeof target === "string" && groups.has(target)) aliases[alias] = aliases[target] ?? [];
    else notTaken.push(`router_settings.model_group_alias.${alias} names no model_name`);
  }
  const limits = Object.fromEntries(deployments.flatMap(limitOf));
  const retries = settings.num_retries;
  const seconds = settings.timeout ?? settings.request_timeout;
  const coolDown = settings.cooldown_time;
  return {
    providers: deployments.map(({ provider }) => provider),
    aliases,
    strategy: strategyOf(deployments, settings.routing_strategy, notTaken),
    ...(fallbacks.size > 0 ? { tiers: tiersOf(groups, fallbacks) } : {}),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    ...(typeof retries === "number" ? { retry: { attempts: retries + 1 } } : {}),
    ...(typeof seconds === "number" ? { timeouts: { totalMs: seconds * 1_000 } } : {}),
    ...(typeof coolDown === "number" ? { breaker: { openMs: coolDown * 1_000 } } : {}),
  };
}

function limitOf({
  candidate,
  params,
}: Deployment): [string, { rpm?: number; tpm?: number; maxConcurrent?: number }][] {
  const limit: { rpm?: number; tpm?: number; maxConcurrent?: number } = {};
  if (typeof params.rpm === "number") limit.rpm = params.rpm;
  if (typeof params.tpm === "number") limit.tpm = params.tpm;
  if (typeof params.max_parallel_requests === "number") limit.maxConcurrent = params.max_parallel_requests;
  return Object.keys(limit).length > 0 ? [[candidate, limit]] : [];
}

/** The default of LiteLLM is a draw by weight, or by `rpm` if nobody has a weight. */
function strategyOf(
  deployments: readonly Deployment[],
  name: unknown,
  notTaken: string[],
): NonNullable<RouterOptions["strategy"]> {
  const known = typeof name === "string" && Object.hasOwn(STRATEGIES, name) ? STRATEGIES[name] : undefined;
  if (known) return known;
  if (name !== undefined && name !== "simple-shuffle") {
    notTaken.push(
      `router_settings.routing_strategy: "${String(name).slice(0, 60)}" has no counterpart; shares by weight`,
    );
  }
  const by = (["weight", "rpm"] as const).find((key) => deployments.some(({ params }) => params[key] !== undefined));
  if (!by) return weighted();
  return weighted(Object.fromEntries(deployments.map(({ candidate, params }) => [candidate, Number(params[by] ?? 1)])));
}

/** Which groups stand in for which, in order. */
function fallbacksOf(
  settings: Fields,
  groups: ReadonlyMap<string, unknown>,
  notTaken: string[],
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const add = (name: string, next: unknown, path: string): void => {
    const known = (Array.isArray(next) ? next : []).filter((each) => typeof each === "string" && groups.has(each));
    if (!Array.isArray(next) || known.length < next.length) notTaken.push(`${path} names no model_name`);
    if (known.length > 0) found.set(name, [...(found.get(name) ?? []), ...known.filter((each) => each !== name)]);
  };
  for (const rule of Array.isArray(settings.fallbacks) ? settings.fallbacks : []) {
    for (const [name, next] of Object.entries((rule ?? {}) as Fields)) add(name, next, `fallbacks.${name}`);
  }
  const byDefault = settings.default_fallbacks;
  if (byDefault !== undefined) for (const name of groups.keys()) add(name, byDefault, "default_fallbacks");
  return found;
}

/** Groups in an order in which each stands before its fallbacks; a circle is cut where it closes. */
function tiersOf(
  groups: ReadonlyMap<string, readonly string[]>,
  fallbacks: ReadonlyMap<string, readonly string[]>,
): readonly (readonly string[])[] {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const next of [...(fallbacks.get(name) ?? [])].reverse()) visit(next);
    order.unshift(name);
  };
  for (const name of groups.keys()) visit(name);
  return order.map((name) => groups.get(name) ?? []);
}

const ROUTER_SETTINGS = new Set(
  "routing_strategy num_retries timeout request_timeout fallbacks default_fallbacks model_group_alias cooldown_time".split(
    " ",
  ),
);

/** All that was not read, with its path. */
function told(config: LiteLLMConfig, settings: Fields, notTaken: readonly string[]): readonly string[] {
  const unread = Object.keys(settings).filter((name) => !ROUTER_SETTINGS.has(name));
  const inRouter = (name: string): string =>
    config.router_settings && name in config.router_settings ? "router_settings" : "litellm_settings";
  const known = new Set(["model_list", "router_settings", "litellm_settings", "general_settings"]);
  return [
    ...notTaken,
    ...unread.map((name) => `${inRouter(name)}.${name} has no counterpart`),
    ...Object.keys(config.general_settings ?? {}).map((name) => `general_settings.${name}: there is no proxy server`),
    ...Object.keys(config)
      .filter((name) => !known.has(name))
      .map((name) => `${name} has no counterpart`),
  ];
}
