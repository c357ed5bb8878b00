import type { ChatRequest } from "./request.js";

/** Text of a message's content; parts that are not text are left out. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  let text = "";
  for (const part of content as readonly { type?: unknown; text?: unknown; refusal?: unknown }[]) {
    const piece = typeof part?.text === "string" ? part.text : part?.refusal;
    if (typeof piece === "string") text += text === "" ? piece : `\n${piece}`;
  }
  return text;
}

/** Everything that was said, message by message. */
export function requestTexts({ messages }: ChatRequest): string[] {
  return messages.map(({ content }) => textOf(content));
}
