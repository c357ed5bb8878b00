import type { FilteredCategory } from "./filter-results.js";
import { httpStatusOf } from "./http-status.js";
import type { AttemptSummary, ErrorKind, Exclusion } from "./kinds.js";
import { policyOf } from "./policy.js";

const BRAND = Symbol.for("signalbox.error.v1");

/** What is known about a failure besides its kind and message. */
export interface SignalboxErrorInit {
  /** A finer word than the kind. */
  detail?: string | undefined;
  /** Overrides the policy table's word on whether the same request may succeed later. */
  retryable?: boolean | undefined;
  /** How long to wait before the next try, milliseconds. */
  retryAfterMs?: number | undefined;
  /** The same provider is not to be asked again for this request. */
  final?: boolean | undefined;
  /** The refusal may be about this request alone: the body does not say that it holds for all. */
  doubtful?: boolean | undefined;
  /** The provider that failed. */
  provider?: string | undefined;
  /** The model that failed. */
  model?: string | undefined;
  /** The HTTP status of the answer. */
  status?: number | undefined;
  /** The vendor's own code of the failure. */
  vendorCode?: string | undefined;
  /** The router's id of the request. */
  requestId?: string | undefined;
  /** The path of the bad option or request field, such as `providers[0].apiKey`. */
  path?: string | undefined;
  /** The categories that a content filter named. */
  filtered?: readonly FilteredCategory[] | undefined;
  /** The request's upstream calls, in their order. */
  attempts?: readonly AttemptSummary[] | undefined;
  /** The candidates that were left out, each with its reason. */
  excluded?: readonly Exclusion[] | undefined;
  /** What a cut stream had said so far. */
  partial?: { readonly text: string; readonly reasoning?: string | undefined } | undefined;
  /** What the error came from. */
  cause?: unknown;
}

/**
 * The one error this library rejects with. Switch on `kind`; `detail` is finer.
 * Never holds a key, a prompt or an upstream header. Use {@link SignalboxError.isInstance} rather than `instanceof`:
 * it also knows errors from another copy of the package (ESM beside CJS).
 *
 * @example
 * try { await router.chat({ messages }); }
 * catch (error) {
 *   if (SignalboxError.isInstance(error) && error.kind === "rate_limit") await wait(error.retryAfterMs ?? 1_000);
 * }
 */
export class SignalboxError extends Error {
  /** Said here because the published build shortens the names of classes, and consoles print this one. */
  static override readonly name = "SignalboxError";

  /** What went wrong. */
  readonly kind: ErrorKind;
  /** A finer word than the kind. */
  readonly detail: string | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Milliseconds to wait before asking again, where anyone knows. */
  readonly retryAfterMs: number | undefined;
  /** The provider that failed last. */
  readonly provider: string | undefined;
  /** The model that failed last. */
  readonly model: string | undefined;
  /** HTTP status of the upstream answer. */
  readonly status: number | undefined;
  /** The vendor's own error code, as text. */
  readonly vendorCode: string | undefined;
  /** The router's id of the request. */
  readonly requestId: string | undefined;
  /** The path of the wrong option or field. */
  readonly path: string | undefined;
  /** Of a `content_filter`: the categories that the vendor names, such as Azure OpenAI's; absent where it names none. */
  declare readonly filtered?: readonly FilteredCategory[];
  /** Every upstream call made for this request, in order. */
  readonly attempts: readonly AttemptSummary[];
  /** Candidates that were not asked, each with its reason. */
  readonly excluded: readonly Exclusion[];
  /** What had arrived before the stream was cut. */
  readonly partial: { readonly text: string; readonly reasoning?: string | undefined } | undefined;
  /** Whoever answered has tried often enough by itself: `x-should-retry: false`. Another request is another matter. */
  declare readonly final?: true;
  /** The refusal may be about this request alone, so it counts for others only once several distinct requests agree. */
  declare readonly doubtful?: true;

  constructor(kind: ErrorKind, message: string, init: SignalboxErrorInit = {}) {
    super(message);
    this.kind = kind;
    this.detail = init.detail;
    this.retryable = init.retryable ?? policyOf(kind, init.detail).retryable;
    this.retryAfterMs = init.retryAfterMs;
    this.provider = init.provider;
    this.model = init.model;
    this.status = init.status;
    this.vendorCode = init.vendorCode;
    this.requestId = init.requestId;
    this.path = init.path;
    this.attempts = init.attempts ?? [];
    this.excluded = init.excluded ?? [];
    this.partial = init.partial;
    if (init.filtered) this.filtered = init.filtered;
    this.name = kind === "cancelled" ? "AbortError" : "SignalboxError";
    Object.defineProperty(this, "name", { enumerable: false });
    // Not enumerable, so that logging an error never prints what a vendor or fetch wrapped into its cause.
    if ("cause" in init)
      Object.defineProperty(this, "cause", { value: init.cause, configurable: true, writable: true });
    if (init.final) Object.defineProperty(this, "final", { value: true });
    if (init.doubtful) Object.defineProperty(this, "doubtful", { value: true });
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Whether `value` is a SignalboxError of this or another copy of the package. */
  static isInstance(value: unknown): value is SignalboxError {
    try {
      return typeof value === "object" && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
    } catch {
      return false; // a proxy that throws when read is not ours
    }
  }

  /** What a server of one's own should answer with: 400 for a request that is wrong, 502 where no kind says otherwise. */
  get httpStatus(): number {
    return httpStatusOf(this.kind);
  }

  /** Plain data for logs: everything but `cause` and `stack`. */
  toJSON(): Record<string, unknown> {
    return { ...(this as object), name: this.name, message: this.message };
  }
}

/** The same error with more said about it; kind, detail, stack and, if none is given, message stay. */
export function withContext(error: SignalboxError, more: SignalboxErrorInit, message = error.message): SignalboxError {
  const { kind, final, doubtful, cause } = error;
  const next = new SignalboxError(kind, message, {
    ...error,
    final,
    doubtful,
    ...(cause === undefined ? {} : { cause }),
    ...more,
  });
  // A stack begins with the message that its error had when it was made.
  const stack = message === error.message ? error.stack : error.stack?.replace(error.message, () => message);
  if (stack !== undefined) Object.defineProperty(next, "stack", { value: stack, configurable: true, writable: true });
  return next;
}

/** A caller's abort as the error it gets: its reason where that is one of ours, such as a deadline; else kind `cancelled`. */
export function cancelledBy(signal: AbortSignal, requestId?: string): SignalboxError {
  const reason: unknown = signal.reason;
  if (SignalboxError.isInstance(reason)) return reason;
  return new SignalboxError("cancelled", "The caller aborted the request", { requestId, cause: reason });
}

/** The error of an option that is wrong; `problem` continues the sentence that `path` begins, and never echoes the value. */
export function invalidOption(path: string, problem: string): SignalboxError {
  return new SignalboxError("invalid_options", `${path} ${problem}`, { path });
}

/** A thrown value as a SignalboxError: what is not one already is a fault in this library, and still ends typed. */
export function asSignalboxError(thrown: unknown): SignalboxError {
  if (SignalboxError.isInstance(thrown)) return thrown;
  return new SignalboxError("server", "The router failed unexpectedly", { detail: "internal", cause: thrown });
}
