import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type { CallContext } from "../contract/provider.js";
import { forgetIn } from "../engine/candidate.js";
import { createReplyStream } from "../engine/stream/reader-stream.js";
import { type Warming, warmByAsking } from "../engine/warm.js";
import { checkBoolean, checkNames } from "../errors/check-options.js";
import { invalidOption, SignalboxError } from "../errors/signalbox-error.js";
import type { ConversationStats } from "../memory/conversations.js";
import type { BudgetReading } from "../spend/budgets.js";
import type { StrategyRecommendation } from "../strategies/replay/recommend.js";
import { answerChat, answerStream } from "./answer.js";
import { assembleRouter } from "./assemble.js";
import { type BoundOptions, locked, mergedOptions } from "./bound-options.js";
import { checkCallOptions, checkIds, isCallContext } from "./call-settings.js";
import { DISABLED_BY_HAND, type PlannedCandidate } from "./candidates.js";
import { requestOf } from "./conversation.js";
import { withExperiments } from "./experiments.js";
import { explainRequest } from "./explain.js";
import { noteHealth } from "./health-notes.js";
import { learnFrom } from "./learn-from.js";
import { createLifetime, type Lifetime, routerClosed } from "./lifetime.js";
import { checkedListener } from "./listeners.js";
import { measuredOf } from "./measured.js";
import type { RouterOptions } from "./options.js";
import { ownModels, ownOrigin, viewOrigin } from "./own-models.js";
import type { Kit, ResponseCaching, RouterParts } from "./parts.js";
import { chooserOf, NONE } from "./receive.js";
import type { RoutedReply, RouterStream } from "./records.js";
import type { Router, RouterHealth } from "./router.js";
import { updatedParts } from "./update.js";
import { exportVerdicts } from "./verdict-state.js";

/** Makes a router of options and of the code that they need. @throws SignalboxError `invalid_options` naming the path */
export function createCoreRouter(options: RouterOptions, kit: Kit): Router {
  const parts = assembleRouter(options, kit);
  const stopProbes = options.probe && kit.probe?.(parts, options.probe);
  const lifetime = createLifetime(
    (reason) => {
      parts.closed.by = reason;
      for (const abort of [...parts.active]) abort.abort(reason);
    },
    async () => {
      stopProbes?.();
      // What nobody waits for: shadows.
      for (const abort of [...parts.active]) abort.abort(routerClosed());
      await parts.features?.close(parts.services.clock);
      parts.events.clear();
      await parts.fleet?.close();
      if (parts.ownsCache) await parts.caching?.cache.close();
    },
  );
  return boundRouter({ parts, face: faceOf(parts) }, lifetime, NONE);
}

const NO_CONVERSATIONS: ConversationStats = Object.freeze({ kept: 0, corrupt: 0 });

/** A method of a feature that this router was not given. */
function notInUse(feature: string): SignalboxError {
  return invalidOption("use", `does not hold the feature "${feature}", which this method belongs to`);
}

/** What every view of a router shows as a provider; it takes a while to work out. */
type Face = Pick<Router, "models" | "origin">;

/** The parts as they are now: `update` puts others in their place. */
interface Live {
  parts: RouterParts;
  face: Face;
}

function faceOf({ candidates, options }: RouterParts): Face {
  return { models: ownModels(candidates), origin: ownOrigin(candidates, options.aliases) };
}

