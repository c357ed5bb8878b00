import type { LanguageModelV3Message, LanguageModelV3Prompt, SharedV3Warning } from "@ai-sdk/provider";
import type {
  AssistantMessage,
  ContentPart,
  FunctionToolCall,
  ImagePart,
  Message,
  TextPart,
} from "../../chat/message.js";
import { cacheMark, withMark } from "./cache-mark.js";
import { filePart } from "./file-data.js";
import { partsOf } from "./kept-parts.js";
import { field, stateOf } from "./part-state.js";
import { toToolMessage } from "./tool-output.js";

type Of<Role> = Extract<LanguageModelV3Message, { role: Role }>;

/** An AI SDK prompt as our messages; what has no place in them is told as a warning. */
export function toMessages(prompt: LanguageModelV3Prompt, warn: (warning: SharedV3Warning) => void): Message[] {
  const messages: Message[] = [];
  for (const message of prompt) {
    const mark = cacheMark(message.providerOptions);
    if (message.role === "system") messages.push({ role: "system", content: systemContent(message.content, mark) });
    else if (message.role === "user") messages.push({ role: "user", content: userContent(message, mark) });
    else if (message.role === "assistant") messages.push(assistantMessage(message, mark, warn));
    else {
      message.content.forEach((part, index) => {
        pushToolResult(messages, part, index === message.content.length - 1 ? mark : undefined, warn);
      });
    }
  }
  return messages;
}

function systemContent(text: string, mark: unknown): string | TextPart[] {
  return mark === undefined ? text : [withMark({ type: "text" as const, text }, mark)];
}

/** A mark of the message is one of its last part. */
function userContent({ content }: Of<"user">, messageMark: unknown): string | ContentPart[] {
  const [first] = content;
  const mark = (index: number): unknown => {
    return cacheMark(content[index]?.providerOptions) ?? (index === content.length - 1 ? messageMark : undefined);
  };
  if (content.length === 1 && first?.type === "text" && mark(0) === undefined) return first.text;
  return content.map((part, index): ContentPart => {
    const ours: ContentPart = part.type === "text" ? { type: "text", text: part.text } : filePart(part);
    if (ours.type === "image_url") addDetail(ours, part.providerOptions);
    return withMark(ours, mark(index));
  });
}

/** How closely a picture is to be looked at, which the vocabulary has a word for. */
function addDetail(part: ImagePart, options: { readonly [provider: string]: unknown } | undefined): void {
  const detail = field(options?.openai, "imageDetail");
  if (detail === "low" || detail === "high" || detail === "auto") part.image_url.detail = detail;
}

function assistantMessage(
  { content }: Of<"assistant">,
  messageMark: unknown,
  warn: (warning: SharedV3Warning) => void,
): AssistantMessage {
  let mark = messageMark;
  let text = "";
  let reasoning = "";
  const calls: FunctionToolCall[] = [];
  const others: string[] = [];
  const message: AssistantMessage = { role: "assistant", content: null };
  for (const part of content) {
    const state = stateOf(part.providerOptions);
    if (state) message.provider_state = state;
    mark = cacheMark(part.providerOptions) ?? mark;
    if (part.type === "text") text += part.text;
    else if (part.type === "reasoning") reasoning += part.text;
    else if (part.type === "tool-call" && part.providerExecuted !== true) {
      const args = typeof part.input === "string" ? part.input : JSON.stringify(part.input ?? {});
      calls.push({ id: part.toolCallId, type: "function", function: { name: part.toolName, arguments: args } });
    } else others.push(part.type);
  }
  // What the vendor ran itself, and files, go back to it in its own state.
  if (!partsOf(message.provider_state)) {
    for (const type of others) warn({ type: "unsupported", feature: `${type} in an assistant message` });
  }
  if (text !== "" || calls.length === 0) message.content = text;
  if (mark !== undefined && text !== "") message.content = [withMark({ type: "text" as const, text }, mark)];
  if (reasoning !== "") message.reasoning_content = reasoning;
  if (calls.length > 0) message.tool_calls = calls;
  return message;
}

function pushToolResult(
  messages: Message[],
  part: Of<"tool">["content"][number],
  mark: unknown,
  warn: (warning: SharedV3Warning) => void,
): void {
  if (part.type !== "tool-result") {
    warn({ type: "unsupported", feature: `${part.type} in a tool message` });
    return;
  }
  messages.push(toToolMessage(part.toolCallId, part.output, cacheMark(part.providerOptions) ?? mark, warn));
}
