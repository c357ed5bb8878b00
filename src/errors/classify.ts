import { bounded, type ErrorBody, readErrorBody, word } from "./error-body.js";
import { explain, identifier } from "./explain.js";
import type { Failure, FailureContext } from "./failure.js";
import { filterResults } from "./filter-results.js";
import { FINISH_REASONS, GENERIC_CODES, WEAK_CODES } from "./generic-codes.js";
import { meaningOfMessage, TOO_LARGE_FOR_A_MINUTE } from "./message-patterns.js";
import { policyOf } from "./policy.js";
import { rateLimitReset } from "./rate-limit-reset.js";
import { patternRedactor, type Redactor } from "./redact.js";
import { waitFromText } from "./reset-text.js";
import { parseRetryAfter } from "./retry-after.js";
import { meaningOfRouter } from "./router-words.js";
import { SignalboxError } from "./signalbox-error.js";
import { meaningOfStatus } from "./status.js";
import { fromThrown } from "./thrown.js";
import { lookUp, type Meaning, type MessagePattern, type VendorCodes } from "./vendor-codes.js";

/** What a failure means, and whether a vendor code was met that no table knows. */
interface Verdict extends Meaning {
  readonly unclassified?: boolean | undefined;
  /** Whether the body named the failure, by a code or a phrase, rather than the status alone. */
  readonly told?: boolean | undefined;
  readonly retryable?: boolean | undefined;
  readonly final?: boolean | undefined;
}

/**
 * Says what a failure is: one kind, with a detail where it matters. Total and pure: every input gives an error, none
 * throws. Order: the caller's abort and our own deadlines, errors of this library, the transport's chain of causes,
 * the words of another router, the vendor's code (on a 200 too), phrases, `x-should-retry`, the HTTP status, completeness.
 */
export function classify(failure: Failure, about: FailureContext): SignalboxError {
  try {
    return classified(failure, about);
  } catch {
    // Only a value, redactor or table that throws when read comes here; nothing of it can be kept.
    const { provider, model } = about;
    return new SignalboxError("server", `${provider}: failed in a way that cannot be read`, { provider, model });
  }
}

function classified(failure: Failure, about: FailureContext): SignalboxError {
  const redactor = about.secrets ?? patternRedactor;
  const early = fromThrown(failure.thrown, about, redactor);
  if (SignalboxError.isInstance(early)) return early;
  const seen: Failure = { ...failure, ...early };
  const body = readErrorBody(seen.body);
  const status = statusOf(seen.status);
  const verdict = verdictOf(seen, body, status, about);
  const policy = policyOf(verdict.kind, verdict.detail);
  const mayReturn = policy.retryable || policy.breaker === "cool_down";
  const retryAfterMs = mayReturn ? waitOf(verdict, seen.headers, body, about.nowWallMs) : undefined;
  const code = identifier(body.code ?? body.type, redactor);
  const filtered = verdict.kind === "content_filter" ? filterResults(seen.body) : undefined;
  return new SignalboxError(verdict.kind, explain(verdict, body, { status, code, filtered }, about, redactor), {
    detail: verdict.detail ?? (verdict.unclassified === true ? "unclassified" : undefined),
    // A plan that names its reset will serve the same request again; one that does not may stay empty for ever.
    retryable: verdict.retryable ?? ((retryAfterMs ?? 0) > 0 ? true : undefined),
    retryAfterMs,
    final: verdict.final,
    doubtful: isDoubtful(verdict, code),
    filtered,
    provider: about.provider,
    model: about.model,
    status,
    vendorCode: code,
    requestId: requestIdIn(seen.headers, redactor) ?? identifier(body.requestId, redactor),
    ...(early?.cause === undefined ? {} : { cause: early.cause }),
  });
}

/**
 * Any thrown value as a {@link SignalboxError}; one that already is, of this or another copy, passes through, scrubbed
 * where no provider signed it.
 */
export function toSignalboxError(thrown: unknown, about: FailureContext): SignalboxError {
  return classify({ thrown }, about);
}

function verdictOf(failure: Failure, body: ErrorBody, status: number | undefined, about: FailureContext): Verdict {
  const reason = failure.finishReason;
  const finished = lookUp(about.codes?.finishReasons, reason) ?? lookUp(FINISH_REASONS, reason);
  if (finished !== undefined) return finished;
  // The vendors' code for this is that of every rate limit; only the text tells them apart.
  const tooLarge = says(body.message, TOO_LARGE_FOR_A_MINUTE) ? TOO_LARGE_FOR_A_MINUTE : undefined;
  const told =
    meaningOfRouter(body.own, status) ??
    tooLarge ??
    meaningOfCode(body, about.codes) ??
    meaningOfText(body, status, about.codes);
  const shouldRetry = header(failure.headers, "x-should-retry");
  const verdict: Verdict = told ? { ...told, told: true } : fromStatus(body, status, shouldRetry === "true");
  if (shouldRetry !== "false") return verdict;
  // A router has asked as often as it may; whether the request can succeed later is another question.
  return { ...verdict, final: true, retryable: body.own?.retryable === true ? undefined : false };
}

/** Codes of a refusal that is about the account itself, whatever is asked. */
const OF_THE_ACCOUNT = /^(?:access_terminated_error|unsupported_country_region_territory|account_deactivated)$/i;

