import type { ContentPart, Message, RefusalPart } from "../../chat/message.js";
import type { ChatReply } from "../../chat/reply.js";
import { checkFunction, checkOptions } from "../../errors/check-options.js";
import { invalidOption } from "../../errors/signalbox-error.js";

/** How much of prompts and answers is recorded, once that was asked for. */
export interface ContentOptions {
  /** Characters of one text at most; longer ones are cut. @default 8_192 */
  readonly maxChars?: number | undefined;
  /** Takes out what must not leave the process. Runs on every text; a throw leaves the text out. @default none */
  readonly redact?: ((text: string) => string) | undefined;
}

/** A part of a message in the conventions' JSON. */
type Part = { readonly type: string; readonly [field: string]: unknown };

const MAX_CHARS = 8_192;

/** @throws SignalboxError `invalid_options` */
export function checkContent(options: ContentOptions): void {
  checkOptions(options, "captureContent", ["maxChars", "redact"]);
  const { maxChars = MAX_CHARS, redact } = options;
  if (!(maxChars >= 0)) throw invalidOption("captureContent.maxChars", "must be a number of characters, 0 or more");
  checkFunction(redact, "captureContent.redact");
}

/** Prompts and answers as the conventions write them: JSON text of roles and parts. */
export function createContentWriter({ maxChars = MAX_CHARS, redact }: ContentOptions) {
  const said = (text: string): string => {
    let clean = text;
    try {
      clean = redact ? redact(text) : text;
    } catch {
      return "[left out]";
    }
    return clean.length > maxChars ? `${clean.slice(0, maxChars)}…` : clean;
  };
  const textPart = (text: string): Part => ({ type: "text", content: said(text) });

  const contentParts = (content: string | readonly (ContentPart | RefusalPart)[] | null | undefined): Part[] => {
    if (!content) return [];
    if (typeof content === "string") return [textPart(content)];
    return content.map((part) => {
      if (part.type === "text") return textPart(part.text);
      if (part.type === "refusal") return textPart(part.refusal);
      if (part.type === "image_url") return imagePart(part.image_url.url);
      return { type: "blob", modality: part.type === "input_audio" ? "audio" : "document", content: "[left out]" };
    });
  };
  const messageParts = (message: Message): Part[] => {
    if (message.role === "tool") {
      const response = contentParts(message.content).map((part) => part.content);
      return [{ type: "tool_call_response", id: message.tool_call_id, response: response.join("\n") }];
    }
    const parts = contentParts(message.content);
    if (message.role !== "assistant") return parts;
    if (message.reasoning_content) parts.unshift({ type: "reasoning", content: said(message.reasoning_content) });
    for (const call of message.tool_calls ?? []) {
      if (call.type !== "function") continue;
      parts.push({
        type: "tool_call",
        id: call.id,
        name: call.function.name,
        arguments: said(call.function.arguments),
      });
    }
    return parts;
  };
  const isSystem = ({ role }: Message): boolean => role === "system" || role === "developer";

  return {
    /** `undefined` where there are none. */
    system(messages: readonly Message[]): string | undefined {
      const parts = messages.filter(isSystem).flatMap(messageParts);
      return parts.length > 0 ? JSON.stringify(parts) : undefined;
    },
    input(messages: readonly Message[]): string {
      const others = messages.filter((message) => !isSystem(message));
      return JSON.stringify(others.map((message) => ({ role: message.role, parts: messageParts(message) })));
    },
    output({ choices }: ChatReply): string {
      const [{ message, finish_reason }] = choices;
      return JSON.stringify([{ role: "assistant", parts: messageParts(message), finish_reason }]);
    },
  };
}

/** A picture by its address; its bytes stay out of traces. */
function imagePart(url: string): Part {
  const inline = /^data:([^;,]+)/.exec(url);
  if (!inline) return { type: "uri", modality: "image", uri: url };
  return { type: "blob", modality: "image", mime_type: inline[1], content: "[left out]" };
}
