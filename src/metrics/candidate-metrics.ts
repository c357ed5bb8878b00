import type { SharedCounts } from "../contract/shared-state.js";
import type { Clock } from "../core/clock.js";
import { DecayedMean, decayFactor } from "../core/decay.js";
import { QuantileSketch } from "../core/quantiles.js";
import { Horizons, RECENT_HALF_LIFE_MS } from "./horizons.js";
import { KindMetrics } from "./kind-metrics.js";
import type { CandidateMetrics, KindReading, MetricName, MetricsPrior, Sample } from "./types.js";
import { wilsonLower } from "./wilson.js";

export type { CandidateMetrics, KindReading, MetricName, MetricsPrior, Sample } from "./types.js";

export function createCandidateMetrics(deps: { readonly clock: Clock }, prior: MetricsPrior): CandidateMetrics {
  return new Metrics(deps.clock, prior);
}

/** Kinds told apart; later ones share `"other"`. */
const MAX_KINDS = 16;
const OTHER = "other";
/** How many samples a declared time or speed counts as. */
const PRIOR_WEIGHT = 0.5;
/** How many calls the declared success rate counts as. */
const SUCCESS_PRIOR = 2;
const QUANTILE_HALF_LIFE_MS = 600_000;
/** Answers shorter than this say nothing about speed. */
const MIN_RATE_TOKENS = 4;
/** Numbers age at most once in this many milliseconds. */
const REREAD_MS = 1_000;

const SUCCESS = 0;
const TTFT = 1;
const MS_PER_TOKEN = 2;
const LATENCY = 3;
const COST = 4;
const CACHED = 5;
const OUTPUT = 6;
const QUANTITIES = 7;

