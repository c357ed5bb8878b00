import { extended } from "../core/extended.js";
import type { ChatReply } from "./reply.js";

/** The same answer for another reader, to change as they like. */
export function copyReply(reply: ChatReply): ChatReply {
  const { choices, usage } = reply;
  return extended(reply, structuredClone(usage ? { choices, usage } : { choices }));
}
