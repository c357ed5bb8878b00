import type { CandidateSnapshot } from "../../src/contract/strategy.js";
import type { Clock } from "../../src/core/clock.js";
import { createCandidateMetrics } from "../../src/metrics/candidate-metrics.js";
import type { CandidateMetrics } from "../../src/metrics/types.js";

/** What the router declares of a candidate before it was measured. */
const PRIOR = { ttftMs: 1_000, tokensPerSecond: 60, successRate: 0.95 };

/** A candidate as strategies see it in a simulation: the library's own metrics; price and limits are the simulation's. */
export abstract class MeasuredView implements CandidateSnapshot {
  readonly id: string;
  readonly model: string;
  readonly tier: 1 | 2 | 3;
  /** Nobody rates answers here: all models are taken to be equally good. */
  readonly quality = { mean: 0.8, sd: 0, samples: 0 };
  readonly metrics: CandidateMetrics;
  abstract readonly expectedCachedTokens: number;
  abstract readonly expectedCostUsd: number;
  abstract readonly headroom: number;

  constructor(
    readonly provider: string,
    readonly info: CandidateSnapshot["info"],
    readonly position: number,
    /** Tokens that an answer is expected to have before it is asked for. */
    readonly expectedOutput: number,
    readonly clock: Clock,
  ) {
    this.id = `${provider}/${info.id}`;
    this.model = info.id;
    this.tier = info.tier ?? 2;
    this.metrics = createCandidateMetrics({ clock }, PRIOR);
  }

  get ttftMs(): number {
    return this.metrics.ttftMs;
  }
  get tokensPerSecond(): number {
    return this.metrics.tokensPerSecond;
  }
  get expectedLatencyMs(): number {
    return this.ttftMs + (this.expectedOutput * 1_000) / this.tokensPerSecond;
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
  get tries(): number {
    return this.metrics.tries;
  }
  get idleMs(): number {
    return this.clock.now() - this.metrics.lastSettledAtMs;
  }
  get inFlight(): number {
    return this.metrics.inFlight;
  }
  get outstandingMs(): number {
    return this.metrics.outstandingMs(this.clock.now());
  }
}
