import type { Clock } from "../core/clock.js";
import { DecayedMean } from "../core/decay.js";
import { QuantileSketch, type QuantileState } from "../core/quantiles.js";
import { Factors, TwoHorizonMean } from "./horizon.js";
import { KindMetrics, type KindReading } from "./kind-metrics.js";

export type { KindReading } from "./kind-metrics.js";

/** What was declared before anything was measured. */
export interface MetricsPrior {
  readonly ttftMs: number;
  readonly tokensPerSecond: number;
  readonly successRate: number;
}

/** One upstream call, ended. Cache hits are no calls and never come here. */
export interface Sample {
  readonly ok: boolean;
  /** `false` where the call says nothing about the candidate: cancelled, a hedge's loser, a caller's mistake. */
  readonly counted: boolean;
  readonly ttftMs: number | null;
  readonly latencyMs: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
  /** Share of the prompt that the vendor read from its prefix cache, 0..1. */
  readonly cachedShare?: number | undefined;
  readonly kind?: string | undefined;
}

/** For another process, or the next run. Plain JSON. */
export interface MetricsState {
  readonly attempts: number;
  readonly success: readonly [number, number, number, number];
  readonly recent: readonly [number, number];
  readonly ttft: readonly [number, number, number, number];
  readonly rate: readonly [number, number, number, number];
  readonly latency: readonly [number, number, number, number];
  readonly cost: readonly [number, number, number, number];
  readonly cached: readonly [number, number, number, number];
  readonly ttftQuantiles: QuantileState;
  readonly totalQuantiles: QuantileState;
  readonly outputQuantiles: QuantileState;
}

/** Which distribution a quantile is read from: first token ms, whole answer ms, tokens written. */
export type MetricName = "ttft" | "total" | "output";

/**
 * What one candidate has shown so far, time-decayed. Only successes teach times and rates: a failure is never counted as
 * fast. Numbers are worked out anew when a call has settled or `refresh` finds that a second has passed.
 */
export interface CandidateMetrics {
  /** Calls under way. */
  readonly inFlight: number;
  start(nowMs: number): void;
  settle(sample: Sample, nowMs: number): void;
  /** Once per decision: lets numbers age with the clock, at most once a second. */
  refresh(nowMs: number): void;
  /** Grows with each settled call. */
  readonly version: number;
  readonly ttftMs: number;
  readonly tokensPerSecond: number;
  /** Mean time to the whole answer, milliseconds. */
  readonly latencyMs: number;
  readonly successRate: number;
  /** Lower end of the 95 % Wilson interval of the success rate. */
  readonly successLowerBound: number;
  readonly recentSuccessRate: number;
  /** Mean dollars per answered call, `null` where none was priced. */
  readonly costUsd: number | null;
  readonly cachedShare: number;
  /** Mean tokens written per answer; 0 before the first. */
  readonly outputTokens: number;
  /** Calls behind the success rate, decayed. */
  readonly samples: number;
  /** Calls that counted, undecayed. */
  readonly attempts: number;
  /** `-Infinity` before the first. */
  readonly lastSettledAtMs: number;
  /** The `p`-quantile over about the last ten minutes, `NaN` where nothing was measured. */
  quantile(p: number, of: MetricName): number;
  /** The same quantities for one kind of request, shrunk towards the whole. */
  byKind(kind: string): KindReading;
  /** The line is back: reliability starts again at its prior. Times stay. */
  restartReliability(): void;
  exportState(): MetricsState;
  /** Adds what another process saw. */
  merge(state: MetricsState): void;
}

export function createCandidateMetrics(deps: { readonly clock: Clock }, prior: MetricsPrior): CandidateMetrics {
  return new Metrics(deps.clock, prior);
}

/** Kinds told apart; later ones share `"other"`. */
const MAX_KINDS = 16;
const OTHER = "other";
/** How many calls the declared success rate counts as, beside the long memory and in the reading of the last seconds. */
const SUCCESS_PRIOR = 2;
const QUANTILE_HALF_LIFE_MS = 600_000;
/** Streams that write less than this say nothing about speed. */
const MIN_RATE_TOKENS = 4;
const REREAD_MS = 1_000;
const Z = 1.96;

/** The numbers as last worked out. */
interface Readings {
  ttft: number;
  rate: number;
  latency: number;
  success: number;
  lower: number;
  recent: number;
  cached: number;
  output: number;
  samples: number;
}

