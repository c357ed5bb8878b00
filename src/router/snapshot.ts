import type { ChatRequest } from "../chat/request.js";
import { prefixTokens } from "../chat/tokens.js";
import type { ModelInfo } from "../contract/provider.js";
import type { SharedStateSession } from "../contract/shared-state.js";
import type { CandidateSnapshot, Characteristics, QualityEstimate } from "../contract/strategy.js";
import type { Features } from "../engine/compose.js";
import type { FeatureRuns } from "../engine/feature-run.js";
import type { KindLengths } from "../metrics/answer-lengths.js";
import { type CandidateMetrics, ROW } from "../metrics/types.js";
import { expectedCostUsd } from "../pricing/cost.js";
import type { LearnerView } from "../strategies/learner/learner.js";
import type { PrefixAffinity } from "../strategies/prefix-affinity.js";
import type { PlannedCandidate } from "./candidates.js";
import type { Learning } from "./learning.js";

/** What is being decided right now. A decision is synchronous, so one frame serves all requests of a router in turn. */
export interface Frame {
  request: ChatRequest;
  characteristics: Characteristics;
  view: LearnerView | undefined;
  nowMs: number;
  /** Tokens that an answer will likely have, whoever gives it; -1 until somebody asks. */
  output: number;
  /** Tokens that the request lets it have at most; known with `output`. */
  mostOutput: number;
  /** How long answers of each kind have been. */
  readonly lengths: KindLengths;
  /** The features' views of the request, where features say something of candidates. */
  features: FeatureRuns | undefined;
  /** Hashes of the request's prefixes, longest last; empty where no provider keeps prefixes. */
  chain: readonly string[];
}

/** Of a router that does not learn: anything may be. */
const UNKNOWN_QUALITY: QualityEstimate = Object.freeze({ mean: 0.5, sd: 0.5, samples: 0 });

/**
 * A candidate as strategies see it: getters over its live numbers and the frame, so that a decision allocates nothing
 * and works out nothing that its strategy does not read.
 */
export class CandidateView implements CandidateSnapshot {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly info: ModelInfo;
  readonly tier: 1 | 2 | 3;
  readonly position: number;
  readonly #candidate: PlannedCandidate;
  readonly #limiter: PlannedCandidate["limiter"];
  readonly #kept: PlannedCandidate["provider"]["prefixCache"];
  readonly #metrics: CandidateMetrics;
  readonly #row: Float64Array;
  readonly #frame: Frame;
  readonly #affinity: PrefixAffinity | undefined;
  readonly #learning: Learning | undefined;
  readonly #fleet: SharedStateSession | undefined;
  readonly #features: Features | undefined;

  constructor(
    candidate: PlannedCandidate,
    frame: Frame,
    affinity: PrefixAffinity | undefined,
    learning: Learning | undefined,
    fleet: SharedStateSession | undefined,
    features: Features | undefined,
  ) {
    this.#fleet = fleet;
    this.#features = features?.facts && features;
    this.id = candidate.id;
    this.provider = candidate.provider.id;
    this.model = candidate.info.id;
    this.info = candidate.info;
    this.tier = candidate.info.tier ?? 2;
    this.position = candidate.position;
    this.#candidate = candidate;
    this.#limiter = candidate.limiter;
    // Without a memory of prefixes it does not matter who keeps them.
    this.#kept = affinity && candidate.provider.prefixCache;
    this.#metrics = candidate.metrics;
    this.#row = candidate.metrics.row;
    this.#frame = frame;
    this.#affinity = affinity;
    this.#learning = learning;
  }

  get expectedCostUsd(): number {
    const price = this.info.usdPerMTok;
    if (price === null) return Number.POSITIVE_INFINITY;
    return expectedCostUsd(price, this.#frame.characteristics.tokens.input, this.expectedCachedTokens, this.#output());
  }

  get expectedLatencyMs(): number {
    return this.ttftMs + (this.#output() * 1_000) / this.tokensPerSecond;
  }

  /** Tokens that its answer will likely have: one that thinks at length writes more than others would. */
  #output(): number {
    const frame = this.#frame;
    if (frame.output < 0) expectOutput(frame);
    return Math.min(frame.mostOutput, frame.output * (this.#row[ROW.lengthRatio] as number));
  }

  get ttftMs(): number {
    return this.#row[ROW.ttftMs] as number;
  }
  get tokensPerSecond(): number {
    return this.#row[ROW.tokensPerSecond] as number;
  }
  get successRate(): number {
    return this.#row[ROW.successRate] as number;
  }
  get successLowerBound(): number {
    return this.#row[ROW.successLowerBound] as number;
  }
  get recentSuccessRate(): number {
    return this.#row[ROW.recentSuccessRate] as number;
  }
  get samples(): number {
    return this.#row[ROW.samples] as number;
  }
  get attempts(): number {
    return this.#metrics.attempts;
  }
  get tries(): number {
    return this.#metrics.tries;
  }
  get idleMs(): number {
    return this.#frame.nowMs - this.#metrics.lastSettledAtMs;
  }
  get inFlight(): number {
    const here = this.#metrics.inFlight;
    return this.#fleet ? here + this.#fleet.callingElsewhere(this.id) : here;
  }
  get outstandingMs(): number {
    return this.#metrics.outstandingMs(this.#frame.nowMs);
  }
  get capacity(): number {
    return this.#limiter === undefined ? Number.POSITIVE_INFINITY : this.#limiter.capacity;
  }
  get headroom(): number {
    return this.#limiter === undefined ? 1 : this.#limiter.headroom;
  }

  get expectedCachedTokens(): number {
    const kept = this.#kept;
    if (kept === undefined || this.#affinity === undefined) return 0;
    const { chain, request } = this.#frame;
    if (chain.length === 0) return 0;
    const { ttlMs, minTokens } = kept;
    return this.#affinity.expectedCachedTokens(chain, this.id, ttlMs, minTokens, (at) => prefixTokens(request, at));
  }

  get facts(): { readonly [fact: string]: unknown } | undefined {
    const { features } = this.#frame;
    return features && this.#features?.factsOf(features, this.#candidate);
  }

  get quality(): QualityEstimate {
    const { view } = this.#frame;
    return this.#learning && view ? this.#learning.quality(view, this.#candidate) : UNKNOWN_QUALITY;
  }
}

function expectOutput(frame: Frame): void {
  const { characteristics, lengths, request } = frame;
  frame.output = lengths.expected(characteristics.kind, characteristics.tokens.output);
  frame.mostOutput = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY;
}

/** One group of candidates as snapshots. */
export interface CandidateViews {
  /** The router's own list. */
  readonly own: readonly CandidateSnapshot[];
  /**
   * The same for strategies, which are foreign code: one list serves every request, so nothing in it may be moved. It is
   * for them alone, since V8 reads a frozen array at half the speed.
   */
  readonly shown: readonly CandidateSnapshot[];
}

/** Lists of snapshots by group; a group that lasts keeps its own. */
export function createViewLists(
  views: readonly CandidateSnapshot[],
): (group: readonly PlannedCandidate[]) => CandidateViews {
  const lists = new WeakMap<readonly PlannedCandidate[], CandidateViews>();
  return (group) => {
    let list = lists.get(group);
    if (!list) {
      const own = group.map(({ position }) => views[position] as CandidateSnapshot);
      list = { own, shown: Object.freeze([...own]) };
      lists.set(group, list);
    }
    return list;
  };
}
