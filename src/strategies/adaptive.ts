import type { CandidateSnapshot, Level, Strategy, StrategyContext } from "../contract/strategy.js";
import { checkNames } from "../errors/check-options.js";
import { checkNumber } from "./check-option.js";
import { fairRecentRate, fairSuccessRate } from "./evidence.js";
import { Explorer, mayExplore } from "./exploration.js";
import { dollars, millis, percent } from "./format.js";
import { currentLatencyMs, loadOf } from "./load.js";
import { Office } from "./office.js";

/** Settings of {@link adaptive}. */
export interface AdaptiveOptions {
  /** 0: cost and speed count most; 1: only the quality of answers, and that they come at all. @default 0.5 */
  readonly quality?: number | undefined;
  /**
   * What one good answer is worth, in dollars. With it, price enters as it is (an answer of quality 0.8 at this value
   * must cost less than 0.8 of it) instead of by doublings, and `quality` only weighs speed.
   * @default unknown
   */
  readonly answerValueUsd?: number | undefined;
  /**
   * Holds the share (0..1) of calls that go to models of at least `tier` (default 3), and gives them to the requests
   * that gain most; price does not enter then.
   * @default none
   */
  readonly quota?: { readonly share: number; readonly tier?: 1 | 2 | 3 | undefined } | undefined;
}

/** How many points of quality (0..1) a doubling of price, or of time, must buy at the knob's middle. */
export const POINTS_PER_DOUBLING = 0.03;

/** What the model in use is let off: a tenth of price or time. */
const HELD_POINTS = POINTS_PER_DOUBLING * 0.14;

/** An answer that is waited for as long as this has lost half of what lateness can take from it: its time may run out. */
const LATE_MS = 60_000;
const MOST_LOST = 0.5;
/** Calls in flight that double the expected wait, as far as being late goes. */
const IN_FLIGHT_SCALE = 20;

/** Of the spread that drift and the kinds of requests add to an estimate for ever, a third is drawn with. */
const THOMPSON_SCALE = 0.3;

/** Ratings that the prior of a candidate weighs. */
const PRIOR_RATINGS = 10;

/** Spreads above its estimate at which a candidate's quality is still plausible. */
const PLAUSIBLE = 2;

/** Points of quality by which a quota moves its bar for every call too many or too few. */
const QUOTA_GAIN = 0.01;

/** Rivals that an exploration is held against; a few are enough to see that it is hopeless. */
const MOST_COMPARED = 16;

/** Lifts a candidate that is measured above every merit. */
const EXPLORED = 1_000;

/** The most expensive models of the catalogue cost about as much. */
const DEAR_USD_PER_MTOK = { input: 3, output: 15 };

/** How much more, or less, price and time count than usual. */
function factorOf(level: Level): number {
  return level === "medium" ? 1 : level === "low" ? 0.4 : 2.5;
}

/**
 * Expected quality of the answer, held against price and time, and drawn with its uncertainty so that what is unknown
 * gets tried. Price and time enter as logarithms: half the price is worth the same for a short and for a long request.
 *
 * @throws SignalboxError `invalid_options` for an option that is unknown or out of range.
 */
