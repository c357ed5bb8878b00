import type { ChatRequest } from "./request.js";

/**
 * Hands every piece of text of a request's messages to `visit`, oldest first: strings and text parts, never picture or
 * sound data. `role` is the message's.
 */
export function eachText(messages: ChatRequest["messages"], visit: (text: string, role: string) => void): void {
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i];
    if (message === undefined || message === null) continue;
    const content = message.content;
    if (typeof content === "string") visit(content, message.role);
    else if (Array.isArray(content)) {
      for (let p = 0; p < content.length; p++) {
        const part: unknown = content[p];
        if (typeof part !== "object" || part === null) continue;
        const text = (part as { text?: unknown }).text;
        if (typeof text === "string") visit(text, message.role);
      }
    }
  }
}