/**
 * Whether a refusal may be about this request alone. A 403 may mean a flagged prompt or a proxy's page, a 404 a feature
 * that no endpoint of the model has, a 402 an output limit that the balance does not cover.
 */
function isDoubtful({ kind, told }: Verdict, code: string | undefined): boolean {
  if (kind === "permission") return !OF_THE_ACCOUNT.test(code ?? "");
  return (kind === "model_not_found" || kind === "quota") && told !== true;
}

function meaningOfCode(body: ErrorBody, codes: VendorCodes | undefined): Meaning | undefined {
  const trailing = /\((\d{3,5})\)\s{0,4}$/.exec(body.message)?.[1];
  const meaning = lookUp(codes?.codes, body.code) ?? lookUp(codes?.codes, body.type) ?? lookUp(codes?.codes, trailing);
  if (meaning === undefined) return undefined;
  return meaning.refine?.find((row) => says(body.message, row)) ?? meaning;
}

function meaningOfText(
  body: ErrorBody,
  status: number | undefined,
  codes: VendorCodes | undefined,
): Meaning | undefined {
  const own = codes?.patterns?.find((row) => says(body.message, row));
  if (own !== undefined) return own;
  const generic = genericMeaning(body.code, status) ?? genericMeaning(body.type, status);
  // "Something went wrong" is said of anything; a phrase says more (Ollama: `api_error` for a prompt that is too long).
  const isVague = generic === undefined || generic.kind === "server";
  return isVague ? (meaningOfMessage(body.message, status) ?? generic) : generic;
}

/** Statuses that say by themselves what happened. */
const CLEAR_STATUSES: ReadonlySet<number> = new Set([401, 402, 403, 404, 413, 429, 503, 529]);

/** Some gateways put "something went wrong" on everything: a clear status says more than that. */
function genericMeaning(word: string | undefined, status: number | undefined): Meaning | undefined {
  const meaning = lookUp(GENERIC_CODES, word?.toLowerCase());
  return meaning?.kind === "server" && status !== undefined && CLEAR_STATUSES.has(status) ? undefined : meaning;
}

/** A pattern of a user's own table may throw, or hold state; neither may change what the rest says. */
function says(message: string, { pattern }: MessagePattern): boolean {
  try {
    pattern.lastIndex = 0;
    return pattern.test(message);
  } catch {
    return false;
  }
}

function fromStatus(body: ErrorBody, status: number | undefined, asksToRetry: boolean): Verdict {
  const statusInBody = httpCode(body.code);
  const isWeak = lookUp(WEAK_CODES, body.code?.toLowerCase()) !== undefined;
  const unclassified = body.code !== undefined && statusInBody === undefined && !isWeak;
  const saysNothing = status === undefined || (status >= 200 && status < 300);
  const meaning = saysNothing ? fromBody(body, statusInBody, status) : meaningOfStatus(status);
  if (asksToRetry && meaning.kind === "invalid_request") return { kind: "server", detail: "conflict", unclassified };
  return { ...meaning, unclassified };
}

/** A 2xx, or no status at all: an error object counts as one, anything else is an answer that cannot be used. */
function fromBody(body: ErrorBody, statusInBody: number | undefined, status: number | undefined): Meaning {
  if (body.isError) {
    const inBody = statusInBody === undefined ? undefined : meaningOfStatus(statusInBody);
    const weak = lookUp(WEAK_CODES, body.type?.toLowerCase()) ?? lookUp(WEAK_CODES, body.code?.toLowerCase());
    return inBody ?? weak ?? { kind: "server" };
  }
  if (status === undefined) return { kind: "server" };
  if (body.text === "html") return { kind: "malformed_response", detail: "html" };
  if (body.text === "empty") return { kind: "malformed_response", detail: "empty_body" };
  return { kind: "malformed_response", detail: body.text === "other" ? "json" : "shape" };
}

function waitOf(
  { kind }: Verdict,
  headers: Failure["headers"],
  body: ErrorBody,
  nowWallMs: number,
): number | undefined {
  const reader = { get: (name: string) => header(headers, name) };
  const told = parseRetryAfter(reader, nowWallMs) ?? waitFromText(bounded(body.message), nowWallMs);
  return told ?? (kind === "rate_limit" ? rateLimitReset(reader, nowWallMs) : undefined);
}

function statusOf(status: number | undefined): number | undefined {
  return Number.isInteger(status) ? status : undefined;
}

function httpCode(code: string | undefined): number | undefined {
  return /^[45]\d\d$/.test(code ?? "") ? Number(code) : undefined;
}

/** Where vendors and clouds put the id of a request; a gateway's own comes last. */
const TRACE_HEADERS = [
  "x-request-id",
  "request-id",
  "apim-request-id",
  "x-ms-request-id",
  "x-amzn-requestid",
  "x-generation-id",
  "x-trace-id",
  "trace-id",
  "minimax-request-id",
  "x-cloud-trace-context",
  "cf-ray",
] as const;

/** The id under which the vendor knows a request, read from its response head. */
export function requestIdIn(headers: Failure["headers"], redactor: Redactor): string | undefined {
  for (const name of TRACE_HEADERS) {
    const value = header(headers, name);
    if (value !== null) return identifier(value, redactor);
  }
  return undefined;
}

function header(headers: Failure["headers"], name: string): string | null {
  try {
    return word(headers?.get(name)) ?? null;
  } catch {
    return null; // whoever made these headers, they cannot be read
  }
}