class Metrics implements CandidateMetrics {
  readonly #clock: Clock;
  readonly #prior: MetricsPrior;
  readonly #factors = new Factors();
  readonly #success = new TwoHorizonMean();
  readonly #recent = new DecayedMean();
  readonly #ttft = new TwoHorizonMean();
  readonly #rate = new TwoHorizonMean();
  readonly #latency = new TwoHorizonMean();
  readonly #cost = new TwoHorizonMean();
  readonly #cached = new TwoHorizonMean();
  readonly #output = new TwoHorizonMean();
  readonly #ttftQuantiles = new QuantileSketch({ halfLifeMs: QUANTILE_HALF_LIFE_MS });
  readonly #totalQuantiles = new QuantileSketch({ halfLifeMs: QUANTILE_HALF_LIFE_MS });
  readonly #outputQuantiles = new QuantileSketch({ halfLifeMs: QUANTILE_HALF_LIFE_MS });
  readonly #kinds = new Map<string, KindMetrics>();
  /** When the sums were last decayed. */
  #atMs = Number.NEGATIVE_INFINITY;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #readVersion = -1;
  version = 0;
  inFlight = 0;
  attempts = 0;
  lastSettledAtMs = Number.NEGATIVE_INFINITY;
  readonly #read: Readings = {
    ttft: 0,
    rate: 0,
    latency: 0,
    success: 0,
    lower: 0,
    recent: 0,
    cached: 0,
    output: 0,
    samples: 0,
  };
  #costRead: number | null = null;

  constructor(clock: Clock, prior: MetricsPrior) {
    this.#clock = clock;
    this.#prior = prior;
  }

  start(_nowMs: number): void {
    this.inFlight++;
  }

  settle(sample: Sample, nowMs: number): void {
    if (this.inFlight > 0) this.inFlight--;
    if (!sample.counted) return;
    this.#decayTo(nowMs);
    this.version++;
    this.attempts++;
    this.lastSettledAtMs = nowMs;
    this.#success.add(sample.ok ? 1 : 0);
    this.#recent.add(sample.ok ? 1 : 0);
    const kind = sample.kind === undefined ? undefined : this.#kind(sample.kind);
    kind?.settled(sample.ok, nowMs);
    if (sample.ok) this.#learn(sample, kind, nowMs);
  }

  #learn(sample: Sample, kind: KindMetrics | undefined, nowMs: number): void {
    const { ttftMs, latencyMs, outputTokens, costUsd } = sample;
    if (ttftMs !== null && ttftMs >= 0) {
      this.#ttft.add(ttftMs);
      this.#ttftQuantiles.add(ttftMs, nowMs);
      kind?.ttft(ttftMs);
    }
    if (latencyMs >= 0) {
      this.#latency.add(latencyMs);
      this.#totalQuantiles.add(latencyMs, nowMs);
      // Time spent writing, where the first token is known; else the whole time, which understates the speed.
      const writingMs = latencyMs - (ttftMs ?? 0);
      if (outputTokens >= MIN_RATE_TOKENS && writingMs > 0) {
        // Slowness adds up, speed does not: the mean is of milliseconds per token.
        this.#rate.add(writingMs / outputTokens);
        kind?.rate(writingMs / outputTokens);
      }
    }
    if (outputTokens >= 0) {
      this.#output.add(outputTokens);
      this.#outputQuantiles.add(outputTokens, nowMs);
      kind?.output(outputTokens);
    }
    if (costUsd !== null) this.#cost.add(costUsd);
    if (sample.cachedShare !== undefined) this.#cached.add(sample.cachedShare);
  }

  #decayTo(nowMs: number): void {
    if (nowMs <= this.#atMs) return;
    const factors = this.#factors;
    factors.set(nowMs - this.#atMs);
    this.#atMs = nowMs;
    this.#recent.decay(factors.recent);
    const { usual, long } = factors;
    this.#success.decay(usual, long);
    this.#ttft.decay(usual, long);
    this.#rate.decay(usual, long);
    this.#latency.decay(usual, long);
    this.#cost.decay(usual, long);
    this.#cached.decay(usual, long);
    this.#output.decay(usual, long);
  }

  refresh(nowMs: number): void {
    if (this.#readVersion !== this.version || nowMs - this.#readAtMs >= REREAD_MS) this.#compute(nowMs);
  }

  #fresh(): Readings {
    if (this.#readVersion !== this.version) this.#compute(this.#clock.now());
    return this.#read;
  }

  #compute(nowMs: number): void {
    this.#readVersion = this.version;
    this.#readAtMs = nowMs;
    this.#decayTo(nowMs);
    const prior = this.#prior;
    const read = this.#read;
    read.ttft = this.#ttft.read(prior.ttftMs);
    read.rate = 1_000 / this.#rate.read(1_000 / prior.tokensPerSecond);
    read.latency = this.#latency.read(prior.ttftMs);
    read.success = this.#success.read(prior.successRate, 1, 1, SUCCESS_PRIOR);
    read.recent = this.#recent.shrunk(read.success, 1);
    read.cached = this.#cached.read(0);
    read.output = this.#output.read(0, 1, 1, 0);
    read.samples = this.#success.weight();
    read.lower = wilsonLower(read.success, read.samples + 1);
    this.#costRead = this.#cost.weight() > 0 ? this.#cost.read(0, 1, 1, 0) : null;
  }

  get ttftMs(): number {
    return this.#fresh().ttft;
  }
  get tokensPerSecond(): number {
    return this.#fresh().rate;
  }
  get latencyMs(): number {
    return this.#fresh().latency;
  }
  get successRate(): number {
    return this.#fresh().success;
  }
  get successLowerBound(): number {
    return this.#fresh().lower;
  }
  get recentSuccessRate(): number {
    return this.#fresh().recent;
  }
  get cachedShare(): number {
    return this.#fresh().cached;
  }
  get outputTokens(): number {
    return this.#fresh().output;
  }
  get samples(): number {
    return this.#fresh().samples;
  }
  get costUsd(): number | null {
    this.#fresh();
    return this.#costRead;
  }

  quantile(p: number, of: MetricName): number {
    if (of === "ttft") return this.#ttftQuantiles.quantile(p);
    return of === "total" ? this.#totalQuantiles.quantile(p) : this.#outputQuantiles.quantile(p);
  }

  #kind(name: string): KindMetrics {
    let kind = this.#kinds.get(name);
    if (kind !== undefined) return kind;
    const key = this.#kinds.size < MAX_KINDS ? name : OTHER;
    kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = new KindMetrics();
      this.#kinds.set(key, kind);
    }
    return kind;
  }

  byKind(name: string): KindReading {
    const whole = this.#fresh();
    const kind = this.#kinds.get(name) ?? this.#kinds.get(OTHER);
    const { ttft: ttftMs, rate: tokensPerSecond, success: successRate, output: outputTokens } = whole;
    const reading = { ttftMs, tokensPerSecond, successRate, outputTokens, samples: 0 };
    return kind === undefined ? reading : kind.read(reading, this.#clock.now());
  }

  restartReliability(): void {
    this.#success.clear();
    this.#recent.clear();
    for (const kind of this.#kinds.values()) kind.restartReliability();
    this.version++;
  }

  exportState(): MetricsState {
    return {
      attempts: this.attempts,
      success: this.#success.state(),
      recent: this.#recent.state(),
      ttft: this.#ttft.state(),
      rate: this.#rate.state(),
      latency: this.#latency.state(),
      cost: this.#cost.state(),
      cached: this.#cached.state(),
      ttftQuantiles: this.#ttftQuantiles.state(),
      totalQuantiles: this.#totalQuantiles.state(),
      outputQuantiles: this.#outputQuantiles.state(),
    };
  }

  merge(state: MetricsState): void {
    this.attempts += state.attempts;
    this.#success.merge(state.success);
    this.#recent.merge(state.recent);
    this.#ttft.merge(state.ttft);
    this.#rate.merge(state.rate);
    this.#latency.merge(state.latency);
    this.#cost.merge(state.cost);
    this.#cached.merge(state.cached);
    this.#ttftQuantiles.merge(state.ttftQuantiles);
    this.#totalQuantiles.merge(state.totalQuantiles);
    this.#outputQuantiles.merge(state.outputQuantiles);
    this.version++;
  }
}

/** Lower end of the Wilson score interval (Wilson 1927) for a share `p` seen over `n` calls. */
export function wilsonLower(p: number, n: number): number {
  if (!(n > 0)) return 0;
  const z2 = Z * Z;
  const centre = p + z2 / (2 * n);
  const spread = Z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return Math.max(0, (centre - spread) / (1 + z2 / n));
}
