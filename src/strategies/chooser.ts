import { requestTexts } from "../chat/message-text.js";
import type { CandidateSnapshot, Strategy, StrategyContext } from "../contract/strategy.js";
import { echoRedactor } from "../errors/echo.js";
import { field, word } from "../errors/error-body.js";
import {
  type CheckedRanking,
  listedOrder,
  type RankProblem,
  readRanking,
  scoreProblem,
  words,
} from "./ranking-checks.js";

export interface ChooserOptions {
  readonly strategy: Strategy;
  /**
   * Told once per kind of fault; the request goes on in listed order. Returning `false` says that nobody heard, and the
   * fault is told again.
   */
  readonly onWarning?: ((warning: { code: "strategy_failed"; message: string }) => unknown) | undefined;
}

/** A candidate with its place in the order, for explain and logs. */
export interface ScoredCandidate {
  readonly id: string;
  readonly position: number;
  /** `null` where the strategy gave none (a candidate its `rank` left out, or the listed order standing in). */
  readonly score: number | null;
  readonly reasons: readonly string[];
  /** The chance with which it was to go first, where the strategy said so. */
  readonly propensity?: number | undefined;
}

const LISTED = "listed order";

/** Runs one strategy and contains its faults. One per strategy and router; holds no request's data. */
export interface Chooser {
  readonly strategy: Strategy;
  /** Begins the ranking of one request. @param elects whether the first choice becomes the incumbent. @default true */
  begin(elects?: boolean): Choice;
  /** The id put first last time on its merit; hand it to the next context. */
  readonly incumbent: string | undefined;
  /** All candidates, best first, with scores and reasons. Allocates and sorts: for explain, logs and replay. */
  explain(context: StrategyContext): ScoredCandidate[];
}

/** The order of one request as it unfolds: asked once for the first choice, again after each failure. */
export interface Choice {
  /**
   * The best candidate of the context whose `position` is not in `tried`; `undefined` when none is left.
   * A `score` strategy judges anew each time; the order of a `rank` strategy is asked for once and kept.
   *
   * @param among the context's candidates as a list that is not frozen, where there is one: it is faster to walk.
   */
  pick(
    context: StrategyContext,
    tried?: ReadonlySet<number>,
    among?: readonly CandidateSnapshot[],
  ): CandidateSnapshot | undefined;
  /** Why this candidate was picked, in words. Contained: a throwing `reason` gives `[]`. */
  reasons(context: StrategyContext, candidate: CandidateSnapshot): readonly string[];
}

/** @internal One per strategy of a router. */
export function createChooser(options: ChooserOptions): Chooser {
  return new StrategyChooser(options);
}

class StrategyChooser implements Chooser {
  readonly strategy: Strategy;
  incumbent: string | undefined;
  readonly #onWarning: ChooserOptions["onWarning"];
  readonly #warned = new Set<string>();

  constructor({ strategy, onWarning }: ChooserOptions) {
    this.strategy = strategy;
    this.#onWarning = onWarning;
  }

  begin(elects = true): Choice {
    return new OneChoice(this, elects);
  }

  explain(context: StrategyContext): ScoredCandidate[] {
    const { strategy } = this;
    if (strategy.rank !== undefined) {
      const order = this.order(context);
      if (order === null) return context.candidates.map((candidate) => listed(candidate));
      const byId = new Map(context.candidates.map((candidate) => [candidate.id, candidate]));
      const ranked = [...order.ranked.values()].map(({ id, score, propensity }): ScoredCandidate => {
        const candidate = byId.get(id)!;
        return {
          id,
          position: candidate.position,
          score: shown(score),
          reasons: this.reasons(context, candidate, order),
          ...(propensity === undefined ? {} : { propensity }),
        };
      });
      return [...ranked, ...order.rest.map((candidate) => listed(candidate))];
    }
    const scores = context.candidates.map((candidate) => this.score(candidate, context));
    if (scores.some(Number.isNaN)) return context.candidates.map((candidate) => listed(candidate));
    return context.candidates
      .map((candidate, index) => ({ candidate, score: scores[index]! }))
      .sort((a, b) => (a.score === b.score ? a.candidate.position - b.candidate.position : b.score - a.score))
      .map(({ candidate, score }) => ({
        id: candidate.id,
        position: candidate.position,
        score: shown(score),
        reasons: this.reasons(context, candidate),
      }));
  }

  /** @param order which the candidate was taken from, where there is one */
  reasons(context: StrategyContext, candidate: CandidateSnapshot, order?: CheckedRanking): string[] {
    const ranked = order?.ranked.get(candidate.id);
    if (order !== undefined && ranked === undefined) return [LISTED];
    try {
      const reason = ranked?.reason ?? words(this.strategy.reason?.(candidate, context));
      return reason === undefined ? [] : [reason];
    } catch (thrown) {
      this.warn("reason", `its reason() threw: ${messageOf(thrown, context)}`);
      return [];
    }
  }

