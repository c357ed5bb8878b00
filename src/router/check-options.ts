import { isObject } from "../chat/check-value.js";
import type { AnyProvider } from "../contract/provider.js";
import { checkEscalate } from "../engine/check-when.js";
import { checkTimeouts } from "../errors/check-options.js";
import { checkPolicies } from "../errors/policies.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { checkEmbed } from "./check-embed.js";
import type { RouterOptions } from "./options.js";
import { isFunction, optionsSchema, providerSchema } from "./options-schema.js";

/** Checks what `createRouter` was given. @throws SignalboxError `invalid_options` naming the path, never the value */
export function checkRouterOptions(options: RouterOptions): void {
  if (!isObject(options)) throw invalidOption("options", "must be an object");
  refuse(optionsSchema().safeParse(options), "");
  checkPolicies(options.policy);
  checkEscalate(options.escalate);
  checkEmbed(options.embed);
  const seen = new Set<string>();
  for (const [index, given] of options.providers.entries()) checkProvider(given, `providers[${index}]`, seen);
}

function checkProvider(given: AnyProvider, path: string, seen: Set<string>): void {
  // A vendor's members may be getters or live on a prototype, so they are read one by one.
  if (!isObject(given)) throw invalidOption(path, "must be a provider: { id, models, chat }");
  refuse(providerSchema().safeParse({ id: given.id, models: given.models, autoModels: given.autoModels }), path);
  if (!isFunction(given.chat) && !isFunction(given.stream))
    throw invalidOption(`${path}.chat`, "is missing, and so is stream");
  for (const member of ["chat", "stream"] as const) {
    if (given[member] !== undefined && !isFunction(given[member]))
      throw invalidOption(`${path}.${member}`, "must be a function");
  }
  checkTimeouts(given.timeouts, `${path}.timeouts`);
  const models = new Set<string>();
  for (const [index, { id, timeouts }] of given.models.entries()) {
    checkTimeouts(timeouts, `${path}.models[${index}].timeouts`);
    if (models.has(id)) throw invalidOption(`${path}.models[${index}].id`, `is "${id}" a second time`);
    models.add(id);
  }
  if (seen.has(given.id)) throw invalidOption(`${path}.id`, `is "${given.id}" a second time`);
  seen.add(given.id);
  for (const [index, auto] of (given.autoModels ?? []).entries()) {
    if (!models.has(auto)) {
      throw invalidOption(`${path}.autoModels[${index}]`, "names a model that the provider does not list");
    }
  }
}

type Outcome = { success: true } | { success: false; error: { issues: readonly Issue[] } };
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code: string;
  readonly keys?: readonly string[] | undefined;
  readonly expected?: string | undefined;
  readonly minimum?: number | bigint | undefined;
  readonly maximum?: number | bigint | undefined;
  readonly inclusive?: boolean | undefined;
  readonly values?: readonly unknown[] | undefined;
  readonly errors?: readonly (readonly Issue[])[] | undefined;
}

function refuse(outcome: Outcome, prefix: string): void {
  if (outcome.success) return;
  const { issues } = outcome.error;
  // A misspelt name goes first: it is why another is missing.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? (issues[0] as Issue);
  const path = issue.keys ? [...issue.path, issue.keys[0] ?? ""] : issue.path;
  throw invalidOption(pathOf(prefix, path) || "options", wordsOf(issue));
}

const WANTED: { readonly [type: string]: string } = {
  string: "a text",
  number: "a finite number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** zod/mini says "Invalid input" to everything; this says what would have been valid. */
function wordsOf(issue: Issue): string {
  if (issue.code === "invalid_union") {
    const last = issue.errors?.at(-1)?.[0];
    return last ? wordsOf(last) : "is not valid";
  }
  if (issue.message !== "Invalid input") return issue.message;
  if (issue.code === "invalid_type") return `must be ${WANTED[issue.expected ?? ""] ?? `of type ${issue.expected}`}`;
  if (issue.code === "too_small") return `must be ${issue.inclusive ? "at least" : "above"} ${issue.minimum}`;
  if (issue.code === "too_big") return `must be at most ${issue.maximum}`;
  if (issue.code === "invalid_value") return `must be one of ${issue.values?.map(String).join(", ")}`;
  return "is not valid";
}

function pathOf(prefix: string, path: readonly PropertyKey[]): string {
  let text = prefix;
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += text === "" ? String(part) : `.${String(part)}`;
  }
  return text;
}
