import { requestTexts } from "../chat/message-text.js";
import type { ChatRequest } from "../chat/request.js";
import { toSignalboxError } from "../errors/classify.js";
import { echoRedactor } from "../errors/echo.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Candidate } from "./candidate.js";

/**
 * What a thrown value says about the candidate. A provider may be a router or a decorator with a clock, a purse and an
 * end of its own: when these run out, this provider has failed, and the request has not.
 */
export function providerError(
  thrown: unknown,
  { provider, info }: Candidate,
  request: ChatRequest,
  nowWallMs: number,
): SignalboxError {
  // Foreign code may quote the prompt anywhere in what it throws, errors of this library's class included.
  const secrets = echoRedactor(requestTexts(request));
  const error = toSignalboxError(thrown, { provider: provider.id, model: info.id, nowWallMs, secrets });
  const { kind, detail } = error;
  if (kind === "timeout" && detail === "total") return restated(error, "timeout", "upstream");
  if (kind === "cancelled") return restated(error, "unavailable", "cancelled");
  if (kind === "budget_exceeded" && detail !== "provider") return restated(error, "budget_exceeded", "provider");
  return error;
}

function restated(error: SignalboxError, kind: SignalboxError["kind"], detail: string): SignalboxError {
  const { message, provider, model, retryAfterMs, requestId, attempts } = error;
  return new SignalboxError(kind, message, {
    detail,
    provider,
    model,
    retryAfterMs,
    requestId,
    attempts,
    cause: error,
  });
}
