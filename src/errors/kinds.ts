/** Every kind of failure, in the words that users switch on. `detail` on the error says more. */
export const ERROR_KINDS = [
  "invalid_options",
  "invalid_request",
  "unsupported",
  "no_candidate",
  "unavailable",
  "saturated",
  "budget_exceeded",
  "cancelled",
  "timeout",
  "auth",
  "permission",
  "model_not_found",
  "context_length",
  "content_filter",
  "rate_limit",
  "quota",
  "overloaded",
  "server",
  "network",
  "stream_interrupted",
  "malformed_response",
  "empty_response",
  "response_too_large",
] as const;

/** One of {@link ERROR_KINDS}. */
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** One upstream call, as errors and replies tell it. */
export interface AttemptSummary {
  /** The provider's id. */
  readonly provider: string;
  /** The model's id. */
  readonly model: string;
  /** `"success"`, or the kind of the error it ended with. */
  readonly outcome: "success" | ErrorKind;
  /** A finer word than the kind. */
  readonly detail?: string | undefined;
  /** From the call's start to its end, milliseconds. */
  readonly latencyMs: number;
  /** `null` where the price is unknown. */
  readonly costUsd: number | null;
  /** Of a call that failed: why, on one line of at most 400 characters, without keys and without words of the prompt. */
  readonly message?: string | undefined;
  /** Of a call that failed: the id that the vendor gave it, for its support. */
  readonly upstreamRequestId?: string | undefined;
  /** Of a call that failed: how long the vendor asked to wait, milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** A candidate that was not asked, and why. */
export interface Exclusion {
  /** `"provider/model"`. */
  readonly id: string;
  /** Why the candidate was left out. */
  readonly reason: ExclusionReason;
}

/** Why a candidate was not asked; a feature may say so in a word of its own. */
export type ExclusionReason =
  | "missing_vision"
  | "missing_tools"
  | "missing_json"
  | "missing_thinking"
  | "missing_audio"
  | "missing_files"
  | "missing_tags"
  | "missing_hosted_tools"
  | "context_length"
  | "no_api_key"
  | "breaker_open"
  | "cool_down"
  | "disabled"
  | "budget"
  | "unknown_price"
  | "denied"
  | "retired"
  | (string & {});
