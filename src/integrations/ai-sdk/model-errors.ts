import { requestTexts } from "../../chat/message-text.js";
import type { ChatRequest } from "../../chat/request.js";
import { toSignalboxError } from "../../errors/classify.js";
import { echoRedactor } from "../../errors/echo.js";
import type { ErrorKind } from "../../errors/kinds.js";
import { SignalboxError } from "../../errors/signalbox-error.js";
import { field } from "./part-state.js";

/** Errors of the AI SDK that carry no HTTP answer. Their messages quote prompts and answers, so ours stand in. */
const KINDS: ReadonlyMap<unknown, readonly [kind: ErrorKind, message: string]> = new Map([
  ["AI_LoadAPIKeyError", ["auth", "has no API key"]],
  ["AI_LoadSettingError", ["auth", "lacks a setting"]],
  ["AI_NoSuchModelError", ["model_not_found", "has no such model"]],
  ["AI_UnsupportedFunctionalityError", ["unsupported", "cannot do what is asked"]],
  ["AI_InvalidPromptError", ["unsupported", "cannot take these messages"]],
  ["AI_InvalidArgumentError", ["unsupported", "cannot take one of the parameters"]],
  ["AI_TypeValidationError", ["malformed_response", "answered in an unknown shape"]],
  ["AI_JSONParseError", ["malformed_response", "did not answer in JSON"]],
  ["AI_InvalidResponseDataError", ["malformed_response", "answered in an unknown shape"]],
  ["AI_EmptyResponseBodyError", ["empty_response", "sent an empty answer"]],
  ["AI_NoContentGeneratedError", ["empty_response", "wrote nothing"]],
] satisfies [string, readonly [ErrorKind, string]][]);

/** Whatever a model of the AI SDK throws, as one typed error without prompt, answer or key. */
export function modelError(
  thrown: unknown,
  request: ChatRequest,
  provider: string,
  signal: AbortSignal,
): SignalboxError {
  const model = request.model ?? undefined;
  const known = signal.aborted || SignalboxError.isInstance(thrown) ? undefined : KINDS.get(field(thrown, "name"));
  if (known) return new SignalboxError(known[0], `${provider} ${known[1]}`, { provider, model });
  return toSignalboxError(thrown, {
    provider,
    model,
    nowWallMs: Date.now(),
    callerSignal: signal,
    secrets: echoRedactor(requestTexts(request)),
  });
}