  /** The best untried candidate by score; `null` where the strategy failed. */
  best(
    context: StrategyContext,
    candidates: readonly CandidateSnapshot[],
    tried: ReadonlySet<number> | undefined,
  ): CandidateSnapshot | undefined | null {
    const { strategy } = this;
    let best: CandidateSnapshot | undefined;
    let bestScore = Number.NEGATIVE_INFINITY;
    try {
      for (let index = 0; index < candidates.length; index += 1) {
        const candidate = candidates[index]!;
        if (tried?.has(candidate.position)) continue;
        const score = strategy.score!(candidate, context);
        if (score > bestScore) {
          bestScore = score;
          best = candidate;
        } else if (score <= bestScore) {
          best ??= candidate;
        } else {
          this.warn("score", scoreProblem(score, candidate.id));
          return null;
        }
      }
    } catch (thrown) {
      this.warn("throw", `it threw: ${messageOf(thrown, context)}`);
      return null;
    }
    // A text such as "5" compares like a number; only numbers may win.
    if (best !== undefined && typeof bestScore !== "number") {
      this.warn("score", scoreProblem(bestScore, best.id));
      return null;
    }
    return best;
  }

  /** The checked order of a `rank` strategy; `null` where it failed. */
  order(context: StrategyContext): CheckedRanking | null {
    let problem: RankProblem;
    try {
      const result = readRanking(this.strategy.rank!(context), context.candidates);
      if (typeof result !== "string") return result;
      problem = result;
    } catch (thrown) {
      problem = `it threw: ${messageOf(thrown, context)}`;
    }
    this.warn("rank", problem);
    return null;
  }

  /** One score; NaN where the strategy gave no number. */
  score(candidate: CandidateSnapshot, context: StrategyContext): number {
    try {
      const score: unknown = this.strategy.score!(candidate, context);
      if (typeof score === "number" && !Number.isNaN(score)) return score;
      this.warn("score", scoreProblem(score, candidate.id));
    } catch (thrown) {
      this.warn("throw", `it threw: ${messageOf(thrown, context)}`);
    }
    return Number.NaN;
  }

  /** Remembers the incumbent; a choice made for measuring changes nothing. */
  elect(candidate: CandidateSnapshot, context: StrategyContext): void {
    if (candidate.id === this.incumbent) return;
    try {
      if (this.strategy.explores?.(candidate, context) === true) return;
    } catch {
      return;
    }
    this.incumbent = candidate.id;
  }

  warn(kind: string, problem: string): void {
    if (this.#warned.has(kind)) return;
    const instead = kind === "reason" ? "" : "; the listed order stands in";
    const message = `strategy "${this.strategy.name}" failed: ${problem}${instead}`;
    if (this.#onWarning?.({ code: "strategy_failed", message }) !== false) this.#warned.add(kind);
  }
}

class OneChoice implements Choice {
  readonly #chooser: StrategyChooser;
  /** Kept from the one call of `rank`; or the listed order after a fault. */
  #order: CheckedRanking | undefined;
  /** Whether the next pick becomes the incumbent: the first one, of a choice that counts. */
  #elects: boolean;

  constructor(chooser: StrategyChooser, elects: boolean) {
    this.#chooser = chooser;
    this.#elects = elects;
  }

  pick(
    context: StrategyContext,
    tried?: ReadonlySet<number>,
    among: readonly CandidateSnapshot[] = context.candidates,
  ): CandidateSnapshot | undefined {
    const chooser = this.#chooser;
    let chosen: CandidateSnapshot | undefined | null = null;
    if (this.#order === undefined) {
      if (chooser.strategy.rank === undefined) chosen = chooser.best(context, among, tried);
      if (chosen === null) {
        const order = chooser.strategy.rank === undefined ? null : chooser.order(context);
        this.#order = order ?? listedOrder(context.candidates);
      }
    }
    if (chosen === null) chosen = firstUntried(this.#order!.positions, context.candidates, tried);
    if (this.#elects && chosen !== undefined) chooser.elect(chosen, context);
    this.#elects = false;
    return chosen;
  }

  reasons(context: StrategyContext, candidate: CandidateSnapshot): readonly string[] {
    return this.#chooser.reasons(context, candidate, this.#order);
  }
}

/** Fallbacks only: a short walk over what is left. */
function firstUntried(
  order: readonly number[],
  candidates: readonly CandidateSnapshot[],
  tried: ReadonlySet<number> | undefined,
): CandidateSnapshot | undefined {
  for (const position of order) {
    if (tried?.has(position)) continue;
    for (const candidate of candidates) if (candidate.position === position) return candidate;
  }
  // Candidates that joined after the ranking (a cool-down that ended) come last.
  for (const candidate of candidates) if (!tried?.has(candidate.position)) return candidate;
  return undefined;
}

function listed({ id, position }: CandidateSnapshot): ScoredCandidate {
  return { id, position, score: null, reasons: [LISTED] };
}

/** A score as JSON knows it: it has no infinities, and no minus zero. */
function shown(score: number): number | null {
  return Number.isFinite(score) ? score + 0 : null;
}

/** What a strategy threw, without the prompt that it may quote. */
function messageOf(thrown: unknown, { request }: StrategyContext): string {
  const message = word(field(thrown, "message"));
  return message === undefined ? typeof thrown : echoRedactor(requestTexts(request)).scrub(message);
}
