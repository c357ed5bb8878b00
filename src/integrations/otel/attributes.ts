import type { Attributes } from "@opentelemetry/api";
import type { Attempt, RequestRecord } from "../../contract/records.js";
import * as names from "./names.js";

/** What the metrics of an upstream call are split by: few values, all from the configuration or a fixed list. */
export function callAttributes(attempt: Attempt): Attributes {
  const attributes: Attributes = {
    [names.OPERATION_NAME]: "chat",
    [names.PROVIDER_NAME]: attempt.provider,
    [names.REQUEST_MODEL]: attempt.model,
  };
  if (attempt.outcome !== "success") attributes[names.ERROR_TYPE] = attempt.outcome;
  return attributes;
}

/** What the span of an upstream call says. */
export function attemptAttributes(attempt: Attempt): Attributes {
  const { usage } = attempt;
  return {
    ...callAttributes(attempt),
    [names.REQUEST_STREAM]: attempt.streamed,
    [names.TIME_TO_FIRST_CHUNK]: attempt.ttftMs === null ? undefined : attempt.ttftMs / 1_000,
    [names.INPUT_TOKENS]: usage?.prompt_tokens,
    [names.OUTPUT_TOKENS]: usage?.completion_tokens,
    [names.CACHE_READ_TOKENS]: usage?.prompt_tokens_details?.cached_tokens,
    [names.REASONING_TOKENS]: usage?.completion_tokens_details?.reasoning_tokens,
    [names.HTTP_STATUS]: attempt.status,
    "signalbox.attempt.number": attempt.number,
    "signalbox.attempt.role": attempt.role,
    "signalbox.cost_usd": attempt.costUsd ?? undefined,
    "signalbox.error.detail": attempt.detail,
    "signalbox.error.vendor_code": attempt.vendorCode,
  };
}

/**
 * What the span of a request says. Tokens and dollars of the calls stand on the calls alone: summing a trace must not
 * count them twice.
 */
export function requestAttributes(record: RequestRecord): Attributes {
  return {
    "signalbox.outcome": record.outcome,
    "signalbox.strategy": record.strategy,
    "signalbox.provider": record.provider ?? undefined,
    "signalbox.model": record.model ?? undefined,
    "signalbox.kind": record.kind ?? undefined,
    "signalbox.cache.status": record.cache,
    "signalbox.attempts": record.attempts.length,
    "signalbox.saved_usd": record.savedUsd,
    "signalbox.degraded": record.degraded.length > 0 ? [...record.degraded] : undefined,
    "signalbox.error.detail": record.detail,
    [names.ERROR_TYPE]: record.outcome === "ok" ? undefined : record.outcome,
  };
}
