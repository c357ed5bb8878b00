import { NodeBuffer } from "../core/platform.js";

/** Shorter strings are never slices of a longer one in V8, so they hold nothing else alive. */
const MIN_SLICE = 13;

const WIDE = /[\u0100-\uffff]/;

/**
 * An object or array as the cache keeps it: JSON text. It takes a fraction of the heap of the parsed form, its size is
 * known exactly, and each reader gets a copy of its own.
 */
class Json {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value as the cache keeps it, and how much heap it takes. */
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
  if (NodeBuffer === undefined) return JSON.parse(JSON.stringify(text)) as string;
  const encoding = WIDE.test(text) ? "utf16le" : "latin1";
  return NodeBuffer.from(text, encoding).toString(encoding);
}

/** The cache's own form of a JSON value; `null` when it is not JSON. Never throws. */
export function keep(value: unknown): Kept | null {
  switch (typeof value) {
    case "string":
      return { value: flatText(value), bytes: stringBytes(value) };
    case "number":
      // Whole numbers of up to 31 bits stand in the slot itself, others in a box of their own.
      return Number.isFinite(value) ? { value, bytes: (value | 0) === value ? 0 : 16 } : null;
    case "boolean":
      return { value, bytes: 0 };
    case "object":
      return value === null ? { value, bytes: 0 } : keepObject(value);
    default:
      return null;
  }
}

/** What a reader gets: the value, or a fresh copy of the object. */
export function give(value: unknown): unknown {
  return value instanceof Json ? JSON.parse(value.text) : value;
}

function keepObject(value: object): Kept | null {
  try {
    const text = JSON.stringify(value) as string | undefined;
    return text === undefined ? null : { value: new Json(flatText(text)), bytes: 32 + stringBytes(text) };
  } catch {
    return null; // a cycle, a BigInt, or a getter of the caller's threw
  }
}
