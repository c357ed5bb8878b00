import type { Timeouts } from "../contract/call-options.js";
import type { AnyProvider } from "../contract/provider.js";
import { type Clock, systemClock } from "../core/clock.js";
import { createIdSource } from "../core/ids.js";
import { Features } from "../engine/compose.js";
import { checkFeatures } from "../engine/define-feature.js";
import { createFlights } from "../engine/flight.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { isCache } from "../memory/is-cache.js";
import { KindLengths } from "../metrics/answer-lengths.js";
import { createCandidateMetrics } from "../metrics/candidate-metrics.js";
import { createRouterStats } from "../metrics/router-stats.js";
import { ROW_WIDTH } from "../metrics/types.js";
import { createGates, type Gates } from "../resilience/gates.js";
import type { Limiter } from "../resilience/limiter.js";
import { createRetryBudget } from "../resilience/retry-budget.js";
import { createStrategyRegistry } from "../strategies/registry.js";
import { createAttemptRecorder } from "./attempt-recorder.js";
import { endsAtWallMs, isAuto, type PlannedCandidate, supportsOf } from "./candidates.js";
import { createChooserSource } from "./choosers.js";
import type { RouterOptions, TimeoutOptions } from "./options.js";
import type { Kit, RouterParts } from "./parts.js";
import { spendOf } from "./reserve.js";
import { createRouterEvents } from "./router-events.js";
import { createSelector, type Selector } from "./selection.js";
import { createSessions } from "./sessions.js";
import { CandidateView, createViewLists, type Frame } from "./snapshot.js";
import { createToolLoops } from "./tool-loops.js";

/** What is expected of a candidate before anything was measured. */
const PRIOR = { ttftMs: 1_000, tokensPerSecond: 60, successRate: 0.95 };

/** Builds everything a router consists of. @throws SignalboxError `invalid_options` */
export function assembleRouter(options: RouterOptions, kit: Kit): RouterParts {
  kit.checkOptions(options);
  checkFeatures(options.use);
  refuseKeyless(options.providers);
  checkLimits(options);
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const { events, warn, warnOnce } = createRouterEvents();
  const gates = createGates(options.breaker ?? {}, {
    clock,
    random,
    onBreaker: (candidate, from, to, reason, openMs) => {
      if (events.has("breaker")) events.emit("breaker", { candidate, from, to, reason, openMs });
      tellFleet(candidate);
    },
    onCoolDown: (candidate) => tellFleet(candidate),
    mayProbe: (candidate) => fleet?.mayProbe(candidate) ?? true,
    onClosed: (candidate) => byId.get(candidate)?.metrics.restartReliability(),
  });
  const candidates = createCandidates(options, gates, clock, kit);
  const byId = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  const fleet = kit.fleetMember && options.shared?.join(kit.fleetMember(candidates, clock));
  const tellFleet = (id: string): void => {
    const gate = byId.get(id)?.gate;
    if (gate) fleet?.publish(id, gate.exportState(clock.now()));
  };
  const learning = kit.learning?.(byId, options.state);
  const stateProblem = learning?.learner.stateProblem;
  // Told later, so that whoever makes the router can listen first.
  if (stateProblem) queueMicrotask(() => warn("state_ignored", stateProblem));
  const keepsPrefixes = options.providers.some((provider) => provider.prefixCache !== undefined);
  const affinity = keepsPrefixes ? kit.affinity?.({ clock }) : undefined;
  const features = options.use?.length ? new Features(options.use) : undefined;
  const frame = { lengths: new KindLengths() } as Frame;
  const views = candidates.map((candidate) =>
    Object.freeze(new CandidateView(candidate, frame, affinity, learning, fleet, features)),
  );
  const registry = createStrategyRegistry(options.strategies ?? [], kit.builtIns);
  const selector = createSelector(candidates, options.aliases ?? {}, options.tiers);
  const chooserOf = createChooserSource(registry, selector.knows, warn);
  for (const [index, own] of (options.strategies ?? []).entries()) chooserOf(own, `strategies[${index}]`);
  const strategy = chooserOf(options.strategy ?? "adaptive", "strategy");
  if (!strategy)
    throw invalidOption("strategy", `names no strategy of this router; known are ${registry.names().join(", ")}`);
  const providers = new Set(options.providers.map(({ id }) => id));
  const budgets = options.budgets?.length
    ? kit.budgets?.(options.budgets, {
        clock,
        providers,
        state: spendOf(options.state),
        onAlert: (alert) => events.has("budget") && events.emit("budget", alert),
        // Later, so that whoever makes the router can listen first.
        onWarning: (code, message) => queueMicrotask(() => warnOnce(code, message)),
      })
    : undefined;
  checkTargets(options, selector);
  const money = budgets && kit.reserve?.(budgets, options.budgets ?? [], events, fleet);
  let sequence = 0;

  const parts: RouterParts = {
    id: options.id ?? "router",
    kit,
    options,
    features,
    events,
    candidates,
    byId,
    viewsOf: createViewLists(views),
    frame,
    selector,
    chooserOf,
    strategy,
    caching: kit.cache?.create(options.cache ?? false, clock),
    flights: createFlights(clock),
    affinity,
    conversations: kit.conversations?.(options.conversations ?? {}, {
      clock,
      largestWindow: largestWindowOf(candidates),
    }),
    toolLoops: createToolLoops(),
    sessions: createSessions(),
    learning,
    budgets,
    tenants: options.tenantLimits && kit.tenants?.(options.tenantLimits, clock),
    fleet,
    hedging: options.hedge && kit.hedge?.(options.hedge),
    staleMs: options.degrade?.staleMs ?? 0,
    shadow: undefined,
    stats: createRouterStats(),
    healthTold: new Map(candidates.map(({ id }) => [id, { status: "unknown", sinceMs: clock.now() }])),
    strategyNames: registry.names(),
    ownsCache: options.cache !== undefined && options.cache !== false && !isCache(options.cache),
    closedBy: undefined,
    active: new Set(),
    decisions: [],
    nextId: createIdSource("req"),
    sequence: (advance) => (advance ? sequence++ : sequence),
    services: {
      clock,
      random,
      events,
      timeouts: timeoutsOf(options.timeouts),
      transport: options.transport,
      backoff: {
        baseMs: options.retry?.baseMs ?? 500,
        capMs: options.retry?.capMs ?? 8_000,
        maxWaitMs: options.retry?.maxWaitMs ?? (options.degrade?.waitMs === undefined ? 30_000 : 2_000),
      },
      reserve: features ? features.reserve(money) : money,
      features,
      calling: fleet && ((candidate, change) => fleet.calling(candidate.id, change)),
      settled: (attempt, candidate, request, slept) => settled(attempt, candidate, request, slept),
      judged: (candidate, valid) => learning?.learner.observe(candidate.id, valid),
      warnOnce,
      warn,
    },
  };
  const settled = createAttemptRecorder(parts);
  if (options.shadow) parts.shadow = kit.shadow?.(parts, options.shadow);
  features?.open({
    id: parts.id,
    clock,
    random,
    candidates: candidates.map((candidate) => features.faceOf(candidate)),
    warn: (code, message, requestId) => void warn(code, message, requestId),
  });
  return parts;
}