/** The router's face over shared parts, with options that stand for every call. */
function boundRouter(live: Live, lifetime: Lifetime, bound: BoundOptions): Router {
  const { events } = live.parts;

  const chat = (request: ChatRequest, optionsOrContext?: CallOptions | CallContext): Promise<RoutedReply> =>
    lifetime.track(() => answerChat(live.parts, request, optionsOrContext, bound));
  const stream = (request: ChatRequest, optionsOrContext?: CallOptions | CallContext): RouterStream =>
    createReplyStream(() => lifetime.trackStream(() => answerStream(live.parts, request, optionsOrContext, bound)));

  const router: Router = {
    id: live.parts.id,
    models: live.face.models,
    autoModels: ["auto"],
    aliases: Object.keys(live.parts.options.aliases ?? {}),
    origin: viewOrigin(live.face.origin, bound),
    strategies: live.parts.strategyNames,
    cache: live.parts.caching?.cache,
    chat: chat as Router["chat"],
    stream,
    explain: (request, given) => explainRequest(live.parts, request, given, bound),
    feedback(target, feedback) {
      if (!live.parts.learning) throw notInUse("learning");
      const { cacheKey, kept, candidate, requestId } = live.parts.learning.feedback(target, feedback);
      for (const feature of live.parts.features?.all ?? []) {
        const warn = live.parts.services.warn;
        contained(
          () => feature.rated?.(requestId, feedback.score),
          () => warn("feature_failed", `The feature "${feature.name}" failed in its slot "rated"`, requestId),
        );
      }
      if (live.parts.options.decisionLog)
        live.parts.kit.decisions?.write(live.parts, { v: 1, type: "feedback", requestId, score: feedback.score });
      if (feedback.score > 0) return;
      forgetIn(candidate.provider, kept);
      if (cacheKey === undefined || !live.parts.caching) return;
      dropAnswer(live.parts.caching, cacheKey);
      if (events.has("cache")) events.emit("cache", { status: "evicted", reason: "feedback" });
    },
    async learnFrom(rows) {
      if (!live.parts.learning) throw notInUse("learning");
      return learnFrom(live.parts, rows);
    },
    forget(key) {
      if (live.parts.caching) dropAnswer(live.parts.caching, key);
      for (const provider of live.parts.options.providers) forgetIn(provider, [key]);
    },
    on(name, listener) {
      events.on(name, checkedListener(name, listener));
      return this;
    },
    once(name, listener) {
      events.once(name, checkedListener(name, listener));
      return this;
    },
    off(name, listener) {
      events.off(name, listener);
      return this;
    },
    stats() {
      const nowMs = live.parts.services.clock.now();
      const asked = live.parts.candidates.filter(({ metrics }) => metrics.attempts > 0);
      const candidates = asked.map((candidate) => measuredOf(candidate, nowMs));
      const stats = {
        ...live.parts.stats.snapshot(),
        candidates,
        conversations: live.parts.conversations?.stats() ?? NO_CONVERSATIONS,
      };
      if (!live.parts.caching) return stats;
      const { cache, similar } = live.parts.caching;
      const report = { ...stats, cache: live.parts.kit.cache?.report(cache, stats.requests.cache) };
      return similar ? { ...report, similarity: similar.index.stats() } : report;
    },
    health: () => readHealth(live.parts),
    recommend: () => recommend(live.parts),
    invalidate(which) {
      return live.parts.kit.cache?.invalidate(live.parts, which) ?? 0;
    },
    warm: (requests, how) => {
      live.parts.caching?.cache.prune();
      const options: CallOptions = { signal: how?.signal, priority: "batch" };
      const ask = (request: ChatRequest, warming: Warming) =>
        lifetime.track(() => answerChat(live.parts, request, options, bound, warming));
      return warmByAsking(requests, ask, how, live.parts.caching === undefined);
    },
    budget: (key, which) => tightest(live.parts.budgets?.read(key, which?.per) ?? []),
    budgets: () => live.parts.budgets?.read() ?? [],
    conversation(id, options) {
      const tenant = options?.tenant ?? bound.tenant;
      if (typeof id !== "string" || id === "") {
        throw new SignalboxError("invalid_request", "A conversation needs an id", { path: "id" });
      }
      const here = tenant === undefined ? { conversationId: id } : { conversationId: id, tenant };
      const { conversations } = live.parts;
      if (!conversations) throw notInUse("conversations");
      return {
        id,
        chat: (turn, options) => chat(requestOf(turn), { ...options, ...here }),
        stream: (turn, options) => stream(requestOf(turn), { ...options, ...here }),
        messages: () => conversations.messages(id, tenant),
        forget: () => conversations.forget(id, tenant),
        export: () => conversations.snapshot(id, tenant),
        import: (snapshot) => conversations.restore(id, tenant, snapshot),
      };
    },
    with(more, how) {
      if (isCallContext(more)) throw invalidOption("options", "must be options of a call");
      chooserOf(live.parts, checkCallOptions(more));
      checkIds(more, live.parts.selector.knows);
      if (how !== undefined) checkNames(how, "how", ["locked"]);
      checkBoolean(how?.locked, "how.locked");
      const options = mergedOptions(bound, more);
      return boundRouter(live, lifetime, how?.locked ? locked(options) : options);
    },
    reset(id) {
      forCandidates(live.parts, id, (candidate) => candidate.gate.reset());
      live.parts.waiting.look();
    },
    disable: (id) => forCandidates(live.parts, id ?? "", (candidate) => candidate.gate.disable(DISABLED_BY_HAND)),
    enable(id) {
      forCandidates(live.parts, id ?? "", (candidate) => candidate.gate.enable());
      live.parts.waiting.look();
    },
    exportState: () => ({
      version: 1,
      learner: live.parts.learning?.learner.exportState(),
      spend: live.parts.budgets?.exportState(),
      verdicts: exportVerdicts(live.parts.candidates, live.parts.services.clock),
    }),
    update(changes) {
      live.parts = updatedParts(live.parts, changes);
      live.face = faceOf(live.parts);
    },
    close: (how) => lifetime.close(how?.abort ?? false),
    [Symbol.asyncDispose]: () => lifetime.close(false),
  };
  // After an `update` a router and its views show what is there now.
  const shown: { readonly [name: string]: () => unknown } = {
    models: () => live.face.models,
    aliases: () => Object.keys(live.parts.options.aliases ?? {}),
    origin: () => viewOrigin(live.face.origin, bound),
  };
  for (const [name, get] of Object.entries(shown)) Object.defineProperty(router, name, { enumerable: true, get });
  return router;
}