export function adaptive(options: AdaptiveOptions = {}): Strategy {
  checkNames(options, "adaptive", ["quality", "answerValueUsd", "quota"]);
  const { quality: knob = 0.5, answerValueUsd, quota } = options;
  if (quota !== undefined) checkNames(quota, "adaptive.quota", ["share", "tier"]);
  checkNumber(knob, "adaptive.quality");
  checkNumber(answerValueUsd, "adaptive.answerValueUsd", 1e-9, 1e9);
  checkNumber(quota && (quota.share ?? Number.NaN), "adaptive.quota.share");
  checkNumber(quota?.tier, "adaptive.quota.tier", 1, 3);
  const explorer = new Explorer();
  const office = new Office();
  // Per natural logarithm, which is cheaper to take than one of base 2.
  const timeWeight = (2 * (1 - knob) * POINTS_PER_DOUBLING) / Math.LN2;
  const costWeight = quota === undefined ? timeWeight : 0;
  const strongTier = quota?.tier ?? 3;

  const merit = (candidate: CandidateSnapshot, context: StrategyContext, quality: number): number => {
    const { sensitivity } = context.characteristics;
    const expectedMs = candidate.expectedLatencyMs;
    const success =
      quality * timeliness(candidate, expectedMs) * Math.min(fairSuccessRate(candidate), fairRecentRate(candidate));
    const time = timeWeight * factorOf(sensitivity.latency);
    // As measured: the age of calls under way, long answers or late ones, counts in timeliness alone.
    const load = time === 0 ? 1 : loadOf(candidate, expectedMs);
    if (quota !== undefined) {
      const price = candidate.tier >= strongTier ? quotaPrice(context, strongTier, quota.share) : 0;
      return success - price - time * Math.log(load);
    }
    const { expectedCostUsd } = candidate;
    const usd = expectedCostUsd === Number.POSITIVE_INFINITY ? dearUsd(context) : expectedCostUsd;
    if (answerValueUsd !== undefined) return success - usd / answerValueUsd - time * Math.log(load);
    const cost = costWeight * factorOf(sensitivity.cost);
    // Where both count alike, as they do by default, one logarithm does for both.
    if (cost === time) return success - time * Math.log(load * Math.max(usd, 1e-6));
    return success - cost * Math.log(Math.max(usd, 1e-6)) - time * Math.log(load);
  };

  /**
   * Measuring a candidate again is worth its price only if it could win: were its answers as good as is plausible (perfect,
   * if nobody rated any), would it? There is no
   * round over all models first: price, tier and what is declared of a model order the first calls, and a model that
   * nobody has asked yet gets its turn to be measured, as far as small change pays for it.
   */
  const explored = (candidate: CandidateSnapshot, context: StrategyContext): boolean => {
    if (explorer.retries(candidate, context)) return true;
    if (!explorer.remeasures(candidate, context)) return false;
    if (answerValueUsd === undefined && candidate.attempts === 0) return true;
    const { mean, samples } = candidate.quality;
    const best = samples > 0 ? Math.min(1, mean + PLAUSIBLE * spreadOf(candidate.quality)) : 1;
    const atBest = merit(candidate, context, best);
    const { candidates } = context;
    for (let index = 0; index < candidates.length && index < MOST_COMPARED; index += 1) {
      const other = candidates[index]!;
      if (other !== candidate && other.attempts > 0 && merit(other, context, other.quality.mean) > atBest) return false;
    }
    return true;
  };

  return {
    name: "adaptive",
    score: (candidate, context) => {
      const { mean, sd } = candidate.quality;
      // A quota sends calls both ways anyhow; drawing would only blur which request gains most.
      const draw =
        sd > 0 && quota === undefined && mayExplore(context) ? spreadOf(candidate.quality) * normal(context.random) : 0;
      const held = HELD_POINTS * office.hold(candidate, context, candidate.samples);
      return (explored(candidate, context) ? EXPLORED : 0) + merit(candidate, context, mean + draw) + held;
    },
    reason: (candidate, context) => {
      if (explored(candidate, context)) return explorer.reason(candidate, context)!;
      const { quality } = candidate;
      const basis = quality.samples > 0 ? `${Math.round(quality.samples)} rated answers` : "a prior";
      return (
        `quality ${percent(quality.mean)} (${basis}), ${dollars(candidate.expectedCostUsd)}, ` +
        `${millis(candidate.expectedLatencyMs)}, ${percent(candidate.recentSuccessRate)} succeeded lately, ${candidate.inFlight} in flight`
      );
    },
    explores: explored,
  };
}

/**
 * How widely a candidate's quality is drawn: at least as its own ratings leave it open, so that nobody is given up on a
 * few of them (Thompson sampling on one Beta posterior per candidate, whose regret grows with the logarithm: Agrawal and
 * Goyal, "Analysis of Thompson Sampling for the multi-armed bandit problem", 2012).
 */
function spreadOf({ mean, sd, samples }: CandidateSnapshot["quality"]): number {
  return Math.max(Math.sqrt((mean * (1 - mean)) / (samples + PRIOR_RATINGS)), THOMPSON_SCALE * sd);
}

/** What is expected where no price is known: what an expensive model would take. */
function dearUsd({ characteristics }: StrategyContext): number {
  const { input, output } = characteristics.tokens;
  return (input * DEAR_USD_PER_MTOK.input + output * DEAR_USD_PER_MTOK.output) / 1_000_000;
}

/** What is left of an answer's worth where it may come too late: 1 while waits are short, never under a half. */
function timeliness(candidate: CandidateSnapshot, expectedMs: number): number {
  const late = ((1 + candidate.inFlight / IN_FLIGHT_SCALE) * currentLatencyMs(candidate, expectedMs)) / LATE_MS;
  const squared = late * late;
  return 1 - (MOST_LOST * squared) / (1 + squared);
}

/** What a strong call must gain: more, the further their share has run ahead of the quota. */
function quotaPrice({ candidates }: StrategyContext, tier: number, share: number): number {
  let strong = 0;
  let all = 0;
  for (const candidate of candidates) {
    all += candidate.attempts;
    if (candidate.tier >= tier) strong += candidate.attempts;
  }
  return QUOTA_GAIN * (strong - share * all);
}

/** Roughly normal, mean 0 and variance 1: three uniforms of ten bits each, from one draw; never beyond 3. */
function normal(random: () => number): number {
  const bits = (random() * 1_073_741_824) | 0;
  return (2 * ((bits & 1_023) + ((bits >>> 10) & 1_023) + (bits >>> 20))) / 1_023 - 3;
}
