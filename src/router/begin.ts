import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type { CallContext } from "../contract/provider.js";
import type { Features } from "../engine/compose.js";
import type { Warming } from "../engine/warm.js";
import { asSignalboxError, SignalboxError, withContext } from "../errors/signalbox-error.js";
import { isCallContext, optionsOfContext } from "./call-settings.js";
import { keepable } from "./keep-answer.js";
import type { RouterParts } from "./parts.js";
import { prepare, type Received, receive } from "./receive.js";
import { recordFailure } from "./records.js";
import { FORGOTTEN, type Run } from "./run.js";
import { warnUnknownFields } from "./unknown-fields.js";

/**
 * Checks a request and its options, and works out what every later step needs.
 *
 * @throws SignalboxError `invalid_request` or `invalid_options`; nothing has been sent
 */
export function beginRun(
  parts: RouterParts,
  request: ChatRequest,
  optionsOrContext: CallOptions | CallContext | undefined,
  bound: CallOptions,
  streamed: boolean,
  warming?: Warming,
): Run | Promise<Run> {
  const context = isCallContext(optionsOrContext) ? optionsOrContext : undefined;
  const given = context ? optionsOfContext(context) : (optionsOrContext as CallOptions | undefined);
  const received = receive(parts, request, given, bound, { streamed, warming }, context);
  if (parts.features?.request) return changed(parts, received, parts.features);
  return begun(parts, prepare(parts, received));
}

/** The run of a request that features may change or refuse. */
async function changed(parts: RouterParts, received: Received, features: Features): Promise<Run> {
  const { features: runs, request } = received;
  if (!runs) return begun(parts, prepare(parts, received));
  try {
    const changed = await features.change(runs);
    const selection = changed === request ? received.selection : parts.selector.select(changed);
    return begun(parts, prepare(parts, { ...received, request: changed, selection }));
  } catch (thrown) {
    const error = withContext(asSignalboxError(thrown), { requestId: received.requestId });
    recordFailure(parts, begun(parts, prepare(parts, received)), error, "bypass");
    throw error;
  }
}

/** Tells whoever listens that a request begins. @throws SignalboxError if a warming could not keep the answer */
function begun(parts: RouterParts, run: Run): Run {
  const { request } = run;
  if (run.warming && !keepable(parts, run)) {
    run.warming.outcome = "refused";
    throw new SignalboxError("invalid_request", "No answer to this request can be kept", { requestId: run.requestId });
  }
  if (run.cacheKey !== undefined) run.report?.("kept", run.cacheKey);
  const { events } = parts;
  if (run.turn?.forgotten) {
    const words =
      "A conversation goes on without its earlier turns: `conversations` keeps fewer, smaller or shorter ones";
    parts.services.warn(FORGOTTEN, words, run.requestId);
  }
  if (events.has("request")) {
    const { tenant, conversationId } = run.options;
    events.emit("request", {
      requestId: run.requestId,
      tenant,
      conversationId,
      streamed: run.streamed,
      temperature: request.temperature ?? undefined,
      topP: request.top_p ?? undefined,
      maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
    });
  }
  if (events.has("warning")) warnUnknownFields(parts, request, run.requestId);
  return run;
}
