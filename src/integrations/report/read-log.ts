import type { DecisionLine, OutcomeLine } from "../../strategies/replay/decision-log.js";
import { RunRecorder } from "./record-router.js";
import type { LoggedRequest, Recording } from "./source.js";

type Fields = { readonly [field: string]: unknown };

export type OnProgress = (progress: { readonly done: number; readonly total: number }) => void;

/** Lines between two words of progress. */
const TELL_EVERY = 10_000;

/**
 * Reads a log of requests: records as `done` events tell them, or a router's decision log, whose lines on one request are
 * joined. Decisions without an outcome are requests that had not ended; they are left out, as feedback is.
 */
export function readLog(lines: readonly unknown[], onProgress?: OnProgress): { recording: Recording; ignored: number } {
  const requests: LoggedRequest[] = [];
  const decisions = new Map<string, DecisionLine>();
  const outcomes: OutcomeLine[] = [];
  let ignored = 0;
  for (const [index, line] of lines.entries()) {
    const done = index + 1;
    if (done % TELL_EVERY === 0 || done === lines.length) onProgress?.({ done, total: lines.length });
    if (isRequest(line)) requests.push(line);
    else if (isDecision(line)) decisions.set(line.requestId, line);
    else if (isOutcome(line)) outcomes.push(line);
    else if (!(isObject(line) && line.v === 1 && line.type === "feedback")) ignored += 1;
  }
  // A decision log tells the wall clock, records the router's own.
  const wall = decisions.size > 0 && requests.length === 0;
  for (const outcome of outcomes) {
    const decision = decisions.get(outcome.requestId);
    if (decision) requests.push(joined(decision, outcome));
    else ignored += 1;
  }
  return { recording: record(requests, wall), ignored };
}

function joined(decision: DecisionLine, { ok, latencyMs, costUsd, ttftMs = null, attempts = [] }: OutcomeLine) {
  const last = attempts.at(-1);
  const failure = last === undefined || last.outcome === "success" ? "unavailable" : last.outcome;
  const answered = ok ? last : undefined;
  return {
    outcome: ok ? ("ok" as const) : failure,
    strategy: decision.strategy,
    startedAtMs: decision.atMs,
    requestId: decision.requestId,
    kind: decision.characteristics?.kind ?? null,
    latencyMs,
    costUsd,
    ttftMs,
    attempts,
    provider: answered?.provider ?? null,
    model: answered?.model ?? null,
  };
}

function record(requests: readonly LoggedRequest[], wall: boolean): Recording {
  const beganMs = requests.reduce((least, { startedAtMs }) => Math.min(least, startedAtMs), Number.POSITIVE_INFINITY);
  const run = new RunRecorder(wall && requests.length > 0 ? beganMs : null);
  for (const request of requests) {
    const atMs = request.startedAtMs - beganMs + request.latencyMs;
    run.request(atMs, request);
    for (const attempt of request.attempts ?? []) run.call(atMs, attempt);
  }
  return run.read();
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isRequest(line: unknown): line is LoggedRequest {
  if (!isObject(line)) return false;
  const { outcome, strategy, startedAtMs, latencyMs } = line;
  const timed = Number.isFinite(startedAtMs) && Number.isFinite(latencyMs);
  return typeof outcome === "string" && typeof strategy === "string" && timed;
}

function isDecision(line: unknown): line is DecisionLine {
  if (!isObject(line) || line.v !== 1 || line.type !== "decision") return false;
  return typeof line.requestId === "string" && typeof line.strategy === "string" && Number.isFinite(line.atMs);
}

function isOutcome(line: unknown): line is OutcomeLine {
  if (!isObject(line) || line.v !== 1 || line.type !== "outcome") return false;
  const { requestId, ok, latencyMs, attempts } = line;
  const called = attempts === undefined || (Array.isArray(attempts) && attempts.every(isAttempt));
  return typeof requestId === "string" && typeof ok === "boolean" && Number.isFinite(latencyMs) && called;
}

function isAttempt(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { provider, model, outcome, latencyMs } = value;
  return [provider, model, outcome].every((word) => typeof word === "string") && Number.isFinite(latencyMs);
}
