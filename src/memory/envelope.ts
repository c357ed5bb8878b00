import { isTags } from "./tags.js";

/** Raised when older processes could not read what newer ones write. */
const VERSION = 1;

/** An entry in the second tier. */
export interface Envelope {
  /** When it was written: {@link Stamps}. */
  readonly at: number;
  /** Wall-clock milliseconds when it expires; `null` never. */
  readonly expires: number | null;
  readonly value: unknown;
  readonly tags: readonly string[];
  readonly cost: number;
}

/** The JSON that goes to the store. It names its key: a store that takes two keys for one gives no wrong answer. */
export function seal(key: string, entry: Envelope): unknown {
  const { at, expires, value, tags, cost } = entry;
  return { v: VERSION, key, at, expires, value, ...(tags.length > 0 ? { tags } : {}), ...(cost > 0 ? { cost } : {}) };
}

/** Reads what {@link seal} made for this key; `undefined` for anything else, other versions included. */
export function unseal(key: string, found: unknown): Envelope | undefined {
  if (typeof found !== "object" || found === null) return undefined;
  try {
    return fields(key, found);
  } catch {
    return undefined; // a getter threw
  }
}

function fields(wanted: string, found: object): Envelope | undefined {
  const { v, key, at, expires, value, tags = [], cost = 0 } = found as { readonly [name: string]: unknown };
  if (v !== VERSION || key !== wanted || typeof at !== "number" || value === undefined) return undefined;
  if (expires !== null && typeof expires !== "number") return undefined;
  if (!isTags(tags) || typeof cost !== "number") return undefined;
  return { at, expires, value, tags, cost };
}

/** Wall-clock milliseconds that never repeat or run back within a process: they order writes against invalidations. */
export class Stamps {
  #last = 0;

  next(wallNowMs: number): number {
    // A thousandth of a millisecond is well above the spacing of doubles at this size (1/4096 ms).
    this.#last = Math.max(wallNowMs, this.#last + 0.001);
    return this.#last;
  }
}
