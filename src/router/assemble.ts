import type { AnyProvider } from "../contract/provider.js";
import type { CandidateSnapshot } from "../contract/strategy.js";
import { systemClock } from "../core/clock.js";
import { createIdSource } from "../core/ids.js";
import type { FlowServices } from "../engine/call.js";
import { Features } from "../engine/compose.js";
import { checkFeatures } from "../engine/define-feature.js";
import { createFlights } from "../engine/flight.js";
import { timeoutsOf } from "../engine/timeouts.js";
import { createPolicies } from "../errors/policies.js";
import { invalidOption } from "../errors/signalbox-error.js";
import { isCache } from "../memory/is-cache.js";
import { KindLengths } from "../metrics/answer-lengths.js";
import { createRouterStats } from "../metrics/router-stats.js";
import { createGates } from "../resilience/gates.js";
import { WaitRoom } from "../resilience/wait-room.js";
import type { BudgetsDeps } from "../spend/budget-types.js";
import { createStrategyRegistry } from "../strategies/registry.js";
import { createAttemptRecorder } from "./attempt-recorder.js";
import type { PlannedCandidate } from "./candidates.js";
import { createChooserSource } from "./choosers.js";
import { createCandidates, createLayout, createLayoutMemory } from "./layout.js";
import type { RouterOptions } from "./options.js";
import type { Kit, RouterParts } from "./parts.js";
import { spendOf } from "./reserve.js";
import { createRouterEvents } from "./router-events.js";
import { createSessions } from "./sessions.js";
import { CandidateView, type Frame } from "./snapshot.js";
import { createToolLoops } from "./tool-loops.js";
import { restoreVerdicts } from "./verdict-state.js";

/** Builds everything a router consists of. @throws SignalboxError `invalid_options` */
export function assembleRouter(options: RouterOptions, kit: Kit): RouterParts {
  kit.checkOptions(options);
  checkFeatures(options.use);
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const { events, warn, warnOnce } = createRouterEvents();
  const waiting = new WaitRoom(clock);
  const gates = createGates(options.breaker ?? {}, {
    clock,
    random,
    onBreaker: (candidate, from, to, reason, openMs) => {
      if (events.has("breaker")) events.emit("breaker", { candidate, from, to, reason, openMs });
      tellFleet(candidate);
      // Later: the breaker is in the middle of its change.
      if (waiting.size > 0) queueMicrotask(() => waiting.look());
    },
    onCoolDown: (candidate) => tellFleet(candidate),
    mayProbe: (candidate) => fleet?.mayProbe(candidate) ?? true,
    onClosed: (candidate) => memory.candidates.get(candidate)?.metrics.restartReliability(),
  });
  const memory = createLayoutMemory(clock, gates, kit.limiter);
  const candidates = createCandidates(options, memory);
  const fleet = kit.fleetMember && options.shared?.join(kit.fleetMember(candidates, clock));
  const tellFleet = (id: string): void => {
    const gate = memory.candidates.get(id)?.gate;
    if (gate) fleet?.publish(id, gate.exportState(clock.now()));
  };
  const learning = kit.learning?.(memory.candidates, options.state, options.embed, clock);
  const problems = [learning?.learner.stateProblem, restoreVerdicts(options.state, candidates, clock)];
  for (const problem of problems) {
    // In a microtask, so that the app can add its listeners first.
    if (problem) queueMicrotask(() => warn("state_ignored", problem));
  }
  const keepsPrefixes = options.providers.some((provider) => provider.prefixCache !== undefined);
  const affinity = keepsPrefixes ? kit.affinity?.({ clock }) : undefined;
  const features = options.use?.length ? new Features(options.use) : undefined;
  const frame = { lengths: new KindLengths() } as Frame;
  const viewOf = (candidate: PlannedCandidate): CandidateSnapshot =>
    Object.freeze(new CandidateView(candidate, frame, affinity, learning, fleet, features));
  const registry = createStrategyRegistry(options.strategies ?? [], kit.builtIns);
  const chooserOf = createChooserSource(registry, (id) => memory.ids.has(id), warn);
  for (const [index, own] of (options.strategies ?? []).entries()) chooserOf(own, `strategies[${index}]`);
  if (typeof options.strategy === "string" && !chooserOf(options.strategy, "strategy"))
    throw invalidOption("strategy", `names no strategy of this router; known are ${registry.names().join(", ")}`);
  const layout = createLayout(options, candidates, memory, viewOf, chooserOf);
  const budgets = options.budgets?.length
    ? kit.budgets?.(options.budgets, {
        ...budgetDeps({ clock, events, warnOnce }, options.providers),
        state: spendOf(options.state),
      })
    : undefined;
  const money = budgets && kit.reserve?.(budgets, options.budgets ?? [], events, fleet);
  let sequence = 0;

  const parts: RouterParts = {
    id: options.id ?? "router",
    kit,
    options,
    features,
    events,
    ...layout,
    memory,
    viewOf,
    frame,
    chooserOf,
    caching: kit.cache?.create(options.cache ?? false, clock, random),
    flights: createFlights(clock),
    affinity,
    conversations: kit.conversations?.(options.conversations ?? {}, {
      clock,
      largestWindow: largestWindowOf(candidates),
    }),
    toolLoops: createToolLoops(),
    sessions: createSessions(options.escalate?.when !== undefined),
    learning,
    budgets,
    tenants: options.tenantLimits && kit.tenants?.(options.tenantLimits, clock),
    waiting,
    fleet,
    hedging: options.hedge && kit.hedge?.(options.hedge),
    staleMs: options.degrade?.staleMs ?? 0,
    shadow: undefined,
    stats: createRouterStats(),
    healthTold: new Map(candidates.map(({ id }) => [id, { status: "unknown", sinceMs: clock.now() }])),
    strategyNames: registry.names(),
    ownsCache: options.cache !== undefined && options.cache !== false && !isCache(options.cache),
    closed: { by: undefined },
    active: new Set(),
    decisions: [],
    nextId: createIdSource("req"),
    sequence: (advance) => (advance ? sequence++ : sequence),
    services: {
      clock,
      random,
      events,
      timeouts: timeoutsOf(options.timeouts),
      policies: createPolicies(options.policy),
      transport: options.transport,
      repairJson: options.repairJson,
      backoff: {
        baseMs: options.retry?.baseMs ?? 500,
        capMs: options.retry?.capMs ?? 8_000,
        maxWaitMs: options.retry?.maxWaitMs ?? (options.degrade?.waitMs === undefined ? 30_000 : 2_000),
      },
      reserve: features ? features.reserve(money) : money,
      features,
      calling: fleet && ((candidate, change) => fleet.calling(candidate.id, change)),
      settled: (attempt, candidate, request, slept, policy) => settled(attempt, candidate, request, slept, policy),
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

/** What money budgets need of their router. */
export function budgetDeps(
  { clock, events, warnOnce }: Pick<FlowServices, "clock" | "events" | "warnOnce">,
  providers: readonly AnyProvider[],
): BudgetsDeps {
  return {
    clock,
    providers: new Set(providers.map(({ id }) => id)),
    onAlert: (alert) => events.has("budget") && events.emit("budget", alert),
    // In a microtask, so that the app can add its listeners first.
    onWarning: (code, message) => queueMicrotask(() => warnOnce(code, message)),
  };
}
