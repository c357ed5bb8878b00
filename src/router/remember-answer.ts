import type { ChatReply } from "../chat/reply.js";
import type { ChatRequest } from "../chat/request.js";
import { prefixTokens } from "../chat/tokens.js";
import { countsOf } from "../chat/usage.js";
import type { Answer } from "../engine/attempt-chat.js";
import type { Call } from "../engine/call.js";
import type { AttemptSummary } from "../errors/kinds.js";
import type { RouterParts } from "./parts.js";
import type { Run } from "./run.js";

/** Once per flight: notes what the answer teaches (prefixes, tool loops), and stores it in the cache. */
export function rememberAnswer(parts: RouterParts, run: Run, call: Call, answer: Answer): Answer {
  const { candidate, reply } = answer;
  notePrefix(parts, run, call, answer);
  parts.toolLoops.began(reply.choices[0].message, candidate.id, run.raised === "before" || wasRaised(run, candidate));
  noteSession(parts, run, answer);
  // With a schema the answer was judged by it; one that was served for want of a better one proves nothing.
  if (!run.options.output && call.degraded.length === 0) {
    parts.services.judged(candidate, keptItsForm(run.request, reply));
  }
  parts.kit.cache?.keep(parts, run, call, answer);
  return answer;
}

/** Whether an answer was given, and to its end; one that ends where the caller said is no worse for it. */
function keptItsForm({ max_tokens, max_completion_tokens }: ChatRequest, { choices }: ChatReply): boolean {
  const { finish_reason: finish, message } = choices[0];
  if (finish === "length") return (max_completion_tokens ?? max_tokens ?? null) !== null;
  return finish !== "content_filter" && !message.refusal;
}

/** Notes which candidate has read this prompt, and how many cached tokens it reports against how many were expected. */
function notePrefix({ affinity, services }: RouterParts, run: Run, call: Call, { candidate, reply }: Answer): void {
  const { prefixCache } = candidate.provider;
  const { usage } = reply;
  if (!affinity || !prefixCache || !usage || usage.estimated) return;
  const nowMs = services.clock.now();
  // Whoever says nothing about cached tokens has not said that there were none.
  if (usage.prompt_tokens_details?.cached_tokens === undefined) {
    affinity.served(run.chain, candidate.id, nowMs);
    return;
  }
  const askedAtMs = nowMs - (answering(call, candidate)?.latencyMs ?? 0);
  const { ttlMs, minTokens } = prefixCache;
  const tokensAt = (boundary: number): number => prefixTokens(run.request, boundary);
  const expected = affinity.expectedCachedTokens(run.chain, candidate.id, ttlMs, minTokens, tokensAt, askedAtMs);
  affinity.served(run.chain, candidate.id, nowMs, countsOf(usage).cacheRead, expected);
}

/** A stale answer was given by nobody now, so it moves no session. */
function noteSession({ byId, sessions, services }: RouterParts, run: Run, { candidate }: Answer): void {
  const { session, home, requestId } = run;
  const raised = wasRaised(run, candidate);
  if (raised) services.warn("escalated", "A stuck session was moved to a stronger model", requestId);
  const planned = session === undefined ? undefined : byId.get(candidate.id);
  if (session === undefined || !planned) return;
  sessions.answered(session, planned, home?.candidate, services.clock.now(), raised);
}

/** Whether this request moved its session up: the stronger candidate answered. */
function wasRaised({ raised, home }: Run, { id }: Answer["candidate"]): boolean {
  return raised === "now" && home?.candidate.id === id;
}

/** The attempt that gave the answer; others of the same request failed, or were hedges that lost. */
export function answering({ attempts }: Call, { provider, info }: Answer["candidate"]): AttemptSummary | undefined {
  return attempts.findLast(
    ({ outcome, provider: id, model }) => outcome === "success" && id === provider.id && model === info.id,
  );
}
