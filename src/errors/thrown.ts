import { bounded, field, word } from "./error-body.js";
import { identifier, quote } from "./explain.js";
import type { Failure, FailureContext } from "./failure.js";
import type { Redactor } from "./redact.js";
import { safeCause } from "./safe-cause.js";
import { cancelledBy, SignalboxError, withContext } from "./signalbox-error.js";
import { transportFailure } from "./transport-cause.js";
import type { Meaning } from "./vendor-codes.js";

/** Errors that mean a bug in a program rather than a failed call. */
const BUG_NAMES = new Set(["TypeError", "ReferenceError", "SyntaxError", "RangeError", "EvalError"]);

/**
 * What a thrown value is by itself: an error where that is settled, else what HTTP said through it (the error classes of
 * SDKs carry status, headers and body), else `undefined` where nothing was thrown.
 */
export function fromThrown(
  thrown: unknown,
  about: FailureContext,
  redactor: Redactor,
): SignalboxError | (Failure & { cause: unknown }) | undefined {
  const signal = about.callerSignal;
  if (signal?.aborted === true) return named(cancelledBy(signal), about);
  if (thrown === undefined) return undefined;
  if (SignalboxError.isInstance(thrown))
    return named(thrown.provider === undefined ? scrubbed(thrown, redactor) : thrown, about);
  const cause = safeCause(thrown, redactor);
  const http = httpOf(thrown);
  if (http !== undefined) return { ...http, cause };
  const transport = transportFailure(thrown);
  if (transport !== undefined) return failed(transport, transport.code, cause, about);
  const name = word(field(thrown, "name"));
  // Not the caller's doing, so the provider gave up by itself: a timer or a signal of its own.
  if (name === "TimeoutError" || name === "AbortError") return failed({ kind: "timeout" }, name, cause, about);
  const message = word(field(thrown, "message")) ?? (typeof thrown === "string" ? bounded(thrown) : "");
  if (name !== undefined && BUG_NAMES.has(name)) {
    return failed({ kind: "server", detail: "bug" }, `${name}: ${quote(message, about, redactor)}`, cause, about);
  }
  // A plain error: its code or its words may still tell.
  return { body: { error: { code: field(thrown, "code"), type: field(thrown, "type"), message } }, cause };
}

function named(error: SignalboxError, about: FailureContext): SignalboxError {
  if (error.provider !== undefined) return error;
  return withContext(error, { provider: about.provider, model: error.model ?? about.model });
}

/** Our adapters and routers sign what they throw. An error that nobody signed is of a stranger's making, and may quote. */
function scrubbed(error: SignalboxError, redactor: Redactor): SignalboxError {
  const cause = safeCause(error.cause, redactor);
  const vendorCode = identifier(error.vendorCode, redactor);
  const about = cause === error.cause ? { vendorCode } : { vendorCode, cause };
  const copy = withContext(error, about, redactor.scrub(error.message));
  copy.stack = redactor.scrub(bounded(copy.stack ?? ""));
  return copy;
}

function failed(meaning: Meaning, facts: string | undefined, cause: unknown, about: FailureContext): SignalboxError {
  const who = about.model === undefined ? about.provider : `${about.provider}/${about.model}`;
  const words = meaning.detail === undefined ? meaning.kind : `${meaning.kind} (${meaning.detail})`;
  return new SignalboxError(meaning.kind, `${who}: ${words}${facts === undefined ? "" : `: ${facts}`}`, {
    detail: meaning.detail,
    provider: about.provider,
    model: about.model,
    cause,
  });
}

/**
 * The HTTP answer inside a client's error: `openai` names it status/headers/error, the AI SDK statusCode/responseBody,
 * axios response.status/headers/data, got response.statusCode/body.
 */
function httpOf(thrown: unknown): Failure | undefined {
  const response = field(thrown, "response");
  const either = (...names: string[]): unknown => {
    for (const from of [thrown, response]) {
      for (const name of names) if (field(from, name) !== undefined) return field(from, name);
    }
    return undefined;
  };
  const status = either("status", "statusCode");
  if (typeof status !== "number" || !Number.isInteger(status) || status < 100 || status > 599) return undefined;
  const texts = [field(thrown, "responseBody"), field(response, "data"), field(response, "body")];
  const text = texts.find((each) => typeof each === "string");
  const body = text === undefined ? wrapped(field(thrown, "error") ?? either("data"), thrown) : (parsed(text) ?? text);
  return { status, headers: headersOf(either("headers", "responseHeaders")), body };
}

function wrapped(inner: unknown, thrown: unknown): unknown {
  if (typeof inner === "object" && inner !== null)
    return field(inner, "error") === undefined ? { error: inner } : inner;
  return { error: { code: field(thrown, "code"), type: field(thrown, "type"), message: field(thrown, "message") } };
}

function headersOf(headers: unknown): Failure["headers"] {
  const get = field(headers, "get");
  if (typeof get === "function") return { get: (name) => word(Reflect.apply(get, headers, [name])) ?? null };
  return { get: (name) => word(field(headers, name) ?? field(headers, spelling(headers, name))) ?? null };
}

/** How a plain object writes a header's name. */
function spelling(headers: unknown, name: string): string {
  try {
    return Object.keys(headers as object).find((key) => key.toLowerCase() === name) ?? name;
  } catch {
    return name; // no object, or one whose keys cannot be told
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(bounded(text));
  } catch {
    return undefined;
  }
}
