import QuickLRU from "quick-lru";
import { sha256 } from "../chat/hash.js";
import type { Message } from "../chat/message.js";
import type { ReplyMessage } from "../chat/reply.js";
import type { PlannedCandidate } from "./candidates.js";

/** Remembers who asked for which tool call, so that the loop goes on where it began even when the app drops its state. */
export interface ToolLoops {
  /** Notes the tool calls of an answer. */
  began(message: ReplyMessage, candidateId: string): void;
  /** The candidate of `among` that an open tool loop began at; `undefined` where no loop is open. */
  homeOf(messages: readonly Message[], among: readonly PlannedCandidate[]): PlannedCandidate | undefined;
}

/** Longer ids are kept as their hash: a gateway may put a whole thought signature into one, and it has to go back as it is. */
const MAX_ID = 256;

const keyOf = (id: string): string => (id.length <= MAX_ID ? id : sha256(id));

export function createToolLoops(max = 10_000): ToolLoops {
  const homes = new QuickLRU<string, string>({ maxSize: max });
  return {
    began({ tool_calls: calls }, candidateId) {
      if (calls) for (const { id } of calls) homes.set(keyOf(id), candidateId);
    },
    homeOf(messages, among) {
      const last = messages.at(-1);
      if (last?.role !== "tool") return undefined;
      const known = homes.get(keyOf(last.tool_call_id));
      if (known !== undefined) return among.find((candidate) => candidate.id === known);
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
