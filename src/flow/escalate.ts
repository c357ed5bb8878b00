import type { ChatReply } from "../chat/reply.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import type { Answer } from "./attempt-chat.js";
import { type Call, type CandidateQueue, forkOf } from "./call.js";
import { type AttemptFunction, walk } from "./walk.js";

/** Asking a strong model where a cheap one's answer does not do. */
export interface EscalateOptions {
  /**
   * Whether an answer does. Without it the call's `output` schema decides, and a call without one is never escalated.
   * A validator that throws or rejects counts as "it does".
   */
  readonly validate?: ((reply: ChatReply) => boolean | Promise<boolean>) | undefined;
  /** The stronger models: ids, `"provider/model"` or aliases. */
  readonly to: string | readonly string[];
}

/**
 * The answer, or that of a stronger model where the validator refuses it: inside the same calls and deadline, both
 * paid for. Where the stronger one cannot be had, the first answer stands and says so.
 *
 * @param strong candidates to escalate to, without those already asked.
 */
export async function escalate(
  call: Call,
  first: () => Promise<Answer>,
  strong: () => CandidateQueue,
  options: EscalateOptions,
  attempt: AttemptFunction<Answer>,
): Promise<Answer> {
  let answer: Answer | undefined;
  try {
    answer = await first();
    if (await suffices(answer, options, call)) return answer;
    call.services.judged(answer.candidate, false);
  } catch (thrown) {
    const unmet =
      SignalboxError.isInstance(thrown) && thrown.kind === "malformed_response" && thrown.detail === "output";
    if (!unmet) throw thrown;
  }
  const queue = strong();
  if (!queue.more()) return give(answer, call);
  const { requestId } = call;
  call.services.warn("escalated", "The first answer was refused by the validator", requestId);
  try {
    const better = await walk(forkOf(call, { queue, role: "escalation" }), attempt);
    return better;
  } catch (thrown) {
    if (!answer) throw thrown;
    return give(answer, call);
  }
}

async function suffices({ reply }: Answer, { validate }: EscalateOptions, call: Call): Promise<boolean> {
  if (!validate) return true;
  try {
    return (await validate(reply)) === true;
  } catch {
    call.services.warn("validator_failed", "The escalation validator threw; the answer stands", call.requestId);
    return true;
  }
}

function give(answer: Answer | undefined, call: Call): Answer {
  if (!answer)
    throw new SignalboxError("malformed_response", "No answer meets the output schema", { detail: "output" });
  call.degraded.push("not_escalated");
  return answer;
}
