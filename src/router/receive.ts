import { checkRequest } from "../chat/check.js";
import type { ChatRequest } from "../chat/request.js";
import { estimateRequestTokens } from "../chat/tokens.js";
import type { CallOptions } from "../contract/call-options.js";
import type { CallContext } from "../contract/provider.js";
import { FeatureRuns } from "../engine/feature-run.js";
import { invalidOption, SignalboxError } from "../errors/signalbox-error.js";
import type { Turn } from "../memory/conversations.js";
import { fitted, inputRoom } from "../memory/trim.js";
import { createAttemptBudget, DEFAULT_ATTEMPTS } from "../resilience/attempt-budget.js";
import { createMovingDeadline } from "../resilience/moving-deadline.js";
import type { Chooser } from "../strategies/chooser.js";
import { mergedOptions } from "./bound-options.js";
import type { Home } from "./call-queue.js";
import { checkCallOptions, checkIds } from "./call-settings.js";
import type { PlannedCandidate } from "./candidates.js";
import type { RequestKeys, RouterParts } from "./parts.js";
import { createHardFilter } from "./plan.js";
import { reachOf, withHome } from "./reach.js";
import type { Run } from "./run.js";
import type { Selection } from "./selection.js";

/** A request that is only looked at: no id is spent and nobody is told. */
export function inspectRun(
  parts: RouterParts,
  request: ChatRequest,
  options: CallOptions | undefined,
  bound: CallOptions,
): Run {
  return prepare(
    parts,
    receive(parts, request, options, bound, { streamed: false, warming: undefined }, undefined, ""),
  );
}

/** A request with its options and history, before anything is worked out of it. */
export type Received = Pick<
  Run,
  | "requestId"
  | "request"
  | "options"
  | "streamed"
  | "warming"
  | "nested"
  | "report"
  | "startedAtMs"
  | "deadline"
  | "budget"
  | "selection"
  | "turn"
  | "chooser"
  | "features"
>;

/** @throws SignalboxError `invalid_request` or `invalid_options` */
export function receive(
  parts: RouterParts,
  sent: ChatRequest,
  given: CallOptions | undefined,
  bound: CallOptions,
  { streamed, warming }: Pick<Run, "streamed" | "warming">,
  context: CallContext | undefined,
  requestId: string = context?.requestId ?? parts.nextId(),
): Received {
  const issue = checkRequest(sent);
  if (issue) throw new SignalboxError("invalid_request", `${issue.path}: ${issue.message}`, { path: issue.path });
  if (sent.stream === true && !streamed && !context) {
    const message = "stream: chat() answers in one piece; stream(request) gives the answer in chunks";
    throw new SignalboxError("invalid_request", message, { path: "stream" });
  }
  if (given && !context) checkCallOptions(given);
  const called = given ? (bound === NONE ? given : mergedOptions(bound, given)) : bound;
  const options = parts.features?.options ? checkCallOptions(parts.features.optionsOf(called, requestId)) : called;
  if (given && !context) checkIds(given, parts.selector.knows);
  refuseUncounted(parts, options);
  refuseUnserved(parts, options);
  const { clock, timeouts } = parts.services;
  const startedAtMs = clock.now();
  const ownMs = totalOf(options) ?? timeouts.totalMs;
  const chooser = chooserOf(parts, options);
  const selection = parts.selector.select(sent);
  const turn = turnOf(parts, sent, options, context !== undefined);
  const request = turn ? fitting(parts, { ...sent, messages: turn.messages }, options, selection) : sent;
  const deadline = createMovingDeadline(clock, startedAtMs + ownMs, context?.deadline);
  return {
    requestId,
    request,
    options,
    streamed,
    warming,
    nested: context !== undefined,
    report: context?.report,
    startedAtMs,
    deadline,
    budget: createAttemptBudget(callsLeft(parts, options, context), context?.attempts),
    selection,
    turn,
    chooser,
    features: parts.features && new FeatureRuns({ requestId, request, options, streamed, deadline }, clock),
  };
}

/** Works out what every later step needs. */
export function prepare(parts: RouterParts, received: Received): Run {
  const { requestId, request, options, streamed, warming, nested, report, startedAtMs, deadline, budget } = received;
  const { turn, chooser, features } = received;
  const reach = reachOf(parts, received.selection);
  const session = parts.sessions.keyOf(options, chooser.strategy.name);
  const loop = parts.toolLoops.homeOf(request.messages, reach);
  const home = loop
    ? { candidate: loop, reasons: LOOP }
    : session === undefined
      ? undefined
      : sessionHome(parts, session, reach, startedAtMs);
  const selection = home ? withHome(received.selection, home.candidate) : received.selection;
  const pinned = home !== undefined || turn?.continued === true;
  const characteristics = parts.kit.characteristics(request, pinned ? { ...options, pinned } : options);
  const run: Run = {
    requestId,
    request,
    options,
    streamed,
    warming,
    nested,
    report,
    startedAtMs,
    deadline,
    budget,
    selection,
    turn,
    home,
    session,
    filter: createHardFilter(parts, request, options, features),
    features,
    chooser,
    characteristics,
    view: parts.learning?.view(request, characteristics),
    ...(parts.kit.keysOf?.(parts, request, options) ?? NO_KEYS),
  };
  return parts.kit.raise?.(parts, run) ?? run;
}

