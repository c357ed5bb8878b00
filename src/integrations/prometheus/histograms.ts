import type { Metric, Registry } from "prom-client";
import type { Attempt, RequestRecord } from "../../contract/records.js";
import { batchedHistogram } from "./batched-histogram.js";
import { type CandidateLabels, seconds } from "./labels.js";

/** Seconds: a first token, an answer. */
const ANSWER_BUCKETS = [0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 20, 40, 80, 160, 320];
/** Seconds: what a router adds to a call is counted in microseconds. */
const OWN_BUCKETS = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25];

const NO_LABELS = {};

export interface Histograms {
  readonly metrics: readonly Metric[];
  attempt(attempt: Attempt): void;
  done(record: RequestRecord): void;
}

export function createHistograms(
  register: Registry,
  prefix: string,
  labelsOf: (candidate: string) => CandidateLabels,
): Histograms {
  const registers = [register];
  const firstToken = batchedHistogram({
    name: `${prefix}first_token_seconds`,
    help: "From the start of an upstream call to its first content, of calls that succeeded.",
    labelNames: ["provider", "model"],
    buckets: ANSWER_BUCKETS,
    registers,
  });
  const request = batchedHistogram({
    name: `${prefix}request_seconds`,
    help: "From a request to its end: waits, retries, fallbacks and cache included.",
    labelNames: ["outcome", "cache"],
    buckets: ANSWER_BUCKETS,
    registers,
  });
  const own = batchedHistogram({
    name: `${prefix}overhead_seconds`,
    help: "What the router itself took, of requests with one upstream call: the request less its call.",
    buckets: OWN_BUCKETS,
    registers,
  });

  return {
    metrics: [firstToken.metric, request.metric, own.metric],
    attempt({ candidate, outcome, ttftMs }) {
      if (outcome === "success" && ttftMs !== null) firstToken.observe(labelsOf(candidate), seconds(ttftMs));
    },
    done({ outcome, cache, latencyMs, attempts }) {
      const ended = outcome === "ok" || outcome === "cancelled" ? outcome : "error";
      request.observe({ outcome: ended, cache }, seconds(latencyMs));
      // With several calls the rest is waiting between them, which is no overhead.
      const [only] = attempts;
      if (attempts.length === 1 && only && outcome === "ok")
        own.observe(NO_LABELS, seconds(Math.max(0, latencyMs - only.latencyMs)));
    },
  };
}
