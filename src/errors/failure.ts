import type { Redactor } from "./redact.js";
import type { VendorCodes } from "./vendor-codes.js";

/** What is known of a failure. Give `thrown`, or what HTTP said. */
export interface Failure {
  readonly thrown?: unknown;
  readonly status?: number | undefined;
  readonly headers?: { get(name: string): string | null } | undefined;
  /** Parsed JSON, or text. */
  readonly body?: unknown;
  /** A finish reason that is a failure. */
  readonly finishReason?: string | undefined;
}

/** Whose failure it is, and how to read it. */
export interface FailureContext {
  readonly provider: string;
  readonly model?: string | undefined;
  readonly codes?: VendorCodes | undefined;
  /** Takes keys out of everything that is kept. @default key-shaped text alone is taken out */
  readonly secrets?: Redactor | undefined;
  /** Wall-clock milliseconds, for dates in headers and texts. */
  readonly nowWallMs: number;
  /** The call's signal: where it is aborted, its reason is what happened. */
  readonly callerSignal?: AbortSignal | undefined;
  /** The request body as sent; stretches of it that the vendor quotes are masked. */
  readonly sent?: string | undefined;
  /** The texts in it, message by message; a short one that the vendor quotes whole is masked too. */
  readonly said?: readonly string[] | undefined;
}
