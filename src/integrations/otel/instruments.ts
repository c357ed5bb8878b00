import { createNoopMeter, type Meter } from "@opentelemetry/api";
import type { EventMap } from "../../contract/events.js";
import type { Attempt, RequestRecord } from "../../contract/records.js";
import { callAttributes, tokenAttributes } from "./attributes.js";
import * as names from "./names.js";

/** Writes the metrics; `undefined` where nobody collects any. */
export interface Instruments {
  attempt(attempt: Attempt): void;
  done(record: RequestRecord): void;
  breaker(event: EventMap["breaker"]): void;
}

export function createInstruments(meter: Meter): Instruments | undefined {
  // Without an SDK every meter is this one, and building attributes for it would be all there is to pay.
  if (meter === createNoopMeter()) return undefined;
  const seconds = { unit: "s", advice: { explicitBucketBoundaries: names.SECONDS } };
  const tokenBuckets = { unit: "{token}", advice: { explicitBucketBoundaries: names.TOKENS } };
  const duration = meter.createHistogram(names.METRIC_DURATION, {
    ...seconds,
    description: "GenAI operation duration.",
  });
  const tokens = meter.createHistogram(names.METRIC_TOKENS, {
    ...tokenBuckets,
    description: "Number of input and output tokens used.",
  });
  const firstChunk = meter.createHistogram(names.METRIC_FIRST_CHUNK, {
    ...seconds,
    description: "Time to receive the first chunk of a streamed answer.",
  });
  const requests = meter.createHistogram("signalbox.request.duration", {
    ...seconds,
    description: "A request from its call to its end: retries, fallbacks and cache included.",
  });
  const cost = meter.createCounter("signalbox.cost", { unit: "{USD}", description: "Dollars for upstream calls." });
  const saved = meter.createCounter("signalbox.saved", {
    unit: "{USD}",
    description: "Dollars not spent: cache hits.",
  });
  const breakers = meter.createCounter("signalbox.breaker.changes", {
    unit: "{change}",
    description: "Changes of a circuit breaker's state.",
  });

  return {
    attempt(attempt) {
      const attributes = callAttributes(attempt);
      duration.record(attempt.latencyMs / 1_000, attributes);
      if (attempt.streamed && attempt.ttftMs !== null) firstChunk.record(attempt.ttftMs / 1_000, attributes);
      const { usage } = attempt;
      // Estimates are ours, not billed tokens: the conventions want billed ones or none.
      if (usage && !usage.estimated) {
        tokens.record(usage.prompt_tokens, tokenAttributes(attempt, "input"));
        tokens.record(usage.completion_tokens, tokenAttributes(attempt, "output"));
      }
      if (attempt.costUsd) cost.add(attempt.costUsd, attributes);
    },
    done(record) {
      requests.record(record.latencyMs / 1_000, {
        "signalbox.outcome": record.outcome,
        "signalbox.strategy": record.strategy,
        "signalbox.cache.status": record.cache,
      });
      if (record.savedUsd > 0) saved.add(record.savedUsd);
    },
    breaker({ candidate, from, to }) {
      breakers.add(1, { "signalbox.candidate": candidate, "signalbox.breaker.from": from, "signalbox.breaker.to": to });
    },
  };
}
