import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type { Characteristics } from "../contract/strategy.js";
import { seededRandom } from "../core/random.js";
import type { Candidate } from "../engine/candidate.js";
import type { Exclusion } from "../errors/kinds.js";
import type { BudgetRule } from "../spend/budgets.js";
import { aheadOf } from "./call-queue.js";
import { RequestRanker } from "./decision.js";
import type { RouterParts } from "./parts.js";
import { type Plan, planOf } from "./plan.js";
import { inspectRun } from "./receive.js";
import { detailOf, keysOf, wantOf } from "./reserve.js";
import type { Run } from "./run.js";

/** How a request would be routed now. Plain JSON. */
export interface Explanation {
  /** What was read of the request. */
  readonly characteristics: Characteristics;
  /** Those that may run, best first: the first choice and its fallbacks. */
  readonly candidates: readonly ExplainedCandidate[];
  /** The candidates that were left out, each with its reason. */
  readonly excluded: readonly Exclusion[];
  /** The name of the strategy that ranked the candidates. */
  readonly strategy: string;
}

/** One candidate as the strategy judged it. */
export interface ExplainedCandidate {
  /** `"provider/model"`. */
  readonly id: string;
  /** The provider's id. */
  readonly provider: string;
  /** The model's id. */
  readonly model: string;
  /** `null` where the strategy gave none. */
  readonly score: number | null;
  /** Why, in a few words each. */
  readonly reasons: readonly string[];
  /** The chance with which it would go first, where the strategy says so. */
  readonly propensity?: number | undefined;
  /** Facts of the model that nobody gave, such as `contextWindow`; absent if all are known. */
  readonly guessed?: readonly string[] | undefined;
  /** Dollars, with the expected cached prefix; `null` where the price is unknown. */
  readonly expectedCostUsd: number | null;
  /** How long its answer is expected to take, milliseconds. */
  readonly expectedLatencyMs: number;
}

/** Plans and ranks without sending, drawing or recording anything. */
export function explainRequest(
  parts: RouterParts,
  request: ChatRequest,
  options: CallOptions | undefined,
  bound: CallOptions,
): Explanation {
  const run = inspectRun(parts, request, options, bound);
  const plan = planOf(run.selection.groups, run.filter, parts.services.clock.now());
  // Forked: the router's own source stays where it is, and the same moment explains the same way twice.
  const ranker = new RequestRanker(parts, run, seededRandom(run.chain.length + 1), true);
  const candidates: ExplainedCandidate[] = [];
  for (const group of plan.groups) {
    if (group.length === 0) continue;
    const context = ranker.contextOf(group);
    for (const { id, score, reasons, propensity } of run.chooser.explain(context)) {
      const view = context.candidates.find((candidate) => candidate.id === id);
      if (!view) continue;
      const { provider, model, expectedCostUsd, expectedLatencyMs } = view;
      const { guessed } = view.info;
      candidates.push({
        id,
        provider,
        model,
        score,
        reasons,
        expectedCostUsd: Number.isFinite(expectedCostUsd) ? expectedCostUsd : null,
        expectedLatencyMs,
        ...(guessed === undefined ? {} : { guessed }),
        ...(propensity === undefined ? {} : { propensity }),
      });
    }
  }
  putAhead(candidates, plan.groups, run.home, ranker);
  putFullLast(parts, candidates);
  const unaffordable = takeUnaffordable(parts, run, candidates);
  const { kind, complexity, tokens, needs, sensitivity, pinned } = run.characteristics;
  return {
    characteristics: { kind, complexity, tokens, needs, sensitivity, pinned },
    candidates,
    excluded: [...plan.excluded, ...unaffordable],
    strategy: run.chooser.strategy.name,
  };
}

/** The one that is asked before the strategy's choice stands first, as it would be. */
function putAhead(
  candidates: ExplainedCandidate[],
  groups: Plan["groups"],
  home: Run["home"],
  ranker: RequestRanker,
): void {
  const group = groups.find(({ length }) => length > 0);
  const present = groups.some((each) => home && each.includes(home.candidate)) ? home : undefined;
  const ahead = group && aheadOf(group, present, ranker);
  const at = ahead ? candidates.findIndex(({ id }) => id === ahead.candidate.id) : -1;
  const [found] = at < 0 ? [] : candidates.splice(at, 1);
  if (found && ahead) candidates.unshift({ ...found, reasons: ahead.reasons });
}

/** Those without a free place come after all that have one, as they would. */
function putFullLast({ byId }: RouterParts, candidates: ExplainedCandidate[]): void {
  const full = candidates.filter(({ id }) => byId.get(id)?.limiter?.full);
  if (full.length === 0) return;
  const free = candidates.filter((candidate) => !full.includes(candidate));
  const told = full.map((candidate) => ({ ...candidate, reasons: [...candidate.reasons, "no free place now"] }));
  candidates.splice(0, candidates.length, ...free, ...told);
}

/**
 * Takes out those for whose call no money is left; sending one would find that out by taking it. Where a budget rejects
 * rather than lets others be asked, none after that one would be.
 */
function takeUnaffordable(
  { budgets, byId, services }: RouterParts,
  run: Run,
  candidates: ExplainedCandidate[],
): Exclusion[] {
  if (!budgets) return [];
  const { maxCostUsd = Number.POSITIVE_INFINITY } = run.options;
  const without: Exclusion[] = [];
  let over = false;
  const kept = candidates.filter(({ id }) => {
    const candidate = byId.get(id) as Candidate;
    const want = wantOf(run.request, candidate, maxCostUsd);
    const rule = over ? undefined : budgets.refusedBy(keysOf(run, candidate), want);
    if (!over && !rule) return true;
    over ||= !services.policies.of("budget_exceeded", detailOf(rule as BudgetRule)).nextCandidate;
    without.push({ id, reason: "budget" });
    return false;
  });
  candidates.splice(0, candidates.length, ...kept);
  return without;
}
