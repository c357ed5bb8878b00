/** Thrown inside this file alone: the value is not JSON. */
const NOT_JSON = Symbol("not JSON");

/** Deeper values are refused, so that a cycle or a hostile value cannot exhaust the stack. */
const MAX_DEPTH = 64;

/** Shorter strings are never slices of a longer one in V8, so they hold nothing else alive. */
const MIN_SLICE = 13;

const WIDE = /[\u0100-\uffff]/;

/** A value as the cache keeps it: frozen, shared with nobody, and how much heap it takes. */
export interface Kept {
  readonly value: unknown;
  readonly bytes: number;
}

/** Heap bytes of a string in V8: one byte a character up to U+00FF, else two; 16 of header; rounded up to 8. */
export function stringBytes(text: string): number {
  return (16 + (WIDE.test(text) ? text.length * 2 : text.length) + 7) & ~7;
}

/**
 * The same text in one flat piece that holds nothing else alive. Texts put together from stream pieces are trees of
 * fragments in V8, and texts cut out of a response body keep the whole body in memory.
 */
export function flatText(text: string): string {
  if (text.length < MIN_SLICE) return text;
  if (typeof Buffer === "undefined") return JSON.parse(JSON.stringify(text)) as string;
  const encoding = WIDE.test(text) ? "utf16le" : "latin1";
  return Buffer.from(text, encoding).toString(encoding);
}

/** Copies a JSON value deeply, freezes the copy and counts its heap; `null` when it is not JSON. */
export function keep(value: unknown): Kept | null {
  const meter = { bytes: 0 };
  try {
    return { value: copy(value, meter, 0), bytes: meter.bytes };
  } catch {
    return null; // NOT_JSON, or a getter of the caller's threw
  }
}

function copy(value: unknown, meter: { bytes: number }, depth: number): unknown {
  switch (typeof value) {
    case "string":
      meter.bytes += stringBytes(value);
      return flatText(value);
    case "number":
      if (!Number.isFinite(value)) throw NOT_JSON;
      if ((value | 0) !== value) meter.bytes += 16;
      return value;
    case "boolean":
      return value;
    case "object":
      if (value === null) return null;
      if (depth >= MAX_DEPTH) throw NOT_JSON;
      return Array.isArray(value) ? copyArray(value, meter, depth) : copyObject(value, meter, depth);
    default:
      throw NOT_JSON;
  }
}

function copyArray(value: readonly unknown[], meter: { bytes: number }, depth: number): unknown {
  const result: unknown[] = new Array(value.length);
  meter.bytes += 48 + value.length * 8;
  for (let index = 0; index < value.length; index++) result[index] = copy(value[index] ?? null, meter, depth + 1);
  return Object.freeze(result);
}

function copyObject(value: object, meter: { bytes: number }, depth: number): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw NOT_JSON;
  // Spread keeps the shape that objects of this form share, and an own "__proto__" stays an own key.
  const result: Record<string, unknown> = { ...value };
  let fields = 0;
  for (const name of Reflect.ownKeys(result)) {
    if (typeof name === "symbol") throw NOT_JSON;
    const field = result[name];
    if (field === undefined) {
      delete result[name];
      continue;
    }
    fields++;
    const kept = copy(field, meter, depth + 1);
    if (kept !== field) Object.defineProperty(result, name, { value: kept, enumerable: true });
  }
  meter.bytes += 24 + fields * 8;
  return Object.freeze(result);
}