class Metrics implements CandidateMetrics {
  readonly #clock: Clock;
  readonly #prior: MetricsPrior;
  readonly #means = new Horizons(QUANTITIES);
  readonly #recent = new DecayedMean();
  /** Counted here, and not yet asked for by {@link untold}. */
  #untold = noCounts();
  readonly #ttftQuantiles = new QuantileSketch({ halfLifeMs: QUANTILE_HALF_LIFE_MS });
  readonly #totalQuantiles = new QuantileSketch({ halfLifeMs: QUANTILE_HALF_LIFE_MS });
  readonly #outputQuantiles = new QuantileSketch({ halfLifeMs: QUANTILE_HALF_LIFE_MS });
  readonly #kinds = new Map<string, KindMetrics>();
  /** When the sums were last decayed. */
  #atMs = Number.NEGATIVE_INFINITY;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #readVersion = -1;
  // What was last worked out.
  #ttft = 0;
  #rate = 0;
  #latency = 0;
  #success = 0;
  #lower = 0;
  #recently = 0;
  #cached = 0;
  #output = 0;
  #samples = 0;
  #cost = 0;
  version = 0;
  inFlight = 0;
  /** When the calls in flight began, added up. */
  #startedSumMs = 0;
  attempts = 0;
  lastSettledAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, prior: MetricsPrior) {
    this.#clock = clock;
    this.#prior = prior;
  }

  start(nowMs: number): void {
    this.inFlight++;
    this.#startedSumMs += nowMs;
  }

  outstandingMs(nowMs: number): number {
    return this.inFlight === 0 ? 0 : Math.max(0, nowMs - this.#startedSumMs / this.inFlight);
  }

  settle(sample: Sample, nowMs: number): void {
    if (this.inFlight > 0) this.inFlight--;
    this.#startedSumMs = this.inFlight === 0 ? 0 : this.#startedSumMs - (nowMs - sample.latencyMs);
    if (!sample.counted) return;
    this.#decayTo(nowMs);
    this.version++;
    this.attempts++;
    this.lastSettledAtMs = nowMs;
    const { ok } = sample;
    this.#means.add(SUCCESS, ok ? 1 : 0);
    this.#recent.add(ok ? 1 : 0);
    if (ok) this.#untold.successes++;
    else this.#untold.failures++;
    const kind = sample.kind === undefined ? undefined : this.#kind(sample.kind);
    kind?.settled(ok, nowMs);
    // A failure teaches nothing about speed: one that comes after 10 ms would look fast.
    if (ok) this.#learn(sample, kind, nowMs);
  }

  #learn(
    { ttftMs, latencyMs, outputTokens, costUsd, cachedShare }: Sample,
    kind: KindMetrics | undefined,
    nowMs: number,
  ) {
    const means = this.#means;
    const untold = this.#untold;
    if (ttftMs !== null && ttftMs >= 0) {
      means.add(TTFT, ttftMs);
      untold.firstTokens++;
      untold.firstTokenMs += ttftMs;
      this.#ttftQuantiles.add(ttftMs, nowMs);
      kind?.ttft(ttftMs);
    }
    if (latencyMs >= 0) {
      means.add(LATENCY, latencyMs);
      untold.latencyMs += latencyMs;
      this.#totalQuantiles.add(latencyMs, nowMs);
      // Time spent writing. Where nobody saw the first token (an answer in one piece), it is taken to have come when it
      // usually does, so that first token plus writing still adds up to the whole.
      const writingMs = latencyMs - (ttftMs ?? Math.min(this.#ttft || this.#prior.ttftMs, latencyMs / 2));
      if (outputTokens >= MIN_RATE_TOKENS && writingMs > 0) {
        // Slowness adds up, speed does not: the mean is of milliseconds per token.
        means.add(MS_PER_TOKEN, writingMs / outputTokens);
        untold.paced++;
        untold.msPerToken += writingMs / outputTokens;
        kind?.rate(writingMs / outputTokens);
      }
    }
    if (outputTokens >= 0) {
      means.add(OUTPUT, outputTokens);
      untold.outputTokens += outputTokens;
      this.#outputQuantiles.add(outputTokens, nowMs);
      kind?.output(outputTokens);
    }
    if (costUsd !== null) {
      means.add(COST, costUsd);
      untold.priced++;
      untold.costUsd += costUsd;
    }
    if (cachedShare !== undefined) means.add(CACHED, cachedShare);
  }

  #decayTo(nowMs: number): void {
    const elapsedMs = nowMs - this.#atMs;
    if (elapsedMs <= 0) return;
    this.#atMs = nowMs;
    this.#means.decay(elapsedMs);
    this.#recent.decay(decayFactor(elapsedMs, RECENT_HALF_LIFE_MS));
  }

  refresh(nowMs: number): void {
    if (this.#readVersion !== this.version || nowMs - this.#readAtMs >= REREAD_MS) this.#compute(nowMs);
  }

  #fresh(): void {
    if (this.#readVersion !== this.version) this.#compute(this.#clock.now());
  }

  #compute(nowMs: number): void {
    this.#readVersion = this.version;
    this.#readAtMs = nowMs;
    this.#decayTo(nowMs);
    const means = this.#means;
    const { ttftMs, tokensPerSecond, successRate } = this.#prior;
    this.#ttft = means.mean(TTFT, ttftMs, PRIOR_WEIGHT);
    this.#rate = 1_000 / means.mean(MS_PER_TOKEN, 1_000 / tokensPerSecond, PRIOR_WEIGHT);
    this.#latency = means.mean(LATENCY, ttftMs, PRIOR_WEIGHT);
    this.#success = means.mean(SUCCESS, successRate, SUCCESS_PRIOR);
    this.#samples = means.weight(SUCCESS);
    this.#recently = this.#recent.shrunk(this.#success, 1);
    this.#lower = wilsonLower(this.#success, this.#samples + 1);
    this.#cached = means.mean(CACHED, 0, 0);
    this.#output = means.mean(OUTPUT, 0, 0);
    this.#cost = means.weight(COST) > 0 ? means.mean(COST, 0, 0) : Number.NaN;
  }

  get ttftMs(): number {
    this.#fresh();
    return this.#ttft;
  }
  get tokensPerSecond(): number {
    this.#fresh();
    return this.#rate;
  }
  get latencyMs(): number {
    this.#fresh();
    return this.#latency;
  }
  get successRate(): number {
    this.#fresh();
    return this.#success;
  }
  get successLowerBound(): number {
    this.#fresh();
    return this.#lower;
  }
  get recentSuccessRate(): number {
    this.#fresh();
    return this.#recently;
  }
  get cachedShare(): number {
    this.#fresh();
    return this.#cached;
  }
  get outputTokens(): number {
    this.#fresh();
    return this.#output;
  }
  get samples(): number {
    this.#fresh();
    return this.#samples;
  }
  get costUsd(): number | null {
    this.#fresh();
    return Number.isNaN(this.#cost) ? null : this.#cost;
  }

  quantile(p: number, of: MetricName): number {
    return this.#sketch(of).quantile(p);
  }

  #sketch(of: MetricName): QuantileSketch {
    return of === "ttft" ? this.#ttftQuantiles : of === "total" ? this.#totalQuantiles : this.#outputQuantiles;
  }

  #kind(name: string): KindMetrics {
    const key = this.#kinds.has(name) || this.#kinds.size < MAX_KINDS ? name : OTHER;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = new KindMetrics();
      this.#kinds.set(key, kind);
    }
    return kind;
  }

  byKind(name: string): KindReading {
    const { ttftMs, tokensPerSecond, successRate, outputTokens } = this;
    const whole = { ttftMs, tokensPerSecond, successRate, outputTokens, samples: 0 };
    const kind = this.#kinds.get(name) ?? this.#kinds.get(OTHER);
    return kind === undefined ? whole : kind.read(whole, this.#clock.now());
  }

  restartReliability(): void {
    this.#means.clear(SUCCESS);
    this.#recent.clear();
    for (const kind of this.#kinds.values()) kind.restartReliability();
    this.version++;
  }

  untold(): SharedCounts {
    const counts = this.#untold;
    this.#untold = noCounts();
    return counts;
  }

  hear(counts: SharedCounts): void {
    const { successes, failures, latencyMs, outputTokens, firstTokens, firstTokenMs } = counts;
    const nowMs = this.#clock.now();
    this.#decayTo(nowMs);
    const means = this.#means;
    means.addMany(SUCCESS, successes + failures, successes);
    means.addMany(LATENCY, successes, latencyMs);
    means.addMany(OUTPUT, successes, outputTokens);
    means.addMany(TTFT, firstTokens, firstTokenMs);
    means.addMany(MS_PER_TOKEN, counts.paced, counts.msPerToken);
    means.addMany(COST, counts.priced, counts.costUsd);
    this.#recent.addMany(successes + failures, successes);
    this.attempts += Math.round(successes + failures);
    this.lastSettledAtMs = nowMs;
    this.version++;
  }
}

function noCounts(): { -readonly [K in keyof SharedCounts]: number } {
  return {
    requests: 0,
    tokens: 0,
    successes: 0,
    failures: 0,
    latencyMs: 0,
    outputTokens: 0,
    firstTokens: 0,
    firstTokenMs: 0,
    paced: 0,
    msPerToken: 0,
    priced: 0,
    costUsd: 0,
  };
}
