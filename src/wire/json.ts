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
    if (text.length > UNWATCHED_CHARS && nestsDeeper(text, LIMITS.jsonDepth)) return undefined;
    return { value: suspicious ? JSON.parse(text, withoutProto) : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function withoutProto(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}

/** Whether valid JSON nests deeper. Counts brackets outside strings, before anything is made of the text. */
function nestsDeeper(text: string, levels: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      if (at < 0) return false;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > levels) return true;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
  }
  return false;
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;

/** Where the string that begins at `from` ends, or -1. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end > 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}
