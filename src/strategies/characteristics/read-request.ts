import type { ChatRequest } from "../../chat/request.js";
import { addFacts, emptyFacts, scanText, type TextFacts } from "./scan-text.js";

/** What a request's texts hold. */
export interface RequestFacts {
  /** Of the last user message: what is wanted now. */
  readonly last: TextFacts;
  /** Of all user messages, up to {@link READ_CHARS} from the start. */
  readonly all: TextFacts;
  readonly userTurns: number;
  /** Characters of all user messages, read or not. */
  readonly chars: number;
}

/** How much text is read for words, in characters; what is longer counts by its length. */
const READ_CHARS = 32_768;
/** How much of each end of a longer message is read for its kind. */
const END_CHARS = 4_096;

/** Reads the user's messages once. */
export function readRequest(request: ChatRequest): RequestFacts {
  const { messages } = request;
  const all = emptyFacts();
  let last = all;
  let chars = 0;
  let userTurns = 0;
  let lastUser = messages.length - 1;
  while (lastUser > 0 && messages[lastUser]?.role !== "user") lastUser--;
  for (let i = 0; i <= lastUser; i++) {
    const message = messages[i];
    if (message === undefined || (message.role !== "user" && i !== lastUser)) continue;
    userTurns++;
    const before = chars;
    if (i < lastUser) {
      chars = eachPiece(message.content, chars, (text, left) => scanText(text, 0, Math.min(text.length, left), all));
    } else if (before === 0 && typeof message.content === "string" && message.content.length <= READ_CHARS) {
      // The plain case, one message: what is wanted now is all there is.
      scanText(message.content, 0, message.content.length, all);
      chars = message.content.length;
    } else {
      last = emptyFacts();
      const wanted = last;
      chars = eachPiece(message.content, chars, (text, left) => {
        if (text.length <= left) {
          const facts = emptyFacts();
          scanText(text, 0, text.length, facts);
          addFacts(all, facts);
          addFacts(wanted, facts);
          return;
        }
        if (left > 0) scanText(text, 0, left, all);
        const head = Math.min(END_CHARS, text.length);
        scanText(text, 0, head, wanted);
        scanText(text, Math.max(head, text.length - END_CHARS), text.length, wanted);
      });
    }
  }
  return { last, all, userTurns, chars };
}

function eachPiece(content: unknown, chars: number, visit: (text: string, left: number) => void): number {
  if (typeof content === "string") {
    visit(content, Math.max(0, READ_CHARS - chars));
    return chars + content.length;
  }
  if (!Array.isArray(content)) return chars;
  let sum = chars;
  for (const part of content) {
    const text: unknown = (part as { text?: unknown } | null)?.text;
    if (typeof text !== "string") continue;
    visit(text, Math.max(0, READ_CHARS - sum));
    sum += text.length;
  }
  return sum;
}
