import * as z from "zod/mini";
import { isObject } from "../chat/check-value.js";
import { DAY_OR_MONTH } from "../core/day-or-month.js";
import { lazily } from "../core/lazily.js";
import { isTtl } from "../memory/options.js";

// Made when the first router is: a schema takes longer to build than the rest of the library to import.

export const isFunction = (value: unknown): boolean => typeof value === "function";

const isLimit = (value: unknown): boolean =>
  value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && (value as number) >= 1);
const isLifetime = (value: unknown): boolean => isTtl(value) && value > 0;
const isClock = (value: unknown): boolean =>
  isObject(value) && [value.now, value.wallNow, value.setTimeout, value.clearTimeout].every(isFunction);

const id = () =>
  z.string().check(z.regex(/^[^\s/]{1,100}$/, "must be 1 to 100 characters without a slash or white space"));
/** An object of options: one that is not among them is told which are. */
const settings = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code }) =>
      code === "unrecognized_keys" ? `is not an option; known are ${Object.keys(shape).join(", ")}` : undefined,
  });
const milliseconds = () => z.optional(z.number().check(z.positive(), z.lte(2_147_483_647)));
const count = () => z.optional(z.int().check(z.gte(1), z.lte(100)));
const isModelNames = (value: unknown): boolean =>
  typeof value === "string" ||
  (Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string"));
const modelNames = () => z.custom<string | string[]>(isModelNames, "must be a model's name, or a list of at least one");
const anyObject = (words: string) => z.custom<object>(isObject, `must be ${words}`);

const notNegative = () => z.number().check(z.nonnegative());
const maybePrice = () => z.optional(z.nullable(notNegative()));
const prices = () => ({
  input: notNegative(),
  output: notNegative(),
  cacheRead: maybePrice(),
  cacheWrite: maybePrice(),
});
const tier = () => z.looseObject({ ...prices(), aboveInputTokens: notNegative() });

const model = () =>
  z.looseObject({
    id: z.string().check(z.minLength(1)),
    contextWindow: z.number().check(z.positive()),
    maxOutput: z.nullable(z.number().check(z.positive())),
    tier: z.optional(z.literal([1, 2, 3])),
    endsOn: z.optional(z.string().check(z.regex(DAY_OR_MONTH, "must be a day or month: YYYY-MM-DD or YYYY-MM"))),
    capabilities: z.looseObject({
      tools: z.boolean(),
      vision: z.literal([false, "data", "url"]),
      thinking: z.enum(["none", "switchable", "always"]),
      json: z.enum(["none", "object", "schema"]),
    }),
    usdPerMTok: z.nullable(z.looseObject({ ...prices(), tiers: z.optional(z.nullable(z.array(tier()))) })),
  });

/** What a provider must have. */
export const providerSchema = lazily(() =>
  z.looseObject({
    id: id(),
    models: z.array(model()).check(z.minLength(1, "must hold at least one model")),
    autoModels: z.optional(z.array(z.string())),
  }),
);

/** What `createRouter` takes. */
export const optionsSchema = lazily(() =>
  settings({
    id: z.optional(id()),
    providers: z.array(z.unknown()).check(z.minLength(1, "must hold at least one provider")),
    cache: z.optional(z.union([z.literal(false), anyObject("false, options or a cache")])),
    strategy: z.optional(z.union([z.string(), anyObject("a name or a strategy")])),
    strategies: z.optional(z.array(z.unknown())),
    use: z.optional(z.array(z.unknown())),
    aliases: z.optional(z.record(z.string(), modelNames())),
    tiers: z.optional(z.array(z.array(z.string()))),
    fallback: z.optional(z.boolean()),
    retry: z.optional(
      settings({
        attempts: count(),
        baseMs: milliseconds(),
        capMs: milliseconds(),
        maxWaitMs: z.optional(z.number().check(z.nonnegative(), z.lte(2_147_483_647))),
      }),
    ),
    policy: z.optional(z.unknown()),
    breaker: z.optional(settings({ openMs: milliseconds() })),
    timeouts: z.optional(
      settings({
        headersMs: milliseconds(),
        firstTokenMs: milliseconds(),
        idleMs: milliseconds(),
        totalMs: milliseconds(),
      }),
    ),
    transport: z.optional(z.custom(isTransport, "must be a transport: an object with a function send")),
    streams: z.optional(settings({ onInterrupted: z.optional(z.enum(["fail", "restart"])) })),
    repairJson: z.optional(z.custom(isFunction, "must be a function from text to text, such as jsonrepair")),
    conversations: z.optional(
      settings({
        ttlMs: z.optional(z.custom(isLifetime, "must be above 0 milliseconds, at most a hundred years, or Infinity")),
        max: z.optional(z.int().check(z.gte(1))),
        maxBytes: z.optional(z.number().check(z.gte(1))),
      }),
    ),
    limits: z.optional(
      z.record(
        z.string(),
        settings({
          maxConcurrent: z.optional(z.custom(isLimit, "must be a whole number of calls above 0, or Infinity")),
          adaptive: z.optional(z.boolean()),
          rpm: z.optional(z.number().check(z.positive())),
          tpm: z.optional(z.number().check(z.positive())),
          maxQueue: z.optional(z.int().check(z.gte(0))),
          queueItems: z.optional(z.int().check(z.gte(0))),
          queueBytes: z.optional(z.number().check(z.gte(0))),
          queueMs: milliseconds(),
        }),
      ),
    ),
    tenantLimits: z.optional(
      settings({
        maxConcurrent: z.optional(z.custom(isLimit, "must be a whole number of calls above 0, or Infinity")),
        rpm: z.optional(z.number().check(z.positive())),
        tpm: z.optional(z.number().check(z.positive())),
      }),
    ),
    budgets: z.optional(
      z.array(
        settings({
          per: z.enum(["tenant", "provider", "tag", "router"]),
          maxUsd: z.number().check(z.positive()),
          windowMs: z.number().check(z.positive()),
          onExceeded: z.optional(z.enum(["reject", "degrade"])),
          key: z.optional(z.string()),
          required: z.optional(z.boolean()),
          alertAt: z.optional(z.array(z.number().check(z.positive(), z.lte(1))).check(z.maxLength(20))),
          maxKeys: z.optional(z.int().check(z.gte(1))),
        }),
      ),
    ),
    hedge: z.optional(
      settings({ afterMs: milliseconds(), maxShare: z.optional(z.number().check(z.positive(), z.lte(1))) }),
    ),
    degrade: z.optional(
      settings({
        to: z.optional(modelNames()),
        shrink: z.optional(
          settings({
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
      settings({
        to: z.optional(modelNames()),
        validate: z.optional(z.custom(isFunction, "must be a function")),
        when: z.optional(z.unknown()),
      }),
    ),
    shadow: z.optional(
      settings({
        to: modelNames(),
        rate: z.number().check(z.gte(0), z.lte(1)),
        maxUsdPerDay: z.number().check(z.gte(0)),
      }),
    ),
    probe: z.optional(settings({ intervalMs: z.number().check(z.gte(100)), timeoutMs: milliseconds() })),
    embed: z.optional(z.unknown()),
    decisionLog: z.optional(z.custom(isFunction, "must be a function")),
    shared: z.optional(
      z.custom<object>(
        (value) => isObject(value) && isFunction(value.join),
        "must be a shared state, such as redisState()",
      ),
    ),
    state: z.optional(z.unknown()),
    clock: z.optional(z.custom<object>(isClock, "must be a Clock: now, wallNow, setTimeout, clearTimeout")),
    random: z.optional(z.custom(isFunction, "must be a function")),
  }),
);

function isTransport(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { send?: unknown }).send === "function";
}
