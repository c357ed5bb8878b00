import type { Assembler } from "../chat/assemble.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Candidate } from "./candidate.js";

/** What was said before an answer was cut. */
export function partOf({ text, reasoning }: Assembler): SignalboxError["partial"] {
  return { text, reasoning: reasoning || undefined };
}

/** What ends a stream after its first content, as its reader gets it: with the part of the answer that came. */
export function interruption(
  cause: SignalboxError,
  { candidate, assembler }: { readonly candidate: Candidate; readonly assembler: Assembler },
): SignalboxError {
  const { kind, provider = candidate.provider.id, model = candidate.info.id, status, vendorCode, retryAfterMs } = cause;
  if (kind === "cancelled" || kind === "empty_response") return cause;
  const detail = kind === "stream_interrupted" || kind === "timeout" ? cause.detail : kind;
  const init = { detail, provider, model, status, vendorCode, retryAfterMs, partial: partOf(assembler), cause };
  return new SignalboxError("stream_interrupted", `The answer was cut: ${cause.message}`, init);
}
