import { LIMITS } from "./limits.js";

/** Text below this length cannot nest deep enough to hurt anything that walks it. */
const UNWATCHED_CHARS = 4_096;
/** A letter or underscore written as an escape: nobody needs that but who hides a key. */
const ESCAPED_WORD = /\\u00[567]/;

/**
 * Parses upstream JSON: `{ value }`, or `undefined` where it is not JSON or is nested deeper than 64 levels.
 * Keys called `__proto__` are left out, so that no later copy can change a prototype.
 */
export function parseJson(text: string): { value: unknown } | undefined {
  try {
    const suspicious = text.includes("__proto__") || (text.includes("\\u00") && ESCAPED_WORD.test(text));
    const value: unknown = suspicious ? JSON.parse(text, withoutProto) : JSON.parse(text);
    return text.length > UNWATCHED_CHARS && isDeeper(value, LIMITS.jsonDepth) ? undefined : { value };
  } catch {
    return undefined;
  }
}

function withoutProto(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((item) => isDeeper(item, levels - 1));
  for (const key in value) if (isDeeper((value as { [key: string]: unknown })[key], levels - 1)) return true;
  return false;
}
