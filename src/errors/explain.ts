import { maskEcho } from "./echo.js";
import type { ErrorBody } from "./error-body.js";
import type { FailureContext } from "./failure.js";
import { type FilteredCategory, filterWords } from "./filter-results.js";
import type { ErrorKind } from "./kinds.js";
import { policyKey } from "./policy.js";
import type { Redactor } from "./redact.js";
import { SUMMARIES } from "./summaries.js";
import type { Meaning } from "./vendor-codes.js";

const MAX_QUOTE = 300;
/** The vendor's own words are left out here: they tend to hold the key, the prompt, or a page of HTML. */
const UNQUOTED: ReadonlySet<ErrorKind> = new Set(["auth", "content_filter", "malformed_response", "empty_response"]);

/** The message of an error: who, what in our words, the facts, and the vendor's words where they are safe to keep. */
export function explain(
  meaning: Meaning,
  body: ErrorBody,
  facts: {
    status: number | undefined;
    code: string | undefined;
    filtered?: readonly FilteredCategory[] | undefined;
  },
  about: FailureContext,
  redactor: Redactor,
): string {
  const who = about.model === undefined ? about.provider : `${about.provider}/${about.model}`;
  const parts: string[] = [];
  if (facts.status !== undefined) parts.push(`HTTP ${facts.status}`);
  if (facts.code !== undefined) parts.push(`code ${facts.code}`);
  const bracket = parts.length === 0 ? "" : ` (${parts.join(", ")})`;
  const words = UNQUOTED.has(meaning.kind) ? filterWords(facts.filtered) : quote(body.message, about, redactor);
  return `${who}: ${SUMMARIES[policyKey(meaning.kind, meaning.detail)]}${bracket}${words === "" ? "" : `: ${words}`}`;
}

/** Upstream text that may be shown: scrubbed, echoes masked, one line, at most 300 characters. */
export function quote(text: string, about: FailureContext, redactor: Redactor): string {
  // Scrub before cutting: half a key is no longer recognised as one. Only what may be shown is compared with the request.
  const begin = redactor
    .scrub(text)
    .trimStart()
    .slice(0, 2 * MAX_QUOTE);
  const clean = maskEcho(begin, about.sent, about.said)
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return clean.length <= MAX_QUOTE ? clean : `${clean.slice(0, MAX_QUOTE)}...`;
}

/** A code or id from upstream: scrubbed, visible ASCII, at most 128 characters; anything else is dropped. */
export function identifier(value: string | undefined, redactor: Redactor): string | undefined {
  if (value === undefined || value.length > 128 || !/^[\x21-\x7e]+$/.test(value)) return undefined;
  return redactor.scrub(value);
}
