import type { CandidateSnapshot, Characteristics, Strategy, StrategyContext } from "../../contract/strategy.js";
import type { AttemptSummary } from "../../errors/kinds.js";
import type { LearnerTicket } from "../learner/learner.js";
import { firstChances, leastChance } from "./propensity.js";

/** A candidate's numbers at the moment of a decision. */
export type LoggedCandidate = Omit<CandidateSnapshot, "info" | "provider" | "model">;

/** One decision: everything a strategy may read, who was chosen and how likely that was. Holds no prompt text. */
export interface DecisionLine {
  /** The version of the log's form. */
  readonly v: 1;
  /** Marks a decision. */
  readonly type: "decision";
  /** The router's id of the request. */
  readonly requestId: string;
  /** Wall-clock milliseconds since 1970. */
  readonly atMs: number;
  /** The name of the strategy that ranked the candidates. */
  readonly strategy: string;
  /** How many decisions the router had made before. */
  readonly sequence: number;
  /** The router's clock, milliseconds. */
  readonly nowMs: number;
  /** The candidate that served the session before. */
  readonly incumbent?: string | undefined;
  /** What was read of the request. */
  readonly characteristics: Characteristics;
  /** What was known of each candidate. */
  readonly candidates: readonly LoggedCandidate[];
  /** The candidate that went first. */
  readonly chosen: string;
  /** The chance with which `chosen` was put first. */
  readonly propensity: number;
  /** Hashed features, where the learner reads them. */
  readonly ticket?: LearnerTicket | undefined;
}

/** How the request ended, fallbacks included. */
export interface OutcomeLine {
  /** The version of the log's form. */
  readonly v: 1;
  /** Marks what a request came to. */
  readonly type: "outcome";
  /** The router's id of the request. */
  readonly requestId: string;
  /** Whether there was an answer. */
  readonly ok: boolean;
  /** What it cost, dollars; `null` if a price is unknown. */
  readonly costUsd: number | null;
  /** From the start to the end, milliseconds. */
  readonly latencyMs: number;
  /** From the start to the first token, milliseconds; `null` if none came. */
  readonly ttftMs?: number | null | undefined;
  /** Every upstream call of the request, in order. */
  readonly attempts?: readonly AttemptSummary[] | undefined;
}

/** What somebody said of the answer, 0..1. */
export interface FeedbackLine {
  /** The version of the log's form. */
  readonly v: 1;
  /** Marks a judgement. */
  readonly type: "feedback";
  /** The router's id of the request. */
  readonly requestId: string;
  /** How good the answer was, from 0 to 1. */
  readonly score: number;
}

/** A line of the decision log; written as JSON, one a line. */
export type DecisionLogLine = DecisionLine | OutcomeLine | FeedbackLine;

/** A decision together with what came of it. */
export interface LoggedDecision {
  readonly decision: DecisionLine;
  readonly outcome: OutcomeLine;
  /** 0..1, where somebody rated the answer. */
  readonly score: number | undefined;
}

/** Writes down one decision; works out the chance of the choice, which costs some dozen rankings. */
export function decisionLine(
  about: {
    readonly requestId: string;
    readonly atMs: number;
    readonly ticket?: LearnerTicket | undefined;
    /** Whether it went ahead of the rank, so that the strategy did not choose it. @default false */
    readonly ahead?: boolean | undefined;
  },
  strategy: Strategy,
  context: StrategyContext,
  chosen: CandidateSnapshot,
): DecisionLine {
  const { requestId, atMs, ticket } = about;
  const { sequence, nowMs, incumbent, characteristics, candidates } = context;
  const chances = firstChances(strategy, context, sequence + 1);
  return {
    v: 1,
    type: "decision",
    requestId,
    atMs,
    strategy: strategy.name,
    sequence,
    nowMs,
    ...(incumbent === undefined ? {} : { incumbent }),
    characteristics: plain(characteristics),
    candidates: candidates.map(logged),
    chosen: chosen.id,
    propensity: Math.max(chances[candidates.indexOf(chosen)] ?? 1, about.ahead ? 0 : leastChance(strategy)),
    ...(ticket === undefined ? {} : { ticket }),
  };
}

