import type { Attributes } from "@opentelemetry/api";
import type { EventMap } from "../../contract/events.js";
import type { Attempt, RequestRecord } from "../../contract/records.js";

// Object literals with their names in place, not names computed from constants: these are made for every call, and a
// literal costs a tenth.

/**
 * What the metrics of an upstream call are split by, and what a sampler may ask about its span: few values, all from the
 * configuration or a fixed list.
 */
export function callAttributes({ provider, model, outcome }: Attempt): Attributes {
  if (outcome === "success") {
    return { "gen_ai.operation.name": "chat", "gen_ai.provider.name": provider, "gen_ai.request.model": model };
  }
  return {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": provider,
    "gen_ai.request.model": model,
    "error.type": outcome,
  };
}

/** The same of one kind of tokens. */
export function tokenAttributes({ provider, model }: Attempt, type: "input" | "output"): Attributes {
  return {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": provider,
    "gen_ai.request.model": model,
    "gen_ai.token.type": type,
  };
}

/** What the span of an upstream call says besides. */
export function attemptAttributes(attempt: Attempt, asked: EventMap["request"]): Attributes {
  const { usage, ttftMs, costUsd } = attempt;
  const attributes: Attributes = {
    "gen_ai.request.stream": attempt.streamed,
    "gen_ai.request.temperature": asked.temperature,
    "gen_ai.request.top_p": asked.topP,
    "gen_ai.request.max_tokens": asked.maxTokens,
    "gen_ai.conversation.id": asked.conversationId,
    "gen_ai.response.id": attempt.responseId,
    "gen_ai.response.model": attempt.responseModel,
    "gen_ai.response.finish_reasons": attempt.finishReason && [attempt.finishReason],
    "gen_ai.response.time_to_first_chunk": ttftMs === null ? undefined : ttftMs / 1_000,
    "gen_ai.usage.input_tokens": usage?.prompt_tokens,
    "gen_ai.usage.output_tokens": usage?.completion_tokens,
    "gen_ai.usage.cache_read.input_tokens": usage?.prompt_tokens_details?.cached_tokens,
    "gen_ai.usage.reasoning.output_tokens": usage?.completion_tokens_details?.reasoning_tokens,
    "signalbox.attempt.number": attempt.number,
    "signalbox.attempt.role": attempt.role,
    "signalbox.cost_usd": costUsd ?? undefined,
  };
  if (attempt.outcome === "success") return attributes;
  attributes["http.response.status_code"] = attempt.status;
  attributes["signalbox.error.detail"] = attempt.detail;
  attributes["signalbox.error.vendor_code"] = attempt.vendorCode;
  return attributes;
}

/**
 * What the span of a request says. Tokens and dollars of the calls stand on the calls alone: summing a trace must not
 * count them twice.
 */
export function requestAttributes(record: RequestRecord): Attributes {
  const { provider, model, kind, degraded, outcome } = record;
  const attributes: Attributes = {
    "signalbox.outcome": outcome,
    "signalbox.strategy": record.strategy,
    "signalbox.provider": provider ?? undefined,
    "signalbox.model": model ?? undefined,
    "signalbox.kind": kind ?? undefined,
    "signalbox.cache.status": record.cache,
    "signalbox.attempts": record.attempts.length,
    "signalbox.saved_usd": record.savedUsd,
  };
  if (degraded.length > 0) attributes["signalbox.degraded"] = [...degraded];
  if (outcome === "ok") return attributes;
  attributes["error.type"] = outcome;
  attributes["signalbox.error.detail"] = record.detail;
  return attributes;
}
