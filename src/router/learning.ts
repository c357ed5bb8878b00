import QuickLRU from "quick-lru";
import type { ChatRequest } from "../chat/request.js";
import type { Characteristics, QualityEstimate } from "../contract/strategy.js";
import type { Clock } from "../core/clock.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { createEmbedder, type Embedder, type EmbedOptions, type EmbedTexts } from "../strategies/learner/embedder.js";
import { createLearner, type Learner, type LearnerTicket, type LearnerView } from "../strategies/learner/learner.js";
import { readTicket } from "../strategies/learner/ticket.js";
import type { PlannedCandidate } from "./candidates.js";

/** What feedback may be given for: a reply, its route (also as parsed JSON, in another process), or the request's id. */
export type FeedbackTarget = string | { readonly route: FeedbackRoute } | FeedbackRoute;

/** The part of a route that feedback reads. */
export interface FeedbackRoute {
  /** The router's id of the request. */
  readonly requestId: string;
  /** The provider's id. */
  readonly provider: string;
  /** The model's id. */
  readonly model: string;
  /** Links the feedback with the decision. */
  readonly ticket?: LearnerTicket | undefined;
}

/** What an answer was worth. */
export interface Feedback {
  /** 0 useless, 1 perfect. */
  readonly score: number;
  /** A word of yours, for your own records; not learned from. */
  readonly label?: string | undefined;
}

/** Answered requests that feedback by id can still find. */
const REMEMBERED = 5_000;

/** Of these, the last ones whose text is still at hand; for older ones feedback teaches the candidate as a whole. */
const AT_HAND = 200;

/** Which candidate answered, and where the answer is kept, if it is. */
type Remembered = string | (Kept & { readonly candidate: string });

/** Where an answer is kept. */
interface Kept {
  /** Its key in this router's cache. */
  readonly cacheKey?: string | undefined;
  /** Its keys within the provider. */
  readonly kept?: readonly string[] | undefined;
}

/** The learner as the router uses it: one view per decision, and a bounded memory of who answered what. */
export interface Learning {
  readonly learner: Learner;
  /** Gives vectors of requests; `undefined` without `embed`. */
  readonly embedder: Embedder | undefined;
  /** The request as the learner sees it; cheap until read. */
  view(request: ChatRequest, characteristics: Characteristics): LearnerView;
  /** The estimate for one candidate; its object is written anew by the next decision. */
  quality(view: LearnerView, candidate: PlannedCandidate): QualityEstimate;
  remember(requestId: string, candidate: string, where: Kept, view?: LearnerView): void;
  /**
   * Takes feedback. Returns what answer it was about, and where that is kept, as far as it is known.
   * @throws SignalboxError `invalid_request` for a score outside 0..1 or a target that names no known answer
   */
  feedback(
    target: FeedbackTarget,
    feedback: Feedback,
  ): Kept & { readonly requestId: string; readonly candidate: PlannedCandidate };
}

export function createLearning(
  byId: ReadonlyMap<string, PlannedCandidate>,
  state: unknown,
  embed: EmbedTexts | EmbedOptions | undefined,
  clock: Clock,
): Learning {
  const given = typeof embed === "function" ? { embed } : embed;
  const embedder = given && createEmbedder(given, clock);
  const learner = createLearner({ state: learnerStateOf(state), embedder });
  const answered = new QuickLRU<string, Remembered>({ maxSize: REMEMBERED });
  const views = new QuickLRU<string, LearnerView>({ maxSize: AT_HAND });
  const estimates = Array.from(byId, () => ({ mean: 0, sd: 0, samples: 0 }));

  return {
    learner,
    embedder,
    view: (request, characteristics) => learner.view(request, characteristics),
    quality(view, candidate) {
      const into = estimates[candidate.position] as (typeof estimates)[number];
      return learner.quality(view, candidate.id, candidate.info.tier ?? 2, into);
    },
    remember(requestId, candidate, { cacheKey, kept }, view) {
      answered.set(requestId, cacheKey === undefined && !kept ? candidate : { candidate, cacheKey, kept });
      // Until someone gives feedback nobody will ask for a request's features by its id.
      if (view && learner.active) views.set(requestId, view);
    },
    feedback(target, feedback) {
      const score: unknown = feedback?.score;
      if (typeof score !== "number" || !(score >= 0 && score <= 1)) {
        throw new SignalboxError("invalid_request", "score must be a number from 0 to 1", { path: "feedback.score" });
      }
      const route = typeof target === "string" ? undefined : routeOf(target);
      const requestId = typeof target === "string" ? target : String(route?.requestId);
      const remembered = answered.get(requestId);
      const known = typeof remembered === "string" ? { candidate: remembered } : remembered;
      const candidate = byId.get(known?.candidate ?? `${route?.provider}/${route?.model}`);
      if (!candidate) {
        const message = "This answer is not known here: give the reply or its route instead of an old id";
        throw new SignalboxError("invalid_request", message, { path: "feedback.target", detail: "unknown_answer" });
      }
      const ticket = views.get(requestId)?.ticket() ?? readTicket(route?.ticket);
      learner.feedback(candidate.id, candidate.info.tier ?? 2, ticket, score);
      return { ...known, requestId, candidate };
    },
  };
}

/** What a router's `exportState()` says of its learner; anything else is left for the learner to complain about. */
function learnerStateOf(state: unknown): unknown {
  if (typeof state !== "object" || state === null || !("version" in state) || state.version !== 1) return state;
  return "learner" in state ? state.learner : {};
}

function routeOf(target: Exclude<FeedbackTarget, string>): FeedbackRoute | undefined {
  if (typeof target !== "object" || target === null) return undefined;
  const route = "route" in target ? target.route : target;
  return typeof route === "object" && route !== null ? route : undefined;
}
