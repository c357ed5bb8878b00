import type { ErrorKind } from "./kinds.js";

/** What a code or a phrase stands for. */
export interface Meaning {
  /** The kind of error that the code stands for. */
  readonly kind: ErrorKind;
  /** A finer word than the kind. */
  readonly detail?: string | undefined;
}

/** A phrase in a vendor's message. The pattern is tried on at most 16 KiB and must be linear (no nested quantifiers). */
export interface MessagePattern extends Meaning {
  /** Matched with the vendor's message. */
  readonly pattern: RegExp;
}

/** What a vendor's code stands for; `refine` tells apart what one code is used for, tried in order before the rest. */
export interface CodeMeaning extends Meaning {
  /** Patterns of the message that make the meaning finer. */
  readonly refine?: readonly MessagePattern[] | undefined;
}

/**
 * A vendor's own error words, as data: extend it for codes we do not know yet.
 * Order: `codes` (by code, by type, by a number in brackets at the end of the message), then `patterns`.
 */
export interface VendorCodes {
  /** By code or error type, as text: `{ "1302": { kind: "rate_limit" } }`. */
  readonly codes?: { readonly [code: string]: CodeMeaning } | undefined;
  /** Patterns of messages that come without a code. */
  readonly patterns?: readonly MessagePattern[] | undefined;
  /** Finish reasons that are failures: `{ network_error: { kind: "server" } }`. */
  readonly finishReasons?: { readonly [reason: string]: Meaning } | undefined;
}

/** Reads a table keyed by upstream text: own keys alone, so `constructor` is not a code. */
export function lookUp<T>(table: { readonly [key: string]: T } | undefined, key: string | undefined): T | undefined {
  return table !== undefined && key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
