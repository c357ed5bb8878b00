import type { AnyProvider } from "../contract/provider.js";
import type { CandidateSnapshot } from "../contract/strategy.js";
import type { Clock } from "../core/clock.js";
import { candidateTimeouts, timeoutsOf } from "../engine/timeouts.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { createCandidateMetrics } from "../metrics/candidate-metrics.js";
import { ROW_WIDTH } from "../metrics/types.js";
import type { Gates } from "../resilience/gates.js";
import type { Limiter, LimiterOptions } from "../resilience/limiter.js";
import { createRetryBudget, type RetryBudget } from "../resilience/retry-budget.js";
import type { Chooser } from "../strategies/chooser.js";
import { endsAtWallMs, isAuto, type PlannedCandidate, supportsOf } from "./candidates.js";
import type { RouterOptions } from "./options.js";
import { createSelector, type Selector } from "./selection.js";
import { type CandidateViews, createViewLists } from "./snapshot.js";

/** What is expected of a candidate before anything was measured. */
const PRIOR = { ttftMs: 1_000, tokensPerSecond: 60, successRate: 0.95 };

/** Who may answer, in which order and under which names: the part of a router that `update` makes anew. */
export interface Layout {
  /** In listed order; a candidate's `position` is its index. */
  readonly candidates: readonly PlannedCandidate[];
  readonly byId: ReadonlyMap<string, PlannedCandidate>;
  /** How strategies see a group; a group that lasts keeps its list. */
  viewsOf(group: readonly PlannedCandidate[]): CandidateViews;
  readonly selector: Selector;
  readonly strategy: Chooser;
}

type CreateLimiter = (options: LimiterOptions, deps: { readonly clock: Clock }) => Limiter;

/** What outlives a layout: a candidate, limiter or retry budget that stays is found here again. */
export interface LayoutMemory {
  readonly clock: Clock;
  readonly gates: Gates;
  /** Makes limiters; `undefined` if the router was given no limits to keep. */
  readonly createLimiter: CreateLimiter | undefined;
  /** Every candidate that the router ever had, by id, as it stood last. */
  readonly candidates: Map<string, PlannedCandidate>;
  /** Every provider and candidate id that the router ever had. */
  readonly ids: Set<string>;
  readonly retries: Map<string, RetryBudget>;
  limiters: Map<string, Limiter>;
}

/** Makes the memory of a router that begins. */
export function createLayoutMemory(clock: Clock, gates: Gates, createLimiter: CreateLimiter | undefined): LayoutMemory {
  return {
    clock,
    gates,
    createLimiter,
    candidates: new Map(),
    ids: new Set(),
    retries: new Map(),
    limiters: new Map(),
  };
}

/**
 * The candidates of these options. One that was there before keeps its metrics, its breaker, and its limiter if its limit
 * is the same.
 *
 * @throws SignalboxError `invalid_options` if no provider is usable, or a limit names nobody; nothing is changed then
 */
export function createCandidates(options: RouterOptions, memory: LayoutMemory): readonly PlannedCandidate[] {
  const { providers, limits } = options;
  refuseKeyless(providers);
  checkLimits(options);
  const timeouts = timeoutsOf(options.timeouts);
  const limiters = new Map<string, Limiter>();
  const candidates: PlannedCandidate[] = [];
  const models = providers.reduce((sum, provider) => sum + provider.models.length, 0);
  const table = new Float64Array(models * ROW_WIDTH);
  for (const provider of providers) {
    const retries = memory.retries.get(provider.id) ?? createRetryBudget({}, memory);
    memory.retries.set(provider.id, retries);
    for (const info of provider.models) {
      const id = `${provider.id}/${info.id}`;
      const position = candidates.length;
      const row = table.subarray(position * ROW_WIDTH, (position + 1) * ROW_WIDTH);
      candidates.push({
        id,
        position,
        provider,
        info,
        gate: memory.gates.candidate(id, provider.id),
        metrics: memory.candidates.get(id)?.metrics ?? createCandidateMetrics(memory, PRIOR, row),
        retries,
        timeouts: candidateTimeouts(timeouts, provider, info),
        limiter: limiterOf(provider.id, id, limits, limiters, memory),
        supports: supportsOf(info),
        tags: new Set([...(provider.tags ?? []), ...(info.tags ?? [])]),
        auto: isAuto(provider, info.id),
        endsAtWallMs: endsAtWallMs(info),
      });
    }
  }
  for (const candidate of candidates) {
    memory.candidates.set(candidate.id, candidate);
    memory.ids.add(candidate.id).add(candidate.provider.id);
  }
  memory.limiters = limiters;
  return candidates;
}

