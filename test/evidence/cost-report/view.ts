import type { Clock } from "../../../src/core/clock.js";
import { expectedCostUsd } from "../../../src/pricing/cost.js";
import { RateBucket } from "../../../src/resilience/rate-bucket.js";
import type { PrefixAffinity } from "../../../src/strategies/prefix-affinity.js";
import { MeasuredView } from "../measured-view.js";
import { BLOCK_TOKENS, type TraceRequest } from "./trace.js";
import type { VendorSpec } from "./vendor.js";

/** Tokens an answer is expected to have before it is asked for. */
export const EXPECTED_OUTPUT = 350;

/** A vendor as strategies see it, over the library's own metrics, affinity and prices. */
export class View extends MeasuredView {
  readonly bucket: RateBucket | null;
  request: TraceRequest | undefined;
  readonly #spec: VendorSpec;
  readonly #affinity: PrefixAffinity | null;

  constructor(spec: VendorSpec, position: number, clock: Clock, affinity: PrefixAffinity | null) {
    super(spec.id, spec.model, position, EXPECTED_OUTPUT, clock);
    this.#spec = spec;
    this.#affinity = affinity;
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
  get headroom(): number {
    return this.bucket?.headroom(this.clock.now()) ?? 1;
  }
}