const LOOP: readonly string[] = Object.freeze(["its tool loop began here"]);
const SESSION: readonly string[] = Object.freeze(["its session began here"]);

function sessionHome(
  { sessions }: RouterParts,
  key: string,
  among: readonly PlannedCandidate[],
  nowMs: number,
): Home | undefined {
  const candidate = sessions.homeOf(key, among, nowMs);
  return candidate && { candidate, reasons: SESSION };
}

/** @throws SignalboxError `invalid_options` where the call names no known strategy */
export function chooserOf(parts: RouterParts, { strategy }: CallOptions): Chooser {
  const path = "options.strategy";
  const chooser = strategy === undefined ? parts.strategy : parts.chooserOf(strategy, path);
  if (chooser) return chooser;
  throw invalidOption(path, `names no strategy of this router; known are ${parts.strategyNames.join(", ")}`);
}

/** @throws SignalboxError `invalid_request` where a budget needs to know whose money a call spends, and it does not say */
function refuseUncounted({ budgets }: RouterParts, { tenant, tags }: CallOptions): void {
  const rule = budgets?.missing({ tenant, tags });
  if (!rule) return;
  const path = rule.per === "tag" ? "tags" : "tenant";
  const whose = rule.key === undefined ? `a ${rule.per}` : `the ${rule.per} "${rule.key}"`;
  throw new SignalboxError("invalid_request", `A budget counts ${whose}, and the call's \`${path}\` name none`, {
    path,
  });
}

/** @throws SignalboxError `invalid_options` where the call asks for what a feature does that is not in use */
function refuseUnserved({ kit, conversations }: RouterParts, { output, conversationId }: CallOptions): void {
  if (output !== undefined && !kit.output) throw invalidOption("options.output", "needs the feature output() in use");
  if (conversationId !== undefined && !conversations) {
    throw invalidOption("options.conversationId", "needs the feature conversations() in use");
  }
}

/** The time that the call gives itself in all. */
function totalOf({ timeoutMs, timeouts }: CallOptions): number | undefined {
  const totalMs = timeouts?.totalMs;
  return timeoutMs === undefined || totalMs === undefined ? (timeoutMs ?? totalMs) : Math.min(timeoutMs, totalMs);
}

/** The call's or the router's own limit, or what an outer one has left. */
function callsLeft(parts: RouterParts, { retry }: CallOptions, context: CallContext | undefined): number | undefined {
  const own = retry?.attempts ?? parts.options.retry?.attempts;
  if (!context) return own;
  const { limit, used } = context.attempts;
  return Math.max(1, Math.min(own ?? DEFAULT_ATTEMPTS, limit - used));
}

/** An outer router has recalled the history already and sends all of it, so there is nothing to continue. */
function turnOf(
  parts: RouterParts,
  { messages }: ChatRequest,
  { conversationId, tenant }: CallOptions,
  whole: boolean,
): Turn | undefined {
  return conversationId === undefined ? undefined : parts.conversations?.begin(conversationId, tenant, messages, whole);
}

/**
 * A turn with its history cut to the largest window of those who may answer; where all of them are blocked, or too small
 * for the turn alone, of those who could.
 */
function fitting(parts: RouterParts, request: ChatRequest, options: CallOptions, { all }: Selection): ChatRequest {
  const filter = createHardFilter(parts, request, options);
  const nowMs = parts.services.clock.now();
  let room = 0;
  let blockedRoom = 0;
  for (const candidate of all) {
    const reason = filter.reason(candidate);
    if (reason !== null && reason !== "context_length") continue;
    const own = inputRoom(request, candidate.info);
    if (candidate.gate.blocked(nowMs) === null) room = Math.max(room, own);
    else blockedRoom = Math.max(blockedRoom, own);
  }
  const turn = fitted(request, room || blockedRoom);
  return blockedRoom > room && estimateRequestTokens(turn) > room ? fitted(request, blockedRoom) : turn;
}

/** No options at all. */
export const NONE: CallOptions = Object.freeze({});
const NO_KEYS: RequestKeys = Object.freeze({ cacheKey: undefined, cacheScope: undefined, chain: Object.freeze([]) });
