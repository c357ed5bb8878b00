import type { CandidateSnapshot, Strategy, StrategyContext } from "../../contract/strategy.js";
import { lazily } from "../../core/lazily.js";
import { seededRandom } from "../../core/random.js";
import { createChooser } from "../chooser.js";
import { exploringTurn, REMEASURE_SHARE } from "../exploration.js";

/** Draws from which a chance is estimated; more draws cost time in proportion. */
const DRAWS = 64;

/** After this many equal draws without a look at `random`, a strategy is taken to have made up its mind. */
const SAME = 4;

/** Of ordinary decisions, and of those that the exploration draw would spend on measuring again. */
const turns = lazily(() => sequences(DRAWS));

/**
 * The chance of each candidate (by its place in `context.candidates`) to go first, over the randomness a strategy may use:
 * `random`, the turn, and the exploration draw. What a strategy says of its chances itself is taken at its word.
 */
export function firstChances(strategy: Strategy, context: StrategyContext, seed = 1): number[] {
  const { candidates } = context;
  if (candidates.length === 0) return [];
  const declared = declaredChances(strategy, context);
  if (declared !== null) return declared;
  const ordinary = drawn(strategy, context, turns().ordinary, seed);
  if (strategy.explores === undefined) return ordinary;
  const exploring = drawn(strategy, context, turns().exploring, seed + 1);
  return ordinary.map((chance, index) => (1 - REMEASURE_SHARE) * chance + REMEASURE_SHARE * exploring[index]!);
}

/** The least chance of the one that went first: where chances are drawn, one that no draw put first still had some. */
export function leastChance({ rank, propensity }: Strategy): number {
  return rank === undefined && propensity === undefined ? 0.5 / DRAWS : 0;
}

function declaredChances(strategy: Strategy, context: StrategyContext): number[] | null {
  try {
    if (strategy.rank === undefined) return knownChances(strategy, context);
    const byId = new Map(
      strategy.rank(forked(context, seededRandom(1), context.sequence)).map((entry) => [entry.id, entry.propensity]),
    );
    const chances = context.candidates.map(({ id }) => byId.get(id) ?? 0);
    const total = chances.reduce((sum, chance) => sum + chance, 0);
    return total > 0 && [...byId.values()].some((chance) => chance !== undefined)
      ? chances.map((chance) => chance / total)
      : null;
  } catch {
    return null;
  }
}

/** What a `score` strategy says of its own chances; `null` where it says nothing, or they do not add up. */
function knownChances(strategy: Strategy, context: StrategyContext): number[] | null {
  if (strategy.propensity === undefined) return null;
  const chances = context.candidates.map((candidate) => strategy.propensity!(candidate, context));
  const total = chances.reduce((sum, chance) => sum + chance, 0);
  return chances.every((chance) => chance >= 0) && Math.abs(total - 1) < 1e-6 ? chances : null;
}

function drawn(strategy: Strategy, context: StrategyContext, among: readonly number[], seed: number): number[] {
  const { candidates } = context;
  const counts = new Map<CandidateSnapshot, number>();
  let looked = false;
  const source = seededRandom(seed);
  const random = (): number => {
    looked = true;
    return source();
  };
  const chooser = createChooser({ strategy });
  let made = 0;
  for (const turn of among) {
    const chosen = chooser.begin().pick(forked(context, random, turn))!;
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    made += 1;
    if (made === SAME && !looked && counts.size === 1 && among === turns().ordinary) break;
  }
  return candidates.map((candidate) => (counts.get(candidate) ?? 0) / made);
}

function forked(context: StrategyContext, random: () => number, sequence: number): StrategyContext {
  return { ...context, random, sequence };
}

/** Sequence numbers of either kind, far from those of a live router. */
function sequences(count: number): { readonly ordinary: readonly number[]; readonly exploring: readonly number[] } {
  const ordinary: number[] = [];
  const exploring: number[] = [];
  for (let at = 1_000_003; ordinary.length < count || exploring.length < count; at += 1) {
    const list = exploringTurn(at) >= 0 ? exploring : ordinary;
    if (list.length < count) list.push(at);
  }
  return { ordinary, exploring };
}
