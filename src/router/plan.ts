import { NEED_AUDIO, NEED_JSON_OBJECT, NEED_TOOLS, NEED_VISION_DATA, needsOf } from "../chat/needs.js";
import type { ChatRequest } from "../chat/request.js";
import { estimateRequestTokens, requestChars } from "../chat/tokens.js";
import type { CallOptions } from "../contract/call-options.js";
import type { Clock } from "../core/clock.js";
import type { Features } from "../engine/compose.js";
import type { FeatureRuns } from "../engine/feature-run.js";
import type { Exclusion, ExclusionReason } from "../errors/kinds.js";
import { inputRoom } from "../memory/trim.js";
import { expectedCostUsd } from "../pricing/cost.js";
import type { Budgets } from "../spend/budgets.js";
import { missingReason, NEED_HOSTED_TOOLS, NEED_THINKING, type PlannedCandidate } from "./candidates.js";
import { keysOf } from "./reserve.js";

/** The part of a plan that the moment does not change: model, capabilities, size, allow and deny, cost limit. */
export interface HardFilter {
  /** `null` where the candidate may serve this call. */
  reason(candidate: PlannedCandidate): ExclusionReason | null;
}

/** What the filter looks at besides the call. */
interface FilterDeps {
  readonly services: { readonly clock: Clock };
  /** Money budgets, where there are any. */
  readonly budgets: Budgets | undefined;
  /** The features in use. */
  readonly features: Features | undefined;
}

/** The hard filter of one call; what costs time is worked out when the first candidate needs it. */
export function createHardFilter(
  { services, budgets, features }: FilterDeps,
  request: ChatRequest,
  options: CallOptions,
  runs?: FeatureRuns | undefined,
): HardFilter {
  const filter = new CallFilter(request, options, services.clock.wallNow(), budgets);
  if (!features?.exclude || !runs) return filter;
  return {
    reason: (candidate) => filter.reason(candidate) ?? features.reasonAgainst(runs, candidate) ?? null,
  };
}

class CallFilter implements HardFilter {
  readonly #request: ChatRequest;
  readonly #options: CallOptions;
  readonly #nowWallMs: number;
  readonly #needs: number;
  readonly #mostTokens: number;
  readonly #budgets: Budgets | undefined;
  #tokens: number | undefined;

  constructor(request: ChatRequest, options: CallOptions, nowWallMs: number, budgets: Budgets | undefined) {
    this.#budgets = budgets;
    this.#request = request;
    this.#options = options;
    this.#nowWallMs = nowWallMs;
    this.#needs = needsOf(request) | requiredBits(options);
    this.#mostTokens = requestChars(request);
  }

  reason(candidate: PlannedCandidate): ExclusionReason | null {
    const { allow, deny, requireTags, maxCostUsd } = this.#options;
    const { provider, info, id } = candidate;
    if (provider.unavailable !== undefined) return provider.unavailable.reason;
    if (candidate.endsAtWallMs <= this.#nowWallMs) return "retired";
    if (allow !== undefined && !allow.includes(provider.id) && !allow.includes(id)) return "denied";
    if (deny !== undefined && (deny.includes(provider.id) || deny.includes(id))) return "denied";
    if (requireTags !== undefined && !hasAll(candidate.tags, requireTags)) return "missing_tags";
    const missing = this.#needs & ~candidate.supports;
    if (missing !== 0) return missingReason(missing);
    const room = inputRoom(this.#request, info);
    if (this.#mostTokens > room && this.#inputTokens() > room) return "context_length";
    if (info.usdPerMTok === null) {
      // What has no price has no place under a limit of dollars.
      if (maxCostUsd !== undefined || this.#budgets?.covers(keysOf({ options: this.#options }, candidate))) {
        return "unknown_price";
      }
    } else if (maxCostUsd !== undefined) {
      if (expectedCostUsd(info.usdPerMTok, this.#inputTokens(), 0, 1) > maxCostUsd) return "budget";
    }
    return null;
  }

  #inputTokens(): number {
    this.#tokens ??= estimateRequestTokens(this.#request);
    return this.#tokens;
  }
}

function hasAll(tags: ReadonlySet<string>, wanted: readonly string[]): boolean {
  for (const tag of wanted) if (!tags.has(tag)) return false;
  return true;
}

function requiredBits({ require }: CallOptions): number {
  if (require === undefined) return 0;
  let bits = 0;
  for (const need of require) bits |= REQUIRED[need];
  return bits;
}

const REQUIRED = {
  tools: NEED_TOOLS,
  vision: NEED_VISION_DATA,
  audio: NEED_AUDIO,
  json: NEED_JSON_OBJECT,
  thinking: NEED_THINKING,
  hosted_tools: NEED_HOSTED_TOOLS,
} as const;

/** Candidates that may run now, and why the others may not. */
export interface Plan {
  readonly groups: readonly (readonly PlannedCandidate[])[];
  readonly excluded: readonly Exclusion[];
}

const NONE: readonly Exclusion[] = [];

/** Applies the hard filter and each candidate's gate; allocates nothing while nobody is excluded. */
export function planOf(groups: readonly (readonly PlannedCandidate[])[], filter: HardFilter, nowMs: number): Plan {
  let excluded: Exclusion[] | undefined;
  let kept: (readonly PlannedCandidate[])[] | undefined;
  for (let g = 0; g < groups.length; g += 1) {
    const group = groups[g] as readonly PlannedCandidate[];
    let survivors: PlannedCandidate[] | undefined;
    for (let c = 0; c < group.length; c += 1) {
      const candidate = group[c] as PlannedCandidate;
      const reason = filter.reason(candidate) ?? candidate.gate.blocked(nowMs);
      if (reason === null) {
        survivors?.push(candidate);
        continue;
      }
      survivors ??= group.slice(0, c);
      excluded ??= [];
      excluded.push({ id: candidate.id, reason });
    }
    if (survivors !== undefined) kept ??= groups.slice(0, g);
    kept?.push(survivors ?? group);
  }
  return { groups: kept ?? groups, excluded: excluded ?? NONE };
}
