import type { ChatReply } from "../chat/reply.js";
import type { Admission } from "./admission.js";
import type { Call } from "./call.js";
import type { Candidate } from "./candidate.js";
import { checkedReply, withUsage } from "./checked-reply.js";
import { costInRoute } from "./costs.js";
import { outgoing } from "./outgoing.js";
import { openStream } from "./stream/open-stream.js";
import { UpstreamCall } from "./upstream-call.js";

/** An answer that is whole, and who gave it. */
export interface Answer {
  readonly candidate: Candidate;
  readonly reply: ChatReply;
  /** What the call's output schema made of it. */
  readonly parsed?: Parsed | undefined;
  /** Whether tool arguments had to be mended. */
  readonly repairedArguments?: true | undefined;
}

/** What an answer's text says as a value. */
export interface Parsed {
  readonly value: unknown;
  /** Whether the JSON had to be mended. */
  readonly repaired?: true | undefined;
}

/** Asks one candidate for a whole answer. Settles its upstream call exactly once; rejects with a SignalboxError. */
export async function attemptChat(call: Call, candidate: Candidate, admission: Admission): Promise<Answer> {
  const { provider } = candidate;
  if (!provider.chat) return drain(call, candidate, admission);
  const upstream = new UpstreamCall(call, candidate, admission, false);
  try {
    const reply = checkedReply(
      await upstream.wait(provider.chat(outgoing(call, candidate), upstream.context)),
      call,
      candidate,
    );
    upstream.paid(costInRoute(reply));
    upstream.succeed(reply.usage ?? null, reply, reply.choices[0].finish_reason);
    return { candidate, reply };
  } catch (thrown) {
    const error = upstream.errorOf(thrown);
    upstream.fail(error, null, call.queue.more());
    throw error;
  }
}

/** The way for a provider that only streams. */
async function drain(call: Call, candidate: Candidate, admission: Admission): Promise<Answer> {
  const stream = await openStream(call, candidate, admission);
  while (stream.poll() ?? (await stream.next())) {
    // The stream keeps what it hands out.
  }
  return { candidate, reply: withUsage(stream.assembler.reply(), call) };
}
