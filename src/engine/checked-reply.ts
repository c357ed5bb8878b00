import { estimateUsage } from "../chat/create-reply.js";
import { isReplyProblem, normalizeReply } from "../chat/normalize-reply.js";
import type { ChatReply } from "../chat/reply.js";
import { extended } from "../core/extended.js";
import { SignalboxError } from "../errors/signalbox-error.js";
import { withheld } from "../errors/withheld.js";
import type { Call } from "./call.js";
import type { Candidate } from "./candidate.js";

/** A reply that is one: shaped, not empty, not a filter's silence, with usage. Throws what it is instead. */
export function checkedReply(value: unknown, call: Call, candidate: Candidate): ChatReply {
  const where = { provider: candidate.provider.id, model: candidate.info.id };
  const reply = normalizeReply(value, candidate.info.id);
  if (isReplyProblem(reply)) {
    const kind = reply.problem === "empty" ? "empty_response" : "malformed_response";
    throw new SignalboxError(kind, `${where.provider}: ${reply.message}`, where);
  }
  const { finish_reason: finish, message } = reply.choices[0];
  if (finish === "content_filter" && !message.content && !message.refusal) {
    throw withheld(where, reply.extensions);
  }
  return withUsage(reply, call);
}

/** Every reply has usage: the vendor's, or an estimate that says so. */
export function withUsage(reply: ChatReply, call: Call): ChatReply {
  const { usage } = reply;
  if (usage && usage.prompt_tokens + usage.completion_tokens > 0) return reply;
  const { content, tool_calls: calls, reasoning_content: reasoning } = reply.choices[0].message;
  return extended(reply, { usage: estimateUsage(call.request, content ?? "", calls, reasoning) });
}
