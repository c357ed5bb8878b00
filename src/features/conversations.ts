import type { Feature } from "../contract/feature.js";
import { type ConversationOptions, createConversations } from "../memory/conversations.js";
import { builtInFeature } from "../router/built-in.js";
import type { Kit } from "../router/parts.js";

export const conversationsKit = { conversations: createConversations } satisfies Partial<Kit>;

/** Remembers conversations (`conversationId`), so that a turn can be sent as its new messages alone. */
export function conversations(options: ConversationOptions = {}): Feature {
  return builtInFeature("conversations", { options: { conversations: options }, kit: conversationsKit }, {});
}
