import * as z from "zod/mini";
import type { Provider } from "../contract/provider.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { RouterOptions } from "./options.js";

const isFunction = (value: unknown): boolean => typeof value === "function";
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const id = () =>
  z.string().check(z.regex(/^[^\s/]{1,100}$/, "must be 1 to 100 characters without a slash or white space"));
const milliseconds = () => z.optional(z.number().check(z.positive(), z.lte(2_147_483_647)));
const count = () => z.optional(z.int().check(z.gte(1), z.lte(100)));
const modelNames = () => z.union([z.string(), z.array(z.string()).check(z.minLength(1))]);
const anyObject = (words: string) => z.custom<object>(isObject, `must be ${words}`);

const model = z.looseObject({
  id: z.string().check(z.minLength(1)),
  contextWindow: z.number().check(z.positive()),
  maxOutput: z.nullable(z.number().check(z.positive())),
  tier: z.optional(z.literal([1, 2, 3])),
  capabilities: z.looseObject({
    tools: z.boolean(),
    vision: z.literal([false, "data", "url"]),
    thinking: z.enum(["none", "switchable", "always"]),
    json: z.enum(["none", "object", "schema"]),
  }),
  usdPerMTok: z.nullable(
    z.looseObject({ input: z.number().check(z.nonnegative()), output: z.number().check(z.nonnegative()) }),
  ),
});

const provider = z.looseObject({
  id: id(),
  models: z.array(model).check(z.minLength(1, "must hold at least one model")),
  autoModels: z.optional(z.array(z.string())),
});

const schema = z.strictObject({
  id: z.optional(id()),
  providers: z.array(z.unknown()).check(z.minLength(1, "must hold at least one provider")),
  cache: z.optional(z.union([z.literal(false), anyObject("false, options or a cache")])),
  strategy: z.optional(z.union([z.string(), anyObject("a name or a strategy")])),
  strategies: z.optional(z.array(z.unknown())),
  aliases: z.optional(z.record(z.string(), z.union([z.string(), z.array(z.string()).check(z.minLength(1))]))),
  fallback: z.optional(z.boolean()),
  retry: z.optional(z.strictObject({ attempts: count(), baseMs: milliseconds(), capMs: milliseconds() })),
  breaker: z.optional(z.strictObject({ openMs: milliseconds() })),
  timeouts: z.optional(
    z.strictObject({
      headersMs: milliseconds(),
      firstTokenMs: milliseconds(),
      idleMs: milliseconds(),
      totalMs: milliseconds(),
    }),
  ),
  streams: z.optional(z.strictObject({ onInterrupted: z.optional(z.enum(["fail", "restart"])) })),
  conversations: z.optional(
    z.strictObject({ ttlMs: z.optional(z.number().check(z.positive())), max: z.optional(z.int().check(z.gte(1))) }),
  ),
  limits: z.optional(
    z.record(
      z.string(),
      z.strictObject({
        maxConcurrent: z.optional(z.number().check(z.gte(1))),
        adaptive: z.optional(z.boolean()),
        rpm: z.optional(z.number().check(z.positive())),
        tpm: z.optional(z.number().check(z.positive())),
        queueItems: z.optional(z.int().check(z.gte(0))),
        queueBytes: z.optional(z.number().check(z.gte(0))),
        queueMs: milliseconds(),
      }),
    ),
  ),
  budgets: z.optional(
    z.array(
      z.strictObject({
        per: z.enum(["tenant", "provider", "tag", "router"]),
        maxUsd: z.number().check(z.positive()),
        windowMs: z.number().check(z.positive()),
        onExceeded: z.optional(z.enum(["reject", "degrade"])),
        key: z.optional(z.string()),
      }),
    ),
  ),
  hedge: z.optional(
    z.strictObject({ afterMs: milliseconds(), maxShare: z.optional(z.number().check(z.positive(), z.lte(1))) }),
  ),
  degrade: z.optional(
    z.strictObject({
      to: z.optional(modelNames()),
      shrink: z.optional(
        z.strictObject({
          historyTokens: z.optional(z.int().check(z.gte(1))),
          maxTokens: z.optional(z.int().check(z.gte(1))),
          dropTools: z.optional(z.boolean()),
        }),
      ),
      staleMs: milliseconds(),
      waitMs: milliseconds(),
    }),
  ),
  escalate: z.optional(
    z.strictObject({
      to: modelNames(),
      validate: z.optional(z.custom(isFunction, "must be a function")),
    }),
  ),
  shadow: z.optional(
    z.strictObject({
      to: modelNames(),
      rate: z.number().check(z.gte(0), z.lte(1)),
      maxUsdPerDay: z.number().check(z.gte(0)),
    }),
  ),
  probe: z.optional(z.strictObject({ intervalMs: z.number().check(z.gte(100)), timeoutMs: milliseconds() })),
  decisionLog: z.optional(z.custom(isFunction, "must be a function")),
  shared: z.optional(
    z.custom<object>(
      (value) => isObject(value) && isFunction(value.join),
      "must be a shared state, such as redisState()",
    ),
  ),
  state: z.optional(z.unknown()),
  clock: z.optional(z.custom<object>((value) => isObject(value) && isFunction(value.now), "must be a Clock")),
  random: z.optional(z.custom(isFunction, "must be a function")),
});

/** Checks what `createRouter` was given. @throws SignalboxError `invalid_options` naming the path, never the value */
export function checkRouterOptions(options: RouterOptions): void {
  if (!isObject(options)) throw invalid("options", "must be an object");
  refuse(schema.safeParse(options), "");
  const seen = new Set<string>();
  for (const [index, given] of options.providers.entries()) checkProvider(given, `providers[${index}]`, seen);
}

function checkProvider(given: Provider, path: string, seen: Set<string>): void {
  // A vendor's members may be getters or live on a prototype, so they are read one by one.
  if (!isObject(given)) throw invalid(path, "must be a provider: { id, models, chat }");
  refuse(provider.safeParse({ id: given.id, models: given.models, autoModels: given.autoModels }), path);
  if (!isFunction(given.chat) && !isFunction(given.stream))
    throw invalid(`${path}.chat`, "is missing, and so is stream");
  if (seen.has(given.id)) throw invalid(`${path}.id`, `is "${given.id}" a second time`);
  seen.add(given.id);
  for (const [index, auto] of (given.autoModels ?? []).entries()) {
    if (!given.models.some((each) => each.id === auto)) {
      throw invalid(`${path}.autoModels[${index}]`, "names a model that the provider does not list");
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
  const issue = outcome.error.issues[0] as Issue;
  if (issue.code === "unrecognized_keys") {
    throw invalid(pathOf(prefix, [...issue.path, issue.keys?.[0] ?? ""]), "is not an option");
  }
  throw invalid(pathOf(prefix, issue.path) || "options", wordsOf(issue));
}

/** zod/mini says "Invalid input" to everything; this says what would have been valid. */
function wordsOf(issue: Issue): string {
  if (issue.code === "invalid_union") {
    const last = issue.errors?.at(-1)?.[0];
    return last ? wordsOf(last) : "is not valid";
  }
  if (issue.message !== "Invalid input") return issue.message;
  if (issue.code === "invalid_type")
    return `must be ${issue.expected === "int" ? "a whole number" : `of type ${issue.expected}`}`;
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

/** @internal */
export function invalid(path: string, problem: string): SignalboxError {
  return new SignalboxError("invalid_options", `${path} ${problem}`, { path });
}