/** The candidate's own limiter, or the one that all other models of its provider share. */
function limiterOf(
  provider: string,
  id: string,
  limits: RouterOptions["limits"],
  limiters: Map<string, Limiter>,
  memory: LayoutMemory,
): Limiter | undefined {
  const own = limits?.[id];
  const limit: LimiterOptions | undefined = own ?? limits?.[provider] ?? limits?.["*"];
  if (!limit || !memory.createLimiter) return undefined;
  const key = JSON.stringify([own ? id : provider, limit]);
  const limiter = limiters.get(key) ?? memory.limiters.get(key) ?? memory.createLimiter(limit, memory);
  limiters.set(key, limiter);
  return limiter;
}

/**
 * Arranges candidates: their views, the names that lead to them, and the strategy that ranks them.
 *
 * @throws SignalboxError `invalid_options` naming the path
 */
export function createLayout(
  options: RouterOptions,
  candidates: readonly PlannedCandidate[],
  memory: LayoutMemory,
  viewOf: (candidate: PlannedCandidate) => CandidateSnapshot,
  chooserOf: (strategy: NonNullable<RouterOptions["strategy"]>, path: string) => Chooser | undefined,
): Layout {
  const selector = {
    ...createSelector(candidates, options.aliases ?? {}, options.tiers),
    knows: (id: string) => memory.ids.has(id),
  };
  checkTargets(options, selector);
  const strategy = chooserOf(options.strategy ?? "adaptive", "strategy");
  if (!strategy) throw invalidOption("strategy", "names no strategy of this router");
  return {
    candidates,
    byId: new Map(candidates.map((candidate) => [candidate.id, candidate])),
    viewsOf: createViewLists(candidates.map(viewOf)),
    selector,
    strategy,
  };
}

/** A limit for an unknown provider or candidate would never apply. */
function checkLimits({ limits, providers }: RouterOptions): void {
  for (const name of Object.keys(limits ?? {})) {
    const known = providers.some(
      ({ id, models }) => id === name || models.some((model) => `${id}/${model.id}` === name),
    );
    if (!known && name !== "*") throw invalidOption(`limits.${name}`, "names no provider or candidate of this router");
  }
}

/** A router of nothing but vendors without a key could never answer. */
function refuseKeyless(providers: readonly AnyProvider[]): void {
  if (providers.some((provider) => provider.unavailable === undefined)) return;
  const variables = [...new Set(providers.flatMap((provider) => provider.unavailable?.variables ?? []))];
  throw invalidOption("providers", `hold no usable one: set ${variables.join(" or ")}, or give an apiKey`);
}

/** Models named by options must exist: better said now than when they are needed. */
function checkTargets({ degrade, escalate, shadow }: RouterOptions, selector: Selector): void {
  for (const [path, to] of [
    ["degrade.to", degrade?.to],
    ["escalate.to", escalate?.to],
    ["shadow.to", shadow?.to],
  ] as const) {
    for (const name of typeof to === "string" ? [to] : (to ?? [])) {
      try {
        selector.select({ messages: [], model: name });
      } catch {
        throw invalidOption(path, `names a model that no provider lists: "${name.slice(0, 100)}"`);
      }
    }
  }
}
