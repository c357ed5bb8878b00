import { isObject } from "../chat/check-value.js";
import { isStandardSchema } from "../chat/standard-schema.js";
import type { CallOptions } from "../contract/call-options.js";
import type { CallContext } from "../contract/provider.js";
import { checkTimeouts, PHASES, unknownOption } from "../errors/check-options.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { isTtl } from "../memory/options.js";
import { assertHeaders } from "../wire/guard.js";

type Check = (value: unknown) => string | null;

const text: Check = (value) => (typeof value === "string" && value !== "" ? null : "must be a non-empty string");
const texts: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === "string") ? null : "must be a list of strings";
const flag: Check = (value) => (typeof value === "boolean" ? null : "must be true or false");
const positive: Check = (value) => (typeof value === "number" && value > 0 ? null : "must be a number above 0");
const dollars: Check = (value) =>
  typeof value === "number" && value >= 0 && Number.isFinite(value) ? null : "must be a number of dollars, 0 or more";
const attempts: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 100 ? null : "must be a whole number, 1 to 100";
const oneOf = (...words: readonly string[]): Check => {
  const expected = `must be one of ${words.join(", ")}`;
  return (value) => (words.includes(value as string) ? null : expected);
};
const level = oneOf("low", "medium", "high");

const CACHE_FIELDS: { readonly [field: string]: Check } = {
  mode: oneOf("full", "response", "context", "none", "read", "write"),
  scope: oneOf("request", "provider"),
  ttlMs: (value) =>
    isTtl(value) ? null : "must be a number of milliseconds, 0 or more, at most a hundred years, or Infinity",
  tags: texts,
};

const FIELDS: { readonly [field: string]: Check } = {
  signal: (value) =>
    isObject(value) && typeof (value as Partial<AbortSignal>).addEventListener === "function"
      ? null
      : "must be an AbortSignal",
  timeoutMs: positive,
  timeouts: (value) => (isObject(value) ? null : "must be an object of milliseconds"),
  retry: (value) => (isObject(value) ? null : "must be an object with attempts"),
  strategy: (value) => (typeof value === "string" || isObject(value) ? null : "must be a name or a strategy"),
  allow: texts,
  deny: texts,
  requireTags: texts,
  fallback: flag,
  maxCostUsd: dollars,
  cache: (value) => (value === false || isObject(value) ? null : "must be false or an object"),
  conversationId: text,
  sessionKey: text,
  headers: (value) => (isObject(value) ? null : "must be an object of header names and values"),
  tenant: text,
  taskType: text,
  sensitivity: (value) => (isObject(value) ? null : "must be an object"),
  priority: oneOf("interactive", "default", "batch"),
  output: (value) => (isStandardSchema(value) ? null : "must be a Standard Schema, such as a zod schema"),
  require: (value) => {
    const known = ["tools", "vision", "audio", "json", "thinking", "hosted_tools"];
    const good = Array.isArray(value) && value.every((need) => known.includes(need as string));
    return good ? null : `must be a list of ${known.join(", ")}`;
  },
  metadata: (value) =>
    isObject(value) && Object.values(value).every((item) => typeof item === "string")
      ? null
      : "must be an object of strings",
  tags: texts,
};

/** The options of one call, checked by hand because every call passes here. @throws SignalboxError `invalid_options` */
export function checkCallOptions(options: CallOptions): CallOptions {
  if (!isObject(options)) throw invalidOption("options", "must be an object");
  for (const field in options) {
    const value = options[field as keyof CallOptions];
    if (value === undefined) continue;
    const check = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    if (!check) throw unknownOption(`options.${field}`, Object.keys(FIELDS));
    const problem = check(value);
    if (problem !== null) throw invalidOption(`options.${field}`, problem);
  }
  if (options.cache) checkFields(options.cache, "options.cache", CACHE_FIELDS);
  if (options.headers) assertHeaders(options.headers, "options.headers");
  if (options.timeouts) checkTimeouts(options.timeouts, "options.timeouts", TIMEOUTS);
  if (options.retry) checkFields(options.retry, "options.retry", RETRY_FIELDS);
  if (options.sensitivity) checkFields(options.sensitivity, "options.sensitivity", SENSITIVITY_FIELDS);
  return options;
}

const TIMEOUTS = [...PHASES, "totalMs"];
const RETRY_FIELDS = { attempts };
const SENSITIVITY_FIELDS = { cost: level, latency: level, urgency: level };

function checkFields(value: object, path: string, fields: { readonly [field: string]: Check }): void {
  for (const [field, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const check = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (!check) throw unknownOption(`${path}.${field}`, Object.keys(fields));
    const problem = check(item);
    if (problem !== null) throw invalidOption(`${path}.${field}`, problem);
  }
}

/**
 * Refuses an id in `allow` or `deny` that the router never had: a misspelt one would let through what it should stop.
 *
 * @throws SignalboxError `invalid_options` naming the entry.
 */
export function checkIds({ allow, deny }: CallOptions, knows: (id: string) => boolean): void {
  for (const [field, ids] of [
    ["allow", allow],
    ["deny", deny],
  ] as const) {
    if (ids === undefined) continue;
    for (let index = 0; index < ids.length; index += 1) {
      if (knows(ids[index] as string)) continue;
      throw invalidOption(`options.${field}[${index}]`, "names no provider or candidate of this router");
    }
  }
}

/** Whether the second argument is an outer router's context rather than a caller's options. */
export function isCallContext(value: unknown): value is CallContext {
  return isObject(value) && "attempts" in value && "deadline" in value;
}

/** An outer router's context as options of ours: its wishes about people and time carry over. */
export function optionsOfContext(context: CallContext): CallOptions {
  const { signal, tenant, conversationId, sessionKey, headers, metadata } = context;
  return { signal, tenant, conversationId, sessionKey, headers, metadata };
}