/** Tokens of the largest window here. */
function largestWindowOf(candidates: readonly PlannedCandidate[]): number {
  return candidates.reduce((largest, { info }) => Math.max(largest, info.contextWindow), 0);
}

function createCandidates(
  { providers, limits }: RouterOptions,
  gates: Gates,
  clock: Clock,
  kit: Kit,
): PlannedCandidate[] {
  const candidates: PlannedCandidate[] = [];
  const limiterFor = limitersOf(kit.limiter ? limits : undefined, clock, kit.limiter);
  const models = providers.reduce((sum, provider) => sum + provider.models.length, 0);
  const table = new Float64Array(models * ROW_WIDTH);
  for (const provider of providers) {
    const retries = createRetryBudget({}, { clock });
    for (const info of provider.models) {
      const id = `${provider.id}/${info.id}`;
      const position = candidates.length;
      const row = table.subarray(position * ROW_WIDTH, (position + 1) * ROW_WIDTH);
      candidates.push({
        id,
        position,
        provider,
        info,
        gate: gates.candidate(id, provider.id),
        metrics: createCandidateMetrics({ clock }, PRIOR, row),
        retries,
        limiter: limiterFor(provider.id, id),
        supports: supportsOf(info),
        tags: new Set([...(provider.tags ?? []), ...(info.tags ?? [])]),
        auto: isAuto(provider, info.id),
        endsAtWallMs: endsAtWallMs(info),
      });
    }
  }
  return candidates;
}

function timeoutsOf({ headersMs, firstTokenMs, idleMs, totalMs }: TimeoutOptions = {}): Timeouts {
  return {
    headersMs: headersMs ?? 30_000,
    unaryHeadersMs: headersMs ?? 120_000,
    firstTokenMs: firstTokenMs ?? 30_000,
    thinkingFirstTokenMs: firstTokenMs ?? 120_000,
    idleMs: idleMs ?? 60_000,
    idleContentMs: idleMs ?? 120_000,
    totalMs: totalMs ?? 600_000,
  };
}

/** Limiters as they are set: a candidate's own, or one that all other models of its provider share. */
function limitersOf(
  limits: RouterOptions["limits"],
  clock: Clock,
  createLimiter: Kit["limiter"],
): (provider: string, id: string) => Limiter | undefined {
  const shared = new Map<string, Limiter>();
  return (provider, id) => {
    const own = limits?.[id];
    if (own) return createLimiter?.(own, { clock });
    const together = limits?.[provider] ?? limits?.["*"];
    let limiter = shared.get(provider);
    if (!limiter && together) {
      limiter = createLimiter?.(together, { clock });
      if (limiter) shared.set(provider, limiter);
    }
    return limiter;
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
