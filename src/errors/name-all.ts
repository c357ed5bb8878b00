import type { AttemptSummary, ErrorKind } from "./kinds.js";
import { oneLine } from "./one-line.js";
import type { SignalboxError } from "./signalbox-error.js";

/** Characters of one failure, and failures in one message; `error.attempts` has all of them in full. */
const MAX_CHARS = 240;
const MAX_NAMED = 8;

/** What somebody has to repair, the surest first. Every other kind passes by itself and comes after these. */
const TO_FIX: readonly ErrorKind[] = [
  "auth",
  "permission",
  "model_not_found",
  "quota",
  "invalid_request",
  "unsupported",
  "context_length",
  "content_filter",
  "malformed_response",
  "response_too_large",
];

/**
 * The message of an error after several failed calls: all of them, the one to fix first in front. The error's own message
 * is kept whole if no call failed with it, or if a part of the answer was delivered.
 */
export function nameAll(error: SignalboxError, attempts: readonly AttemptSummary[]): string {
  const calls = new Map<string, { readonly outcome: AttemptSummary["outcome"]; count: number }>();
  for (const attempt of attempts) {
    if (attempt.outcome === "success" || attempt.outcome === "cancelled") continue;
    const line = lineOf(attempt);
    const known = calls.get(line);
    if (known) known.count += 1;
    else calls.set(line, { outcome: attempt.outcome, count: 1 });
  }
  const own = oneLine(error.message, MAX_CHARS);
  const isOfCall = [...calls.keys()].some((line) => line.endsWith(own));
  if (error.kind === "cancelled" || calls.size === 0 || (isOfCall && calls.size === 1)) return error.message;
  const isWhole = isOfCall && error.partial === undefined;
  const lines = [...calls].filter(([line]) => isWhole || !line.endsWith(own));
  if (lines.length === 0) return error.message;
  lines.sort(([, one], [, other]) => rank(one.outcome) - rank(other.outcome));
  const named = lines.slice(0, MAX_NAMED).map(([line, { count }]) => (count === 1 ? line : `${line} (${count} times)`));
  if (lines.length > MAX_NAMED) named.push(`and ${lines.length - MAX_NAMED} more`);
  return isWhole ? `All calls failed: ${named.join("; ")}` : `${error.message}; before that: ${named.join("; ")}`;
}

function lineOf({ provider, model, outcome, message = outcome }: AttemptSummary): string {
  const line = oneLine(message, MAX_CHARS);
  return line.startsWith(provider) ? line : `${provider}/${model}: ${line}`;
}

function rank(outcome: AttemptSummary["outcome"]): number {
  const at = TO_FIX.indexOf(outcome as ErrorKind);
  return at < 0 ? TO_FIX.length : at;
}
