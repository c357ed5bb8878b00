import type { AnyProvider, ModelInfo } from "../contract/provider.js";
import type { Timeouts } from "../contract/timeouts.js";
import type { CandidateMetrics } from "../metrics/types.js";
import type { Gate } from "../resilience/gate.js";
import type { Limiter } from "../resilience/limiter.js";
import type { RetryBudget } from "../resilience/retry-budget.js";

/** What sets a provider's answers apart from those of its namesakes; "" where it does not say. */
export function originOf({ origin }: AnyProvider): string {
  return typeof origin === "string" ? origin : "";
}

/** Has a provider drop what it keeps under these keys; never fails for what it does with them. */
export function forgetIn(provider: AnyProvider, keys: readonly string[] | undefined): void {
  for (const key of keys ?? []) {
    try {
      provider.forget?.(key);
    } catch {}
  }
}

/** One provider with one of its models, and all that is known and held about the pair. */
export interface Candidate {
  /** `"provider/model"`. */
  readonly id: string;
  /** Position in the order the app listed. */
  readonly position: number;
  readonly provider: AnyProvider;
  readonly info: ModelInfo;
  readonly gate: Gate;
  readonly metrics: CandidateMetrics;
  readonly retries: RetryBudget;
  readonly limiter: Limiter | undefined;
  /** How long each phase of a call to it may take, unless the call says otherwise. */
  readonly timeouts: Timeouts;
}
