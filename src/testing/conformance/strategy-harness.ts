import type { RankedCandidate, Strategy, StrategyContext } from "../../contract/strategy.js";
import { ensure } from "./case.js";
import { contextOf, lineUp, Meter, type World } from "./strategy-worlds.js";

/** What a strategy made of one decision. */
export interface Verdict {
  /** Ids, best first. */
  readonly order: readonly string[];
  /** In the order of the ids. */
  readonly scores: readonly number[];
  /** The chances it says, by id. */
  readonly chances: ReadonlyMap<string, number>;
  readonly reasons: readonly string[];
}

/** Has it decide as a router would, once for each sequence number, and checks all that it says. */
export function decide(strategy: Strategy, world: World, sequences: readonly number[] = [0, 1, 2, 3]): Verdict[] {
  return sequences.map((sequence) => {
    const meter = new Meter(world.positions?.length ?? world.count ?? 4);
    const candidates = Object.freeze([...lineUp(world, meter)]);
    return judged(strategy, contextOf(candidates, meter, sequence, world.request), meter);
  });
}

/** One decision, in the router's order of asking; throws for whatever the router would not take. */
export function judged(strategy: Strategy, context: StrategyContext, meter: Meter): Verdict {
  let verdict: Verdict | undefined;
  let problem: unknown;
  try {
    verdict = strategy.rank === undefined ? scored(strategy, context) : ranked(strategy, context);
  } catch (error) {
    problem = error;
  }
  ensure(!meter.over, `it takes too many looks at ${context.candidates.length} candidates, or goes on for ever`);
  if (verdict === undefined) throw problem;
  return verdict;
}

/** The score of one candidate. */
export function scoreOf(strategy: Strategy, context: StrategyContext, index: number): number {
  const candidate = context.candidates[index];
  const score: unknown = candidate && strategy.score?.(candidate, context);
  return checkedNumber(score, "score()");
}

/** The ranking, checked: a list of candidates that may run, each at most once, with numbers. */
export function ranking(strategy: Strategy, context: StrategyContext): readonly RankedCandidate[] {
  const list: unknown = strategy.rank?.(context);
  ensure(Array.isArray(list) && list.length > 0, `rank() has to give a list at once, it gave ${kindOf(list)}`);
  const left = new Set(context.candidates.map(({ id }) => id));
  for (const { id, score } of list as readonly RankedCandidate[]) {
    ensure(left.delete(id), `rank() names ${String(id)}, which is no candidate or was named before`);
    checkedNumber(score, "rank()");
  }
  return list;
}

function ranked(strategy: Strategy, context: StrategyContext): Verdict {
  const list = ranking(strategy, context);
  const reasons = list.map((entry) => entry.reason).filter((reason) => reason !== undefined);
  return {
    order: list.map(({ id }) => id),
    scores: list.map(({ score }) => score),
    chances: chancesOf(list.map(({ id, propensity }) => [id, propensity])),
    reasons: [...reasons, ...said(strategy, context)].map(checkedReason),
  };
}

function scored(strategy: Strategy, context: StrategyContext): Verdict {
  const scores = context.candidates.map((_, index) => scoreOf(strategy, context, index));
  const places = scores.map((_, index) => index);
  // Infinities of one sign are equal, and their difference is no number.
  places.sort((a, b) => (scores[a] === scores[b] ? a - b : (scores[b] as number) - (scores[a] as number)));
  return {
    order: places.map((index) => context.candidates[index]?.id as string),
    scores: places.map((index) => scores[index] as number),
    chances: chancesOf(
      context.candidates.map((candidate) => [candidate.id, strategy.propensity?.(candidate, context)]),
    ),
    reasons: said(strategy, context).map(checkedReason),
  };
}

/** What it says of its candidates when asked; of many the first few will do. */
function said(strategy: Strategy, context: StrategyContext): unknown[] {
  const some = context.candidates.slice(0, 16);
  for (const candidate of some) strategy.explores?.(candidate, context);
  if (strategy.reason === undefined) return [];
  return some.map((candidate) => strategy.reason?.(candidate, context));
}

function chancesOf(said: readonly (readonly [id: string, chance: number | undefined])[]): Map<string, number> {
  const chances = new Map<string, number>();
  for (const [id, chance] of said) if (chance !== undefined) chances.set(id, checkedNumber(chance, "propensity"));
  return chances;
}

function checkedNumber(value: unknown, what: string): number {
  ensure(typeof value === "number" && !Number.isNaN(value), `${what} has to give a number, it gave ${kindOf(value)}`);
  return value;
}

function checkedReason(reason: unknown): string {
  ensure(typeof reason === "string", `a reason has to be text, it is ${kindOf(reason)}`);
  return reason;
}

function kindOf(value: unknown): string {
  if (typeof value === "number") return String(value);
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function" ? "a promise" : typeof value;
}
