import type { FingerprintScope } from "../chat/fingerprint.js";
import type { ChatRequest } from "../chat/request.js";
import type { CallOptions } from "../contract/call-options.js";
import type { AttemptBudget, CallContext } from "../contract/provider.js";
import type { Characteristics } from "../contract/strategy.js";
import type { FeatureRuns } from "../engine/feature-run.js";
import type { Warming } from "../engine/warm.js";
import type { Turn } from "../memory/conversations.js";
import type { MovingDeadline } from "../resilience/moving-deadline.js";
import type { Chooser } from "../strategies/chooser.js";
import type { LearnerView } from "../strategies/learner/learner.js";
import type { Home } from "./call-queue.js";
import type { HardFilter } from "./plan.js";
import type { Selection } from "./selection.js";

/** What `route.degraded` and a `warning` say if a conversation goes on without its earlier turns. */
export const FORGOTTEN = "conversation_forgotten";

/** One request of one caller, checked, before anything was decided. */
export interface Run {
  readonly requestId: string;
  readonly request: ChatRequest;
  readonly options: CallOptions;
  readonly streamed: boolean;
  /** Asked ahead by `warm`: its answer is kept only where there is room for it. */
  readonly warming: Warming | undefined;
  /** Whether an outer router asks, which wants to know what an answer cost. */
  readonly nested: boolean;
  /** Tells the outer router how far the answer has come. */
  readonly report: CallContext["report"];
  readonly startedAtMs: number;
  readonly deadline: MovingDeadline;
  readonly budget: AttemptBudget;
  readonly selection: Selection;
  readonly filter: HardFilter;
  /** The features' views of this request; `undefined` if no feature is in use. */
  readonly features: FeatureRuns | undefined;
  readonly chooser: Chooser;
  readonly characteristics: Characteristics;
  /** The request as the learner sees it; `undefined` if nothing learns. */
  readonly view: LearnerView | undefined;
  readonly chain: readonly string[];
  /** The turn of a conversation that this request is; `undefined` without a `conversationId`. */
  readonly turn: Turn | undefined;
  /** Where an open tool loop or the call's session began: it goes on there while that candidate may run. */
  readonly home: Home | undefined;
  /** Whether the session or tool loop goes to a stronger candidate from `"now"` on, or was moved there `"before"`. */
  readonly raised?: "now" | "before" | undefined;
  /** Under which key the call's session is kept; `undefined` if it belongs to none. */
  readonly session: string | undefined;
  /** Where an equal request's answer lies; `undefined` where this one is neither looked up nor stored. */
  readonly cacheKey: string | undefined;
  /** What the key covers besides the request. */
  readonly cacheScope: FingerprintScope | undefined;
}
