import { isObject } from "../chat/check-value.js";
import type { CandidateSnapshot, RankedCandidate, Strategy, StrategyContext } from "../contract/strategy.js";
import { checkNames } from "../errors/check-options.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { builtIn } from "./built-in.js";
import { checkNumber } from "./check-option.js";
import { checkedStrategy } from "./define-strategy.js";
import { readRanking, scoreProblem } from "./ranking-checks.js";

/** How a blend is called, and strategies of your own in it. */
export interface BlendOptions {
  /**
   * What replies and the decision log call it.
   * @default the parts, such as `"blend(cost-optimized 2, performance-weighted 1)"`
   */
  readonly name?: string | undefined;
  /** Strategies of your own that the weights name. @default the built-in ones alone */
  readonly strategies?: readonly Strategy[] | undefined;
}

/**
 * A strategy that weighs the judgements of others. Each part's scores are stretched to 0..1 over the candidates of the
 * moment, so that dollars and milliseconds can be added up.
 *
 * @throws SignalboxError `invalid_options` for an unknown name or option, or a weight that is not above 0.
 *
 * @example
 * createRouter({ providers, strategy: blend({ "cost-optimized": 2, "performance-weighted": 1 }) });
 */
export function blend(weights: { readonly [strategy: string]: number }, options: BlendOptions = {}): Strategy {
  if (!isObject(weights)) throw invalidOption("blend", "must be an object of weights by strategy name");
  checkNames(options, "options", ["name", "strategies"]);
  const parts = Object.entries(weights).map(([name, weight]) => {
    if (typeof weight !== "number" || !(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
      throw invalidOption(`blend.${name}`, "must be a number above 0");
    }
    const own = options.strategies?.find((strategy) => strategy.name === name);
    return { strategy: resolve(own ?? name, `blend.${name}`), weight };
  });
  if (parts.length === 0) throw invalidOption("blend", "must name at least one strategy");
  const total = parts.reduce((sum, part) => sum + part.weight, 0);

  return {
    name: options.name ?? `blend(${parts.map(({ strategy, weight }) => `${strategy.name} ${weight}`).join(", ")})`,
    ids: parts.flatMap(({ strategy }) => strategy.ids ?? []),
    rank(context) {
      const sums = context.candidates.map(() => 0);
      const words: string[][] = context.candidates.map(() => []);
      for (const { strategy, weight } of parts) {
        for (const [index, merit] of merits(strategy, context).entries()) {
          sums[index]! += (weight / total) * merit;
          words[index]!.push(`${strategy.name} ${merit.toFixed(2)}`);
        }
      }
      return sorted(context.candidates, sums, (index) => words[index]!.join(", "));
    },
    explores: (candidate, context) =>
      parts.some(({ strategy }) => strategy.explores?.(candidate, context) === true && strategy.rank === undefined),
  };
}

/** How a chain is called, and what counts as equally good. */
export interface ChainOptions {
  /**
   * What replies and the decision log call it.
   * @default the parts, such as `"chain(reliability-focused, cost-optimized)"`
   */
  readonly name?: string | undefined;
  /** How far behind the best a score may lie, as a share of it, and still count as equally good. @default 0.05 */
  readonly tolerance?: number | undefined;
}

/**
 * A strategy that asks one after the other: among those that the first finds about equally good the second decides, and
 * so on. Names are those of built-in strategies; give your own as objects.
 *
 * @throws SignalboxError `invalid_options` for an unknown name or option, or an empty list.
 *
 * @example
 * createRouter({ providers, strategy: chain(["reliability-focused", "cost-optimized"]) });
 */
export function chain(strategies: readonly (string | Strategy)[], options: ChainOptions = {}): Strategy {
  if (!Array.isArray(strategies) || strategies.length === 0)
    throw invalidOption("chain", "must name at least one strategy");
  checkNames(options, "options", ["name", "tolerance"]);
  checkNumber(options.tolerance, "options.tolerance");
  const parts = (strategies as readonly (string | Strategy)[]).map((part, index) => resolve(part, `chain[${index}]`));
  const tolerance = options.tolerance ?? 0.05;

  const order = (context: StrategyContext, depth: number): readonly CandidateSnapshot[] => {
    const { candidates } = context;
    const scores = scoresOf(parts[depth]!, context);
    const ordered = sorted(candidates, scores, () => "").map(({ id }) => candidates.find((other) => other.id === id)!);
    if (depth + 1 === parts.length || candidates.length < 2) return ordered;
    const best = Math.max(...scores);
    const floor = best - Math.abs(best) * tolerance;
    const equals = candidates.filter((_, index) => scores[index]! >= floor || scores[index] === best);
    const rest = ordered.filter((candidate) => !equals.includes(candidate));
    return [...order({ ...context, candidates: equals }, depth + 1), ...rest];
  };

  return {
    name: options.name ?? `chain(${parts.map((part) => part.name).join(", ")})`,
    ids: parts.flatMap((part) => part.ids ?? []),
    rank(context) {
      const list = order(context, 0);
      return list.map((candidate, index): RankedCandidate => {
        const reason = parts.map((part) => part.reason?.(candidate, context)).filter((words) => words !== undefined);
        return { id: candidate.id, score: list.length - index, reason: reason.join("; ") };
      });
    },
    explores: (candidate, context) => parts[0]!.explores?.(candidate, context) === true,
  };
}

function resolve(part: string | Strategy, path: string): Strategy {
  if (typeof part !== "string") return checkedStrategy(part, path);
  const strategy = builtIn(part);
  if (!strategy) throw invalidOption(path, `names no built-in strategy: "${part.slice(0, 100)}"`);
  return strategy;
}

/** Scores by candidate; a `rank` strategy's places count down. @throws where the part failed: then the whole has */
function scoresOf(strategy: Strategy, context: StrategyContext): number[] {
  const { candidates } = context;
  if (strategy.rank !== undefined) {
    const order = readRanking(strategy.rank(context), candidates);
    if (typeof order === "string") throw new Error(`${strategy.name}: ${order}`);
    const places = [...order.ranked.keys()];
    return candidates.map(({ id }) => (order.ranked.has(id) ? places.length - places.indexOf(id) : 0));
  }
  return candidates.map((candidate) => {
    const score: unknown = strategy.score!(candidate, context);
    if (typeof score === "number" && !Number.isNaN(score)) return score;
    throw new Error(`${strategy.name}: ${scoreProblem(score, candidate.id)}`);
  });
}

/** Scores stretched to 0..1; all 1 where they are equal. */
function merits(strategy: Strategy, context: StrategyContext): number[] {
  const scores = scoresOf(strategy, context);
  const finite = scores.filter(Number.isFinite);
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low;
  return scores.map((score) => {
    if (!Number.isFinite(score)) return score > 0 ? 1 : 0;
    return span > 0 ? (score - low) / span : 1;
  });
}

function sorted(
  candidates: readonly CandidateSnapshot[],
  scores: readonly number[],
  reason: (index: number) => string,
): RankedCandidate[] {
  return candidates
    .map((candidate, index) => ({ id: candidate.id, score: scores[index]!, reason: reason(index) }))
    .sort((a, b) => b.score - a.score || 0);
}
