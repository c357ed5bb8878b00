import { seededRandom } from "../core/random.js";
import { stuckBecause } from "../engine/progress.js";
import { CallQueue } from "./call-queue.js";
import type { PlannedCandidate } from "./candidates.js";
import { RequestRanker } from "./decision.js";
import type { RouterParts } from "./parts.js";
import { planOf } from "./plan.js";
import { withHome } from "./reach.js";
import type { Run } from "./run.js";
import type { Selection } from "./selection.js";

/**
 * A request that belongs to a session or an open tool loop, moved up one tier if that is stuck. Once: what was moved up
 * stays there.
 */
export function raise(parts: RouterParts, run: Run): Run {
  const { escalate } = parts.options;
  const { session, request, options, requestId } = run;
  const when = escalate?.when;
  const inLoop = request.messages.at(-1)?.role === "tool";
  if (when === undefined || (session === undefined && !inLoop)) return run;
  const before = (inLoop && parts.toolLoops.raised(request.messages)) || parts.sessions.raised(session);
  if (before) return { ...run, raised: "before" };
  const step = { request, options, candidate: run.home?.candidate.id };
  const why = stuckBecause(when, step, () => {
    parts.services.warn("signal_failed", "The signal in `escalate.when` failed, so it counts as no", requestId);
  });
  if (why === undefined) return run;
  const from = run.home?.candidate ?? firstChoice(parts, run, run.selection);
  const stronger = from && strongerThan(parts, run, from);
  const to = stronger && firstChoice(parts, run, { groups: [stronger], all: stronger });
  if (!from || !to) return run;
  const levels = levelOf(to) === levelOf(from) ? "one tier" : `from tier ${levelOf(from)} to tier ${levelOf(to)}`;
  const home = { candidate: to, reasons: [`escalated ${levels}: ${why}`] };
  return { ...run, selection: withHome(run.selection, to), home, raised: "now" };
}

const levelOf = ({ info }: PlannedCandidate): number => info.tier ?? 2;

/** Whom the strategy would ask of these: a look that counts and elects nothing. */
function firstChoice(parts: RouterParts, run: Run, { groups }: Selection): PlannedCandidate | undefined {
  const { clock } = parts.services;
  const ranker = new RequestRanker(parts, run, seededRandom(run.request.messages.length), true);
  return new CallQueue(planOf(groups, run.filter, clock.now()).groups, ranker).first();
}

/**
 * The candidates of the lowest tier above this one that may run now: of `escalate.to` if that is given, else of those that
 * the request names. Where no model is of a higher tier, those of the next group of `tiers`.
 */
function strongerThan(parts: RouterParts, run: Run, from: PlannedCandidate): readonly PlannedCandidate[] {
  const { to } = parts.options.escalate ?? {};
  const nowMs = parts.services.clock.now();
  const mayRun = (candidate: PlannedCandidate): boolean =>
    candidate !== from && run.filter.reason(candidate) === null && candidate.gate.blocked(nowMs) === null;
  const named = to === undefined ? undefined : parts.selector.select({ messages: [], models: [to].flat() }).all;
  if (named?.includes(from)) return [];
  const among = (named ?? run.selection.all).filter(mayRun);
  const above = among.filter((candidate) => levelOf(candidate) > levelOf(from));
  const level = Math.min(...above.map(levelOf));
  if (above.length > 0) return above.filter((candidate) => levelOf(candidate) === level);
  if (named) return among;
  const { groups } = run.selection;
  const later = groups.slice(groups.findIndex((group) => group.includes(from)) + 1);
  return later.map((group) => group.filter(mayRun)).find(({ length }) => length > 0) ?? [];
}
