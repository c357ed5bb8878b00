import type { CandidateSnapshot } from "../../../src/contract/strategy.js";
import type { Clock } from "../../../src/core/clock.js";
import { type CandidateMetrics, createCandidateMetrics } from "../../../src/metrics/candidate-metrics.js";
import type { PrefixAffinity } from "../../../src/ranking/prefix-affinity.js";
import { RateBucket } from "../../../src/resilience/rate-bucket.js";
import { expectedCostUsd } from "../../../src/spend/cost.js";
import { BLOCK_TOKENS, type TraceRequest } from "./trace.js";
import type { VendorSpec } from "./vendor.js";

/** Tokens an answer is expected to have before it is asked for. */
export const EXPECTED_OUTPUT = 350;

/** A vendor as strategies see it, over the library's own metrics, affinity and prices. */
export class View implements CandidateSnapshot {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly info: CandidateSnapshot["info"];
  readonly tier: 1 | 2 | 3;
  readonly position: number;
  readonly weight = 1;
  readonly quality = { mean: 0.8, sd: 0, samples: 0 };
  readonly metrics: CandidateMetrics;
  readonly bucket: RateBucket | null;
  request: TraceRequest | undefined;
  readonly #spec: VendorSpec;
  readonly #clock: Clock;
  readonly #affinity: PrefixAffinity | null;

  constructor(spec: VendorSpec, position: number, clock: Clock, affinity: PrefixAffinity | null) {
    this.#spec = spec;
    this.#clock = clock;
    this.#affinity = affinity;
    this.id = `${spec.id}/${spec.model.id}`;
    this.provider = spec.id;
    this.model = spec.model.id;
    this.info = spec.model;
    this.tier = spec.model.tier ?? 2;
    this.position = position;
    this.metrics = createCandidateMetrics({ clock }, { ttftMs: 1_000, tokensPerSecond: 60, successRate: 0.95 });
    this.bucket = Number.isFinite(spec.tpm) ? new RateBucket(spec.tpm, 0) : null;
  }

  get expectedCachedTokens(): number {
    const { request } = this;
    if (this.#affinity === null || request === undefined) return 0;
    const { ttlMs, minTokens } = this.#spec.prefixCache;
    const tokensAt = (boundary: number): number => Math.min((boundary + 1) * BLOCK_TOKENS, request.inputTokens - 1);
    return this.#affinity.expectedCachedTokens(request.blocks, this.id, ttlMs, minTokens, tokensAt);
  }
  get expectedCostUsd(): number {
    return expectedCostUsd(this.info.usdPerMTok, this.request!.inputTokens, this.expectedCachedTokens, EXPECTED_OUTPUT);
  }
  get ttftMs(): number {
    return this.metrics.ttftMs;
  }
  get tokensPerSecond(): number {
    return this.metrics.tokensPerSecond;
  }
  get expectedLatencyMs(): number {
    return this.ttftMs + (EXPECTED_OUTPUT * 1_000) / this.tokensPerSecond;
  }
  get successRate(): number {
    return this.metrics.successRate;
  }
  get successLowerBound(): number {
    return this.metrics.successLowerBound;
  }
  get recentSuccessRate(): number {
    return this.metrics.recentSuccessRate;
  }
  get samples(): number {
    return this.metrics.samples;
  }
  get attempts(): number {
    return this.metrics.attempts;
  }
  get idleMs(): number {
    return this.#clock.now() - this.metrics.lastSettledAtMs;
  }
  get inFlight(): number {
    return this.metrics.inFlight;
  }
  get headroom(): number {
    return this.bucket?.headroom(this.#clock.now()) ?? 1;
  }
}