function dropAnswer({ responses, similar }: ResponseCaching, key: string): void {
  responses.delete(key);
  similar?.index.delete(key);
}

/** From the decisions that were logged here; without a log nothing is known of other strategies. */
function recommend({ decisions, strategy, options, kit, features }: RouterParts): StrategyRecommendation {
  if (!kit.decisions) throw notInUse("decisions");
  const advice = kit.decisions.recommend(decisions, { current: strategy.strategy });
  const logged = options.decisionLog
    ? advice
    : { ...advice, reasons: ["decisions are only remembered where `decisionLog` is set"] };
  return withExperiments(logged, features?.all);
}

/** Calls `work`, and `failed` if it throws. */
function contained(work: () => void, failed: () => void): void {
  try {
    work();
  } catch {
    failed();
  }
}

function tightest(readings: readonly BudgetReading[]): BudgetReading | undefined {
  let found: BudgetReading | undefined;
  for (const reading of readings) if (!found || reading.remainingUsd < found.remainingUsd) found = reading;
  return found;
}

function readHealth(parts: RouterParts): RouterHealth {
  const nowMs = parts.services.clock.now();
  const wallNowMs = parts.services.clock.wallNow();
  return {
    candidates: parts.candidates.map((candidate) => {
      const { status, reasons, sinceMs, breaker } = noteHealth(parts, candidate, nowMs);
      const { id, gate, provider } = candidate;
      const verdicts = [...gate.verdicts(nowMs, wallNowMs), ...(provider.keyVerdicts?.() ?? [])];
      return { id, status, reasons, sinceMs: sinceMs + wallNowMs - nowMs, breaker, verdicts };
    }),
  };
}

/** Acts on a candidate (`"provider/model"`), on all of a provider, or on everyone. */
function forCandidates(parts: RouterParts, id: string | undefined, act: (candidate: PlannedCandidate) => void): void {
  const meant = parts.candidates.filter(
    (candidate) => id === undefined || candidate.id === id || candidate.provider.id === id,
  );
  if (meant.length === 0)
    throw new SignalboxError("invalid_request", "No candidate or provider has this id", { path: "id" });
  for (const candidate of meant) {
    act(candidate);
    candidate.limiter?.lookAgain();
    noteHealth(parts, candidate, parts.services.clock.now());
  }
}
