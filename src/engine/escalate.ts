import type { ChatReply } from "../chat/reply.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Answer } from "./attempt-chat.js";
import { type Call, type CandidateQueue, forkOf } from "./call.js";
import type { EscalateWhen } from "./progress.js";
import { tellDegraded } from "./tell-degraded.js";
import { checkOutput } from "./validated.js";
import { type AttemptFunction, walk } from "./walk.js";
import { within } from "./within.js";

/** Asking a strong model if a cheap one's answer is not good enough, or if its session is stuck. */
export interface EscalateOptions {
  /**
   * Whether an answer is good enough. Without it the call's `output` schema decides, and a call without one is never
   * escalated. A validator that throws, rejects or outlasts the deadline counts as a yes. Streams are not escalated:
   * their answer is on its way before it can be judged.
   * @default the call's `output` schema
   */
  readonly validate?: ((reply: ChatReply) => boolean | Promise<boolean>) | undefined;
  /**
   * The stronger models: ids, `"provider/model"` or aliases. Answers are judged only if it is given; a stuck session is
   * moved within it, or without it to the next higher `tier` among the models that its request names.
   * @default none
   */
  readonly to?: string | readonly string[] | undefined;
  /**
   * Moves a stuck session (`sessionKey`, a conversation, or an open tool loop) up one tier, once: it stays there, and
   * `route.reasons` says why. `true` looks for repeated equal tool calls and for rising failures of tools.
   * @default never
   */
  readonly when?: EscalateWhen | undefined;
}

/**
 * The answer, or that of a stronger model where the validator refuses it: inside the same calls and deadline, both
 * paid for. Where the stronger one cannot be had, the first answer stands and says so; one that misses its schema never
 * stands, and whoever is left of the first ones is asked.
 *
 * @param first the cheap answer, not held against the schema yet.
 * @param strong candidates to escalate to, without those already asked.
 * @param attempt asks and holds the answer against the schema.
 */
export async function escalate(
  call: Call,
  first: () => Promise<Answer>,
  strong: () => CandidateQueue,
  options: EscalateOptions,
  attempt: AttemptFunction<Answer>,
): Promise<Answer> {
  const cheap = await first();
  let answer: Answer | undefined;
  let unmet: SignalboxError | undefined;
  try {
    answer = await checkOutput(call, cheap);
    if (await suffices(answer, options, call)) return answer;
    call.services.judged(answer.candidate, false);
  } catch (thrown) {
    unmet = unmetSchema(thrown);
  }
  const { fromCache } = call.found;
  call.found.fromCache = undefined;
  const queue = strong();
  if (queue.more()) {
    call.services.warn("escalated", "The first answer was refused by the validator", call.requestId);
    try {
      return await walk(forkOf(call, { queue, role: "escalation" }), attempt);
    } catch (thrown) {
      if (call.abort.reason) throw thrown;
    }
  }
  if (!answer) return walk(call, attempt, unmet && { candidate: cheap.candidate, error: unmet });
  call.found.fromCache = fromCache;
  tellDegraded(call, "not_escalated");
  return answer;
}

/** @throws whatever else it was */
function unmetSchema(thrown: unknown): SignalboxError {
  if (SignalboxError.isInstance(thrown) && thrown.kind === "malformed_response" && thrown.detail === "output") {
    return thrown;
  }
  throw thrown;
}

async function suffices({ reply }: Answer, { validate }: EscalateOptions, call: Call): Promise<boolean> {
  if (!validate) return true;
  try {
    const verdict = validate(reply);
    return (typeof verdict === "boolean" ? verdict : await within(call, verdict)) === true;
  } catch {
    if (call.abort.reason) throw call.abort.reason;
    call.services.warn("validator_failed", "The escalation validator failed; the answer stands", call.requestId);
    return true;
  }
}
