/** Deeper than any request that passed `checkRequest`. */
const MAX_DEPTH = 80;

/**
 * A text that is equal for equal JSON and different for different JSON: every string carries its length, every list
 * its count, every object its end, and object keys are sorted. What `JSON.stringify` would leave out is left out.
 *
 * @throws RangeError for a circular or endlessly deep value; `checkRequest` finds these first.
 */
export function canonical(value: unknown, normalize: boolean): string {
  return append("", value, normalize, 0);
}

function append(text: string, value: unknown, normalize: boolean, depth: number): string {
  switch (typeof value) {
    case "string": {
      const said = normalize ? fold(value) : value;
      return `${text}s${said.length}:${said}`;
    }
    case "number":
      return `${text}n${value};`;
    case "boolean":
      return value ? `${text}t` : `${text}f`;
    case "object":
      return value === null ? `${text}z` : appendObject(text, value, normalize, depth);
    case "bigint":
      return `${text}b${value};`;
    default:
      return `${text}u`;
  }
}

function appendObject(before: string, value: object, normalize: boolean, depth: number): string {
  if (depth > MAX_DEPTH) throw new RangeError("the value is circular, or nested too deeply to be a request");
  if (Array.isArray(value)) {
    let text = `${before}a${value.length};`;
    for (let i = 0; i < value.length; i++) text = append(text, value[i], normalize, depth + 1);
    return text;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return append(before, toJSON.call(value), normalize, depth + 1);
  const keys = Object.keys(value);
  if (keys.length > 1) sortKeys(keys);
  let text = `${before}{`;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined || typeof item === "function" || typeof item === "symbol") continue;
    text = append(`${text}${key.length}:${key}`, item, normalize && isText(key, depth), depth + 1);
  }
  return `${text}}`;
}

/** In place by insertion: for the few keys of an object a third of the time that `sort` takes to begin. */
function sortKeys(keys: string[]): void {
  if (keys.length > MANY_KEYS) {
    keys.sort();
    return;
  }
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string;
    let at = i;
    while (at > 0 && (keys[at - 1] as string) > key) {
      keys[at] = keys[at - 1] as string;
      at--;
    }
    keys[at] = key;
  }
}

const MANY_KEYS = 24;

/** Only what people wrote is normalised: `content`, its parts, and their `text`; never ids, arguments or data. */
function isText(key: string, depth: number): boolean {
  return depth === 0 ? key === "content" : key === "text";
}

/** Letter case and outer blanks only: more would make "C++" and "C#" one word. */
function fold(text: string): string {
  return text.trim().toLowerCase();
}