/** Joins lines to decisions with outcomes. Lines that cannot be read are counted and skipped, never thrown. */
export function readDecisionLog(lines: Iterable<string | DecisionLogLine>): {
  decisions: LoggedDecision[];
  skipped: number;
} {
  const decisions = new Map<string, DecisionLine>();
  const outcomes = new Map<string, OutcomeLine>();
  const scores = new Map<string, number>();
  let skipped = 0;
  for (const raw of lines) {
    if (typeof raw === "string" && raw.trim() === "") continue;
    const line = typeof raw === "string" ? parsed(raw) : raw;
    if (isDecision(line)) decisions.set(line.requestId, line);
    else if (isOutcome(line)) outcomes.set(line.requestId, line);
    else if (isFeedback(line)) scores.set(line.requestId, line.score);
    else skipped += 1;
  }
  const joined: LoggedDecision[] = [];
  for (const [requestId, decision] of decisions) {
    const outcome = outcomes.get(requestId);
    if (outcome !== undefined) joined.push({ decision, outcome, score: scores.get(requestId) });
  }
  return { decisions: joined, skipped };
}

/** The context of a logged decision, for strategies to rank again. The prompt is not in the log; models are bare. */
export function contextOf(decision: DecisionLine, random: () => number): StrategyContext {
  const { characteristics, candidates, sequence, nowMs, incumbent } = decision;
  return {
    request: NO_REQUEST,
    characteristics,
    candidates: candidates.map(revived),
    random,
    sequence,
    nowMs,
    incumbent,
  };
}

const NO_REQUEST = { messages: [] } as const;

function logged(candidate: CandidateSnapshot): LoggedCandidate {
  const { mean, sd, samples } = candidate.quality;
  return {
    id: candidate.id,
    tier: candidate.tier,
    position: candidate.position,
    expectedCostUsd: candidate.expectedCostUsd,
    expectedLatencyMs: candidate.expectedLatencyMs,
    ttftMs: candidate.ttftMs,
    tokensPerSecond: candidate.tokensPerSecond,
    successRate: candidate.successRate,
    successLowerBound: candidate.successLowerBound,
    recentSuccessRate: candidate.recentSuccessRate,
    samples: candidate.samples,
    attempts: candidate.attempts,
    ...(candidate.tries === undefined || candidate.tries === candidate.attempts ? {} : { tries: candidate.tries }),
    idleMs: candidate.idleMs,
    inFlight: candidate.inFlight,
    outstandingMs: candidate.outstandingMs ?? 0,
    headroom: candidate.headroom,
    ...(Number.isFinite(candidate.capacity) ? { capacity: candidate.capacity } : {}),
    expectedCachedTokens: candidate.expectedCachedTokens,
    quality: { mean, sd, samples },
  };
}

/** JSON knows no infinity: an unknown price and a candidate never heard of come back as `null`. */
function revived(line: LoggedCandidate): CandidateSnapshot {
  const slash = line.id.indexOf("/");
  const model = line.id.slice(slash + 1);
  return {
    ...line,
    expectedCostUsd: line.expectedCostUsd ?? Number.POSITIVE_INFINITY,
    idleMs: line.idleMs ?? Number.POSITIVE_INFINITY,
    provider: line.id.slice(0, Math.max(0, slash)),
    model,
    info: { id: model, contextWindow: 0, maxOutput: null, usdPerMTok: null, capabilities: NO_CAPABILITIES },
  };
}

const NO_CAPABILITIES = { tools: false, vision: false, thinking: "none", json: "none" } as const;

/** Lazy getters as plain values. */
function plain({ kind, complexity, tokens, needs, sensitivity, pinned }: Characteristics): Characteristics {
  return { kind, complexity, tokens, needs, sensitivity, pinned };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function lineOf(value: unknown, type: string): { [key: string]: unknown } | null {
  if (typeof value !== "object" || value === null) return null;
  const line = value as { [key: string]: unknown };
  return line.v === 1 && line.type === type && typeof line.requestId === "string" ? line : null;
}

function isDecision(value: unknown): value is DecisionLine {
  const line = lineOf(value, "decision");
  if (line === null || !Array.isArray(line.candidates) || line.candidates.length === 0) return false;
  const known = line.candidates.some((candidate) => (candidate as LoggedCandidate | null)?.id === line.chosen);
  const chance = line.propensity;
  return known && typeof chance === "number" && chance > 0 && chance <= 1 && typeof line.characteristics === "object";
}

function isOutcome(value: unknown): value is OutcomeLine {
  const line = lineOf(value, "outcome");
  return line !== null && typeof line.ok === "boolean" && typeof line.latencyMs === "number";
}

function isFeedback(value: unknown): value is FeedbackLine {
  const line = lineOf(value, "feedback");
  return line !== null && typeof line.score === "number" && line.score >= 0 && line.score <= 1;
}
