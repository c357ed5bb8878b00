import QuickLRU from "quick-lru";
import { sha256 } from "../chat/hash.js";
import type { Message } from "../chat/message.js";
import type { ReplyMessage } from "../chat/reply.js";
import type { PlannedCandidate } from "./candidates.js";

/** Remembers who asked for which tool call, so that the loop goes on where it began even when the app drops its state. */
export interface ToolLoops {
  /** Notes the tool calls of an answer. */
  began(message: ReplyMessage, candidateId: string, raised?: boolean): void;
  /** Whether the open loop was moved up to a stronger candidate. */
  raised(messages: readonly Message[]): boolean;
  /** The candidate of `among` that an open tool loop began at; `undefined` where no loop is open. */
  homeOf(messages: readonly Message[], among: readonly PlannedCandidate[]): PlannedCandidate | undefined;
}

interface Loop {
  readonly home: string;
  readonly raised: boolean;
}

/** Longer ids are kept as their hash: a gateway may put a whole thought signature into one, and it has to go back as it is. */
const MAX_ID = 256;

const keyOf = (id: string): string => (id.length <= MAX_ID ? id : sha256(id));

export function createToolLoops(max = 10_000): ToolLoops {
  const loops = new QuickLRU<string, Loop>({ maxSize: max });
  const loopOf = (messages: readonly Message[]): Loop | undefined => {
    const last = messages.at(-1);
    return last?.role === "tool" ? loops.get(keyOf(last.tool_call_id)) : undefined;
  };
  return {
    began({ tool_calls: calls }, candidateId, raised = false) {
      if (!calls) return;
      const loop = { home: candidateId, raised };
      for (const { id } of calls) loops.set(keyOf(id), loop);
    },
    raised: (messages) => loopOf(messages)?.raised === true,
    homeOf(messages, among) {
      if (messages.at(-1)?.role !== "tool") return undefined;
      const known = loopOf(messages);
      if (known !== undefined) return among.find((candidate) => candidate.id === known.home);
      const issuer = issuerOf(messages);
      return issuer === undefined ? undefined : among.find((candidate) => candidate.provider.id === issuer);
    },
  };
}

/** Who wrote the assistant's message that the last tool results answer. */
function issuerOf(messages: readonly Message[]): string | undefined {
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const message = messages[at];
    if (message?.role === "assistant") return message.provider_state?.issuer;
    if (message?.role !== "tool") return undefined;
  }
  return undefined;
}
