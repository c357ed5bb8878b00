import type { ChatRequest } from "../chat/request.js";
import type { SignalboxError } from "../errors/signalbox-error.js";
import { trimToTokens } from "../memory/trim.js";
import { type Call, type CandidateQueue, forkOf } from "./call.js";
import { tellDegraded } from "./tell-degraded.js";
import { type AttemptFunction, walk } from "./walk.js";

/** What may be given up when nobody can answer as asked; each rung is off unless given, and tried in this order. */
export interface DegradeOptions {
  /**
   * Smaller or cheaper models to ask then: ids, `"provider/model"` or aliases. They still meet every hard need.
   * @default off
   */
  readonly to?: string | readonly string[] | undefined;
  /** A smaller request: system prompts stay, and a tool call never loses its result. @default off */
  readonly shrink?: ShrinkOptions | undefined;
  /**
   * An answer from the cache that is at most this far past its lifetime, milliseconds; exact requests without tools
   * only.
   * @default off
   */
  readonly staleMs?: number | undefined;
  /**
   * Waits for the nearest candidate to come back, at most this long and never past the deadline, milliseconds.
   * @default off
   */
  readonly waitMs?: number | undefined;
}

/** How a request may be made smaller. */
export interface ShrinkOptions {
  /** The history is cut to about this many tokens. @default the whole history */
  readonly historyTokens?: number | undefined;
  /** Output limit, tokens. @default as asked */
  readonly maxTokens?: number | undefined;
  /** Leaves tools out where the request does not force one and no tool loop is open. @default false */
  readonly dropTools?: boolean | undefined;
}

/** The rungs below a failed walk. */
export interface Rungs<T> {
  /** Candidates of `to`, or of the request itself, that may serve `request` as things stand now. */
  queue(to: DegradeOptions["to"], request: ChatRequest): CandidateQueue;
  /** A stale answer; `undefined` where there is none. */
  stale(maxAgeMs: number): Promise<T | undefined>;
  /** Waits at most so long for a blocked candidate to be back, and asks; `undefined` if that gave no answer. */
  waited(error: SignalboxError, waitMs: number): Promise<T | undefined>;
}

/** Walks down the ladder after `error`. Every rung that answers is named in `call.degraded` and told as an event. */
export async function degrade<T>(
  call: Call,
  error: SignalboxError,
  options: DegradeOptions,
  attempt: AttemptFunction<T>,
  rungs: Rungs<T>,
): Promise<T> {
  const mayMove = call.services.policies.of(error.kind, error.detail).nextCandidate;
  const outOfTime = error.kind === "timeout" && error.detail === "total";
  if (!(mayMove || outOfTime) || call.abort.reason) throw error;
  const tryAgain = async (rung: string, how: Partial<Call>): Promise<T | undefined> => {
    const next = forkOf(call, { role: "fallback", forced: false, spare: 0, ...how });
    if (!next.queue.more()) return undefined;
    try {
      const answer = await walk(next, attempt);
      tellDegraded(call, rung);
      return answer;
    } catch {
      // The first error says more about the request than a rung's.
      return undefined;
    }
  };
  const { to, shrink, staleMs, waitMs } = options;
  let answer: T | undefined;
  if (to !== undefined) answer = await tryAgain("cheaper", { queue: rungs.queue(to, call.request) });
  if (answer === undefined && shrink) {
    const request = shrunk(call.request, shrink);
    if (request !== call.request) {
      answer = await tryAgain("shrunk", { queue: rungs.queue(undefined, request), request });
    }
  }
  if (answer === undefined && staleMs !== undefined) {
    answer = await rungs.stale(staleMs);
    if (answer !== undefined) tellDegraded(call, "stale");
  }
  if (answer === undefined && waitMs !== undefined) {
    answer = await rungs.waited(error, waitMs);
    if (answer !== undefined) tellDegraded(call, "waited");
  }
  if (answer === undefined) throw call.abort.reason ?? error;
  return answer;
}

/** The request made smaller; the same one where nothing could be given up. */
function shrunk(request: ChatRequest, { historyTokens, maxTokens, dropTools }: ShrinkOptions): ChatRequest {
  let smaller = request;
  if (historyTokens !== undefined) {
    const messages = trimToTokens(request.messages, historyTokens);
    if (messages !== request.messages) smaller = { ...smaller, messages };
  }
  const asked = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY;
  if (maxTokens !== undefined && maxTokens < asked) {
    const { max_tokens: _, ...rest } = smaller;
    smaller = { ...rest, max_completion_tokens: maxTokens };
  }
  if (dropTools && mayDropTools(request)) {
    const { tools: _tools, tool_choice: _choice, ...rest } = smaller;
    smaller = rest;
  }
  return smaller;
}

function mayDropTools({ tools, tool_choice, messages }: ChatRequest): boolean {
  if (!tools || tools.length === 0) return false;
  if (tool_choice && tool_choice !== "auto" && tool_choice !== "none") return false;
  return messages.every(({ role }) => role !== "tool");
}
