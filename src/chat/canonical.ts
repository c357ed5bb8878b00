/** Deeper than any request that passed `checkRequest`. */
const MAX_DEPTH = 80;

/**
 * A text that is equal for equal JSON and different for different JSON: every string carries its length, every list and
 * object its count, object keys are sorted. What `JSON.stringify` would leave out is left out.
 *
 * @throws RangeError for a circular or endlessly deep value; `checkRequest` finds these first.
 */
export function canonical(value: unknown, normalize: boolean): string {
  return write(value, normalize, 0);
}

function write(value: unknown, normalize: boolean, depth: number): string {
  switch (typeof value) {
    case "string":
      return writeString(normalize ? fold(value) : value);
    case "number":
      return `n${value};`;
    case "boolean":
      return value ? "t" : "f";
    case "object":
      return value === null ? "z" : writeObject(value, normalize, depth);
    case "bigint":
      return `b${value};`;
    default:
      return "u";
  }
}

function writeString(text: string): string {
  return `s${text.length}:${text}`;
}

function writeObject(value: object, normalize: boolean, depth: number): string {
  if (depth > MAX_DEPTH) throw new RangeError("the value is circular, or nested too deeply to be a request");
  if (Array.isArray(value)) {
    let text = `a${value.length};`;
    for (let i = 0; i < value.length; i++) text += write(value[i], normalize, depth + 1);
    return text;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return write(toJSON.call(value), normalize, depth + 1);
  const keys = Object.keys(value);
  if (keys.length > 1) keys.sort();
  let text = "";
  let count = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined || typeof item === "function" || typeof item === "symbol") continue;
    text += `${key.length}:${key}${write(item, normalize && isText(key, depth), depth + 1)}`;
    count++;
  }
  return `o${count};${text}`;
}

/** Only what people wrote is normalised: `content`, its parts, and their `text`; never ids, arguments or data. */
function isText(key: string, depth: number): boolean {
  return depth === 0 ? key === "content" : key === "text";
}

/** Letter case and outer blanks only: more would make "C++" and "C#" one word. */
function fold(text: string): string {
  return text.trim().toLowerCase();
}
