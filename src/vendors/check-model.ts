import type { ModelInfo, Price, Provider } from "../contract/provider.js";
import { DAY_OR_MONTH } from "../core/day-or-month.js";
import { invalidOption, SignalboxError } from "../errors/signalbox-error.js";

/** One thing that is wrong with an option: where, and what it must be. */
export interface Problem {
  readonly path: string;
  readonly text: string;
}

/**
 * Refuses an option for everything that is wrong with it at once; the error's path is that of the first problem.
 *
 * @throws SignalboxError `invalid_options` if there is any problem.
 */
export function refuseProblems(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const message = problems.map(({ path, text }) => `${path} ${text}`).join("; ");
  throw new SignalboxError("invalid_options", message, { path: first.path });
}

/** Lists what is wrong with the facts of a model; empty if nothing is. */
export function modelProblems(model: ModelInfo, path: string): readonly Problem[] {
  const problems: Problem[] = [];
  const demand = (holds: boolean, name: string, text: string): void => {
    if (!holds) problems.push({ path: `${path}.${name}`, text });
  };
  demand(isCount(model.contextWindow), "contextWindow", COUNT);
  demand(model.maxOutput === null || isCount(model.maxOutput), "maxOutput", COUNT);
  demand(model.tier === undefined || [1, 2, 3].includes(model.tier), "tier", "must be 1, 2 or 3");
  const { endsOn, capabilities, usdPerMTok: price } = model;
  const isDay = endsOn === undefined || DAY_OR_MONTH.test(String(endsOn));
  demand(isDay, "endsOn", "must be a day or month: YYYY-MM-DD or YYYY-MM");
  for (const [name, words] of Object.entries(CAPABILITY_VALUES)) {
    const value = capabilities[name as keyof typeof capabilities];
    const optional = (name === "toolChoice" || name === "hostedTools") && value === undefined;
    demand(optional || words.includes(value as never), `capabilities.${name}`, `must be ${wordsOf(words)}`);
  }
  const { efforts } = capabilities;
  const areWords =
    efforts === undefined || (Array.isArray(efforts) && efforts.every((each) => typeof each === "string"));
  demand(areWords, "capabilities.efforts", "must be a list of words");
  demand(areTags(model.tags), "tags", TAGS);
  demand(price !== undefined, "usdPerMTok", "must be a price, or null if it is unknown");
  if (price !== undefined && price !== null) problems.push(...priceProblems(price, `${path}.usdPerMTok`));
  return problems;
}

const COUNT = "must be a whole number of tokens above 0";

const CAPABILITY_VALUES = {
  tools: [true, false],
  vision: [false, "data", "url"],
  thinking: ["none", "switchable", "always"],
  json: ["none", "object", "schema"],
  hostedTools: [true, false],
  toolChoice: ["full", "auto", "none_only", "no_required"],
} as const;

function wordsOf(values: readonly (string | boolean)[]): string {
  const shown = values.map((value) => (typeof value === "string" ? `"${value}"` : String(value)));
  return `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value > 0;
}

/** Checks a price in dollars per million tokens. @throws SignalboxError `invalid_options` listing all that is wrong */
export function checkPrice(price: Price, path: string): void {
  refuseProblems(priceProblems(price, path));
}

function priceProblems(price: Price, path: string): readonly Problem[] {
  if (typeof price !== "object") return [{ path, text: "must be an object with input and output, or null" }];
  const problems = rateProblems(price, path);
  const { tiers } = price;
  if (tiers === undefined || tiers === null) return problems;
  if (!Array.isArray(tiers)) return [...problems, { path: `${path}.tiers`, text: "must be a list" }];
  tiers.forEach((tier, index) => {
    const at = `${path}.tiers[${index}]`;
    if (!isCount(tier?.aboveInputTokens)) problems.push({ path: `${at}.aboveInputTokens`, text: COUNT });
    else problems.push(...rateProblems(tier, at));
  });
  return problems;
}

const RATES = ["input", "output", "cacheRead", "cacheWrite"] as const;

function rateProblems(price: Omit<Price, "tiers">, path: string): Problem[] {
  return RATES.filter((name) => {
    const value: unknown = price[name];
    const absent = name.startsWith("cache") && (value === undefined || value === null);
    return !absent && !(typeof value === "number" && Number.isFinite(value) && value >= 0);
  }).map((name) => ({ path: `${path}.${name}`, text: "must be dollars per million tokens, 0 or more" }));
}

/** Checks a list of labels. @throws SignalboxError `invalid_options` */
export function checkTags(value: unknown, path: string): void {
  if (!areTags(value)) throw invalidOption(path, TAGS);
}

const TAGS = "must be a list of non-empty texts";

function areTags(value: unknown): boolean {
  return (
    value === undefined || (Array.isArray(value) && value.every((each) => typeof each === "string" && each !== ""))
  );
}

/** Checks how long a prompt prefix stays cached, and from which size. @throws SignalboxError `invalid_options` */
export function checkPrefixCache(value: Provider["prefixCache"], path: string): void {
  if (value === undefined) return;
  if (typeof value !== "object" || value === null)
    throw invalidOption(path, "must be an object with ttlMs and minTokens");
  if (!(Number(value.ttlMs) > 0)) throw invalidOption(`${path}.ttlMs`, "must be milliseconds above 0");
  if (!(Number(value.minTokens) >= 0)) throw invalidOption(`${path}.minTokens`, "must be tokens, 0 or more");
}
