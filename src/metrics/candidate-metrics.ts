import type { SharedCounts } from "../contract/shared-state.js";
import type { Clock } from "../core/clock.js";
import { DecayedMean, decayFactor } from "../core/decay.js";
import { QuantileSketch } from "../core/quantiles.js";
import { LengthRatio } from "./answer-lengths.js";
import { Horizons, RECENT_HALF_LIFE_MS } from "./horizons.js";
import { KindMetrics } from "./kind-metrics.js";
import {
  type CandidateMetrics,
  type KindReading,
  type MetricName,
  type MetricsPrior,
  ROW,
  ROW_WIDTH,
  type Sample,
} from "./types.js";
import { wilsonLower } from "./wilson.js";

/** @param row where the numbers are kept, {@link ROW_WIDTH} long: one table for all candidates keeps decisions in the CPU's cache */
export function createCandidateMetrics(
  deps: { readonly clock: Clock },
  prior: MetricsPrior,
  row: Float64Array = new Float64Array(ROW_WIDTH),
): CandidateMetrics {
  return new Metrics(deps.clock, prior, row);
}

/** Kinds told apart; later ones share `"other"`. */
const MAX_KINDS = 16;
const OTHER = "other";
/** How many samples a declared time or speed counts as: little, else who was asked once looks as slow as who was never. */
const PRIOR_WEIGHT = 0.1;
/** How many calls the declared success rate counts as. */
const SUCCESS_PRIOR = 2;
/** Up to so many calls of about the last ten minutes stay evidence, however long others have been asked since. */
const KEPT_EVIDENCE = 3;
const QUANTILE_HALF_LIFE_MS = 600_000;
/** Answers shorter than this say nothing about speed. */
const MIN_RATE_TOKENS = 4;
/** Tokens that a candidate is credited with having written as expected: some answers, since the length of one says little. */
const LENGTH_PRIOR = 2_000;
/** Not heard of for so long, and then this share of the mean time: the vendor has changed. Log-normal noise of 0.5 does so in 2 % of calls. */
const RESTED_MS = 2_000;
const MUCH_FASTER = 1 / 3;
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
  readonly #lengths = new LengthRatio();
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
  readonly row: Float64Array;
  version = 0;
  inFlight = 0;
  /** When the calls in flight began, added up. */
  #startedSumMs = 0;
  attempts = 0;
  /** `attempts` when reliability last started again. */
  #attemptsBefore = 0;
  lastSettledAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, prior: MetricsPrior, row: Float64Array) {
    this.#clock = clock;
    this.#prior = prior;
    this.row = row;
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
    const rested = nowMs - this.lastSettledAtMs >= RESTED_MS;
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
    if (ok && !sample.untimed) this.#learn(sample, kind, nowMs, rested);
  }

  #learn(
    { ttftMs, latencyMs, outputTokens, expectedTokens, costUsd, cachedShare }: Sample,
    kind: KindMetrics | undefined,
    nowMs: number,
    rested: boolean,
  ) {
    const means = this.#means;
    const untold = this.#untold;
    const firstMs = ttftMs ?? this.#firstOf(latencyMs, outputTokens);
    if (firstMs >= 0) {
      if (rested) this.#forgetSlower(TTFT, firstMs);
      means.add(TTFT, firstMs);
      untold.firstTokens++;
      untold.firstTokenMs += firstMs;
      kind?.ttft(firstMs);
    }
    if (ttftMs !== null && ttftMs >= 0) this.#ttftQuantiles.add(ttftMs, nowMs);
    if (latencyMs >= 0) {
      if (rested) this.#forgetSlower(LATENCY, latencyMs);
      means.add(LATENCY, latencyMs);
      untold.latencyMs += latencyMs;
      this.#totalQuantiles.add(latencyMs, nowMs);
      const writingMs = latencyMs - firstMs;
      if (outputTokens >= MIN_RATE_TOKENS && writingMs > 0) {
        if (rested) this.#forgetSlower(MS_PER_TOKEN, writingMs / outputTokens);
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
      if (expectedTokens !== undefined) this.#lengths.add(expectedTokens, outputTokens);
    }
    if (costUsd !== null) {
      means.add(COST, costUsd);
      untold.priced++;
      untold.costUsd += costUsd;
    }
    if (cachedShare !== undefined) means.add(CACHED, cachedShare);
  }

  /**
   * A candidate that nobody asked lately shows a time that its record cannot explain: the record is of another time, and
   * starts again. What is in use needs no such rule, since its next answers come at once; one that is only measured now
   * and then would take some twenty measurements to be believed.
   */
  #forgetSlower(quantity: number, value: number): void {
    const means = this.#means;
    if (means.longWeight(quantity) > 0 && value < means.mean(quantity, 0, 0) * MUCH_FASTER) means.clear(quantity);
  }

  /**
   * The first token's part in an answer that came in one piece, so that nobody saw it: divided as first token and writing
   * usually are. The parts add up to the whole, and of a short answer nearly all of it was waiting for the first token.
   */
  #firstOf(latencyMs: number, outputTokens: number): number {
    const ttftMs = this.row[ROW.ttftMs] || this.#prior.ttftMs;
    const tokensPerSecond = this.row[ROW.tokensPerSecond] || this.#prior.tokensPerSecond;
    return (latencyMs * ttftMs) / (ttftMs + (Math.max(0, outputTokens) * 1_000) / tokensPerSecond);
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

  #compute(nowMs: number): void {
    this.#readVersion = this.version;
    this.#readAtMs = nowMs;
    this.#decayTo(nowMs);
    const means = this.#means;
    const { row } = this;
    const { ttftMs, tokensPerSecond, successRate } = this.#prior;
    const success = means.mean(SUCCESS, successRate, SUCCESS_PRIOR);
    const samples = means.weight(SUCCESS);
    row[ROW.ttftMs] = means.mean(TTFT, ttftMs, PRIOR_WEIGHT);
    row[ROW.tokensPerSecond] = 1_000 / means.mean(MS_PER_TOKEN, 1_000 / tokensPerSecond, PRIOR_WEIGHT);
    row[ROW.latencyMs] = means.mean(LATENCY, ttftMs, PRIOR_WEIGHT);
    row[ROW.successRate] = success;
    row[ROW.samples] = samples;
    row[ROW.recentSuccessRate] = this.#recent.shrunk(success, 1);
    const kept = Math.max(samples, Math.min(KEPT_EVIDENCE, Math.round(means.longWeight(SUCCESS))));
    row[ROW.successLowerBound] = wilsonLower(success, kept + 1);
    row[ROW.cachedShare] = means.mean(CACHED, 0, 0);
    row[ROW.outputTokens] = means.mean(OUTPUT, 0, 0);
    row[ROW.lengthRatio] = this.#lengths.value(LENGTH_PRIOR);
    row[ROW.costUsd] = means.weight(COST) > 0 ? means.mean(COST, 0, 0) : Number.NaN;
  }

  #read(at: number): number {
    if (this.#readVersion !== this.version) this.#compute(this.#clock.now());
    return this.row[at] as number;
  }

  get ttftMs(): number {
    return this.#read(ROW.ttftMs);
  }
  get tokensPerSecond(): number {
    return this.#read(ROW.tokensPerSecond);
  }
  get latencyMs(): number {
    return this.#read(ROW.latencyMs);
  }
  get successRate(): number {
    return this.#read(ROW.successRate);
  }
  get successLowerBound(): number {
    return this.#read(ROW.successLowerBound);
  }
  get recentSuccessRate(): number {
    return this.#read(ROW.recentSuccessRate);
  }
  get cachedShare(): number {
    return this.#read(ROW.cachedShare);
  }
  get outputTokens(): number {
    return this.#read(ROW.outputTokens);
  }
  get samples(): number {
    return this.#read(ROW.samples);
  }
  get costUsd(): number | null {
    const usd = this.#read(ROW.costUsd);
    return Number.isNaN(usd) ? null : usd;
  }

  get tries(): number {
    return this.attempts - this.#attemptsBefore;
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

  kinds(): readonly string[] {
    return [...this.#kinds.keys()];
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
    this.#attemptsBefore = this.attempts;
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

/** Nothing counted yet. */
export function noCounts(): { -readonly [K in keyof SharedCounts]: number } {
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
